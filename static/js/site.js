// What every page needs: switches that answer at once, toasts with undo, menus, rails, and honest errors.
import { moveOn } from "./focus.js";
import { toast } from "./toast.js";

const words = document.body.dataset;

// -- like, save, hide: shown at once, taken back when the server does not agree ------------------------------
const isSwitch = (element) => element instanceof HTMLElement && element.matches("button[data-act]");
const flip = (button, on) => {
  if (!button.hasAttribute("aria-pressed")) return;
  button.setAttribute("aria-pressed", String(on));
};
const pressed = (button) => button.getAttribute("aria-pressed") === "true";

/** A switch that goes off when the other goes on. */
const OPPOSITES = { like: "dislike", dislike: "like" };

/** Every switch of one kind for one item, so that a row and the grid agree. */
const twins = (button) => [...document.querySelectorAll(
  `button[data-act="${CSS.escape(button.dataset.act)}"][data-item="${CSS.escape(button.dataset.item)}"]`)];

function cardsOf(item) {
  return [...document.querySelectorAll(`.tile[data-item="${CSS.escape(String(item))}"]`)];
}

function setHidden(item, hidden) {
  for (const card of cardsOf(item)) {
    if (hidden) {
      card.classList.add("leaving");
      moveOn(card, ".tile", ".tile-link");
      setTimeout(() => { if (card.classList.contains("leaving")) card.hidden = true; }, 250);
    } else {
      card.hidden = false;
      card.classList.remove("leaving");
    }
  }
}

document.addEventListener("htmx:configRequest", (event) => {
  const holder = event.detail.elt.closest("[data-impression]");
  if (isSwitch(event.detail.elt) && holder) event.detail.parameters.impression = holder.dataset.impression;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.elt;
  if (!isSwitch(button)) return;
  const on = !pressed(button);
  button.dataset.before = String(!on);
  twins(button).forEach((twin) => flip(twin, on));
  if (button.dataset.act === "hide" && button.closest(".tile")) setHidden(button.dataset.item, on);
});

function takeBack(button) {
  const before = button.dataset.before === "true";
  twins(button).forEach((twin) => flip(twin, before));
  if (button.dataset.act === "hide") setHidden(button.dataset.item, before);
}

document.addEventListener("acted", (event) => {
  const { message, undo, item, kind, on, stars } = event.detail;
  const changed = document.querySelectorAll(`button[data-act="${CSS.escape(kind)}"][data-item="${item}"]`);
  changed.forEach((button) => flip(button, on));
  if (on && kind in OPPOSITES) {
    document.querySelectorAll(`button[data-act="${OPPOSITES[kind]}"][data-item="${item}"]`).forEach((button) => flip(button, false));
  }
  if (kind === "hide") setHidden(item, on);
  if (stars !== undefined) {
    document.querySelectorAll(`.rate[data-item="${item}"] input`).forEach((star) => { star.checked = star.value === stars; });
  }
  if (message) toast(message, undo ? { label: words.undo, run: () => takeBackOnServer(undo) } : null);
});

async function takeBackOnServer(address) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const answer = await fetch(address, { method: "POST", headers: { ...headers, "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) { toast(words.error); return; }
  const told = answer.headers.get("HX-Trigger");
  if (!told) return;
  for (const [name, detail] of Object.entries(JSON.parse(told))) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// -- what is taken back leaves the history ------------------------------------------------------------------
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, shouldSwap } = event.detail;
  if (shouldSwap && target?.matches(".event")) moveOn(target, ".event", "button");
});

// -- when a request fails -----------------------------------------------------------------------------------
function failed(event) {
  const element = event.detail.elt;
  if (isSwitch(element)) takeBack(element);
  if (element.matches("[data-more]")) { offerRetry(element); return; }
  if (!element.matches("[data-quiet]")) toast(words.error);
}
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);

/** In place of what should have brought the next cards, so that they land where it stood. */
function offerRetry(sentinel) {
  const box = document.createElement("div");
  box.className = "load-error";
  const text = document.createElement("p");
  text.textContent = words.error;
  const again = document.createElement("button");
  again.className = "btn-line";
  again.type = "button";
  again.textContent = words.retry;
  again.addEventListener("click", async () => {
    const before = box.previousElementSibling;
    const asked = window.htmx.ajax("GET", sentinel.getAttribute("hx-get"), { target: box, swap: "outerHTML" });
    await asked.catch(() => {}); // a toast tells of it, and the button is still there
    if (!box.isConnected) before?.nextElementSibling?.querySelector(".tile-link, button")?.focus({ preventScroll: true });
  });
  box.append(text, again);
  sentinel.replaceWith(box);
}

// -- an item that is on the page already is not shown twice when the order changed in between -----------------
document.addEventListener("htmx:afterSettle", () => {
  for (const grid of document.querySelectorAll("[data-unique]")) {
    const seen = new Set();
    for (const card of grid.querySelectorAll(".tile")) {
      if (seen.has(card.dataset.item)) card.remove();
      else seen.add(card.dataset.item);
    }
  }
});

// -- menus, keyboard, theme ----------------------------------------------------------------------------------
const openMenus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  openMenus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    openMenus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const box = document.querySelector("#q, .searchbox-input");
    if (box) { event.preventDefault(); box.focus(); box.select(); }
  }
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]")) return;
  event.target.querySelector("button").value = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
}, true);

// -- what is folded away on a phone ---------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold]");
  if (!button) return;
  const folded = document.getElementById(button.dataset.fold).classList.toggle("folded");
  button.setAttribute("aria-expanded", String(!folded));
});

// -- the page that is open is in sight among its neighbours, also on a phone -------------------------------------
for (const tabs of document.querySelectorAll(".subnav")) {
  const open = tabs.querySelector("[aria-current]")?.getBoundingClientRect();
  const all = tabs.getBoundingClientRect();
  if (open) tabs.scrollLeft += open.left - all.left - (all.width - open.width) / 2;
}

// -- faders and rails ----------------------------------------------------------------------------------------
document.addEventListener("input", (event) => {
  if (event.target.matches(".fader input")) {
    event.target.closest(".fader").querySelector("output").value = event.target.value;
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rail]");
  if (!button) return;
  const rail = document.getElementById(button.getAttribute("aria-controls"));
  const smooth = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  rail.scrollBy({ left: Number(button.dataset.rail) * rail.clientWidth * 0.85, behavior: smooth ? "smooth" : "auto" });
});
