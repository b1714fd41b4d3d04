// Choosing several: all of a page, a row of them with the shift key, and judging them by one key.
import { ask } from "./asking.js";
import { currentCard, isPlain } from "./keys.js";
import { refresh } from "./live.js";

const boxes = (form) => [...document.querySelectorAll('input[type="checkbox"][name]')]
  .filter((one) => one.form === form && one.name !== "override");

let last = null;

function count(form) {
  const every = boxes(form), chosen = every.filter((one) => one.checked).length;
  const said = form.querySelector("[data-chosen]");
  if (said) said.textContent = chosen ? `(${chosen})` : "";
  const all = form.querySelector("[data-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === every.length;
    all.indeterminate = chosen > 0 && chosen < every.length;
  }
}

function fail(form, text) {
  const failed = form.querySelector(".failed") ?? document.querySelector("#several .failed");
  if (!failed) return;
  failed.textContent = text;
  failed.hidden = text === "";
}

const underway = new Set();

// What a press is about: without a selection the one that is current, in the form of several.
function chosenOf(form) {
  const fields = new FormData(form).getAll("chosen");
  if (form.id === "several" && !fields.length) {
    const box = currentCard()?.querySelector('[name="chosen"]');
    if (box) fields.push(box.value);
  }
  return fields;
}

// What was pressed holds for what was chosen then, however late its answer comes.
async function judge(form, button) {
  if (form.id !== "several" && underway.size) return; // it would take back what was done before that
  const chosen = chosenOf(form);
  if (!chosen.length) {
    fail(form, form.dataset.noneChosen ?? "");
    return;
  }
  const sent = chosen.filter((one) => !underway.has(one));
  if (!sent.length) return;
  const fields = new URLSearchParams(new FormData(form, button));
  fields.delete("chosen");
  for (const one of sent) {
    fields.append("chosen", one);
    underway.add(one);
  }
  fail(form, "");
  try {
    const answer = await ask(form.action, { method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" } });
    if (!answer.ok) throw new Error((await answer.text()).slice(0, 300));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("[data-several]").replaceChildren(...page.body.childNodes);
    const several = document.querySelector("#several");
    for (const one of boxes(several)) if (sent.includes(one.value)) one.checked = false;
    count(several);
    await refresh();
    count(several);
  } catch (error) {
    fail(form, error.message);
  } finally {
    for (const one of sent) underway.delete(one);
  }
}

function countAll() {
  for (const form of document.querySelectorAll("[data-selecting]")) count(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-selecting]")) return;
  if (event.target.matches("[data-all]")) for (const one of boxes(form)) one.checked = event.target.checked;
  count(form);
});
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.('input[type="checkbox"][name]') || !box.form?.matches("[data-selecting]")) return;
  const every = boxes(box.form);
  if (event.shiftKey && last && every.includes(last)) {
    const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
    for (const one of every.slice(from, to + 1)) one.checked = box.checked;
    count(box.form);
  }
  last = box;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.repeat || !isPlain(event)) return;
  const box = currentCard()?.querySelector('[name="chosen"]');
  if (box) box.click();
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-judging]")) return;
  event.preventDefault();
  judge(event.target, event.submitter);
});
// Whoever comes back to a window finds what they had chosen.
addEventListener("pageshow", countAll);
