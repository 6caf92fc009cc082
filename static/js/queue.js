// Labels by keyboard: j and k move, 1 2 3 label, x marks for many at once, o opens, z takes the last one back.
import { toast } from "./toast.js";

const rows = () => [...document.querySelectorAll("[data-row]")];
const current = () => document.querySelector("[data-row].current");
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

/** Where the reader stood last: the list is fetched anew after each label. */
let last = null;
function stand(row, focus = true) {
  if (!row) return;
  last = row.id;
  current()?.classList.remove("current");
  row.classList.add("current");
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
function step(by) {
  const all = rows();
  const at = all.indexOf(current());
  stand(all[Math.max(0, Math.min(all.length - 1, at + by))]);
}
function press(selector) {
  const button = current()?.querySelector(selector);
  if (button) button.click();
}
const KEYS = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
  1: () => press('[value="negative"]'), 2: () => press('[value="neutral"]'), 3: () => press('[value="positive"]'),
  o: () => press("[data-open]"), Enter: () => press("[data-open]"),
  z: () => document.querySelector("#toasts button")?.click(),
  x: () => { const box = current()?.querySelector("[data-pick]"); if (box) { box.checked = !box.checked; count(); } },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const inside = event.target.closest("[data-row]");
  if (event.key === "Enter" && event.target !== inside) return; // a button or link in the row means itself
  if (event.key.startsWith("Arrow") && !inside) return; // arrows scroll the page until a row is stood on
  const act = KEYS[event.key];
  if (!act || !rows().length) return;
  event.preventDefault();
  if (!current()) stand(rows()[0]);
  else act();
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row && row !== current()) stand(row, false);
});

// -- many at once ---------------------------------------------------------------------------------------------
function count() {
  const picked = document.querySelectorAll("[data-pick]:checked").length;
  const bar = document.getElementById("many");
  if (!bar) return;
  bar.classList.toggle("idle", !picked);
  bar.querySelectorAll("button").forEach((button) => { button.disabled = !picked; });
  bar.querySelector("output").value = String(picked);
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    document.querySelectorAll("[data-pick]").forEach((box) => { box.checked = event.target.checked; });
  }
  if (event.target.matches("[data-pick], [data-pick-all]")) count();
});

// -- what was said of a label, with the way back ---------------------------------------------------------------
document.addEventListener("corrected", (event) => {
  const { message, undo } = event.detail;
  toast(message, undo ? { label: document.body.dataset.undo, run: () => window.htmx.ajax("POST", undo, { swap: "none", source: document.body }) } : null);
});

// -- after a label the next row is stood on, so that a hand stays on the keys -----------------------------------------
let next = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.detail.elt.closest?.("[data-row]");
  if (row) next = row.nextElementSibling?.id || row.previousElementSibling?.id || null;
});
document.addEventListener("htmx:afterSettle", () => {
  count();
  if (last && !current()) stand(document.getElementById(next) || document.getElementById(last) || rows()[0]);
  next = null;
});
count();
