// Outlines drawn on a picture.  The text of each, a corner a line in per cent, is what is sent; the
// drawing shows it and changes it, by mouse, finger or keys.
const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.25; // per cent, by an arrow key
const FAR = 2; // with Shift
const MOST_CORNERS = 50;

let chosen = null; // the place of the area whose corners are shown
let drawing = false;
let begun = false;

const form = () => document.querySelector("[data-areas]");
const canvas = () => document.querySelector("[data-canvas]");
const field = (place) => document.querySelector(`[data-outline="${CSS.escape(place)}"]`);
const shape = (place) => canvas().querySelector(`[data-area="${CSS.escape(place)}"]`);
const size = () => canvas().viewBox.baseVal;

function read(place) {
  const corners = [];
  for (const line of field(place).value.split("\n")) {
    const found = line.match(/^\s*([-+]?[\d.]+)\s*%?\s*[\s,，;；]\s*([-+]?[\d.]+)\s*%?\s*$/);
    if (found) corners.push([Number(found[1]), Number(found[2])]);
  }
  return corners;
}

function write(place, corners) {
  const text = (value) => String(Math.round(Math.min(100, Math.max(0, value)) * 100) / 100);
  field(place).value = corners.map(([x, y]) => `${text(x)} ${text(y)}`).join("\n");
  field(place).dispatchEvent(new Event("input", { bubbles: true }));
}

const toCanvas = ([x, y]) => [x * size().width / 100, y * size().height / 100];

function fromPointer(event) {
  const box = canvas().getBoundingClientRect();
  return [100 * (event.clientX - box.left) / box.width, 100 * (event.clientY - box.top) / box.height];
}

// As the service checks it (domain/camera_rules.py): two sides meet where neither follows the other.
function turn(a, b, c) {
  const cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  return Math.abs(cross) < 1e-8 ? 0 : Math.sign(cross);
}

function between(a, b, point) {
  return Math.min(a[0], b[0]) <= point[0] && point[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= point[1] && point[1] <= Math.max(a[1], b[1]);
}

function meet(a, b, c, d) {
  const turns = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (turns[0] * turns[1] < 0 && turns[2] * turns[3] < 0) return true;
  return [[a, b, c], [a, b, d], [c, d, a], [c, d, b]].some(
    (ends, number) => turns[number] === 0 && between(...ends));
}

function crosses(corners) {
  const count = corners.length;
  for (let i = 0; i < count; i += 1) {
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue;
      if (meet(corners[i], corners[i + 1], corners[j], corners[(j + 1) % count])) return true;
    }
  }
  return false;
}

function check(place, corners) {
  const text = !drawing && crosses(corners) ? form().dataset.textCrosses : "";
  const box = field(place);
  box.setCustomValidity(text);
  const told = box.closest(".outline").querySelector("[data-outline-fault]");
  if (told.textContent !== text) told.textContent = text;
  shape(place).classList.toggle("bad", text !== "");
}

// A circle that looks round and as large as a finger, whatever the picture's size.
function dot(at, radius, kind, label) {
  const one = document.createElementNS(SVG, "ellipse");
  const box = canvas().getBoundingClientRect();
  one.setAttribute("cx", at[0]);
  one.setAttribute("cy", at[1]);
  one.setAttribute("rx", radius * size().width / (box.width || 1));
  one.setAttribute("ry", radius * size().height / (box.height || 1));
  one.setAttribute("class", kind);
  one.setAttribute("tabindex", "0");
  one.setAttribute("role", "button");
  one.setAttribute("aria-label", label);
  return one;
}

