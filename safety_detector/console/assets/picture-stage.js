// The picture and its boxes on the page: zoom, moving it about, and drawing what is in it.
const SVG = "http://www.w3.org/2000/svg";
const MOST = 8;
const STEP = 1.3;
const NARROW_PX = 560; // there names would cover the picture
const SHARE_OF_WINDOW = 0.72;

export function lookOf(hazard) {
  if (!hazard.startsWith("person")) return hazard.split(" ")[0];
  return hazard === "person no_helmet" ? "no-helmet" : "person";
}

function rect(corners, name) {
  const [x1, y1, x2, y2] = corners;
  const made = document.createElementNS(SVG, "rect");
  for (const [key, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1, class: name })) {
    made.setAttribute(key, value);
  }
  return made;
}

export class Stage {
  constructor(editor) {
    const find = (name) => editor.querySelector(`[data-${name}]`);
    this.editor = editor;
    this.frame = find("stage");
    this.plane = find("plane");
    this.overlay = find("overlay");
    this.tags = find("tags");
    this.said = find("zoom-said");
    this.width = Number(editor.dataset.width);
    this.height = Number(editor.dataset.height);
    this.free = () => true; // whether a drag moves the picture
    this.sized = () => {}; // hears of another size
    this.fit();
    new ResizeObserver(() => { if (this.isFit) this.fit(); }).observe(editor);
    this.followWheel();
    this.followDrag();
    this.followPinch();
  }

  get fitting() {
    const wide = this.editor.clientWidth / this.width;
    const high = Math.max(240, innerHeight * SHARE_OF_WINDOW) / this.height;
    return Math.min(wide, high, 4);
  }

  fit() {
    this.isFit = true;
    this.size(this.fitting);
  }

  size(scale) {
    this.scale = scale;
    this.plane.style.width = `${this.width * scale}px`;
    this.plane.style.height = `${this.height * scale}px`;
    this.editor.classList.add("sized");
    this.editor.classList.toggle("magnified", scale > 3);
    this.said.textContent = `${Math.round(scale * 100)} %`;
    this.sized();
  }

  // The point under the pointer, or in the middle, stays where it is.
  zoom(factor, at = null) {
    const frame = this.frame.getBoundingClientRect();
    const [x, y] = at ?? [frame.left + frame.width / 2, frame.top + frame.height / 2];
    const before = this.plane.getBoundingClientRect();
    const least = this.fitting;
    const scale = Math.min(Math.max(MOST, least * MOST), Math.max(least, this.scale * factor));
    const right = (x - before.left) / before.width, down = (y - before.top) / before.height;
    this.size(scale);
    this.isFit = scale === least;
    const after = this.plane.getBoundingClientRect();
    this.frame.scrollLeft += after.left + right * after.width - x;
    this.frame.scrollTop += after.top + down * after.height - y;
  }

  press(which) {
    if (which === "fit") this.fit();
    else this.zoom(which === "in" ? STEP : 1 / STEP);
  }

  point(event) {
    const plane = this.plane.getBoundingClientRect();
    return [(event.clientX - plane.left) / this.scale, (event.clientY - plane.top) / this.scale];
  }

  followWheel() {
    this.frame.addEventListener("wheel", (event) => {
      // Where it is whole already the page goes on.
      if (event.shiftKey || (event.deltaY > 0 && this.isFit && !event.ctrlKey)) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 30 : 1;
      this.zoom(Math.exp(-event.deltaY * lines * 0.002), [event.clientX, event.clientY]);
    }, { passive: false });
  }

  followDrag() {
    let from = null;
    this.frame.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button > 1) return;
      if (event.button === 0 && !this.free()) return;
      from = [event.clientX, event.clientY];
      this.frame.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.frame.focus({ preventScroll: true });
    });
    this.frame.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.frame.scrollLeft -= event.clientX - from[0];
      this.frame.scrollTop -= event.clientY - from[1];
      from = [event.clientX, event.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) this.frame.addEventListener(name, () => { from = null; });
  }

  followPinch() {
    let apart = null, middle = null;
    const look = ({ touches: [one, other] }) => [
      Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
      [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2],
    ];
    this.frame.addEventListener("touchstart", (event) => {
      if (event.touches.length === 2) [apart, middle] = look(event);
    }, { passive: true });
    this.frame.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2 || apart === null) return;
      event.preventDefault();
      const [now, where] = look(event);
      this.frame.scrollLeft -= where[0] - middle[0];
      this.frame.scrollTop -= where[1] - middle[1];
      this.zoom(now / apart, where);
      [apart, middle] = [now, where];
    }, { passive: false });
    this.frame.addEventListener("touchend", () => { apart = null; });
  }

  // Boxes, the chosen one with its handles, and thinly what the detector said.
  draw(boxes, { chosen = -1, hidden = new Set(), said = [], names }) {
    const shapes = said.map((one) => this.shape(one, ["said", "look-detector"]));
    const tags = [];
    boxes.forEach((one, number) => {
      const look = lookOf(one.hazard);
      if (hidden.has(look) && number !== chosen) return;
      const mark = number === chosen ? ["chosen"] : [];
      shapes.push(this.shape(one, [`look-${look}`, `is-${one.hazard.split(" ")[1].replace("_", "-")}`, ...mark]));
      tags.push(this.tag(one, number, look, mark, names));
    });
    if (boxes[chosen]) shapes.push(...this.handles(boxes[chosen].corners));
    this.overlay.replaceChildren(...shapes);
    this.tags.replaceChildren(...tags);
  }

  shape(one, names) {
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", ["box", ...names].join(" "));
    group.append(rect(one.corners, "casing"), rect(one.corners, "line"));
    return group;
  }

  handles([x1, y1, x2, y2]) {
    const half = 4.5 / this.scale;
    const places = [[x1, y1], [x2, y1], [x1, y2], [x2, y2]];
    return places.map(([x, y]) => rect([x - half, y - half, x + half, y + half], "handle"));
  }

  tag(one, number, look, mark, names) {
    const [x1, y1, x2] = one.corners;
    const tag = document.createElement("span");
    tag.className = ["tag", `look-${look}`, ...mark].join(" ");
    const isShort = this.editor.clientWidth < NARROW_PX && !mark.length;
    tag.textContent = isShort ? number + 1 : `${number + 1} ${names.get(one.hazard) ?? one.hazard}`;
    tag.dataset.box = number;
    const isRight = x1 / this.width > 0.8;
    tag.classList.toggle("below", y1 * this.fitting < 20);
    tag.classList.toggle("left", isRight);
    tag.style.left = `${(isRight ? x2 : x1) / this.width * 100}%`;
    tag.style.top = `${y1 / this.height * 100}%`;
    return tag;
  }
}
