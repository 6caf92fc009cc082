// One chart: its lines, a legend that hides them and says their values, and the same as a table.
import { writer } from "./monitoring-format.js";

const uPlot = window.uPlot;
const root = document.documentElement;
/** Steps of an axis where tens are not round: seconds, minutes, hours. */
const STEPS = { s: [...[-6, -5, -4, -3, -2, -1, 0].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)), 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 432_000, 864_000] };
/** Colours and fonts of the theme by name, read once: asking the browser costs more than drawing a line. */
const styles = new Map();
function style(name) {
  if (!styles.has(name)) styles.set(name, getComputedStyle(root).getPropertyValue(name).trim());
  return styles.get(name);
}
function fontFamily() {
  if (!styles.has("font")) styles.set("font", getComputedStyle(document.body).fontFamily);
  return styles.get("font");
}
export const forgetStyles = () => styles.clear();
const nameOf = (labels) => (labels === null ? "\u0000" : labels.join("\u0001"));

export class Chart {
  /** `page`: {words, clock, zone, hidden, zoomed, changed} that all charts share. */
  constructor(figure, page) {
    this.figure = figure;
    this.page = page;
    this.key = figure.dataset.measure;
    this.write = writer(figure.dataset.unit, page.words.perSecond);
    this.plotElement = figure.querySelector("[data-plot]");
    this.legend = figure.querySelector("[data-legend]");
    this.table = figure.querySelector("[data-table]");
    this.lines = new Map();
    this.table.addEventListener("toggle", () => this.#fillTable());
  }

  /** Ask for the room before anything is put into the page: then one layout does for all charts. */
  measure() {
    this.room = { width: Math.max(120, this.plotElement.clientWidth), height: this.plotElement.clientHeight };
    return this.room;
  }

  // -- numbers ----------------------------------------------------------------------------------------------
  /** All of them anew; `measure` goes before. */
  put(drawing, lines) {
    this.start = drawing.start;
    this.step = drawing.step;
    this.count = drawing.count;
    this.lines = new Map(lines.map((line) => [nameOf(line.labels), line]));
    this.#show();
  }

  /** The last steps; what is before `oldest` (seconds) is dropped. */
  update(drawing, lines, oldest) {
    const at = Math.round((drawing.start - this.start) / this.step);
    const count = at + drawing.count;
    const drop = Math.max(0, Math.floor((oldest - this.start) / this.step));
    const fresh = new Map(lines.map((line) => [nameOf(line.labels), line]));
    for (const [name, line] of fresh) {
      if (!this.lines.has(name)) this.lines.set(name, { labels: line.labels, now: [] });
    }
    for (const [name, line] of this.lines) {
      line.now = this.#spliced(line.now, fresh.get(name)?.now, at, count).slice(drop);
      const before = fresh.get(name)?.before;
      if (line.before || before) line.before = this.#spliced(line.before || [], before, at, count).slice(drop);
    }
    this.start += drop * this.step;
    this.count = count - drop;
    this.#show();
  }
  #spliced(old, fresh, at, count) {
    const all = old.slice(0, at);
    while (all.length < at) all.push(null);
    for (let step = at; step < count; step += 1) all.push(fresh ? fresh[step - at] ?? null : null);
    return all;
  }

