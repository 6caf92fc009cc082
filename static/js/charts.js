// Draws the report's charts from the JSON beside them. Every number is the server's; here they only get shape
// and colour. A click on a mark follows its link, as the table behind the chart does.
const echarts = window.echarts;
const root = document.documentElement;
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
/** element to {chart, setUp, size}: what is drawn now, and for how much room */
const drawn = new Map();

const colour = (style, name) => style.getPropertyValue(`--${name}`).trim();
/** theme to its colours and font: asked for again after a chart was put in, the browser works out all styles anew. */
const palettes = new Map();
function palette() {
  const theme = root.dataset.bsTheme;
  if (!palettes.has(theme)) {
    const names = ["ink", "muted", "line", "surface", "sunken", "crowd", "crowd-ink", "good", "bad", "text", "image", "audio"];
    const style = getComputedStyle(root);
    const colours = Object.fromEntries(names.map((name) => [name, colour(style, name)]));
    palettes.set(theme, { ...colours, fonts: getComputedStyle(document.body).fontFamily });
  }
  return palettes.get(theme);
}
const faded = (hex, alpha) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
};
const signed = (value, digits = 2) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const tone = (value, p) => (Math.abs(value) < 0.005 ? p.muted : value > 0 ? p.good : p.bad);
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// -- what all charts share -----------------------------------------------------------------------------------
function base(data, p) {
  return {
    // What is there is there at once, and a mark under the pointer is lit at once; only what changes moves.
    animationDuration: 0,
    animationDurationUpdate: 180,
    stateAnimation: { duration: 0 },
    textStyle: { fontFamily: p.fonts, color: p.ink },
    // Only marks that say so have a pattern: none is given by the order of the series.
    aria: { enabled: true, label: { description: data.description }, decal: { show: true, decals: noDecal } },
    // Rich text, not HTML: what reviewers wrote never becomes markup, and no style is set from a string.
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: p.surface, borderColor: p.line, borderWidth: 1,
      padding: [10, 14], textStyle: { color: p.ink, fontFamily: p.fonts, fontSize: 13, lineHeight: 20 },
      axisPointer: { lineStyle: { color: p.muted, type: "dashed" }, shadowStyle: { color: faded(p.crowd, 0.08) } },
    },
  };
}
const stripes = (p) => ({ symbol: "rect", color: faded(p.surface, 0.42), dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 });
const noDecal = { symbol: "none" };
const axisText = (p, more = {}) => ({ color: p.muted, fontSize: 12, ...more });

