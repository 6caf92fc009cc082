// Lines of what was measured. What the reader chose is in the address, so that it can be sent to others; a
// range that ends now is kept up to date by asking for its last steps alone.
import { Chart, forgetStyles } from "./monitoring-chart.js";
import { clock } from "./monitoring-format.js";
import { poll } from "./monitoring-poll.js";

const EVERY = 1000;
/** seconds from which on the age is told */
const OLD = 3;
const root = document.getElementById("lines");
const form = root.querySelector("[data-choice]");
const badge = root.querySelector("[data-live-badge]");
const time = clock(root.dataset.zone);
const chosen = { range: "1h", from: "", to: "", compare: "" };
const seconds = Object.fromEntries([...form.querySelectorAll("[data-range]")].map((chip) => [chip.dataset.range, Number(chip.dataset.seconds)]));
/** what was last read whole: {step, last: start of its last step, told: name of the lines it has} */
let read = null;
/** when the server read what is shown: by its clock, and by that of this page */
let asOf = null;
let number = 0;
/** the newest question for the whole, with the groups it asks for, until it is answered */
let whole = null;
let failed = false;

const page = {
  words: root.dataset,
  clock: time,
  zone: root.dataset.zone,
  hidden: new Set(),
  changed: () => history.replaceState(null, "", address()),
  zoomed: (from, to) => choose({ range: "", from: String(Math.floor(from)), to: String(Math.ceil(to)) }),
};
const charts = [...root.querySelectorAll("[data-measure]")].map((figure) => new Chart(figure, page));
// Closed groups are neither read nor drawn.
const groups = [...root.querySelectorAll("[data-group]")];
const byFigure = new Map(charts.map((chart) => [chart.figure, chart]));
// A screen above and below what is in sight, so that scrolling finds lines.
const sight = new IntersectionObserver((seen) => seen.forEach((one) => { byFigure.get(one.target).near = one.isIntersecting; }), { rootMargin: "100% 0px" });
charts.forEach((chart) => sight.observe(chart.figure));
// Paper has no scrolling.
window.addEventListener("beforeprint", () => shown().forEach((chart) => { chart.near = true; }));
const shown = () => charts.filter((chart) => chart.figure.closest("[data-group]").open);
const opened = () => groups.filter((group) => group.open).map((group) => group.dataset.group);
const usual = root.dataset.usual;

// -- the address ---------------------------------------------------------------------------------------------
function query() {
  const asked = new URLSearchParams();
  if (chosen.from) {
    asked.set("from", chosen.from);
    if (chosen.to) asked.set("to", chosen.to);
  } else asked.set("range", chosen.range);
  if (chosen.compare) asked.set("compare", chosen.compare);
  return asked;
}
function address() {
  const asked = query();
  if (opened().join() !== usual) asked.set("open", opened().join());
  page.hidden.forEach((one) => asked.append("hide", one));
  return `?${asked}${location.hash}`;
}
function follow() {
  const asked = new URLSearchParams(location.search);
  const [first, last] = [at(asked.get("from")), at(asked.get("to"))];
  // What makes no sense is as if it was not said.
  const own = Number.isNaN(first) || last <= first ? "" : asked.get("from");
  const until = own && !Number.isNaN(last) ? asked.get("to") : "";
  const beside = [...form.elements.compare.options].some((one) => one.value === asked.get("compare")) ? asked.get("compare") : "";
  Object.assign(chosen, { range: own ? "" : asked.get("range") in seconds ? asked.get("range") : "1h", from: own, to: until, compare: beside });
  page.hidden.clear();
  asked.getAll("hide").forEach((one) => page.hidden.add(one));
  const open = (asked.has("open") ? asked.get("open") : usual).split(",");
  groups.forEach((group) => { group.open = open.includes(group.dataset.group); });
  reveal();
  mark();
}
/** What the address points at lies in a group that has to be open. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const group = target?.closest("[data-group]");
  if (!group || group.open) return;
  group.open = true;
  target.scrollIntoView();
}
function mark() {
  for (const chip of form.querySelectorAll("[data-range]")) {
    if (chip.dataset.range === chosen.range) chip.setAttribute("aria-current", "true");
    else chip.removeAttribute("aria-current");
  }
  form.querySelector("[data-own]").classList.toggle("on", Boolean(chosen.from));
  form.elements.compare.value = chosen.compare;
  form.elements.from.value = local(chosen.from);
  form.elements.to.value = local(chosen.to);
}
/** Seconds since 1970 of what is given as such or as date and time; NaN for anything else. */
const at = (told) => (/^\d+(\.\d+)?$/.test(told ?? "") ? Number(told) : Date.parse(told ?? "") / 1000);
/** As a field for date and time holds it, in the time of the site. */
function local(moment) {
  if (!/^[\d.]+$/.test(moment)) return moment;
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: root.dataset.zone, dateStyle: "short", timeStyle: "medium" }).format(new Date(Number(moment) * 1000));
  return parts.replace(" ", "T");
}
function choose(what) {
  Object.assign(chosen, what);
  mark();
  history.pushState(null, "", address());
  load().catch(() => {});
}

