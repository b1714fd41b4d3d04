// Sends files, a few at once, each with its own progress; what fails alone is tried again alone.
import { filesOf, filesOfInput, wanted } from "./pictures-files.js";
import { batchOf, forgetBatches, newKey } from "./pictures-keys.js";

const AT_ONCE = 3;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const LOOK_MS = 3000;
const MOST_TILES = 60;
const MOST_REFUSED = 200;
const MOST_FILES = 20000;
// After these the same file is sent again.  The last three are said by a service that is there, and
// until it has room; the others may be the file's own fault, which must not keep all others waiting.
const PASSING = new Set([0, 408, 500, 502, 504, 429, 503, 507]);
const UNTIL_ROOM = new Set([429, 503, 507]);
const MOST_TRIES = 3;

const queue = [];
const active = new Set();
const failed = new Set();
const batches = new Set();
let held = null;
let waitMs = FIRST_WAIT_MS;
let total = 0;
let arrived = 0;
let leftOut = 0;
let wasStopped = false;
let panel;
let lookSoon;

const find = (one) => panel.querySelector(one);
const say = (code) => find(`[data-say="pictures-${code}"]`).textContent;
const isUnfinished = () => queue.length + active.size > 0;

function show() {
  find("[data-sending]").hidden = total + leftOut === 0;
  const numbers = { sent: arrived, total, failed: failed.size, "left-out": leftOut };
  for (const [name, number] of Object.entries(numbers)) find(`[data-${name}]`).textContent = String(number);
  find("[data-some-failed]").hidden = failed.size === 0;
  find("[data-some-left-out]").hidden = leftOut === 0;
  find("[data-again-all]").hidden = failed.size < 2;
  find("[data-stop]").hidden = !isUnfinished();
  const bar = find("[data-all]");
  bar.max = Math.max(1, total);
  bar.value = arrived + failed.size + [...active].reduce((sum, one) => sum + one.part, 0);
  for (const one of panel.querySelectorAll("[data-held]")) one.hidden = one.dataset.held !== held;
  // A page with these is not reloaded by itself.
  panel.toggleAttribute("data-unsaved", isUnfinished() || failed.size > 0);
  if (total && arrived === total && !wasStopped) forgetBatches(batches);
}

function rowOf(item) {
  if (!item.row) {
    item.row = find("template[data-file]").content.firstElementChild.cloneNode(true);
    item.row.querySelector(".file-name").textContent = item.path;
    item.row.querySelector("progress").setAttribute("aria-label", item.path);
    item.row.querySelector("[data-again]").addEventListener("click", () => tryAgain([item]));
    find("[data-files]").append(item.row);
  }
  return item.row;
}

function tryAgain(items) {
  for (const item of items) {
    failed.delete(item);
    item.tries = 0;
    item.row?.remove();
    item.row = null;
    queue.push(item);
  }
  pump();
}

function fail(item, why) {
  failed.add(item);
  if (!item.row && failed.size > MOST_REFUSED) return;
  const row = rowOf(item);
  row.classList.add("refused");
  row.querySelector(".file-said").textContent = why;
  row.querySelector("[data-again]").hidden = false;
}

// What stands there of it: a tile, or how many pictures of a zip; the oldest not for ever.
function accept(item, text) {
  waitMs = FIRST_WAIT_MS;
  arrived += 1;
  item.row?.remove();
  const answer = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
  const results = find("[data-results]");
  for (const tile of answer.querySelectorAll(".tile")) results.prepend(document.importNode(tile, true));
  for (const one of answer.querySelectorAll(":scope > :not(.tile)")) {
    const said = document.createElement("li");
    said.append(`${item.path}: `, document.importNode(one, true));
    find("[data-files]").append(said);
  }
  for (const old of [...results.children].slice(MOST_TILES)) old.remove();
  lookSoon();
}

function goOn() {
  held = null;
  pump();
}

// Until it is signed in, allowed, or there again; the first one says why.
function hold(item, kind, why, leastMs) {
  queue.unshift(item);
  if (held !== null) return;
  held = kind;
  const said = find(`[data-held="${kind}"] [data-why]`);
  said.dataset.usual ??= said.textContent;
  said.textContent = why || said.dataset.usual;
  if (kind !== "waiting") return;
  setTimeout(() => { if (held === "waiting") goOn(); }, leastMs || waitMs);
  waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
}

async function isServiceThere() {
  const address = `${panel.dataset.action}?id=0`;
  const answer = await fetch(address, { headers: { "X-In-Place": "1" } }).catch(() => null);
  return answer?.ok === true;
}

// Whether sending it once more would only keep the others waiting.
async function isHopeless(item, status) {
  if (UNTIL_ROOM.has(status)) return false;
  item.tries = (item.tries ?? 0) + 1;
  return item.tries >= MOST_TRIES && isServiceThere();
}

async function settle(item, request) {
  if (item.isStopped) return;
  const isOurs = request.getResponseHeader("Content-Type")?.startsWith("text/plain");
  const why = isOurs ? request.responseText.slice(0, 500) : "";
  const answered = request.status ? `${request.status} ${request.statusText}` : say("no-answer");
  if (request.status === 202) accept(item, request.responseText);
  else if (request.status === 401) hold(item, "signed-out");
  else if (request.status === 403) hold(item, "not-allowed", why);
  else if (!PASSING.has(request.status)) fail(item, why || answered);
  // A file that is gone looks like a service that is gone.
  else if (!(await item.file.slice(0, 1).arrayBuffer().then(() => true, () => false))) fail(item, say("not-read"));
  else if (await isHopeless(item, request.status)) fail(item, why || answered);
  else hold(item, "waiting", why, Number(request.getResponseHeader("Retry-After")) * 1000);
}

