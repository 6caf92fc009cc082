// Upload by choosing or dropping, with the progress of the transfer, then on to the import's own page.
import { toast } from "./toast.js";

for (const form of document.querySelectorAll("[data-upload-form]")) {
  const input = form.querySelector("input[type=file]");
  const box = form.querySelector(".upload-progress");
  const bar = box.querySelector("progress");
  const label = box.querySelector(".upload-label");

  const send = () => {
    if (!input.files.length) return;
    const request = new XMLHttpRequest();
    box.hidden = false;
    label.textContent = `${form.dataset.sending}: ${input.files[0].name}`;
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.upload.addEventListener("load", () => { label.textContent = `${form.dataset.checking}…`; bar.removeAttribute("value"); });
    request.addEventListener("load", () => finish(request));
    request.addEventListener("error", () => fail(form.dataset.failed));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.send(new FormData(form));
  };
  const finish = (request) => {
    if (request.status === 201) window.location.assign(request.response.url);
    else fail(request.response?.error ?? form.dataset.failed);
  };
  const fail = (message) => {
    box.hidden = true;
    bar.value = 0;
    input.value = "";
    let place = form.querySelector(".errorlist");
    if (!place) {
      place = Object.assign(document.createElement("div"), { className: "errorlist" });
      place.setAttribute("role", "alert");
      form.append(place);
    }
    place.textContent = message;
    toast(message);
  };
  input.addEventListener("change", send);
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    send();
  });
}
