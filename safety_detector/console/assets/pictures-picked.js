// Which pictures are chosen, over all pages of the list, until the window is closed.
const KEPT = "picked";
const MOST = 1000;

const picked = new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
let last = null;
let isFull = false; // something was left out

const boxes = () => [...document.querySelectorAll("[data-gallery] .pick:not([hidden]) [data-pick]")];

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify([...picked]));
  showPicked();
}

export function showPicked() {
  for (const box of boxes()) {
    box.checked = picked.has(box.value);
    box.closest("[data-inspection]").classList.toggle("picked", box.checked);
  }
  const bar = document.querySelector("[data-selection]");
  if (!bar) return;
  bar.hidden = picked.size === 0;
  bar.querySelector("[data-picked]").textContent = String(picked.size);
  bar.querySelector("[data-picked-most]").hidden = !isFull;
  const field = bar.querySelector("[data-picked-ids]");
  if (field) field.value = [...picked].join(" ");
}

function set(box, chosen) {
  if (!chosen) picked.delete(box.value);
  else if (picked.size < MOST) picked.add(box.value);
  else if (!picked.has(box.value)) isFull = true;
}

// With the shift key all between the last one and this one.
function choose(box, isRange) {
  const all = boxes();
  const from = isRange ? all.findIndex((one) => one.value === last) : -1;
  const to = all.indexOf(box);
  const some = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of some) set(one, box.checked);
  last = box.value;
  keep();
}

export function followSelection() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-pick], [data-pick-all], [data-pick-none]")) isFull = false;
    const box = event.target.closest("[data-pick]");
    if (box) choose(box, event.shiftKey);
    if (event.target.closest("[data-pick-all]")) {
      for (const one of boxes()) set(one, true);
      keep();
    }
    if (event.target.closest("[data-pick-none]")) {
      picked.clear();
      keep();
    }
  });
  // Chosen in another window, or come back to from a page behind it.
  addEventListener("pageshow", showPicked);
  showPicked();
}
