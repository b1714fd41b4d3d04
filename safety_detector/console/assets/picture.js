// The page of one picture: what is shown of it, and who corrects it.
import { read, write } from "./picture-boxes.js";
import { Editing } from "./picture-edit.js";
import { Stage, lookOf } from "./picture-stage.js";

const editor = document.querySelector("[data-editor]");

// A picture that was waited for is shown anew when it is done.
function followWaiting() {
  const main = document.querySelector(".picture-main");
  if (!main.querySelector("[data-follows-pictures]")) return;
  new MutationObserver(() => { if (main.querySelector("[data-done]")) location.reload(); })
    .observe(main, { childList: true });
}

// What browsers cannot show, or show turned, is shown as it is stored.
function followPicture(base, stored) {
  const find = (name) => editor.querySelector(`[data-${name}]`);
  const check = () => {
    const isIt = base.naturalWidth === Number(editor.dataset.width) && base.naturalHeight === Number(editor.dataset.height);
    if (isIt) return;
    if (base.dataset.storedSrc && base.getAttribute("src") !== base.dataset.storedSrc) {
      base.src = base.dataset.storedSrc;
      find("as-stored").hidden = false;
      if (stored) stored.hidden = true;
    } else if (!base.naturalWidth) find("no-picture").hidden = false;
  };
  base.addEventListener("load", check);
  base.addEventListener("error", check);
  if (base.complete) check();
}

function start() {
  const find = (name) => editor.querySelector(`[data-${name}]`);
  const standing = () => document.querySelector("[data-standing]").dataset;
  for (const one of editor.querySelectorAll("[data-scripted]")) one.hidden = false;
  const stage = new Stage(editor);
  const detections = read(editor.dataset.detections);
  const base = find("picture"), stored = find("stored");
  const names = new Map(Object.entries(JSON.parse(editor.dataset.names)));
  const original = base.getAttribute("src");
  let editing = null;
  let boxes = read(standing().boxes);
  let isStored = false, isOff = false;

  function draw() {
    const shown = editing ? editing.boxes : boxes;
    const hidden = new Set([...editor.querySelectorAll("[data-class]:not(:checked)")].map((one) => one.dataset.class));
    const differs = write(shown) !== write(detections);
    find("detector-switch").hidden = !differs;
    const said = differs && find("detector").checked ? detections : [];
    const isHidden = (isOff || isStored) && !editing?.isOn;
    stage.draw(isHidden ? [] : shown, { chosen: editing?.chosen, hidden, said: isHidden ? [] : said, names });
    for (const one of editor.querySelectorAll("[data-count]")) {
      one.textContent = shown.filter((box) => lookOf(box.hazard) === one.dataset.count).length;
    }
  }

  editor.addEventListener("change", (event) => { if (event.target.matches("[data-class], [data-detector]")) draw(); });
  editor.addEventListener("click", (event) => {
    const zoom = event.target.closest("[data-zoom]");
    if (zoom) {
      stage.press(zoom.dataset.zoom);
    } else if (event.target.closest("[data-all]")) {
      isOff = !isOff;
      find("all").setAttribute("aria-pressed", String(!isOff));
      draw();
    } else if (event.target.closest("[data-stored]")) {
      isStored = !isStored;
      stored.setAttribute("aria-pressed", String(isStored));
      base.src = isStored ? base.dataset.storedSrc : original;
      draw();
    }
  });
  followPicture(base, stored);
  if (find("correct")) editing = new Editing(editor, stage, boxes, () => { if (editing) draw(); });
  stage.sized = draw;
  draw();

  // Somebody else corrected it: shown at once, unless something of one's own is not saved.
  new MutationObserver(() => {
    const now = standing();
    if (!editing) boxes = read(now.boxes);
    else if (now.version === editing.form.elements.version.value) return;
    else if (editing.isUnsaved) return editing.tellOfOther();
    else if (!editing.isSaving) editing.adopt(read(now.boxes), now.version);
    draw();
  }).observe(document.querySelector(".picture-told"), { childList: true });
}

followWaiting();
if (editor) start();
