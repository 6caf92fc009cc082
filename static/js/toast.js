// A line of text at the foot of the page, read out by screen readers, with at most one thing to press.
const SECONDS = 7;
/** What a toast can take back; the server has not answered yet while htmx marks it. */
const ACTS = "[data-act], .rate";
const UNDER_WAY = `:is(${ACTS}).htmx-request`;
let early = false; // it is to be taken back as soon as the server says how

/** Show `message`; `action` is {label, run} or null. Only the newest toast stays. */
export function toast(message, action = null) {
  if (takenBackEarly(action)) return;
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

function takenBackEarly(action) {
  const wanted = early;
  early = false;
  if (wanted && action) action.run();
  return wanted && Boolean(action);
}

document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.matches(ACTS)) early = false; });

// From wherever the keyboard is, and not only from the foot of the page: what undoes in any program. A field undoes its own.
document.addEventListener("keydown", (event) => {
  const undoes = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const [button, underWay] = ["#toasts button", UNDER_WAY].map((one) => document.querySelector(one));
  if (!undoes || !(button || underWay) || event.target.closest?.("input:not([type=range]), textarea, select, [contenteditable]")) return;
  event.preventDefault();
  if (underWay) early = true; else button.click();
});
