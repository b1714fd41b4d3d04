// Single keys: the button or link with that `data-key`, of the current card first.
const PRESSED = '[type="checkbox"], [type="radio"], [type="range"]';
const WRITING = `input:not(${PRESSED}), textarea, select, [contenteditable]`;

export function isWriting(element) {
  return Boolean(element?.closest(WRITING));
}

// Whether a key is for the page: pressed by itself, and not for a field.
export function isPlain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && !isWriting(event.target);
}

export function currentCard() {
  return document.querySelector('[data-card][aria-current="true"]');
}

export function makeCurrent(card) {
  currentCard()?.removeAttribute("aria-current");
  if (!card) return;
  card.setAttribute("aria-current", "true");
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const cards = [...document.querySelectorAll("[data-cards] [data-card]:not(.leaving)")];
  if (!cards.length) return false;
  const at = cards.indexOf(currentCard());
  makeCurrent(cards[at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + step))]);
  return true;
}

function press(key) {
  const wanted = `[data-key="${CSS.escape(key)}"]`;
  const found = currentCard()?.querySelector(wanted) ??
    document.querySelector(`${wanted}:not([data-cards] *)`);
  if (!found || found.disabled) return false;
  found.click();
  return true;
}

export function followKeys() {
  document.addEventListener("keydown", (event) => {
    if (!isPlain(event)) return;
    const step = { j: 1, k: -1 }[event.key];
    // A key that is held goes on through a list, and presses a button once.
    const done = step ? move(step) : event.key.length === 1 && !event.repeat && press(event.key.toLowerCase());
    if (done) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest("[data-cards] [data-card]");
    if (card && card !== currentCard()) {
      currentCard()?.removeAttribute("aria-current");
      card.setAttribute("aria-current", "true");
    }
  });
}
