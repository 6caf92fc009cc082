// Opens the confirmation that a button fetched; without this script the same address is a page of its own.
const place = document.getElementById("ask");
let asker = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target === place) asker = event.detail.elt.id;
});
// Only once it has settled: until then htmx moves the focus to what is marked autofocus, away from a quick hand.
place?.addEventListener("htmx:afterSettle", () => {
  const dialog = place.querySelector("dialog");
  if (!dialog || dialog.open) return;
  dialog.addEventListener("close", () => {
    dialog.remove();
    document.getElementById(asker)?.focus();
  });
  dialog.addEventListener("click", (event) => {
    const close = event.target.closest("[data-ask-close]");
    if (!close && event.target !== dialog) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.showModal();
});
