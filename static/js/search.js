// Search: pictures by choosing, pasting, dropping or the camera, sounds by recording or choosing, plus and minus terms.
import { moveOn } from "./focus.js";
import { canRecord, record } from "./record.js";
import { toast } from "./toast.js";

const form = document.getElementById("search");
const changed = () => window.htmx.trigger(form, "query-changed");
const termOf = (kind) => form.querySelector(`[data-term="${kind}"]`);

// -- a picture or a sound as the query ------------------------------------------------------------------------
async function useFile(kind, file) {
  const body = new FormData();
  body.append(kind, file);
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const answer = await fetch(form.dataset.upload, { method: "POST", body, headers }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok || !told) { toast(told?.error ?? form.dataset.unreadable); return; }
  const term = termOf(kind);
  term.querySelector("input").value = told.name;
  const picture = term.querySelector("img");
  if (picture) picture.src = told.url;
  term.hidden = false;
  changed();
}
const kindOf = (file) => ["image", "audio"].find((kind) => file.type.startsWith(`${kind}/`));

form.addEventListener("change", (event) => {
  const input = event.target.closest("[data-query-file]");
  if (!input) return;
  event.stopPropagation();
  if (input.files.length) useFile(input.dataset.queryFile, input.files[0]);
  input.value = "";
}, true);
document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find(kindOf);
  if (file) { event.preventDefault(); useFile(kindOf(file), file); }
});
const box = form.querySelector("[data-drop]");
// Words that are dragged into a field are left to the browser.
const words = (event) => event.target.closest?.("input, textarea") && !event.dataTransfer.types.includes("Files");
document.addEventListener("dragover", (event) => { if (words(event)) return; event.preventDefault(); box.classList.add("dropping"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) box.classList.remove("dropping"); });
document.addEventListener("drop", (event) => {
  if (words(event)) return;
  event.preventDefault();
  box.classList.remove("dropping");
  const file = [...event.dataTransfer.files].find(kindOf);
  if (file) useFile(kindOf(file), file);
  else toast(form.dataset.undroppable);
});

const recorder = form.querySelector("[data-query-record]");
recorder.hidden = !canRecord();
let stop = null;
recorder.addEventListener("click", async () => {
  if (stop) { stop(); return; }
  try {
    stop = await record((file) => {
      stop = null;
      recorder.classList.remove("recording");
      recorder.setAttribute("aria-pressed", "false");
      useFile("audio", file);
    });
    recorder.classList.add("recording");
    recorder.setAttribute("aria-pressed", "true");
  } catch {
    toast(form.dataset.denied);
  }
});

// -- terms ----------------------------------------------------------------------------------------------------
form.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-drop-term]");
  if (drop) {
    const term = drop.closest(".term");
    moveOn(term, ".term", "[data-drop-term]", word);
    if (["image", "audio"].includes(term.dataset.term)) {
      term.hidden = true;
      term.querySelector("input").value = "";
    } else term.remove();
    changed();
  }
  const add = event.target.closest("[data-add-term]");
  if (add) addTerm(add.dataset.addTerm);
});
const word = document.getElementById("term-word");
word.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const minus = word.value.trim().startsWith("-");
  word.value = word.value.trim().replace(/^[-+]\s*/, "");
  addTerm(minus ? "minus" : "plus");
});
for (const name of ["change", "input"]) word.addEventListener(name, (event) => event.stopPropagation());

function addTerm(kind) {
  const text = word.value.trim();
  if (!text) { word.focus(); return; }
  const term = document.getElementById("term-template").content.firstElementChild.cloneNode(true);
  term.dataset.term = kind;
  term.classList.add(`term-${kind}`);
  const input = term.querySelector("input");
  input.name = kind;
  input.value = text;
  term.querySelector("span").textContent = `${kind === "plus" ? "+" : "−"} ${text}`;
  term.querySelector("button").setAttribute("aria-label", `${form.dataset.remove} ${text}`);
  word.closest(".term-add").before(term);
  word.value = "";
  changed();
}

// -- prices: a range is a link, taken here without leaving the page ---------------------------------------------
const limits = ["min", "max"].map((name) => form.elements[name]);
form.addEventListener("click", (event) => {
  const range = event.target.closest("[data-price]");
  if (!range || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const limit of limits) limit.value = range.dataset[limit.name];
  const currency = new URL(range.href).searchParams.get("currency");
  for (const radio of form.querySelectorAll("[name=currency]")) radio.checked = radio.value === (currency ?? "");
  changed();
});
// Limits are amounts of one currency: they say nothing of another.
form.addEventListener("change", (event) => {
  if (event.target.name === "currency") for (const limit of limits) limit.value = "";
}, true);

// Empty fields are left out of the address, so that it can be read and shared.
form.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== form) return;
  const given = event.detail.formData;
  for (const [name, value] of [...given.entries()]) {
    if (value === "" || (name.startsWith("w_") && value === "100")) given.delete(name);
  }
});
const ask = { image: "#query-image", audio: "#query-audio" }[form.dataset.open];
if (ask) form.querySelector(ask).closest("label").classList.add("on");
if (ask) form.querySelector(ask).focus();
