// The wall: as many columns as make the pictures largest, ages that grow, tiles that follow.
import { refreshWith, refresh, show } from "./live.js";

const SHAPE = 16 / 9;
const LEAST_WIDTH = 150;
const LEAST_HEIGHT = 48;
const SCROLLED_WIDTH = 170;
const GAP = 6;
const EMPTY = 0.3;
const LATE_MS = 1500;
const UNITS = [[172800, 86400, "days"], [7200, 3600, "hours"], [60, 60, "minutes"], [0, 1, "seconds"]];

const wall = document.querySelector("[data-wall]");
const marks = new Map();
const newest = new Map();
// The service's clock, as far as we heard: nobody trusts that of a screen.
let ahead = 0;
let asked = 0;

function hearNow(element) {
  ahead = Number(element.dataset.now) - performance.now();
}

function now() {
  return performance.now() + ahead;
}

function tiles() {
  return [...wall.children];
}

function fit() {
  const width = wall.clientWidth;
  const height = innerHeight - wall.getBoundingClientRect().top - scrollY - GAP;
  const number = wall.children.length;
  let best = null;
  for (let columns = 1; columns <= number; columns += 1) {
    const rows = Math.ceil(number / columns);
    const wide = (width - GAP * (columns - 1)) / columns;
    const words = 3.7 * Math.min(28, Math.max(11, wide * 0.044));
    const high = (height - GAP * (rows - 1)) / rows - words;
    // Empty places are worth a little of the size of the pictures.
    const worth = Math.min(wide, high * SHAPE) * (1 - EMPTY * (columns * rows / number - 1));
    if (wide >= LEAST_WIDTH && high >= LEAST_HEIGHT && (!best || worth > best.worth)) best = { worth, columns, rows };
  }
  wall.classList.toggle("fitted", best !== null);
  wall.classList.toggle("scrolled", best === null);
  wall.style.setProperty("--columns", best?.columns ?? Math.max(1, Math.floor(width / SCROLLED_WIDTH)));
  wall.style.setProperty("--rows", best?.rows ?? 1);
  wall.style.setProperty("--height", `${Math.floor(height)}px`);
}

function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [, length, unit] = UNITS.find(([least]) => seconds >= least);
  return wall.dataset[unit].replace("#", String(Math.floor(seconds / length)));
}

function grow() {
  let isLate = false;
  for (const tile of tiles()) {
    if (!tile.dataset.taken) continue;
    const text = age(now() - Number(tile.dataset.taken));
    const shown = tile.querySelector(".tile-age");
    if (shown.textContent !== text) shown.textContent = text;
    const left = Number(tile.dataset.liveUntil) - now();
    if (left < 0 && tile.classList.contains("tile-live")) {
      isLate = true;
      if (left < -LATE_MS) tile.classList.replace("tile-live", "tile-stale");
    }
  }
  // What is about to look old may only not have been told of: pictures that show nothing new.
  if (isLate && performance.now() - asked > LATE_MS) refresh().catch(() => show("off"));
}

async function put(fresh) {
  const id = fresh.dataset.tile;
  marks.set(id, fresh.dataset.mark);
  newest.set(id, fresh);
  const old = () => tiles().find((one) => one.dataset.tile === id);
  const picture = fresh.querySelector("img");
  const had = old()?.querySelector("img");
  // The one that is there stays until the next can be shown.
  if (picture && had && had.getAttribute("src") === picture.getAttribute("src")) picture.replaceWith(had.cloneNode());
  else if (picture) await picture.decode().catch(() => {});
  if (newest.get(id) === fresh) old()?.replaceWith(fresh);
}

async function load() {
  asked = performance.now();
  const address = new URL(wall.dataset.tiles, location.href);
  address.searchParams.set("order", wall.dataset.order);
  address.searchParams.set("have", [...marks.values()].join(","));
  const answer = await fetch(address, { headers: { "X-In-Place": "1" } });
  if (answer.status === 401) {
    location.reload();
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const told = page.querySelector("[data-now]");
  hearNow(told);
  document.querySelector("[data-wall-number]").textContent = told.dataset.live;
  document.querySelector('[data-refresh="made-at"]').textContent = told.querySelector("[data-refresh]").textContent;
  const fresh = [...told.querySelectorAll("[data-tile]")].map((one) => document.importNode(one, true));
  if (told.dataset.order !== wall.dataset.order) {
    wall.dataset.order = told.dataset.order;
    marks.clear();
    newest.clear();
    wall.replaceChildren(...fresh);
    remember();
    fit();
  } else fresh.forEach(put);
  grow();
}

function remember() {
  for (const tile of tiles()) marks.set(tile.dataset.tile, tile.dataset.mark);
}

function standAlone(alone) {
  document.body.classList.toggle("wall-alone", alone);
  fit();
}

async function fillScreen() {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return;
  }
  standAlone(!document.body.classList.contains("wall-alone"));
  if (!document.body.classList.contains("wall-alone")) return;
  await document.documentElement.requestFullscreen?.().catch(() => {});
  // The screen shall not go dark; where that may not be asked it is the machine's to decide.
  await navigator.wakeLock?.request("screen").catch(() => {});
}

hearNow(wall);
remember();
fit();
grow();
refreshWith(load);
setInterval(grow, 1000);
addEventListener("resize", fit);
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) standAlone(false);
});
document.querySelector("[data-full]").addEventListener("click", (event) => {
  event.preventDefault();
  fillScreen();
});
document.querySelector("[data-sends]")?.addEventListener("change", (event) => event.target.form.submit());
