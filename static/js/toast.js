// A line of text at the foot of the page, read out by screen readers, with at most one thing to press.
const SECONDS = 7;
/** What a toast can take back. */
const ACTS = "[data-act], .rate";
const FIELDS = "input:not([type=range], [type=radio], [type=checkbox]), textarea, select, [contenteditable]";
// Of acts: those that the server has not answered yet, in order; the one it is answering; the one to be taken back as soon as it says how.
const underWay = new Set();
let answering = null, early = null;

/** Show `message`; `action` is {label, run} or null, and is done at once where it was asked for already. Only the newest toast stays. */
export function toast(message, action = null) {
  if (action && early && answering === early) { early = null; action.run(); return; }
  const place = document.getElementById("toasts");
  const reading = document.activeElement;
  const line = document.createElement("div");
  line.className = "toast-line";
  const text = document.createElement("span");
  text.textContent = message;
  line.append(text);
  let timer = setTimeout(() => line.remove(), SECONDS * 1000);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label;
    button.setAttribute("aria-keyshortcuts", "Control+Z Meta+Z");
    button.addEventListener("click", () => { line.remove(); if (reading.isConnected) reading.focus({ preventScroll: true }); action.run(); });
    line.append(button);
  }
  // Someone who is reading or reaching for the button is not hurried.
  const hold = () => clearTimeout(timer);
  const release = () => { clearTimeout(timer); timer = setTimeout(() => line.remove(), SECONDS * 1000); };
  line.addEventListener("pointerenter", hold);
  line.addEventListener("pointerleave", release);
  line.addEventListener("focusin", hold);
  line.addEventListener("focusout", release);
  place.replaceChildren(line);
}

const actOf = (event) => (event.detail.requestConfig?.elt.matches(ACTS) ? event.detail.requestConfig.elt : null);
document.addEventListener("htmx:beforeSend", (event) => { const act = actOf(event); if (act) underWay.add(act); });
document.addEventListener("htmx:beforeOnLoad", (event) => { answering = actOf(event); });
// Asked of the request, since htmx tells it of an ancestor where the page has lost the act meanwhile.
document.addEventListener("htmx:afterRequest", (event) => {
  const act = actOf(event);
  underWay.delete(act);
  if (early === act) early = null;
  answering = null;
});

// From wherever the keyboard is, and not only from the foot of the page: what undoes in any program. A field undoes its own.
document.addEventListener("keydown", (event) => {
  const undoes = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const button = document.querySelector("#toasts button"), newest = [...underWay].filter((one) => one.isConnected).at(-1);
  if (!undoes || !(button || newest) || event.target.closest?.(FIELDS)) return;
  event.preventDefault();
  if (event.repeat) return;
  if (newest) early = newest; else button.click();
});
