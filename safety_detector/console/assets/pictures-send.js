// Sends files, a few at once, each under a key of its own: what was sent twice is there once.
import { filesOf, filesOfInput, wanted } from "./pictures-files.js";

const AT_ONCE = 3;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const MOST_SHOWN = 60;
const PASSING = new Set([0, 408, 429, 500, 502, 503, 504, 507]);

const queue = [];
const active = new Set();
const failed = new Set();
let held = null;
let waitMs = FIRST_WAIT_MS;
let total = 0;
let arrived = 0;
let leftOut = 0;
let panel;
let lookSoon;

const find = (wantedOne) => panel.querySelector(wantedOne);
const say = (code) => find(`[data-say="pictures-${code}"]`).textContent;

function random(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))];
}

// A ULID: the moment, and chance.
function newBatchId() {
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let moment = Date.now(), text = "";
  for (let place = 0; place < 10; place += 1) {
    text = letters[moment % 32] + text;
    moment = Math.floor(moment / 32);
  }
  return text + random(16).map((one) => letters[one % 32]).join("");
}

function isUnfinished() {
  return queue.length + active.size > 0;
}

function show() {
  find("[data-sending]").hidden = total + leftOut === 0;
  for (const [name, number] of [["sent", arrived], ["total", total], ["failed", failed.size], ["left-out", leftOut]]) {
    find(`[data-${name}]`).textContent = String(number);
  }
  find("[data-some-failed]").hidden = failed.size === 0;
  find("[data-some-left-out]").hidden = leftOut === 0;
  const parts = [...active].reduce((sum, one) => sum + one.part, 0);
  find("[data-all]").max = Math.max(1, total);
  find("[data-all]").value = arrived + failed.size + parts;
  for (const one of panel.querySelectorAll("[data-held]")) one.hidden = one.dataset.held !== held;
  // A page with these is not reloaded by itself.
  panel.toggleAttribute("data-unsaved", isUnfinished());
}

function rowOf(item) {
  if (item.row) return item.row;
  item.row = find("template[data-file]").content.firstElementChild.cloneNode(true);
  item.row.querySelector(".file-name").textContent = item.path;
  item.row.querySelector("[data-again]").addEventListener("click", () => {
    failed.delete(item);
    item.row.classList.remove("refused");
    item.row.querySelector("[data-again]").hidden = true;
    item.row.querySelector(".file-said").textContent = "";
    queue.push(item);
    pump();
  });
  find("[data-files]").append(item.row);
  return item.row;
}

function fail(item, why) {
  const row = rowOf(item);
  row.classList.add("refused");
  row.querySelector(".file-said").textContent = why;
  row.querySelector("[data-again]").hidden = false;
  failed.add(item);
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
  for (const old of [...results.children].slice(MOST_SHOWN)) old.remove();
  lookSoon();
}

// For a while: the service is away, or has enough to do.
function hold(why, waitS) {
  held = "waiting";
  find("[data-why]").textContent = why || find("[data-why]").dataset.usual;
  setTimeout(() => { if (held === "waiting") goOn(); }, waitS * 1000 || waitMs);
  waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
}

function goOn() {
  held = null;
  pump();
}

async function settle(item, request) {
  const text = request.responseText ?? "";
  if (request.status === 202) return accept(item, text);
  if (request.status === 401) {
    queue.unshift(item);
    held = "signed-out";
    return undefined;
  }
  if (!PASSING.has(request.status)) return fail(item, text.slice(0, 500));
  // A file that is gone looks like a service that is gone.
  const isThere = await item.file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  if (!isThere) return fail(item, say("not-read"));
  queue.unshift(item);
  if (held === null) hold(request.status ? text.slice(0, 500) : "", Number(request.getResponseHeader("Retry-After")));
  return undefined;
}

function start(item) {
  const most = Number(item.isZip ? panel.dataset.mostZipBytes : panel.dataset.mostBytes);
  if (item.file.size > most) {
    fail(item, say("too-many-bytes"));
    return;
  }
  active.add(item);
  item.part = 0;
  const row = rowOf(item), bar = row.querySelector("progress"), said = row.querySelector(".file-said");
  said.textContent = "";
  const request = new XMLHttpRequest();
  const query = new URLSearchParams({ name: item.path, ...item.fields });
  request.open("POST", `${panel.dataset.action}?${query}`);
  request.setRequestHeader("X-In-Place", "1");
  request.setRequestHeader("X-Form-Token", find('[name="form_token"]').value);
  request.setRequestHeader("Idempotency-Key", item.key);
  request.setRequestHeader("Content-Type", item.isZip ? "application/zip" : "application/octet-stream");
  request.upload.addEventListener("progress", (event) => {
    item.part = event.total ? event.loaded / event.total : 0;
    bar.value = item.part;
    if (item.part === 1) said.textContent = say("arriving");
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

// Whoever comes back from signing in in another window does not have to say so here.
async function lookWhetherSignedIn() {
  if (held !== "signed-out") return;
  const answer = await fetch(`${panel.dataset.action}?id=0`, { headers: { "X-In-Place": "1" } }).catch(() => null);
  if (answer?.ok && held === "signed-out") goOn();
}

function add(given) {
  const some = wanted(given, panel.dataset.endings.split(" "));
  leftOut += given.found.length - some.length;
  if (some.length) panel.open = true;
  const camera = find('[data-send-form] [name="camera_id"]')?.value;
  const isBatch = given.isFolder || some.length > 1 || some.some((one) => one.isZip);
  const fields = { ...(camera && { camera_id: camera }), ...(isBatch && { batch_id: newBatchId() }) };
  if (isBatch && some.length) {
    const link = find("[data-batch]");
    link.href = `${panel.dataset.action}?batch_id=${fields.batch_id}`;
    link.hidden = false;
  }
  for (const one of some) {
    queue.push({ ...one, fields, part: 0, key: random(16).map((byte) => byte.toString(16).padStart(2, "0")).join("") });
  }
  total += some.length;
  pump();
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
  document.addEventListener("drop", async (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    add(await filesOf(event.dataTransfer));
  });
  document.addEventListener("paste", async (event) => {
    if (event.target.closest("input, textarea, select") || !event.clipboardData?.files.length) return;
    event.preventDefault();
    add(await filesOf(event.clipboardData));
  });
}

export function sendPictures(look) {
  panel = document.querySelector("[data-send]");
  if (!panel) return;
  lookSoon = look;
  find("[data-why]").dataset.usual = find("[data-why]").textContent;
  for (const one of panel.querySelectorAll("[data-scripted]")) one.hidden = false;
  find("[data-plain]").hidden = true;
  panel.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    add(filesOfInput(event.target));
    event.target.value = "";
  });
  followDrops();
  addEventListener("beforeunload", (event) => { if (isUnfinished()) event.preventDefault(); });
  addEventListener("focus", lookWhetherSignedIn);
  document.addEventListener("visibilitychange", lookWhetherSignedIn);
  setInterval(lookWhetherSignedIn, 3000);
  addEventListener("online", () => { if (held === "waiting") goOn(); });
}
