// Where the keyboard goes on when what it was on leaves the page: not back to the top.

/** Before `gone` leaves, if the keyboard is in it: on to `control` of the next `kind` beside it, else of the last, else `otherwise`. */
export function moveOn(gone, kind, control, otherwise = document.getElementById("main")) {
  if (!gone.contains(document.activeElement)) return;
  const others = [...gone.parentElement.children].filter(
    (one) => one !== gone && one.matches(kind) && !one.hidden && !one.classList.contains("leaving"));
  const after = (one) => gone.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  const next = others.find(after) ?? others.at(-1);
  (next?.querySelector(control) ?? otherwise).focus({ preventScroll: true });
}

/** To something that is read rather than pressed. */
export function goTo(element) {
  if (!element) return;
  element.tabIndex = -1;
  element.focus();
}