// -- numbers -------------------------------------------------------------------------------------------------
const isLive = () => !chosen.to;
const span = () => (chosen.from ? Infinity : seconds[chosen.range]);

const fetched = (url) => ({ began: performance.now(), answered: fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(20_000) }) });
/** What was asked for before this script had loaded; good for the first question only. */
function early(url) {
  const first = window.firstNumbers;
  delete window.firstNumbers;
  return first?.url === url ? first : null;
}
async function ask(more) {
  const mine = ++number;
  const asked = query();
  // No group has no name: what is asked of it is only what time it is.
  (opened().length ? opened() : [""]).forEach((name) => asked.append("group", name));
  Object.entries(more).forEach(([name, value]) => asked.set(name, value));
  const { began, answered } = early(`${root.dataset.url}?${asked}`) || fetched(`${root.dataset.url}?${asked}`);
  const answer = await answered;
  if (answer.headers.get("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
  if (answer.status === 409) return { forgotten: true };
  if (!answer.ok) throw new Error(String(answer.status));
  const drawing = await answer.json();
  // Someone chose something else meanwhile.
  if (mine !== number) return null;
  asOf = { server: drawing.now, here: began };
  return drawing;
}

async function load() {
  const mine = { groups: opened().join() };
  whole = mine;
  root.setAttribute("aria-busy", "true");
  try {
    const drawing = await ask({});
    if (whole !== mine || !drawing) return;
    shown().forEach((chart) => chart.measure());
    shown().forEach((chart) => chart.put(drawing, drawing.charts[chart.key] || []));
    read = { step: drawing.step, last: drawing.start + (drawing.count - 1) * drawing.step, told: drawing.told, groups: mine.groups };
    failed = false;
    // What is in sight is known after one frame, and drawn with the next.
    requestAnimationFrame(() => requestAnimationFrame(() => { root.dataset.drawn = String(Math.round(performance.now())); }));
  } catch (error) {
    if (whole !== mine) return;
    read = null;
    failed = true;
    throw error;
  } finally {
    if (whole === mine) {
      whole = null;
      root.removeAttribute("aria-busy");
      tell();
    }
  }
}

async function refresh() {
  // Its answer would count as the newer one, and what the reader chose would never be drawn.
  if (whole) return;
  if (!read) { await load(); return; }
  if (!isLive()) return;
  try {
    const drawing = await ask({ since: read.last - read.step, told: read.told });
    if (!drawing) return;
    if (drawing.forgotten || drawing.step !== read.step) { await load(); return; }
    shown().forEach((chart) => chart.update(drawing, drawing.charts[chart.key] || [], drawing.now - span()));
    read.last = drawing.start + (drawing.count - 1) * drawing.step;
    failed = false;
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    tell();
  }
}

/** How old it is what is shown. */
function tell() {
  const age = asOf ? (performance.now() - asOf.here) / 1000 : Infinity;
  const live = isLive() && !failed && age < OLD;
  badge.dataset.age = Number.isFinite(age) ? age.toFixed(2) : "";
  badge.classList.toggle("is-live", live);
  badge.classList.toggle("is-failed", failed);
  const words = failed ? page.words.failed : !isLive() ? page.words.paused : live ? page.words.live : page.words.old.replace("{n}", String(Math.round(age)));
  const shown = badge.querySelector("[data-live-text]");
  if ((asOf || failed) && shown.textContent !== words) shown.textContent = words;
  badge.querySelector("[data-live-at]").textContent = asOf ? time.second(asOf.server) : "";
}

// -- what the reader does ------------------------------------------------------------------------------------
form.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-range]");
  if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose({ range: chip.dataset.range, from: "", to: "" });
});
form.addEventListener("input", () => [form.elements.from, form.elements.to].forEach((field) => field.setCustomValidity("")));
form.addEventListener("change", (event) => { if (event.target.name === "compare") choose({ compare: event.target.value }); });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { from, to } = form.elements;
  from.setCustomValidity(to.value && !from.value ? page.words.noFrom : "");
  to.setCustomValidity(from.value && to.value && to.value <= from.value ? page.words.noSpan : "");
  if (!form.reportValidity()) return;
  form.querySelector("details").open = false;
  choose(from.value ? { range: "", from: from.value, to: to.value } : { range: chosen.range || "1h", from: "", to: "" });
});
// Several may be toggled by one choice of the reader, which is one question.
let toggled = 0;
groups.forEach((group) => group.addEventListener("toggle", () => {
  cancelAnimationFrame(toggled);
  toggled = requestAnimationFrame(() => {
    if (opened().join() === (whole || read)?.groups) return;
    history.replaceState(null, "", address());
    load().catch(() => {});
  });
}));
window.addEventListener("hashchange", reveal);
window.addEventListener("popstate", () => { follow(); load().catch(() => {}); });
new ResizeObserver(() => {
  shown().forEach((chart) => chart.measure());
  shown().forEach((chart) => chart.resize());
}).observe(root);
new MutationObserver(() => {
  forgetStyles();
  charts.forEach((chart) => chart.redraw());
}).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });

follow();
load().catch(() => {});
poll(refresh, EVERY);
setInterval(tell, 500);