function start(item) {
  const most = Number(item.isZip ? panel.dataset.mostZipBytes : panel.dataset.mostBytes);
  if (item.file.size > most) {
    fail(item, say(item.isZip ? "zip-too-large" : "too-many-bytes"));
    return;
  }
  active.add(item);
  item.part = 0;
  const row = rowOf(item);
  const request = new XMLHttpRequest();
  item.request = request;
  request.open("POST", `${panel.dataset.action}?${new URLSearchParams({ name: item.path, ...item.fields })}`);
  request.setRequestHeader("X-In-Place", "1");
  request.setRequestHeader("X-Form-Token", find('[name="form_token"]').value);
  request.setRequestHeader("Idempotency-Key", item.key);
  request.setRequestHeader("Content-Type", item.isZip ? "application/zip" : "application/octet-stream");
  request.upload.addEventListener("progress", (event) => {
    item.part = event.total ? event.loaded / event.total : 0;
    row.querySelector("progress").value = item.part;
    if (item.part === 1) row.querySelector(".file-said").textContent = say("arriving");
    show();
  });
  request.addEventListener("loadend", () => {
    settle(item, request).finally(() => {
      active.delete(item);
      pump();
    });
  });
  request.send(item.file);
}

function pump() {
  while (held === null && active.size < AT_ONCE && queue.length) start(queue.shift());
  show();
}

function stop() {
  wasStopped = true;
  const stopped = [...queue.splice(0), ...active];
  total -= stopped.length;
  for (const item of stopped) {
    item.isStopped = true;
    item.request?.abort();
    item.row?.remove();
  }
  held = null;
  show();
}

// Whoever comes back from signing in in another window does not have to say so here.
async function lookWhetherSignedIn() {
  if (held === "signed-out" && await isServiceThere() && held === "signed-out") goOn();
}

function add(given) {
  find("[data-reading]").hidden = true;
  const some = wanted(given, panel.dataset.endings.split(" "));
  find("[data-too-many]").hidden = some.length <= MOST_FILES;
  if (some.length > MOST_FILES) {
    panel.open = true;
    return;
  }
  leftOut += given.found.length - some.length;
  panel.open = true;
  const camera = find('[data-send-form] [name="camera_id"]')?.value;
  const isBatch = given.isFolder || some.length > 1 || some.some((one) => one.isZip);
  const batch = isBatch && some.length ? batchOf(some) : null;
  if (batch) {
    batches.add(batch.id);
    find("[data-batch]").href = `${panel.dataset.action}?batch_id=${batch.id}`;
    find("[data-batch]").hidden = false;
  }
  const fields = { ...(camera && { camera_id: camera }), ...(batch && { batch_id: batch.id }) };
  for (const one of some) queue.push({ ...one, fields, part: 0, key: batch ? batch.keyOf(one) : newKey() });
  total += some.length;
  find("[data-nothing]").hidden = some.length > 0;
  pump();
  find("[data-send-form]").scrollIntoView({ block: "nearest" });
}

// A large folder takes seconds.
async function addGiven(transfer) {
  const found = filesOf(transfer, (number) => {
    find("[data-reading] b").textContent = String(number);
    find("[data-reading]").hidden = false;
    panel.open = true;
  });
  add(await found);
}

function followDrops() {
  const isFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const mark = (step) => {
    depth = Math.max(0, depth + step);
    document.body.classList.toggle("dropping", depth > 0);
  };
  document.addEventListener("dragenter", (event) => { if (isFiles(event)) mark(1); });
  document.addEventListener("dragleave", (event) => { if (isFiles(event)) mark(-1); });
  document.addEventListener("dragover", (event) => { if (isFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    addGiven(event.dataTransfer);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, select") || !event.clipboardData?.files.length) return;
    event.preventDefault();
    addGiven(event.clipboardData);
  });
}

function take(input) {
  add(filesOfInput(input));
  input.value = "";
}

export function sendPictures(look) {
  panel = document.querySelector("[data-send]");
  if (!panel) return;
  lookSoon = look;
  for (const one of panel.querySelectorAll("[data-scripted]")) one.hidden = false;
  find("[data-plain]").hidden = true;
  panel.addEventListener("change", (event) => {
    if (event.target.type === "file") take(event.target);
  });
  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-stop]")) stop();
    if (event.target.closest("[data-go-on]")) goOn();
    if (event.target.closest("[data-again-all]")) tryAgain([...failed]);
  });
  followDrops();
  addEventListener("beforeunload", (event) => { if (isUnfinished()) event.preventDefault(); });
  addEventListener("focus", lookWhetherSignedIn);
  document.addEventListener("visibilitychange", lookWhetherSignedIn);
  setInterval(lookWhetherSignedIn, LOOK_MS);
  addEventListener("online", () => { if (held === "waiting") goOn(); });
  // Chosen on a slow line, before this was there to be told.
  for (const one of panel.querySelectorAll('input[type="file"]')) if (one.files.length) take(one);
}
