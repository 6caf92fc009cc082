// The map of items: points on a canvas, moved, zoomed and chosen from. Where they lie and what colours them is the
// server's; the list of what was chosen is its fragment.
const box = document.querySelector("[data-map]");
const canvas = box?.querySelector("canvas");
const pen = canvas?.getContext("2d");
const root = document.documentElement;
const said = document.querySelector("[data-said]");
const legend = document.querySelector("[data-legend]");

/** What is drawn: the server's answer, with `groups` that are switched off. */
let data = null;
const off = new Set();
/** Middle of the view on the map (thousandths, up positive), and pixels for a thousandth. */
const view = { x: 0, y: 0, scale: 0.3 };
let chosen = new Set();
/** The lasso while it is drawn, in pixels of the box. */
let lasso = null;
let frame = 0;

const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const between = (from, to, share) => from.map((part, at) => Math.round(part + (to[at] - part) * share));

/** 256 colours from the ends of a measure. */
function ramp(by) {
  const names = { sentiment: ["bad", "map-12", "good"], age: ["crowd", "map-12"], drift: ["map-5", "bad"] }[by];
  const stops = names.map((name) => rgb(colour(name)));
  return Array.from({ length: 256 }, (_, value) => {
    const place = (value / 255) * (stops.length - 1);
    const at = Math.min(stops.length - 2, Math.floor(place));
    return `rgb(${between(stops[at], stops[at + 1], place - at).join(" ")})`;
  });
}

// -- drawing ------------------------------------------------------------------------------------------------
const toPixel = (x, y) => [box.clientWidth / 2 + (x - view.x) * view.scale, box.clientHeight / 2 - (y - view.y) * view.scale];
const toMap = (px, py) => [view.x + (px - box.clientWidth / 2) / view.scale, view.y - (py - box.clientHeight / 2) / view.scale];
const radius = () => Math.max(1.6, Math.min(7, 2.2 * Math.sqrt(view.scale / fit()) * (data.ids.length < 2000 ? 1.5 : 1)));
const fit = () => Math.min(box.clientWidth / (data.reach.width + 160), box.clientHeight / (data.reach.height + 160));
/** What the points take up. */
function reach() {
  const [left, right] = [Math.min(...data.x), Math.max(...data.x)];
  const [bottom, top] = [Math.min(...data.y), Math.max(...data.y)];
  return { x: (left + right) / 2, y: (bottom + top) / 2, width: right - left, height: top - bottom };
}

/** Points by colour, so that the colour of the pen is set once for each. */
function batches() {
  const made = new Map();
  const put = (fill, at) => { if (!made.has(fill)) made.set(fill, []); made.get(fill).push(at); };
  const none = colour("map-12");
  if (data.codes) {
    const fills = data.groups.map((_, at) => (at === data.groups.length - 1 ? none : colour(`map-${at}`)));
    data.codes.forEach((code, at) => { if (!off.has(code)) put(fills[code], at); });
  } else {
    const fills = ramp(data.by);
    data.values.forEach((value, at) => put(value < 0 ? none : fills[value], at));
  }
  // What has no colour of its own lies below what has.
  return [...made].sort(([one], [other]) => (other === none) - (one === none));
}

function draw() {
  frame = 0;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [box.clientWidth, box.clientHeight];
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (!data) return;
  const r = radius();
  pen.globalAlpha = 0.82;
  for (const [fill, places] of data.batches) {
    pen.fillStyle = fill;
    pen.beginPath();
    for (const at of places) {
      const [x, y] = toPixel(data.x[at], data.y[at]);
      if (x < -r || y < -r || x > width + r || y > height + r) continue;
      pen.moveTo(x + r, y);
      pen.arc(x, y, r, 0, 2 * Math.PI);
    }
    pen.fill();
  }
  pen.globalAlpha = 1;
  outline(r);
  if (lasso) drawLasso();
}

function outline(r) {
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const at of chosen) {
    const [x, y] = toPixel(data.x[at], data.y[at]);
    pen.moveTo(x + r + 1, y);
    pen.arc(x, y, r + 1, 0, 2 * Math.PI);
  }
  pen.stroke();
}

function drawLasso() {
  pen.strokeStyle = colour("crowd");
  pen.fillStyle = colour("crowd");
  pen.lineWidth = 2;
  pen.beginPath();
  lasso.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  pen.globalAlpha = 0.12;
  pen.fill();
  pen.globalAlpha = 1;
  pen.stroke();
}

const redraw = () => { frame ||= requestAnimationFrame(draw); };

// -- moving ---------------------------------------------------------------------------------------------------
function showAll() { Object.assign(view, { x: data.reach.x, y: data.reach.y, scale: fit() }); redraw(); }
function zoom(factor, px = box.clientWidth / 2, py = box.clientHeight / 2) {
  const [x, y] = toMap(px, py);
  view.scale = Math.max(fit() * 0.6, Math.min(fit() * 80, view.scale * factor));
  const [nowX, nowY] = toMap(px, py);
  view.x += x - nowX;
  view.y += y - nowY;
  redraw();
}
function move(dx, dy) { view.x -= dx / view.scale; view.y += dy / view.scale; redraw(); }

// -- choosing --------------------------------------------------------------------------------------------------
const isDrawn = (at) => !data.codes || !off.has(data.codes[at]);

/** List these places of the answer: the first by picture, the others by their count. */
function choose(places) {
  chosen = new Set(places);
  redraw();
  said.textContent = box.dataset.chosen.replace("{n}", String(places.length));
  const ids = places.slice(0, Number(box.dataset.most)).map((at) => data.ids[at]);
  const query = new URLSearchParams({ ids: ids.join(","), total: String(places.length) });
  window.htmx.ajax("GET", `${box.dataset.items}?${query}`, { target: "#map-items", swap: "innerHTML" });
}

