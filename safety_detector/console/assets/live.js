// Parts of the page that follow what happens: each `data-refresh` is taken from the page anew.
import { currentCard } from "./keys.js";

const ASK_EVERY_MS = 5000;

let running = null;
let again = false;

// What somebody writes or has opened is left alone.
function isInUse(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")
    || part.querySelector("details.menu[open]") !== null;
}

// Pictures that are there already are not drawn anew.
function keepPictures(part, kept) {
  for (const picture of kept.querySelectorAll("img[src]")) {
    const had = part.querySelector(`img[src="${CSS.escape(picture.getAttribute("src"))}"]`);
    if (had) picture.replaceWith(had);
  }
}

function replace(part, fresh) {
  const card = currentCard();
  const id = part.contains(card) ? card.dataset.card : null;
  const had = id !== null && card.contains(document.activeElement);
  const kept = document.importNode(fresh, true);
  keepPictures(part, kept);
  part.replaceWith(kept);
  if (id === null) return;
  const same = kept.querySelector(`[data-card="${CSS.escape(id)}"]`);
  same?.setAttribute("aria-current", "true");
  if (had) same?.focus({ preventScroll: true });
}

async function load() {
  const answer = await fetch(location.href, { headers: { "X-In-Place": "1" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.querySelector(`[data-refresh="${CSS.escape(part.dataset.refresh)}"]`);
    if (fresh && !isInUse(part) && fresh.innerHTML !== part.innerHTML) replace(part, fresh);
  }
}

// One at a time; what happens meanwhile is looked at once more behind it.
export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = load().finally(() => {
    running = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return running;
}

export function show(state) {
  const shown = document.querySelector("[data-live-state]");
  if (shown && shown.dataset.liveState !== state) shown.dataset.liveState = state;
}

export function followChanges() {
  if (!document.querySelector("[data-live-state]")) return;
  const ask = () => refresh().then(() => show("asking"), () => show("off"));
  ask();
  setInterval(() => { if (!document.hidden) ask(); }, ASK_EVERY_MS);
}
