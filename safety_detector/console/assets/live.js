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

function isWrittenIn(part) {
  return part.contains(document.activeElement) && isWriting(document.activeElement)
    || [...part.querySelectorAll("input, textarea, select")].some(isFilledIn);
}

function hasMarked(part) {
  const marked = getSelection();
  return !marked.isCollapsed && (part.contains(marked.anchorNode) || part.contains(marked.focusNode));
}

// What somebody writes, has filled in, has opened or has marked is left alone.
function isInUse(part) {
  return isWrittenIn(part) || part.matches("[data-in-use]") || hasMarked(part)
    || part.querySelector("details.menu[open], [data-in-use]") !== null;
}

// Where of its like an element stands, and the one that stands there in another part.
function counterpart(element, like, part, kept) {
  const at = [...part.querySelectorAll(element.localName)].filter(like).indexOf(element);
  return [...kept.querySelectorAll(element.localName)].filter(like)[at] ?? null;
}

// What somebody has opened or shut stays so: known by its key, or by its title and place among equals.
function keepOpen(part, kept) {
  for (const had of part.querySelectorAll("details:not(.menu)")) {
    const key = had.dataset.openKey, title = had.querySelector("summary")?.textContent;
    const like = (one) => (key ?? one.dataset.openKey) !== undefined
      ? one.dataset.openKey === key
      : one.querySelector("summary")?.textContent === title;
    const same = counterpart(had, like, part, kept);
    if (same) same.open = had.open;
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

const cardOf = (part, id) => part.querySelector(`[data-card="${CSS.escape(id)}"]`);

// Which card is current stays so.
function keepCurrent(part, kept) {
  const card = currentCard();
  if (part.contains(card)) cardOf(kept, card.dataset.card)?.setAttribute("aria-current", "true");
}

// Of a list only the cards in use stay as they are; one that is gone stays behind the one before it.
function keepCards(part, kept) {
  const cards = [...part.querySelectorAll("[data-card]")];
  for (const [at, card] of cards.entries()) {
    if (card.matches(".leaving") || !isInUse(card)) continue;
    const same = cardOf(kept, card.dataset.card);
    if (same) {
      same.replaceWith(card);
      continue;
    }
    const before = cards.slice(0, at).reverse().map((one) => cardOf(kept, one.dataset.card)).find(Boolean);
    if (before) before.after(card);
    else kept.querySelector("[data-card]")?.before(card);
  }
}

// Whether a list can be taken anew around the cards of it that are in use.
function isHeld(part, kept) {
  if (!part.matches("[data-cards]")) return isInUse(part);
  const writes = part.contains(document.activeElement) && isWriting(document.activeElement);
  const isUsed = [...part.querySelectorAll("[data-card]:not(.leaving)")].some(isInUse);
  return writes || isUsed && !kept.querySelector("[data-card]");
}

// The element of the fresh part that the keys were on.
function focused(part, kept) {
  const had = document.activeElement, found = had.closest("[data-card]");
  const card = part.contains(found) ? found : null;
  const from = card ?? part, place = card ? cardOf(kept, card.dataset.card) : kept;
  if (!place || had === card) return place;
  const like = (one) => one.textContent === had.textContent && one.name === had.name;
  return counterpart(had, like, from, place) ?? counterpart(had, () => true, from, place) ?? place;
}

function replace(part, kept) {
  const had = document.activeElement, isIn = part.contains(had), focus = focused(part, kept);
  keepCards(part, kept);
  keepPictures(part, kept);
  part.replaceWith(kept);
  if (isIn) (had.isConnected ? had : focus)?.focus({ preventScroll: true });
}

// A part but for the ages in it, which grow though nothing happens.
function withoutAges(part) {
  const bare = part.cloneNode(true);
  for (const one of bare.querySelectorAll("time")) one.textContent = "";
  return bare.innerHTML;
}

function grow(part, kept) {
  const ages = part.querySelectorAll("time");
  for (const [at, one] of kept.querySelectorAll("time").entries()) {
    if (ages[at].textContent !== one.textContent && !hasMarked(ages[at])) ages[at].textContent = one.textContent;
  }
}

function renew(part, kept) {
  keepOpen(part, kept);
  keepChoice(part, kept);
  keepCurrent(part, kept);
  if (withoutAges(kept) === withoutAges(part)) grow(part, kept);
  else if (!isHeld(part, kept)) replace(part, kept);
}

// Signed in again, elsewhere in this browser: what the same person has filled in can be sent.
function comeBack(page) {
  show(streaming ? "on" : "asking");
  const person = (of) => of.querySelector(".person")?.textContent;
  const token = page.querySelector('[name="form_token"]')?.value;
  if (!token || person(page) !== person(document)) return;
  for (const one of document.querySelectorAll('[name="form_token"]')) one.value = token;
}

async function loadParts() {
  const answer = await fetch(document.body.dataset.here ?? location.href, { headers: { "X-In-Place": "1" } });
  if (answer.status === 401) {
    // Signed out: the way to sign in, and back; where something would be lost, by a click.
    if (isWrittenIn(document.body) || document.querySelector("[data-unsaved], [data-in-use]")) show("out");
    else location.reload();
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (isSignedOut()) comeBack(page);
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.querySelector(`[data-refresh="${CSS.escape(part.dataset.refresh)}"]`);
    if (fresh) renew(part, document.importNode(fresh, true));
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

function isSignedOut() {
  return document.querySelector('[data-live-state="out"]') !== null;
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
  refresh().then(() => { if (!streaming && !isSignedOut()) show("asking"); }, () => show("off"));
}

function hear({ state, news }) {
  if (state) {
    streaming = state === "on";
    if (streaming && !isSignedOut()) show("on");
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