function show(place, focus = null) {
  for (const one of canvas().querySelectorAll(".corner, .midpoint")) one.remove();
  for (const one of canvas().querySelectorAll("[data-area]")) {
    one.classList.toggle("chosen", one.dataset.area === chosen);
  }
  for (const one of document.querySelectorAll("[data-area-fields]")) {
    one.classList.toggle("is-chosen", one.dataset.areaFields === chosen && one.matches(".editor-list *"));
  }
  const corners = read(place);
  shape(place).setAttribute("points", corners.map((one) => toCanvas(one).join(",")).join(" "));
  check(place, corners);
  if (place !== chosen) return;
  const words = form().dataset;
  corners.forEach((corner, number) => {
    const next = corners[(number + 1) % corners.length];
    if (!drawing && corners.length > 2 && corners.length < MOST_CORNERS) {
      const middle = [(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2];
      const between = dot(toCanvas(middle), 5, "midpoint", words.textNewCorner);
      between.dataset.after = number;
      canvas().append(between);
    }
  });
  corners.forEach((corner, number) => {
    const label = `${words.textCorner} ${number + 1}: ${corner[0]} %, ${corner[1]} %`;
    const one = dot(toCanvas(corner), 8, "corner", label);
    one.dataset.corner = number;
    canvas().append(one);
    if (number === focus) one.focus();
  });
}

function choose(place) {
  if (chosen === place || !field(place)) return;
  chosen = place;
  show(place);
}

function setDrawing(on) {
  drawing = on;
  canvas().classList.toggle("drawing", on);
  const told = document.querySelector("[data-how]");
  if (told) told.textContent = on ? form().dataset.textDrawing : form().dataset.textHow;
  if (chosen) show(chosen);
}

function change(corners, focus = null) {
  write(chosen, corners);
  show(chosen, focus);
}

function addCorner(after, at) {
  const corners = read(chosen);
  if (corners.length >= MOST_CORNERS) return;
  corners.splice(after + 1, 0, at);
  change(corners, after + 1);
}

function drag(event, number) {
  const box = canvas();
  box.setPointerCapture(event.pointerId);
  const move = (moved) => {
    const corners = read(chosen);
    corners[number] = fromPointer(moved);
    change(corners, number);
  };
  const end = () => {
    box.removeEventListener("pointermove", move);
    box.removeEventListener("pointerup", end);
    box.removeEventListener("pointercancel", end);
  };
  box.addEventListener("pointermove", move);
  box.addEventListener("pointerup", end);
  box.addEventListener("pointercancel", end);
}

function press(event) {
  if (!canvas()?.contains(event.target) || event.button !== 0) return;
  const { corner, after, area } = event.target.dataset;
  if (drawing) {
    event.preventDefault();
    if (corner === "0" && read(chosen).length > 2) setDrawing(false);
    else if (corner === undefined) addCorner(read(chosen).length - 1, fromPointer(event));
    return;
  }
  if (after !== undefined) {
    event.preventDefault();
    addCorner(Number(after), fromPointer(event));
    drag(event, Number(after) + 1);
  } else if (corner !== undefined) {
    event.preventDefault();
    event.target.focus();
    drag(event, Number(corner));
  } else if (area !== undefined) {
    choose(area);
  }
}

function byKey(event) {
  if (!canvas()?.contains(event.target)) {
    if (drawing && event.key === "Escape") setDrawing(false);
    return;
  }
  const { corner, after } = event.target.dataset;
  const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (drawing && (event.key === "Enter" || event.key === "Escape")) {
    setDrawing(false);
  } else if (corner !== undefined && arrow) {
    const corners = read(chosen);
    const by = event.shiftKey ? FAR : STEP;
    const [x, y] = corners[corner];
    corners[corner] = [x + arrow[0] * by, y + arrow[1] * by];
    change(corners, Number(corner));
  } else if (corner !== undefined && (event.key === "Delete" || event.key === "Backspace")) {
    const corners = read(chosen);
    corners.splice(Number(corner), 1);
    change(corners, Math.max(0, Number(corner) - 1));
  } else if (after !== undefined && (event.key === "Enter" || event.key === " ")) {
    const corners = read(chosen);
    const [first, next] = [corners[after], corners[(Number(after) + 1) % corners.length]];
    addCorner(Number(after), [(first[0] + next[0]) / 2, (first[1] + next[1]) / 2]);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

function button(event) {
  const { draw, rectangle } = event.target.dataset ?? {};
  if (draw !== undefined) {
    choose(draw);
    write(draw, []);
    setDrawing(true);
    canvas().scrollIntoView({ block: "nearest" });
  } else if (rectangle !== undefined) {
    choose(rectangle);
    setDrawing(false);
    change([[35, 35], [65, 35], [65, 65], [35, 65]], 0);
  }
}

function begin() {
  begun = true;
  document.addEventListener("pointerdown", press);
  document.addEventListener("keydown", byKey);
  document.addEventListener("click", button);
  document.addEventListener("input", ({ target }) => {
    if (target.matches("[data-outline]") && document.activeElement === target) show(target.dataset.outline);
  });
  document.addEventListener("focusin", ({ target }) => {
    const fields = target.closest("[data-area-fields]");
    if (!fields) return;
    if (drawing && fields.dataset.areaFields !== chosen) setDrawing(false);
    choose(fields.dataset.areaFields);
  });
  addEventListener("resize", () => { if (chosen && canvas()) show(chosen); });
}

export function drawAreas() {
  if (!form()) return;
  if (!begun) begin();
  for (const one of document.querySelectorAll("[data-scripted]")) one.hidden = false;
  drawing = false;
  const places = [...document.querySelectorAll("[data-outline]")].map((one) => one.dataset.outline);
  if (!places.includes(chosen)) chosen = null;
  const empty = places.find((one) => !read(one).length);
  for (const place of places) show(place);
  if (empty ?? chosen ?? places[0]) {
    const place = empty ?? chosen ?? places[0];
    chosen = place;
    show(place);
  }
}