  get isEmpty() {
    return ![...this.lines.values()].some((line) => [line.now, line.before || []].some((some) => some.some((value) => value !== null)));
  }
  #name(line) {
    if (line.labels === null) return this.page.words.others;
    return line.labels.length ? line.labels.map((one) => (one === "(none)" ? this.page.words.noPage : one)).join(" · ") : this.figure.dataset.title;
  }
  #hides(line) { return this.page.hidden.has(`${this.key}|${nameOf(line.labels)}`); }

  // -- drawing ----------------------------------------------------------------------------------------------
  #show() {
    const empty = this.isEmpty;
    this.figure.querySelector("[data-none]").hidden = !empty;
    const signature = JSON.stringify([...this.lines.values()].map((line) => [line.labels, Boolean(line.before)]));
    const x = Array.from({ length: this.count }, (_, step) => this.start + step * this.step);
    const data = [x];
    for (const line of this.lines.values()) {
      data.push(line.now);
      if (line.before) data.push(line.before);
    }
    this.data = data;
    if (this.signature !== signature) this.#begin(signature);
    // The same lines as before, with other numbers.
    else this.items.forEach((item) => { item.line = this.lines.get(nameOf(item.line.labels)); });
    this.#draw();
    this.#say();
    if (this.table.open) this.#fillTable();
  }

  /** Whether it is in sight or next to it: what nobody sees is not drawn, since a canvas costs what it shows. */
  set near(near) {
    this.isNear = near;
    if (this.data) this.#draw();
  }
  #draw() {
    if (!this.isNear || this.drawn === this.data) return;
    this.drawn = this.data;
    if (this.plot) this.plot.setData(this.data);
    else this.plot = new uPlot(this.#options(this.series), this.data, this.plotElement);
  }

  /** Other lines than before. */
  #begin(signature) {
    this.plot?.destroy();
    this.plot = null;
    this.signature = signature;
    const series = [{}];
    let place = 0;
    this.items = [];
    for (const line of this.lines.values()) {
      const colour = line.labels === null ? "--muted" : `--line-${place++ % 8}`;
      const shown = !this.#hides(line);
      const common = { stroke: () => style(colour), show: shown, spanGaps: false, points: { show: true, size: 4, filter: this.#alone } };
      const first = series.length;
      series.push({ ...common, width: 1.75, label: this.#name(line) });
      if (line.before) series.push({ ...common, width: 1.25, dash: [5, 5], alpha: 0.5, label: `${this.#name(line)}, ${this.page.words.before}` });
      this.items.push({ line, colour, series: Array.from({ length: series.length - first }, (_, step) => first + step) });
    }
    this.series = series;
    this.#buildLegend();
  }

  /** Steps that no line can show, because what is around them is unknown. */
  #alone = (plot, at) => {
    const values = plot.data[at];
    const found = [];
    for (let step = 0; step < values.length; step += 1) {
      if (values[step] !== null && (values[step - 1] ?? null) === null && (values[step + 1] ?? null) === null) found.push(step);
    }
    return found;
  };

  #options(series) {
    const { clock, zone } = this.page;
    const font = `11px ${fontFamily()}`;
    const axis = { stroke: () => style("--muted"), font, ticks: { show: false }, grid: { stroke: () => style("--line"), width: 1 } };
    return {
      ...this.room, padding: [10, 10, 0, 0], series,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      legend: { show: false },
      // The moment is told in all charts; what is dragged over is the business of one.
      cursor: { sync: { key: "monitoring", setSeries: false, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } }, y: false, focus: { prox: 18 }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      focus: { alpha: 0.35 },
      scales: { y: { range: (plot, low, high) => (high === null || (this.figure.dataset.unit === "ratio" && low >= 0 && !high) ? [0, 1] : uPlot.rangeNum(Math.min(0, low), high || 1, { min: { pad: 0, soft: 0, mode: 1 }, max: { pad: 0.12, soft: 0, mode: 1 } })) } },
      axes: [
        { ...axis, grid: { show: false }, space: 64, size: 26, values: (plot, splits, at, space, step) => splits.map((moment) => (step >= 86_400 ? clock.day : step >= 60 ? clock.minute : clock.second)(moment)) },
        { ...axis, size: 62, space: 34, ...(STEPS[this.figure.dataset.unit] && { incrs: STEPS[this.figure.dataset.unit] }), values: (plot, splits) => splits.map((value) => this.write(value)) },
      ],
      hooks: {
        setCursor: [() => this.#say()],
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          this.page.zoomed(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
        }],
      },
    };
  }

  /** Into the room that was measured. */
  resize() {
    const { room } = this;
    if (this.plot && (room.width !== this.plot.width || room.height !== this.plot.height)) this.plot.setSize(room);
  }
  redraw() { this.plot?.redraw(false); this.items?.forEach((item) => { item.swatch.style.backgroundColor = style(item.colour); }); }

  // -- words ------------------------------------------------------------------------------------------------
  #buildLegend() {
    const alone = this.items.length === 1 && !this.items[0].line.labels?.length;
    this.legend.hidden = alone;
    if (alone) {
      this.items[0].swatch = document.createElement("span");
      this.items[0].value = this.figure.querySelector("[data-value]");
      return;
    }
    this.legend.replaceChildren(...this.items.map((item) => {
      const entry = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(!this.#hides(item.line)));
      item.swatch = document.createElement("span");
      item.swatch.className = "line-swatch";
      item.swatch.style.backgroundColor = style(item.colour);
      const name = document.createElement("span");
      name.className = "line-name";
      name.textContent = this.#name(item.line);
      item.value = document.createElement("span");
      item.value.className = "line-value number";
      button.append(item.swatch, name, item.value);
      button.addEventListener("click", () => this.#switch(item, button));
      entry.append(button);
      return entry;
    }));
  }
  #switch(item, button) {
    const hidden = !this.#hides(item.line);
    this.page.hidden[hidden ? "add" : "delete"](`${this.key}|${nameOf(item.line.labels)}`);
    button.setAttribute("aria-pressed", String(!hidden));
    item.series.forEach((at) => { this.series[at].show = !hidden; this.plot?.setSeries(at, { show: !hidden }); });
    this.page.changed();
  }

  /** Values at the cross-hair, or the last ones. */
  #say() {
    if (!this.items) return;
    const at = this.plot?.cursor?.idx ?? null;
    this.figure.querySelector("[data-at]").textContent = at === null ? "" : (this.step < 3600 && this.count * this.step <= 90_000 ? this.page.clock.second : this.page.clock.whole)(this.start + at * this.step);
    for (const { line, value } of this.items) {
      const told = at === null ? last(line.now) : line.now[at] ?? null;
      const before = at !== null && line.before ? ` (${this.write(line.before[at] ?? null)})` : "";
      const words = this.write(told) + before;
      if (value.textContent !== words) value.textContent = words;
    }
  }

  #fillTable() {
    if (!this.table.open || !this.items) return;
    this.table.querySelector("[data-rows]").replaceChildren(...this.items.flatMap(({ line }) => [
      this.#row(this.#name(line), line.now),
      ...(line.before ? [this.#row(`${this.#name(line)}, ${this.page.words.before}`, line.before)] : []),
    ]));
  }
  #row(name, values) {
    const known = values.filter((value) => value !== null);
    const mean = known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
    const highest = known.length ? known.reduce((most, value) => Math.max(most, value), -Infinity) : null;
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head, ...[last(values), mean, highest].map((value) => {
      const cell = document.createElement("td");
      cell.className = "end number";
      cell.textContent = this.write(value);
      return cell;
    }));
    return row;
  }
}

function last(values) {
  for (let at = values.length - 1; at >= 0; at -= 1) if (values[at] !== null) return values[at];
  return null;
}
