// The boxes that somebody corrects: what they are, and every step back and forth.
export function read(text) {
  return JSON.parse(text).map((one) => ({
    corners: one.bbox_2d, hazard: `${one.label} ${one.sub_label}`, detection: one.detection ?? null,
  }));
}

export function write(boxes) {
  return JSON.stringify(boxes.map(({ corners, hazard, detection }) => {
    const [label, sub_label] = hazard.split(" ");
    return { bbox_2d: corners, label, sub_label, detection };
  }));
}

export function originOf(box, detections) {
  const said = box.detection === null ? null : detections[box.detection];
  if (!said) return "added";
  const same = said.hazard === box.hazard && said.corners.every((value, place) => value === box.corners[place]);
  return same ? "kept" : "changed";
}

// Whole pixels inside the picture, at least one wide and high.
export function tidy([x1, y1, x2, y2], width, height) {
  const ends = (a, b, limit) => {
    const first = Math.min(Math.max(Math.round(Math.min(a, b)), 0), limit - 1);
    return [first, Math.min(Math.max(Math.round(Math.max(a, b)), first + 1), limit)];
  };
  const [left, right] = ends(x1, x2, width), [top, bottom] = ends(y1, y2, height);
  return [left, top, right, bottom];
}

export function moved([x1, y1, x2, y2], right, down, width, height) {
  const dx = Math.min(Math.max(Math.round(right), -x1), width - x2);
  const dy = Math.min(Math.max(Math.round(down), -y1), height - y2);
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
}

// Which edges of a box a point is at: of left, top, right and bottom.
export function edgesAt([x1, y1, x2, y2], [x, y], near) {
  if (x < x1 - near || x > x2 + near || y < y1 - near || y > y2 + near) return [];
  const edges = [];
  if (Math.abs(x - x1) <= near && Math.abs(x - x1) <= Math.abs(x - x2)) edges.push(0);
  else if (Math.abs(x - x2) <= near) edges.push(2);
  if (Math.abs(y - y1) <= near && Math.abs(y - y1) <= Math.abs(y - y2)) edges.push(1);
  else if (Math.abs(y - y2) <= near) edges.push(3);
  return edges;
}

export const isInside = ([x1, y1, x2, y2], [x, y]) => x > x1 && x < x2 && y > y1 && y < y2;

export class Steps {
  constructor(boxes) {
    this.start(boxes);
  }

  start(boxes) {
    this.states = [write(boxes)];
    this.at = 0;
  }

  get now() {
    return read(this.states[this.at]);
  }

  get text() {
    return this.states[this.at];
  }

  add(boxes) {
    const text = write(boxes);
    if (text === this.text) return;
    this.states = [...this.states.slice(0, this.at + 1), text].slice(-500);
    this.at = this.states.length - 1;
  }

  go(by) {
    this.at = Math.min(this.states.length - 1, Math.max(0, this.at + by));
  }

  can(by) {
    return this.at + by >= 0 && this.at + by < this.states.length;
  }
}
