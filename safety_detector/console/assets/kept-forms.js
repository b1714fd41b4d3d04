// Forms are sent in place: what is refused comes back into the form, and nothing typed is lost, not
// even a password, which no page shows.
import { ask } from "./asking.js";
let dirty = false;

function fail(form, text) {
  const failed = form.querySelector("[data-save-failed]");
  failed.querySelector("span").textContent = text;
  failed.hidden = false;
  failed.scrollIntoView({ block: "nearest" });
}

function swap(form, fresh) {
  const kept = document.importNode(fresh, true);
  for (const secret of form.querySelectorAll('input[type="password"]')) {
    const same = kept.querySelector(`[name="${CSS.escape(secret.name)}"]`);
    if (same) same.value = secret.value;
  }
  form.replaceWith(kept);
  return kept;
}

async function send(form, button, done) {
  const fields = new URLSearchParams(new FormData(form, button));
  const words = button?.textContent;
  form.setAttribute("aria-busy", "true");
  for (const one of form.querySelectorAll("button")) one.disabled = true;
  if (button?.dataset.busy) button.textContent = button.dataset.busy;
  let answer;
  let text;
  try {
    answer = await ask(form.action, {
      method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" },
    });
    text = await answer.text();
  } catch (error) {
    text = error.message;
  }
  form.removeAttribute("aria-busy");
  for (const one of form.querySelectorAll("button")) one.disabled = false;
  if (button?.dataset.busy) button.textContent = words;
  if (answer?.headers.get("X-Leads-To")) {
    dirty = false;
    location.assign(answer.headers.get("X-Leads-To"));
    return;
  }
  const isPage = answer?.headers.get("Content-Type")?.startsWith("text/html");
  const page = isPage ? new DOMParser().parseFromString(text, "text/html") : null;
  const same = page?.querySelector(`[data-kept-form][action="${CSS.escape(form.getAttribute("action"))}"]`);
  if (!same) {
    fail(form, (page?.querySelector("main") ?? { textContent: text }).textContent.trim().slice(0, 300));
    return;
  }
  const kept = swap(form, same);
  done();
  const wrong = kept.querySelector('[aria-invalid="true"], .trial, [data-save-failed]:not([hidden])');
  wrong?.scrollIntoView({ block: "nearest" });
  if (wrong?.matches("input, select, textarea")) wrong.focus();
}

export function keepForms(done) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-kept-form]")) return;
    event.preventDefault();
    send(event.target, event.submitter, done);
  });
  document.addEventListener("input", (event) => {
    if (event.target.closest("[data-kept-form]")) dirty = true;
  });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}