// -- net sentiment over time, with what is likely, and how many spoke ------------------------------------------
function trend(data, p, width) {
  const points = data.points;
  const names = points.map((point) => point.label);
  const words = data.words;
  const low = points.map((point) => (point.known ? point.low : null));
  const band = points.map((point) => (point.known ? point.high - point.low : null));
  const marks = (data.marks || []).map((mark) => ({
    coord: [mark.at, points[mark.at].net], value: "!", href: mark.href, name: mark.label,
    itemStyle: { color: p.bad }, label: { color: p.surface, fontWeight: 700 },
  }));
  const narrow = width < 560;
  // To the nearest quarter around what there is, nought always in sight.
  const bound = (values, to, edge) => Math.max(-1, Math.min(1, to(4 * Math.min(...values.map((v) => edge * v))) / 4 * edge));
  const known = points.filter((point) => point.known);
  const bottom = bound([0, ...known.map((point) => point.low)], Math.floor, 1);
  const top = bound([0.25, ...known.map((point) => point.high)], Math.floor, -1);
  return {
    ...base(data, p),
    grid: [
      { left: 48, right: narrow ? 12 : 52, top: 18, height: "56%" },
      { left: 48, right: narrow ? 12 : 52, bottom: 28, height: "21%" },
    ],
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: {
      ...base(data, p).tooltip, trigger: "axis",
      formatter: (shown) => {
        const point = points[shown[0].dataIndex];
        const lines = [point.title || point.label];
        if (point.known) {
          lines.push(`${words.net}: ${signed(point.net)} (${signed(point.low)} … ${signed(point.high)})`);
          lines.push(`${words.negative}: ${percent(point.negative)}`);
        }
        lines.push(`${words.reviews}: ${point.reviews}`);
        const mark = (data.marks || []).find((one) => one.at === shown[0].dataIndex);
        if (mark) lines.push(`! ${mark.label}`);
        return lines.join("\n");
      },
    },
    xAxis: [0, 1].map((grid) => ({
      type: "category", gridIndex: grid, data: names, boundaryGap: grid === 1 || points.length === 1,
      axisLine: { lineStyle: { color: p.line } }, axisTick: { show: false },
      axisLabel: grid ? axisText(p, { hideOverlap: true }) : { show: false },
    })),
    yAxis: [
      { gridIndex: 0, min: bottom, max: top, interval: top - bottom > 1 ? 0.5 : 0.25, splitLine: { lineStyle: { color: p.line } },
        axisLabel: axisText(p, { formatter: (value) => (value ? signed(value, value % 0.5 ? 2 : 1) : "0") }) },
      { gridIndex: 1, splitNumber: 2, minInterval: 1, splitLine: { show: false }, axisLabel: axisText(p) },
    ],
    series: [
      { name: "low", type: "line", data: low, stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 } },
      { name: "band", type: "line", data: band, stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 },
        areaStyle: { color: faded(p.crowd, 0.2) } },
      { name: words.net, type: "line", data: points.map((point) => (point.known ? point.net : null)), connectNulls: false,
        symbol: "circle", symbolSize: points.length > 60 ? 5 : 8, showAllSymbol: points.length < 120, itemStyle: { color: p.crowd },
        lineStyle: { width: 2.5, color: p.crowd }, triggerLineEvent: true, z: 4,
        markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: p.muted, type: "solid", width: 1, opacity: 0.6 }, data: [{ yAxis: 0 }] },
        markPoint: { symbol: "pin", symbolSize: 40, data: marks } },
      { name: words.reviews, type: "bar", xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 22, itemStyle: { color: faded(p.crowd, 0.45), borderRadius: [3, 3, 0, 0] },
        data: points.map((point) => point.reviews) },
    ],
  };
}

// -- bars to both sides of nought, with their interval -----------------------------------------------------------
function whiskers(rows, p) {
  return {
    type: "custom", silent: true, z: 5, tooltip: { show: false },
    data: rows.map((row, at) => [row.low, row.high, at]), encode: { x: [0, 1], y: 2 },
    renderItem: (params, api) => {
      const y = api.coord([0, api.value(2)])[1];
      const [from, to] = [api.coord([api.value(0), api.value(2)])[0], api.coord([api.value(1), api.value(2)])[0]];
      const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: p.ink, lineWidth: 1.5, opacity: 0.7 } });
      return { type: "group", children: [line(from, y, to, y), line(from, y - 4, from, y + 4), line(to, y - 4, to, y + 4)] };
    },
  };
}
function bars(data, p, width) {
  const rows = data.rows;
  const words = data.words;
  const widest = Math.max(...rows.flatMap((row) => [Math.abs(row.value), Math.abs(row.low ?? 0), Math.abs(row.high ?? 0)]), 0.05);
  const reach = data.reach ?? (widest > 0.5 ? 1 : Math.ceil(widest * 12) / 10);
  const longest = Math.max(...rows.map((row) => [...row.label].reduce((sum, sign) => sum + (sign > "\u2e80" ? 13.5 : 8), 12)));
  const room = Math.min(width * 0.38, 200, Math.max(48, longest));
  return {
    ...base(data, p),
    grid: { left: room + 10, right: 22, top: 6, bottom: 26 },
    tooltip: {
      ...base(data, p).tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: faded(p.crowd, 0.08) } },
      formatter: (shown) => {
        const row = rows[shown[0].dataIndex];
        const lines = [row.label];
        const likely = row.low === undefined ? "" : ` (${signed(row.low)} … ${signed(row.high)})`;
        lines.push(`${words.value}: ${signed(row.value, data.digits ?? 2)}${likely}`);
        if (row.reviews !== undefined) lines.push(`${words.reviews}: ${row.reviews}`);
        for (const [name, text] of row.more || []) lines.push(`${name}: ${text}`);
        return lines.join("\n");
      },
    },
    xAxis: { type: "value", min: -reach, max: reach, splitNumber: width < 420 ? 2 : 4, splitLine: { lineStyle: { color: p.line } },
      axisLabel: axisText(p, { hideOverlap: true, formatter: (value) => (value ? signed(value, reach < 0.4 ? 2 : 1) : "0") }) },
    yAxis: { type: "category", inverse: true, data: rows.map((row) => row.label), axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { color: p.ink, fontSize: 12.5, width: room, overflow: "truncate", interval: 0 } },
    series: [
      { type: "bar", barMaxWidth: 20, cursor: "pointer",
        data: rows.map((row) => ({ value: row.value, href: row.href, itemStyle: {
          color: tone(row.value, p), opacity: row.on === false ? 0.35 : 1, borderRadius: row.value < 0 ? [5, 0, 0, 5] : [0, 5, 5, 0],
          decal: row.value < 0 ? stripes(p) : noDecal } })),
        markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: p.muted, type: "solid", width: 1 }, data: [{ xAxis: 0 }] } },
      ...(rows.some((row) => row.low !== undefined) ? [whiskers(rows.map((row) => ({ low: row.low ?? row.value, high: row.high ?? row.value })), p)] : []),
    ],
  };
}

