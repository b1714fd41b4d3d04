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

// Without a selection a key is for the one that is current.
function withCurrent(form) {
  if (form.id !== "several" || boxes(form).some((one) => one.checked)) return;
  const box = currentCard()?.querySelector('[name="chosen"]');
  if (box) box.checked = true;
}

async function judge(form, button) {
  withCurrent(form);
  const fields = new URLSearchParams(new FormData(form, button));
  if (!fields.has("chosen")) {
    fail(form, form.dataset.noneChosen ?? "");
    return;
  }
  fail(form, "");
  try {
    const answer = await ask(form.action, { method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" } });
    if (!answer.ok) throw new Error((await answer.text()).slice(0, 300));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("[data-several]").replaceChildren(...page.body.childNodes);
    for (const one of boxes(document.querySelector("#several"))) one.checked = false;
    await refresh();
    count(document.querySelector("#several"));
  } catch (error) {
    fail(form, error.message);
  }
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
