// The original in place of the annotated picture, and back, with one key.
export function swapPictures() {
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
