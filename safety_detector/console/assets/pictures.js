// The page of pictures: what is chosen, what has changed meanwhile, and sending.
import { followSelection, showPicked } from "./pictures-picked.js";
import { sendPictures } from "./pictures-send.js";

const GATHER_MS = 400;
const MOST_AT_ONCE = 60;

let asking = false;
let again = false;

async function pageOf(address) {
  const answer = await fetch(address, { headers: { "X-In-Place": "1" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// A picture that is done shows what was found; the tile stays where it is.
function replaceTiles(page) {
  for (const fresh of page.querySelectorAll("[data-gallery] [data-inspection]")) {
    const wanted = `[data-inspection="${CSS.escape(fresh.dataset.inspection)}"][data-unfinished]`;
    for (const old of document.querySelectorAll(wanted)) {
      if (old.contains(document.activeElement) && document.activeElement !== old) continue;
      const tile = document.importNode(fresh, true);
      if (!old.querySelector("[data-pick]")) tile.querySelector(".pick")?.remove();
      const current = old.getAttribute("aria-current");
      const focused = document.activeElement === old;
      old.replaceWith(tile);
      if (current) tile.setAttribute("aria-current", current);
      if (focused) tile.focus({ preventScroll: true });
    }
  }
  showPicked();
}

async function look() {
  if (document.hidden) return;
  const waiting = [...document.querySelectorAll("[data-inspection][data-unfinished]")];
  const ids = [...new Set(waiting.map((one) => one.dataset.inspection))];
  for (let at = 0; at < ids.length; at += MOST_AT_ONCE) {
    const some = ids.slice(at, at + MOST_AT_ONCE).map((id) => ["id", id]);
    replaceTiles(await pageOf(`${location.pathname}?${new URLSearchParams(some)}`));
  }
  const notice = document.querySelector("[data-newer]");
  if (!notice || !notice.hidden) return;
  const first = (await pageOf(location.href)).querySelector("[data-gallery] [data-inspection]");
  const here = document.querySelector("[data-gallery] [data-inspection]");
  if (first && first.dataset.inspection !== here?.dataset.inspection) notice.hidden = false;
}

function lookSoon() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  setTimeout(() => look().catch(() => {}).finally(() => {
    asking = false;
    if (again) {
      again = false;
      lookSoon();
    }
  }), GATHER_MS);
}

document.addEventListener("news", lookSoon);
document.addEventListener("visibilitychange", lookSoon);
followSelection();
sendPictures(lookSoon);
