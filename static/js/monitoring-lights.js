// Keeps the lights as they are on the server. Only what differs is exchanged, so that nothing moves or loses
// the keyboard for no reason; a change of a light is told to screen readers.
import { poll } from "./monitoring-poll.js";

const root = document.getElementById("lights");
const status = document.getElementById("lights-status");
const stale = document.getElementById("lights-stale");
const EVERY = 2000;

const levels = (holder) => new Map([...holder.querySelectorAll("[data-part]")].map((tile) => [tile.dataset.part, tile.dataset.level]));

function exchange(fresh) {
  const focused = root.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  for (const piece of fresh.querySelectorAll("[data-piece]")) {
    const shown = root.querySelector(`[data-piece="${piece.dataset.piece}"]`);
    if (shown && shown.outerHTML !== piece.outerHTML) shown.replaceWith(piece);
  }
  if (focused) root.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function tell(before) {
  const changed = [...root.querySelectorAll("[data-part]")].filter((tile) => before.get(tile.dataset.part) !== tile.dataset.level);
  if (!changed.length) return;
  status.textContent = [root.querySelector("[data-verdict]").textContent, ...changed.map((tile) => tile.dataset.said)].join(" ");
}

async function refresh() {
  try {
    const answer = await fetch(root.dataset.url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(15_000) });
    if (answer.headers.get("HX-Redirect")) { location.assign(answer.headers.get("HX-Redirect")); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const before = levels(root);
    exchange(holder.content);
    root.removeAttribute("data-failed");
    stale.hidden = true;
    tell(before);
  } catch (error) {
    if (!root.hasAttribute("data-failed")) status.textContent = root.dataset.stale;
    root.setAttribute("data-failed", "");
    stale.hidden = false;
    throw error;
  }
}

poll(refresh, EVERY);