/** Whether a point lies in a polygon: the number of its sides to the right is odd. */
function inside([x, y], polygon) {
  let within = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at, at += 1) {
    const [x1, y1] = polygon[at];
    const [x2, y2] = polygon[before];
    if ((y1 > y) !== (y2 > y) && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}
const places = (test) => data.ids.map((_, at) => at).filter((at) => isDrawn(at) && test(toPixel(data.x[at], data.y[at])));
function chooseInSight() {
  choose(places(([x, y]) => x >= 0 && y >= 0 && x <= box.clientWidth && y <= box.clientHeight));
}
function chooseAt(px, py) {
  let best = -1;
  let least = (radius() + 6) ** 2;
  data.ids.forEach((_, at) => {
    if (!isDrawn(at)) return;
    const [x, y] = toPixel(data.x[at], data.y[at]);
    const far = (x - px) ** 2 + (y - py) ** 2;
    if (far < least) { least = far; best = at; }
  });
  choose(best < 0 ? [] : [best]);
}

// -- pointers, keys, buttons -----------------------------------------------------------------------------------
const pointers = new Map();
let moved = 0;
const tool = (name) => box.querySelector(`[data-tool="${name}"]`);
const lassoing = () => tool("lasso").getAttribute("aria-pressed") === "true";
function setLasso(on) {
  tool("lasso").setAttribute("aria-pressed", String(on));
  box.classList.toggle("lassoing", on);
}
const at = (event) => { const edge = canvas.getBoundingClientRect(); return [event.clientX - edge.left, event.clientY - edge.top]; };

function pressed(event) {
  if (!data || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at(event));
  moved = 0;
  if (lassoing() && pointers.size === 1) lasso = [at(event)];
}
function dragged(event) {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const now = at(event);
  moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
  if (lasso) { lasso.push(now); redraw(); } else if (pointers.size === 2) pinch(event.pointerId, before, now);
  else move(now[0] - before[0], now[1] - before[1]);
  pointers.set(event.pointerId, now);
}
function pinch(id, before, now) {
  const other = [...pointers].find(([key]) => key !== id)[1];
  const far = (one) => Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
  zoom(far(now) / far(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
}
function released(event) {
  if (!pointers.delete(event.pointerId)) return;
  const drawn = lasso;
  lasso = null;
  if (event.type === "pointercancel") { redraw(); return; }
  if (drawn && drawn.length > 2 && moved > 12) { choose(places((place) => inside(place, drawn))); setLasso(false); } else if (moved < 6) chooseAt(...at(event));
}

const KEYS = {
  ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0), ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40),
  "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: showAll, Enter: chooseInSight,
};
const TOOLS = { lasso: () => setLasso(!lassoing()), in: () => zoom(1.6), out: () => zoom(1 / 1.6), all: showAll, sight: chooseInSight };

// -- legend and loading -----------------------------------------------------------------------------------------
function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
function tell() {
  legend.replaceChildren();
  if (!data.codes) {
    legend.append(element("span", "muted", data.ends[0]), element("span", `map-scale map-scale-${data.by}`), element("span", "muted", data.ends[1]));
    const none = element("span", "map-key", `${data.none}: ${data.ids.length - data.known}`);
    none.prepend(element("span", "swatch"));
    legend.append(none);
    return;
  }
  data.groups.forEach((group, code) => {
    if (!group.count) return;
    const key = element("button", "map-key", `${group.name} ${group.count}`);
    key.type = "button";
    key.setAttribute("aria-pressed", String(!off.has(code)));
    key.prepend(element("span", `swatch swatch-${code === data.groups.length - 1 ? 12 : code}`));
    key.addEventListener("click", () => {
      if (!off.delete(code)) off.add(code);
      key.setAttribute("aria-pressed", String(!off.has(code)));
      data.batches = batches();
      redraw();
    });
    legend.append(key);
  });
}

async function load(by) {
  const query = new URLSearchParams({ modality: box.dataset.modality, by });
  const answer = await fetch(`${box.dataset.points}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) { legend.textContent = box.dataset.failed; return; }
  const first = data === null;
  off.clear();
  data = await answer.json();
  data.reach = reach();
  data.batches = batches();
  tell();
  if (first) showAll();
  redraw();
  box.dataset.drawn = by;
}

/** Another colour keeps the view: the points are where they were. */
function recolour(event) {
  const link = event.target.closest("a[data-by]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.querySelectorAll("a[data-by]").forEach((one) => one.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
  history.replaceState(history.state, "", link.href);
  for (const other of document.querySelectorAll('.chip[href*="modality="]:not([data-by])')) {
    other.href = other.getAttribute("href").replace(/by=\w+/, `by=${link.dataset.by}`);
  }
  load(link.dataset.by);
}

if (box) {
  canvas.addEventListener("pointerdown", pressed);
  canvas.addEventListener("pointermove", dragged);
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("pointercancel", released);
  canvas.addEventListener("wheel", (event) => {
    // The page scrolls as everywhere, until the map is what one works with.
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), ...at(event));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || !data || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  box.addEventListener("click", (event) => { const name = event.target.closest("[data-tool]")?.dataset.tool; if (name && data) TOOLS[name](); });
  document.addEventListener("click", recolour);
  new ResizeObserver(() => { if (data && view.scale < fit() * 0.6) view.scale = fit(); redraw(); }).observe(box);
  new MutationObserver(() => { if (data) { data.batches = batches(); redraw(); } }).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
  load(box.dataset.by);
}
