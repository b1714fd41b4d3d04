// One incident after the other: the next is shown at once, what was pressed is sent behind it.
import { ask } from "./asking.js";
import { makeCurrent } from "./keys.js";

const WANTED = 4;
const KEEP_MS = 30000;

const REFUSED = [403, 404, 409];

// What can be taken back: each with its slide, and the answer to its judgement.
const judged = [];
const skipped = [];
let filling = null;
let again = false;
let sending = 0;

const find = (wanted) => document.querySelector(wanted);
const slides = () => [...document.querySelectorAll("[data-slide]")];
const waiting = () => slides().filter((one) => !one.dataset.past);

function offerUndo() {
  find("[data-undo]").disabled = judged.length === 0;
}

function show(slide) {
  for (const one of slides()) one.hidden = one !== slide;
  makeCurrent(slide);
  find("[data-empty]").hidden = slide !== null || filling !== null || sending > 0;
  offerUndo();
}

function showFirst() {
  show(waiting()[0] ?? null);
}

function count(step) {
  const left = find("[data-left]"), done = find("[data-done]");
  left.textContent = String(Math.max(0, Number(left.textContent) - step));
  const number = done.querySelector("b");
  number.textContent = String(Number(number.textContent) + step);
  done.hidden = Number(number.textContent) === 0;
}

function fail(text) {
  const failed = find("[data-failed]");
  failed.querySelector("span").textContent = text;
  failed.hidden = text === "";
}

// Gives the version of the incident that it led to.
async function post(form, fields) {
  const answer = await ask(form.action, {
    method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" },
  });
  if (answer.status !== 204) {
    const error = new Error((await answer.text()).slice(0, 300));
    error.isRefused = REFUSED.includes(answer.status);
    throw error;
  }
  return answer.headers.get("X-Version");
}

async function fill() {
  const query = new URLSearchParams(skipped.slice(-200).map((id) => ["skipped", id]));
  const answer = await ask(`${location.pathname}?${query}`, { headers: { "X-In-Place": "1" } });
  if (!answer.ok) throw new Error((await answer.text()).slice(0, 300));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // What was refused has changed: it is taken as it is now, or is nothing to judge any more.
  for (const old of slides().filter((one) => one.dataset.refused)) old.remove();
  const known = new Set(slides().map((one) => one.dataset.card));
  for (const fresh of page.querySelectorAll("[data-slide]")) {
    if (known.has(fresh.dataset.card) || skipped.includes(fresh.dataset.card)) continue;
    const slide = document.importNode(fresh, true);
    slide.hidden = true;
    slide.removeAttribute("aria-current");
    find("[data-slides]").append(slide);
    slide.querySelector("[data-annotated]")?.decode().catch(() => {});
  }
  find("[data-left]").textContent = page.querySelector("[data-left]").textContent;
}

// One at a time; what was pressed meanwhile is heeded by one more behind it.
function topUp() {
  if (filling) {
    again = true;
    return filling;
  }
  filling = fill().catch((error) => fail(error.message)).finally(() => {
    filling = null;
    if (again) {
      again = false;
      topUp();
    }
    if (!find('[data-slide][aria-current="true"]:not([hidden])')) showFirst();
  });
  return filling;
}

// Pages that were gone through are kept for `undo`, the oldest not for ever.
function forgetOld() {
  for (const old of slides().filter((one) => one.dataset.past).slice(0, -20)) old.remove();
}

async function judge(form, button) {
  const slide = form.closest("[data-slide]");
  if (slide.dataset.past) return;
  const fields = new URLSearchParams(new FormData(form, button));
  slide.dataset.past = "1";
  fail("");
  count(1);
  sending += 1;
  const done = { slide, answer: post(form, fields).finally(() => { sending -= 1; }) };
  if (button.matches("[data-undoable]")) judged.push(done);
  showFirst();
  try {
    await done.answer;
    if (waiting().length < WANTED) topUp();
    else if (!find('[data-slide][aria-current="true"]:not([hidden])')) showFirst();
    forgetOld();
  } catch (error) {
    // Somebody else was first, or it was not saved: it is said, and it can be judged again.
    if (judged.includes(done)) judged.splice(judged.indexOf(done), 1);
    delete slide.dataset.past;
    count(-1);
    slide.dataset.refused = "1";
    fail(error.message);
    show(slide);
    topUp();
  }
}

function skip(slide) {
  skipped.push(slide.dataset.card);
  slide.remove();
  topUp();
  showFirst();
}

// Only what nobody has gone on with since is taken back.
async function undo() {
  const done = judged.pop();
  if (!done) return;
  offerUndo();
  const { slide } = done, form = slide.querySelector("form");
  const judgedAs = await done.answer.catch(() => null);
  if (judgedAs === null) return; // it was not judged, which is said already
  const fields = new URLSearchParams({ form_token: form.elements.form_token.value, act: "reopen", version: judgedAs });
  fail("");
  try {
    form.elements.version.value = await post(form, fields);
  } catch (error) {
    if (!error.isRefused) judged.push(done);
    offerUndo();
    fail(error.message);
    return;
  }
  delete slide.dataset.past;
  find("[data-slides]").prepend(slide);
  count(-1);
  show(slide);
}

export function review() {
  if (!find("[data-slides]")) return;
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-review]")) return;
    event.preventDefault();
    judge(event.target, event.submitter);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-skip]")) skip(event.target.closest("[data-slide]"));
    if (event.target.closest("[data-undo]")) undo();
  });
  setInterval(topUp, KEEP_MS);
}
