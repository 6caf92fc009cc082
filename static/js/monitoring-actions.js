// What a button would do is asked in a dialog over the page; without this it is a page of its own.
const box = document.getElementById("do");

async function ask(link) {
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    // Anything else, such as a session that has ended, is told by the page itself.
    if (answer.status !== 200 || answer.redirected) throw new Error(answer.status);
    box.innerHTML = await answer.text();
    box.showModal();
  } catch {
    location.assign(link.href);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href*="/monitoring/do/"]');
  const elsewhere = event.button || event.metaKey || event.ctrlKey || event.shiftKey;
  if (!link || elsewhere || event.defaultPrevented) return;
  event.preventDefault();
  ask(link);
});

box.addEventListener("click", (event) => {
  if (event.target === box || event.target.closest("[data-close]")) box.close();
});
// A second press while the first is under way would do it twice.
box.addEventListener("submit", (event) => {
  event.target.querySelector("[type=submit]").disabled = true;
});
