// Records from the microphone into a file input, so that what is recorded is sent like a chosen file.
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const LONGEST_MS = 60_000;

export const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder && window.DataTransfer);

/** Start recording; resolves to a function that stops, with `done(file)` called once the sound is whole. */
export async function record(done) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  const chunks = [];
  recorder.addEventListener("dataavailable", (event) => { if (event.data.size) chunks.push(event.data); });
  recorder.addEventListener("stop", () => {
    stream.getTracks().forEach((track) => track.stop());
    const kind = (recorder.mimeType || "audio/webm").split(";")[0];
    const ending = { "audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a" }[kind] ?? "webm";
    done(new File(chunks, `recording.${ending}`, { type: kind }));
  });
  recorder.start();
  const stop = () => { if (recorder.state !== "inactive") recorder.stop(); };
  setTimeout(stop, LONGEST_MS);
  return stop;
}

/** Put one file into an input, as if it had been chosen. */
export function choose(input, file) {
  const box = new DataTransfer();
  box.items.add(file);
  input.files = box.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
