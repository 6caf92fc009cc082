// Asks again and again: at once when the page comes into sight, slower while nobody works in it or the server
// does not answer, and not at all while it is hidden.
const LONGEST = 30_000;
const UNFOCUSED = 5;

/** Calls `work` every `wait` ms; a promise that is rejected makes the next wait longer. Returns "now". */
export function poll(work, wait) {
  let timer = 0;
  let failures = 0;
  let busy = false;

  const plan = () => {
    clearTimeout(timer);
    if (document.hidden) return;
    const slower = 2 ** failures * (document.hasFocus() ? 1 : UNFOCUSED);
    timer = setTimeout(round, Math.min(LONGEST, wait * slower));
  };
  async function round() {
    if (busy) return;
    busy = true;
    try {
      await work();
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 6);
    }
    busy = false;
    plan();
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : round()));
  window.addEventListener("focus", round);
  plan();
  return round;
}
