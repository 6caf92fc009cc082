// The report's own doings: links that change the report in place, dates, the player's marked seconds.
const here = () => document.getElementById("report");

/** Show another state of this report without loading the frame anew; other pages are gone to. */
function visit(href) {
  const target = new URL(href, location.href);
  if (target.pathname !== location.pathname || !here()?.hasAttribute("data-in-place")) {
    location.assign(target);
    return;
  }
  window.htmx.ajax("GET", target.pathname + target.search, { target: "#report", swap: "innerHTML" });
}
document.addEventListener("report:visit", (event) => visit(event.detail.href));

// A filter changed: the page before it was scrolled to is where the reader still is.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-in-place]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!here()?.hasAttribute("data-in-place")) return;
  event.preventDefault();
  visit(link.href);
});

// -- while the report is on its way ---------------------------------------------------------------------------
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "report") here().setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.target?.id !== "report") return;
  here().removeAttribute("aria-busy");
  const status = document.getElementById("report-status");
  if (status && event.detail.successful) status.textContent = here().querySelector("[data-summary]")?.textContent || "";
});

// What the keyboard stood on is drawn anew with the report: what is called the same has its place, or the heading.
let held = null;
let figure = "";
const called = (element) => [element.tagName, element.getAttribute("href") ?? "", element.getAttribute("aria-label") || element.textContent.trim()].join(" ");
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "report") return;
  const on = document.activeElement;
  // In the queue a label has its own way on: to the next row.
  held = here().contains(on) && !on.closest("[data-row]") ? called(on) : null;
  figure = on.closest("figure")?.id || "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "report" || held === null || here().contains(document.activeElement)) return;
  const again = [...here().querySelectorAll("a, button, summary")].find((one) => called(one) === held);
  again?.focus({ preventScroll: true });
  if (again && document.activeElement === again) return; // else it is folded away, or there no more
  // At the end of a list that one pages through, "Next" is gone, and the list is still where one is.
  const heading = (figure && document.getElementById(figure)?.querySelector("h2")) || here().querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
});

// -- an item by its title: what is typed finds, and the arrow keys go from one to the next ------------------------
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.find") && event.target.open) event.target.querySelector("[data-find]").focus();
}, true);
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const panel = event.target.closest?.(".find-panel");
  if (!step || !panel) return;
  const stops = [...panel.querySelectorAll("[data-find], [data-found]")];
  event.preventDefault();
  stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(event.target) + step))].focus();
});

// -- a recording's marked seconds -------------------------------------------------------------------------------
function player(element) {
  return document.getElementById(element.dataset.player);
}
document.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-seek]");
  if (!mark) return;
  const audio = player(mark);
  jump(audio, Number(mark.dataset.seek));
  document.querySelectorAll("[data-seek].on").forEach((one) => one.classList.remove("on"));
  document.querySelectorAll(`[data-seek="${CSS.escape(mark.dataset.seek)}"][data-player="${CSS.escape(mark.dataset.player)}"]`)
    .forEach((one) => one.classList.add("on"));
});

/** Play from a second on, also where the recording has not been loaded yet. */
function jump(audio, second) {
  const go = () => { audio.currentTime = second; audio.play().catch(() => {}); };
  if (audio.readyState >= 1) go();
  else { audio.addEventListener("loadedmetadata", go, { once: true }); audio.preload = "auto"; audio.load(); }
}
// A transcript is one stop of the keyboard; the arrow keys go from word to word.
function words(text) {
  return [...text.querySelectorAll("[data-seek]")];
}
function oneStop() {
  document.querySelectorAll("[data-heard]").forEach((text) =>
    words(text).forEach((word, number) => word.setAttribute("tabindex", number ? "-1" : "0")));
}
oneStop();
document.addEventListener("htmx:load", oneStop);
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const text = event.target.closest?.("[data-heard]");
  if (!step || !text) return;
  const all = words(text);
  const next = all[all.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  event.target.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});

/** Mark the word that is being said: the last one that has begun. */
function follow(audio) {
  const text = document.querySelector(`[data-heard="${CSS.escape(audio.id)}"]`);
  if (!text) return;
  const now = words(text).filter((word) => Number(word.dataset.seek) <= audio.currentTime + 0.02).pop();
  text.querySelectorAll(".now").forEach((word) => { if (word !== now) word.classList.remove("now"); });
  if (now && !audio.paused) now.classList.add("now");
}
document.addEventListener("timeupdate", (event) => {
  follow(event.target);
  const needle = document.querySelector(`[data-needle="${CSS.escape(event.target.id)}"]`);
  if (needle && event.target.duration) needle.setAttribute("x", String(1000 * event.target.currentTime / event.target.duration));
}, true);

// Opened by a link to a second (#t=3.2): the player stands there, and its mark is in sight.
const second = /^#t=([\d.]+)$/.exec(location.hash);
if (second) {
  const marks = [...document.querySelectorAll("button[data-seek]")];
  const mark = marks.find((one) => Math.abs(Number(one.dataset.seek) - Number(second[1])) < 0.06);
  if (mark) { mark.classList.add("on"); mark.scrollIntoView({ block: "center" }); player(mark).currentTime = Number(second[1]); }
}

// -- photos and the regions that weigh ------------------------------------------------------------------------------
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-regions]")) {
    document.querySelectorAll(".evidence-photo").forEach((photo) => photo.classList.toggle("plain", !event.target.checked));
  }
  if (event.target.matches("[data-reasons]") && event.target.value) {
    const reason = event.target.form.elements.reason;
    reason.value = event.target.value;
  }
});