// -- words and aspects: how often before, how often now ---------------------------------------------------------------------
function terms(data, p, width) {
  const words = data.words;
  const most = Math.max(...data.rows.map((row) => Math.max(row.recent, row.before)), 1);
  const size = (row) => 9 + 20 * Math.sqrt(Math.min(row.score, data.strongest) / (data.strongest || 1));
  // Words used equally often would lie on each other: each is moved a little, the same way every time.
  const nudge = (row, way) => 10 ** (0.07 * Math.sin(way * [...row.term].reduce((sum, sign) => sum * 31 % 9973 + sign.codePointAt(0), 7)));
  const shift = (value) => value + 0.5;
  return {
    ...base(data, p),
    grid: { left: 54, right: width < 560 ? 20 : 110, top: 28, bottom: 46 },
    tooltip: {
      ...base(data, p).tooltip, trigger: "item",
      formatter: ({ data: { row } }) => [row.term, `${words.recent}: ${row.recent_text}`, `${words.before}: ${row.before_text}`,
        `${words.net}: ${signed(row.net)}`, `${words.growth}: ${row.growth_text}`, ...(row.more || []).map(([name, text]) => `${name}: ${text}`)].join("\n"),
    },
    xAxis: { type: "log", logBase: 10, min: 0.4, max: shift(most) * 1.6, name: words.before, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: p.muted },
      splitLine: { lineStyle: { color: p.line } }, axisLabel: axisText(p, { formatter: (value) => String(Math.round(value)) }), axisLine: { lineStyle: { color: p.line } } },
    yAxis: { type: "log", logBase: 10, min: 0.4, max: shift(most) * 1.6, name: words.recent, nameTextStyle: { color: p.muted, align: "left" },
      splitLine: { lineStyle: { color: p.line } }, axisLabel: axisText(p, { formatter: (value) => String(Math.round(value)) }), axisLine: { lineStyle: { color: p.line } } },
    series: [
      { type: "line", silent: true, symbol: "none", tooltip: { show: false }, lineStyle: { color: p.muted, type: "dashed", width: 1 },
        data: [[0.4, 0.4 * (data.ratio || 1)], [shift(most) * 1.6, shift(most) * 1.6 * (data.ratio || 1)]], z: 1 },
      { type: "scatter", cursor: "pointer",
        data: data.rows.map((row) => ({ value: [shift(row.before) * nudge(row, 1), shift(row.recent) * nudge(row, 2)], row, href: row.href, symbolSize: size(row),
          symbol: row.net < -0.05 ? "diamond" : row.net > 0.05 ? "circle" : "rect",
          itemStyle: { color: faded(tone(row.net, p), 0.78), borderColor: p.surface, borderWidth: 1 } })),
        label: { show: true, position: "right", color: p.ink, fontSize: 12.5, formatter: ({ data: { row } }) => cut(row.term, 18) },
        labelLayout: { hideOverlap: true }, emphasis: { label: { fontWeight: 700 } } },
    ],
  };
}

