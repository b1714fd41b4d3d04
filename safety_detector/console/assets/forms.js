// Forms of cards are sent without a reload; the card leaves at once, and comes back if that fails.
import { ask } from "./asking.js";
import { currentCard, makeCurrent } from "./keys.js";
import { refresh } from "./live.js";

function neighbour(card) {
  const cards = [...document.querySelectorAll("[data-cards] [data-card]:not(.leaving)")];
  const at = cards.indexOf(card);
  return cards[at + 1] ?? cards[at - 1] ?? null;
}

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const failed = form.querySelector(".failed");
  if (failed) failed.hidden = true;
  const card = form.closest("[data-cards] [data-card]");
  const was = card === currentCard();
  const next = card && neighbour(card);
  card?.classList.add("leaving");
  if (was) makeCurrent(next);
  try {
    const answer = await ask(form.action, {
      method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" },
    });
    if (answer.status === 204) {
      await refresh();
      return;
    }
    throw new Error((await answer.text()).slice(0, 300));
  } catch (error) {
    card?.classList.remove("leaving");
    if (!failed) throw error;
    failed.querySelector("span").textContent = error.message;
    failed.hidden = false;
    if (was) makeCurrent(card);
  }
}

export function sendInPlace() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    send(form, event.submitter);
  });
}
