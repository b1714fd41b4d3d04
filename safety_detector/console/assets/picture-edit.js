// Correcting: boxes are drawn, moved, sized, named and removed, by pointer, keys and numbers; saved as one.
import { Steps, edgesAt, isInside, moved, originOf, read, tidy, write } from "./picture-boxes.js";
import { refresh } from "./live.js";

const NEAR_PX = 8;
const NEAR_TOUCH_PX = 16;
const SMALLEST_PX = 4;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WRITING = "input:not([type=checkbox]), textarea, select";

export class Editing {
  constructor(editor, stage, boxes, changed) {
    this.editor = editor;
    this.stage = stage;
    this.form = editor.querySelector("[data-correct]");
    this.find = (name) => this.form.querySelector(`[data-${name}]`);
    this.words = this.find("words").dataset;
    this.detections = read(editor.dataset.detections);
    this.tool = this.find("make").dataset.make;
    this.changed = changed;
    this.chosen = -1;
    this.isOn = false;
    this.isSpace = false;
    this.key = `correction ${editor.dataset.inspection}`;
    this.steps = new Steps(boxes);
    this.boxes = boxes;
    this.keep();
    stage.free = () => !this.isOn || this.isSpace;
    this.followPointer();
    this.followKeys();
    this.followButtons();
    this.followRows();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      // What is typed is taken where its field is left.
      if (this.find("rows").contains(document.activeElement)) document.activeElement.blur();
      this.save();
    });
    // Enter in a field presses the first button that sends a form: no judgement of the whole is one.
    for (const one of this.form.querySelectorAll('[name="judgement"]')) {
      one.type = "button";
      one.addEventListener("click", () => { if (this.form.reportValidity()) this.judge(one.value); });
    }
    this.restore();
    this.show();
  }

  // What is saved, to tell whether something is not.
  keep() {
    this.saved = this.stand();
  }

  stand() {
    const { complete, note } = this.form.elements;
    return JSON.stringify([this.steps.text, complete.checked, note.value]);
  }

  get isUnsaved() {
    return this.stand() !== this.saved || this.isMidway;
  }

  // A box that is being drawn, or a number that is typed and not left, stands in no step yet.
  get isMidway() {
    const rows = [...this.find("rows").rows].slice(0, this.boxes.length);
    const isTyped = (row, number) => [...row.querySelectorAll("[data-corner]")]
      .some((input) => input.value !== String(this.boxes[number].corners[input.dataset.corner]));
    return write(this.boxes) !== this.steps.text || rows.some(isTyped);
  }

  adopt(boxes, version) {
    this.steps.start(boxes);
    this.boxes = boxes;
    this.chosen = -1;
    this.form.elements.version.value = version;
    this.keep();
    this.show();
  }

  // Of a window that was closed, or signed out, with something unsaved in it.
  restore() {
    const draft = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    const text = this.editor.dataset.draft || draft?.boxes;
    if (!text) return;
    try {
      this.steps.add(read(text));
    } catch {
      return;
    }
    this.boxes = this.steps.now;
    if (draft) {
      this.form.elements.version.value = draft.version;
      this.form.elements.complete.checked = draft.complete;
      this.form.elements.note.value = draft.note;
    }
    this.set(true);
    this.tell(this.words.draft);
  }

  store() {
    const { version, complete, note } = this.form.elements;
    if (!this.isUnsaved) sessionStorage.removeItem(this.key);
    else {
      const draft = { version: version.value, boxes: this.steps.text, complete: complete.checked, note: note.value };
      sessionStorage.setItem(this.key, JSON.stringify(draft));
    }
  }

  tell(text) {
    this.find("said").textContent = text;
  }

  set(isOn) {
    this.isOn = isOn;
    this.editor.classList.toggle("editing-now", isOn);
    this.find("editing").hidden = !isOn;
    this.find("edit").setAttribute("aria-pressed", String(isOn));
    if (!isOn) this.chosen = -1;
    this.show();
  }

  choose(number) {
    this.chosen = number;
    const box = this.boxes[number];
    if (box) {
      this.tool = box.hazard;
      this.find("hazard").value = box.hazard;
    }
    this.show();
  }

  commit() {
    this.steps.add(this.boxes);
    this.show();
    this.store();
    this.tell(this.isUnsaved ? this.words.unsaved : "");
  }

  go(by) {
    this.steps.go(by);
    this.boxes = this.steps.now;
    if (!this.boxes[this.chosen]) this.chosen = -1;
    if (!this.isOn) this.set(true);
    this.commit();
  }

  add(corners, hazard = this.tool) {
    this.boxes.push({ corners, hazard, detection: null });
    this.choose(this.boxes.length - 1);
    this.commit();
  }

  remove(number = this.chosen) {
    if (!this.boxes[number]) return;
    this.boxes.splice(number, 1);
    this.chosen = Math.min(number, this.boxes.length - 1);
    this.commit();
  }

  make(hazard) {
    this.tool = hazard;
    this.find("hazard").value = hazard;
    if (!this.boxes[this.chosen]) return;
    this.boxes[this.chosen].hazard = hazard;
    this.commit();
  }

  show() {
    const has = Boolean(this.boxes[this.chosen]);
    this.find("remove").disabled = !has;
    this.find("undo").disabled = !this.steps.can(-1);
    this.find("redo").disabled = !this.steps.can(1);
    this.rows();
    this.changed();
  }

  // Rows are filled, not made anew, so that whoever types in one stays in it.
  rows() {
    const body = this.find("rows");
    while (body.rows.length > this.boxes.length) body.lastElementChild.remove();
    while (body.rows.length < this.boxes.length) body.append(this.find("row-template").content.cloneNode(true));
    const limits = [this.stage.width, this.stage.height];
    this.boxes.forEach((box, number) => {
      const row = body.rows[number];
      row.cells[0].textContent = number + 1;
      if (number === this.chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      row.querySelector("[data-hazard]").value = box.hazard;
      row.querySelector("[data-origin]").textContent = this.words[originOf(box, this.detections)];
      for (const input of row.querySelectorAll("[data-corner]")) {
        const place = Number(input.dataset.corner);
        input.min = place < 2 ? 0 : box.corners[place - 2] + 1;
        input.max = place < 2 ? box.corners[place + 2] - 1 : limits[place - 2];
        if (input !== document.activeElement || input.checkValidity()) input.value = box.corners[place];
      }
    });
  }

  followRows() {
    const body = this.find("rows");
    const numberOf = (target) => [...body.rows].indexOf(target.closest("tr"));
    body.addEventListener("focusin", (event) => {
      const number = numberOf(event.target);
      if (number !== this.chosen) this.choose(number);
    });
    body.addEventListener("change", (event) => {
      const box = this.boxes[numberOf(event.target)];
      if (event.target.matches("[data-hazard]")) box.hazard = event.target.value;
      else if (event.target.value === "" || !event.target.checkValidity()) return void event.target.reportValidity();
      else box.corners[Number(event.target.dataset.corner)] = Number(event.target.value);
      this.commit();
    });
    body.addEventListener("click", (event) => {
      if (event.target.closest("[data-drop]")) this.remove(numberOf(event.target));
    });
  }

  followButtons() {
    this.find("hazard").addEventListener("change", (event) => this.make(event.target.value));
    for (const name of ["complete", "note"]) this.form.elements[name].addEventListener("input", () => this.commit());
    this.form.addEventListener("click", (event) => {
      const is = (name) => event.target.closest(`[data-${name}]`);
      if (is("edit")) this.set(!this.isOn);
      else if (is("leave")) this.set(false);
      else if (is("undo")) this.go(-1);
      else if (is("redo")) this.go(1);
      else if (is("remove")) this.remove();
      else if (is("make")) this.make(is("make").dataset.make);
      else if (is("add")) this.addByNumbers();
      else if (is("theirs")) this.takeTheirs();
      else if (is("mine")) this.saveOver();
    });
  }

  addByNumbers() {
    const { width, height } = this.stage;
    this.add([width * 3 / 8, height * 3 / 8, width * 5 / 8, height * 5 / 8].map(Math.round));
    this.find("rows").lastElementChild.querySelector("[data-corner]").focus();
  }

  followKeys() {
    document.addEventListener("keydown", (event) => {
      if (!this.isOn || event.isComposing) return;
      const isWriting = event.target.closest(WRITING);
      const isCommand = event.ctrlKey || event.metaKey;
      const done = isCommand ? this.command(event, isWriting) : !isWriting && this.press(event);
      if (done) event.preventDefault();
    });
    document.addEventListener("keyup", (event) => {
      if (event.key !== " ") return;
      this.isSpace = false;
      this.editor.classList.remove("panning");
    });
  }

  command(event, isWriting) {
    const key = event.key.toLowerCase();
    if (key === "s") {
      if (!event.repeat) this.form.requestSubmit(this.find("save"));
    } else if (isWriting) return false;
    else if (key === "z") this.go(event.shiftKey ? 1 : -1);
    else if (key === "y") this.go(1);
    else return false;
    return true;
  }

  press(event) {
    const box = this.boxes[this.chosen];
    const arrow = ARROWS[event.key];
    if (event.key === " " && !event.target.closest("button, summary, a")) {
      this.isSpace = true;
      this.editor.classList.add("panning");
      return true;
    }
    const isStep = arrow || event.key === "[" || event.key === "]";
    if (event.repeat && !isStep) return false;
    if (event.key === "Escape") this.chosen < 0 ? this.set(false) : this.choose(-1);
    else if (event.key === "[" || event.key === "]") this.step(event.key === "]" ? 1 : -1);
    else if (event.key === "Delete" || event.key === "Backspace") this.remove();
    else if (arrow && box) this.nudge(box, arrow, event);
    else return false;
    return true;
  }

  step(by) {
    const many = this.boxes.length;
    if (many) this.choose((Math.max(this.chosen, by > 0 ? -1 : 0) + by + many) % many);
  }

  nudge(box, [right, down], event) {
    const far = event.altKey ? 10 : 1;
    const { width, height } = this.stage;
    const [x1, y1, x2, y2] = box.corners;
    box.corners = event.shiftKey
      ? tidy([x1, y1, Math.max(x1 + 1, x2 + right * far), Math.max(y1 + 1, y2 + down * far)], width, height)
      : moved(box.corners, right * far, down * far, width, height);
    this.commit();
  }

  // What a press at a point is about: the edges of the chosen box, itself, another's edge, or nothing.
  at(point, near) {
    const box = this.boxes[this.chosen];
    if (box) {
      const edges = edgesAt(box.corners, point, near);
      if (edges.length) return { number: this.chosen, edges };
      if (isInside(box.corners, point)) return { number: this.chosen, edges: [] };
    }
    const area = ({ corners: [x1, y1, x2, y2] }) => (x2 - x1) * (y2 - y1);
    const hit = this.boxes
      .map((one, number) => ({ one, number }))
      .filter(({ one }) => edgesAt(one.corners, point, near).length)
      .sort((a, b) => area(a.one) - area(b.one))[0];
    return hit ? { number: hit.number, edges: [] } : null;
  }

  near(event) {
    return (event.pointerType === "touch" ? NEAR_TOUCH_PX : NEAR_PX) / this.stage.scale;
  }

  followPointer() {
    const plane = this.stage.plane;
    let drag = null;
    plane.addEventListener("pointerdown", (event) => {
      if (!this.isOn || this.isSpace || event.button !== 0 || !event.isPrimary) return;
      const tag = event.target.closest("[data-box]");
      const point = this.stage.point(event);
      const hit = tag ? { number: Number(tag.dataset.box), edges: [] } : this.at(point, this.near(event));
      this.stage.frame.focus({ preventScroll: true });
      event.preventDefault();
      plane.setPointerCapture(event.pointerId);
      if (hit) {
        this.choose(hit.number);
        drag = { point, edges: hit.edges, from: this.boxes[hit.number].corners };
      } else {
        this.choose(-1);
        drag = { point, isNew: true };
      }
    });
    plane.addEventListener("pointermove", (event) => {
      if (!this.isOn) return;
      const point = this.stage.point(event);
      if (drag) this.drag(drag, point);
      else this.point(this.at(point, this.near(event)));
    });
    plane.addEventListener("pointerup", () => {
      if (!drag) return;
      drag = null;
      this.commit();
    });
    // A second finger: it was no drawing.
    const stop = () => {
      if (!drag) return;
      drag = null;
      this.boxes = this.steps.now;
      if (!this.boxes[this.chosen]) this.chosen = -1;
      this.show();
    };
    plane.addEventListener("pointercancel", stop);
    plane.addEventListener("touchstart", (event) => { if (event.touches.length > 1) stop(); }, { passive: true });
  }

  drag(drag, point) {
    const { width, height, scale } = this.stage;
    const right = point[0] - drag.point[0], down = point[1] - drag.point[1];
    if (drag.isNew) {
      if (Math.max(Math.abs(right), Math.abs(down)) * scale < SMALLEST_PX) return;
      this.boxes.push({ corners: [0, 0, 1, 1], hazard: this.tool, detection: null });
      this.chosen = this.boxes.length - 1;
      Object.assign(drag, { isNew: false, isDrawn: true });
    }
    const box = this.boxes[this.chosen];
    if (drag.isDrawn) box.corners = tidy([...drag.point, ...point], width, height);
    else if (drag.edges.length) {
      const corners = [...drag.from];
      for (const edge of drag.edges) corners[edge] = point[edge % 2];
      box.corners = tidy(corners, width, height);
    } else box.corners = moved(drag.from, right, down, width, height);
    this.show();
  }

  // The pointer says what a press would do.
  point(hit) {
    const edges = hit?.edges ?? [];
    const sum = edges.length === 2 ? edges[0] + edges[1] : -1;
    const is = {
      moving: hit !== null && !edges.length,
      "sizing-h": edges.length === 1 && edges[0] % 2 === 0,
      "sizing-v": edges.length === 1 && edges[0] % 2 === 1,
      "sizing-a": sum === 1 || sum === 5,
      "sizing-b": sum === 3,
    };
    for (const [name, holds] of Object.entries(is)) this.editor.classList.toggle(name, holds);
  }

  judge(judgement) {
    if (judgement === "nothing") this.boxes = [];
    this.form.elements.complete.checked = true;
    this.commit();
    this.save();
  }

  async save() {
    if (this.isSaving) return;
    this.isSaving = true;
    this.fail(null);
    const text = this.steps.text, stand = this.stand();
    const fields = new URLSearchParams(new FormData(this.form));
    fields.set("boxes", text);
    try {
      const answer = await fetch(this.form.action, {
        method: "POST", body: fields, redirect: "manual", headers: { "X-In-Place": "1" },
      }).catch(() => { throw new Error(this.words.silent); });
      if (answer.status !== 204) {
        const why = (await answer.text()).slice(0, 300);
        this.fail(why || this.words.silent, answer.status === 412);
        return;
      }
      this.form.elements.version.value = answer.headers.get("X-Version");
      this.saved = stand;
      if (!this.isUnsaved) this.set(false);
      this.store();
      this.tell(this.words.saved);
      refresh().catch(() => {});
    } catch (error) {
      this.fail(error.message);
    } finally {
      this.isSaving = false;
    }
  }

  fail(text, isConflict = false) {
    const failed = this.find("failed");
    failed.hidden = text === null;
    failed.querySelector("span").textContent = text ?? "";
    this.find("conflict").hidden = !isConflict;
  }

  tellOfOther() {
    if (!this.isSaving) this.fail(this.words.other, true);
  }

  takeTheirs() {
    sessionStorage.removeItem(this.key);
    location.reload();
  }

  async saveOver() {
    await refresh().catch(() => {});
    this.form.elements.version.value = document.querySelector("[data-standing]").dataset.version;
    this.save();
  }
}