const KINDS = { trend, bars, terms };

// -- drawing, following links, theme and width --------------------------------------------------------------------
/** Follow a mark's link as the table's links do: in place where the page can, else by going there. */
function follow(href) {
  document.dispatchEvent(new CustomEvent("report:visit", { detail: { href } }));
}

const sizeOf = (box) => ({ width: box.clientWidth, height: box.clientHeight });

/** @param size {width, height} of the box, read before any chart is put into the page */
function draw(box, size) {
  const source = document.getElementById(box.dataset.chart);
  if (!source || !size.width) return;
  const data = JSON.parse(source.textContent);
  const chart = echarts.init(box, null, { renderer: "canvas", ...size });
  const setUp = (moves = !still.matches) =>
    chart.setOption({ ...KINDS[data.kind](data, palette(), drawn.get(box).size.width), animation: moves }, true);
  drawn.set(box, { chart, setUp, size });
  chart.on("finished", () => {
    if (!box.dataset.drawn) performance.mark("chart-drawn");
    box.dataset.drawn = "yes";
  });
  setUp(false);
  const links = data.points || data.rows;
  chart.on("click", (event) => {
    const href = event.data?.href || links[event.dataIndex]?.href;
    if (href) follow(href);
  });
  if (data.kind !== "terms") followAnywhere(chart, links, data.kind);
}

/** The whole column of a day, or row of a bar, is its mark: thin lines are hard to hit. */
function followAnywhere(chart, links, kind) {
  const zr = chart.getZr();
  const at = (event) => {
    const grid = { gridIndex: 0 };
    const inside = [0, 1].find((index) => (kind === "trend" || !index) && chart.containPixel({ gridIndex: index }, [event.offsetX, event.offsetY]));
    if (inside === undefined) return -1;
    grid.gridIndex = inside;
    const [x, y] = chart.convertFromPixel(grid, [event.offsetX, event.offsetY]);
    return Math.round(kind === "trend" ? x : y);
  };
  zr.on("click", (event) => {
    if (event.target) return; // a mark of its own: told above
    const href = links[at(event)]?.href;
    if (href) follow(href);
  });
  zr.on("mousemove", (event) => zr.setCursorStyle(links[at(event)]?.href ? "pointer" : "default"));
}

/** Do to a chart what is to be done; if it fails, show its table in its place and say why in the console. */
function guarded(box, work) {
  try {
    work();
  } catch (error) {
    drawn.get(box)?.chart.dispose();
    drawn.delete(box);
    watcher.unobserve(box);
    box.closest(".chart-figure")?.classList.add("chart-failed");
    reportError(error);
  }
}

function sweep() {
  for (const [box, { chart }] of drawn) {
    if (box.isConnected) continue;
    chart.dispose();
    drawn.delete(box);
  }
}
const watcher = new ResizeObserver((entries) => {
  // All sizes first: reading one after a chart was put in makes the browser lay out the page again.
  for (const [box, size] of entries.map(({ target }) => [target, sizeOf(target)])) {
    const known = drawn.get(box);
    if (!known) { guarded(box, () => draw(box, size)); continue; }
    // An observer tells of every box once when it begins to watch it, which is drawn already.
    if (!size.width || (size.width === known.size.width && size.height === known.size.height)) continue;
    known.size = size;
    guarded(box, () => { known.chart.resize(size); known.setUp(); });
  }
});

/** Draw every chart below `place` that is not drawn yet. */
export function drawAll(place = document) {
  sweep();
  const boxes = [...place.querySelectorAll("[data-chart]:not([data-drawing])")].map((box) => [box, sizeOf(box)]);
  for (const [box, size] of boxes) {
    box.dataset.drawing = "yes";
    watcher.observe(box);
    guarded(box, () => draw(box, size));
  }
}

new MutationObserver(() => { for (const [box, { setUp }] of [...drawn]) guarded(box, () => setUp()); })
  .observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
document.addEventListener("htmx:afterSettle", () => drawAll());
if (echarts) drawAll();
else document.querySelectorAll(".chart-figure").forEach((figure) => figure.classList.add("chart-failed"));
