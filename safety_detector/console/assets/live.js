// Parts of the page that follow what happens: each `data-refresh` is taken from the page anew.
import { currentCard, isWriting } from "./keys.js";
import { follow } from "./live-stream.js";

const ASK_EVERY_MS = 5000;
const AGES_MS = 30000;
const GATHER_MS = 150;

let streaming = false;
let pending = null;
let running = null;
let again = false;
let load = loadParts;

// Which option a select begins with: without a `selected` one, the first that can be chosen.
function firstChosen(options) {
  const own = options.findLastIndex((one) => one.defaultSelected);
  return own < 0 ? options.findIndex((one) => !one.disabled) : own;
}

function isFilledIn(field) {
  if (field.type === "file") return field.value !== "";
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.multiple && field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected);
  if (field.matches("select")) return field.selectedIndex !== firstChosen([...field.options]);
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

// What somebody writes, has filled in or has opened is left alone.
function isInUse(part) {
  return part.contains(document.activeElement) && isWriting(document.activeElement)
    || part.querySelector("details.menu[open], [data-in-use]") !== null
    || [...part.querySelectorAll("input, textarea, select")].some(isFilledIn);
}

// What somebody has opened or shut stays so.
function keepOpen(part, kept) {
  const had = [...part.querySelectorAll("details:not(.menu)")];
  for (const one of kept.querySelectorAll("details:not(.menu)")) {
    const title = one.querySelector("summary")?.textContent;
    const same = had.find((other) => other.querySelector("summary")?.textContent === title);
    if (same) one.open = same.open;
  }
}

// Pictures that are there already are not drawn anew.
function keepPictures(part, kept) {
  for (const picture of kept.querySelectorAll("img[src]")) {
    const had = part.querySelector(`img[src="${CSS.escape(picture.getAttribute("src"))}"]`);
    if (had) picture.replaceWith(had);
  }
}

// Which picture of a strip is shown is somebody's choice.
function keepChoice(part, kept) {
  const chosen = part.querySelector('[data-show][aria-current="true"]');
  const same = chosen && kept.querySelector(`[data-show="${CSS.escape(chosen.dataset.show)}"]`);
  if (!same) return;
  kept.querySelector('[data-show][aria-current="true"]')?.removeAttribute("aria-current");
  same.setAttribute("aria-current", "true");
}

function replace(part, kept) {
  const card = currentCard();
  const id = part.contains(card) ? card.dataset.card : null;
  const had = id !== null && card.contains(document.activeElement);
  keepPictures(part, kept);
  keepChoice(part, kept);
  part.replaceWith(kept);
  if (id === null) return;
  const same = kept.querySelector(`[data-card="${CSS.escape(id)}"]`);
  same?.setAttribute("aria-current", "true");
  if (had) same?.focus({ preventScroll: true });
}

async function loadParts() {
  const answer = await fetch(document.body.dataset.here ?? location.href, { headers: { "X-In-Place": "1" } });
  if (answer.status === 401) {
    // Signed out: the way to sign in, and back; not where somebody is writing or sending.
    if (!isWriting(document.activeElement) &&
        !document.querySelector("[data-unsaved]")) location.reload();
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.querySelector(`[data-refresh="${CSS.escape(part.dataset.refresh)}"]`);
    if (!fresh || isInUse(part)) continue;
    const kept = document.importNode(fresh, true);
    keepOpen(part, kept);
    if (kept.innerHTML !== part.innerHTML) replace(part, kept);
  }
}

// For a page that asks for less than the whole of it.
export function refreshWith(own) {
  load = own;
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

function soon() {
  if (pending) return;
  pending = setTimeout(() => {
    pending = null;
    refresh().catch(() => show("off"));
  }, GATHER_MS);
}

// Asks by itself while there is no stream, and says so.
function ask() {
  if (streaming || document.hidden) return;
  document.dispatchEvent(new CustomEvent("news", { detail: [] }));
  refresh().then(() => { if (!streaming) show("asking"); }, () => show("off"));
}

function hear({ state, news }) {
  if (state) {
    streaming = state === "on";
    if (streaming) show("on");
    else ask();
  }
  if (news) document.dispatchEvent(new CustomEvent("news", { detail: news }));
  // News of pictures alone are for pages that show the newest ones.
  if (news && (news.length === 0 || news.some((of) => of !== "pictures") ||
      document.querySelector("[data-follows-pictures]"))) soon();
}

function listen(address) {
  if (typeof SharedWorker === "undefined") {
    follow(address, hear);
    return;
  }
  const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { type: "module" });
  worker.port.addEventListener("message", ({ data }) => hear(data));
  worker.addEventListener("error", () => follow(address, hear));
  worker.port.start();
  worker.port.postMessage({ address });
  addEventListener("pagehide", () => worker.port.postMessage({ leaves: true }));
  addEventListener("pageshow", (event) => { if (event.persisted) worker.port.postMessage({ address }); });
}

export function followChanges() {
  if (!document.querySelector("[data-live-state]")) return;
  listen(new URL(document.body.dataset.live, location.href).href);
  setInterval(ask, ASK_EVERY_MS);
  // Ages grow though nothing happens; and whoever comes back to a window sees it as it is.
  setInterval(() => { if (streaming && !document.hidden) soon(); }, AGES_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
}
