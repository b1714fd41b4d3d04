// The original in place of the annotated picture, and back, with one key; and a strip of pictures.
import { isPlain } from "./keys.js";

function set(picture, address) {
  picture.src = address;
  picture.parentElement.href = address;
}

// Shows another picture, with the way to its own page; one that is passed by, as its small copy.
export function showPicture(viewer, address, isPassing = false) {
  set(viewer.querySelector("[data-annotated]"), `${address}/${isPassing ? "small" : "annotated"}.jpg`);
  viewer.querySelector("[data-picture-page]").href = address;
  if (isPassing) return;
  const original = viewer.querySelector("[data-original]");
  original.dataset.src = `${address}/original.jpg`;
  if (original.src) set(original, original.dataset.src);
}

function showOne(link) {
  showPicture(document.querySelector("[data-viewer]"), link.dataset.show);
  link.parentElement.querySelector('[aria-current="true"]')?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function step(by) {
  const links = [...document.querySelectorAll("[data-strip] [data-show]")];
  const at = links.findIndex((one) => one.hasAttribute("aria-current"));
  const next = links[Math.min(links.length - 1, Math.max(0, at + by))];
  if (next) showOne(next);
}

function followStrip() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showOne(link);
  });
  document.addEventListener("keydown", (event) => {
    if (!isPlain(event)) return;
    if (event.key === "," || event.key === ".") step(event.key === "." ? 1 : -1);
  });
}

export function swapPictures() {
  followStrip();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-swap]");
    if (!button) return;
    const viewer = button.closest("[data-viewer]");
    const plain = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(plain));
    const original = viewer.querySelector("[data-original]");
    if (!original.src) original.src = original.dataset.src;
    original.parentElement.hidden = !plain;
    viewer.querySelector("[data-annotated]").parentElement.hidden = plain;
  });
}
