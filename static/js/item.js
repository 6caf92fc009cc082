// Item page: gallery, zoom, "more like this" chips, and the review form with photos and voice.
import { goTo } from "./focus.js";
import { canRecord, choose, record } from "./record.js";
import { toast } from "./toast.js";

// -- gallery ------------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const thumb = event.target.closest("[data-show]");
  if (!thumb) return;
  const gallery = thumb.closest("[data-gallery]");
  gallery.querySelectorAll(".gallery-frame").forEach((frame) => {
    frame.hidden = frame.id !== thumb.dataset.show;
    if (frame.hidden) frame.querySelector("video")?.pause();
  });
  gallery.querySelectorAll("[data-show]").forEach((one) => one.setAttribute("aria-pressed", String(one === thumb)));
});

const zoom = document.getElementById("zoom");
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-zoom]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  document.getElementById("zoom-picture").src = link.href;
  zoom.showModal();
});
zoom.addEventListener("click", (event) => { if (event.target !== zoom.querySelector("button")) zoom.close(); });

// -- chips that choose one of several -------------------------------------------------------------------------
document.addEventListener("htmx:afterRequest", (event) => {
  const chip = event.detail.elt;
  if (!chip.matches("[data-chip-group]") || !event.detail.successful) return;
  document.querySelectorAll(`[data-chip-group="${chip.dataset.chipGroup}"]`).forEach((one) => {
    one.classList.toggle("on", one === chip);
    if (one === chip) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  });
});
let readOn = null; // place of the first of the reviews that were asked for, if the keyboard goes on there
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (asked?.matches("[data-once]")) {
    readOn = asked === document.activeElement ? document.querySelectorAll("#review-list .review").length : null;
    asked.remove();
  }
  // A refused form comes back with what is wrong with it.
  if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const place = event.detail.target;
  if (place.id === "review-list" && readOn !== null) goTo(place.querySelectorAll(".review")[readOn]);
  // What became of a review that was sent: what is wrong with it, or the review.
  if (place.id === "reviews") goTo(place.querySelector("[role=alert], .errorlist") ?? place.querySelector(".review"));
});

// -- stars: a click counts at once, the arrow keys when they have come to rest ------------------------------------
const PASSING = 400; // ms on a star on the way to another
let pressed = false, resting = 0;
document.addEventListener("pointerdown", () => { pressed = true; });
document.addEventListener("keydown", () => { pressed = false; });
document.addEventListener("change", (event) => {
  const form = event.target.closest(".rate");
  if (!form) return;
  clearTimeout(resting);
  const send = () => window.htmx.trigger(form, "rated");
  if (pressed) send();
  else resting = setTimeout(send, PASSING);
});

// -- review form ----------------------------------------------------------------------------------------------
const urls = new WeakMap();
function show(place, files, make) {
  for (const old of place.children) URL.revokeObjectURL(urls.get(old));
  place.replaceChildren(...[...files].map((file) => {
    const element = make();
    element.src = URL.createObjectURL(file);
    urls.set(element, element.src);
    return element;
  }));
}
document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.matches("[data-preview]")) {
    show(document.getElementById(input.dataset.preview), input.files, () => Object.assign(new Image(), { alt: "" }));
  }
  const voice = input.id && document.querySelector(`[data-voice-preview="${input.id}"]`);
  if (voice) show(voice, input.files, () => Object.assign(document.createElement("audio"), { controls: true }));
});

let stop = null;
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-record]");
  if (!button) return;
  if (stop) { stop(); return; }
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    stop = await record((file) => {
      choose(document.getElementById(button.dataset.record), file);
      stop = null;
      label.textContent = before;
      button.classList.remove("recording");
    });
    label.textContent = button.dataset.recording;
    button.classList.add("recording");
  } catch {
    toast(button.dataset.denied);
  }
});
const offerRecording = () => document.querySelectorAll("[data-record]").forEach((button) => { button.hidden = !canRecord(); });
offerRecording();
document.addEventListener("htmx:afterSettle", offerRecording);
