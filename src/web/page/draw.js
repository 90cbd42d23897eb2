// What is drawn over a picture: zones and masks as they are set, where objects appear, and a polygon that is being drawn.

const SVG = "http://www.w3.org/2000/svg";
const CORNERS_MAX = 64;

function shape(kind, attributes) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function pointsOf(text) {
  return (text.match(/[0-9.eE+-]+,[0-9.eE+-]+/g) ?? []).map((pair) => pair.split(",").map(Number)).filter(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1);
}

/** Zones and masks of a camera's settings: [{kind: zone, motion or object, name, label, points}]. */
export function polygonsOf(settings) {
  const polygons = [];
  for (const { key, value } of settings) {
    const [family, name, ...rest] = key.split(".");
    if (rest.length || !name || !value || (family !== "zone" && family !== "mask")) continue;
    const points = pointsOf(value);
    const what = family === "zone" ? "zone" : value.startsWith("object") ? "object" : "motion";
    const label = what === "object" ? (value.match(/^object:(\S+)/)?.[1] ?? "") : "";
    if (points.length >= 3) polygons.push({ kind: what, name, label, points });
  }
  return polygons;
}

function middle(points) {
  const sum = points.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
  return sum.map((value) => value / points.length);
}

function corners(points) {
  return points.map((point) => point.join(",")).join(" ");
}

function label(text, [x, y]) {
  const element = document.createElement("span");
  element.textContent = text;
  element.style.left = `${x * 100}%`;
  element.style.top = `${y * 100}%`;
  return element;
}

const MASK_WORDS = { motion: "no motion", object: "no objects" };

/** Draws over the picture; the svg is as large as the picture, in shares of it. */
export function drawOverlay({ svg, labels, polygons, grid }) {
  svg.replaceChildren();
  labels.replaceChildren();
  const most = Math.max(1, ...(grid?.cells ?? []).flat().map((cell) => cell.count));
  for (const [x, column] of (grid?.cells ?? []).entries()) {
    for (const [y, cell] of column.entries()) {
      if (cell.count > 0) svg.append(shape("rect", { class: "cell", x: x / grid.width, y: y / grid.height, width: 1 / grid.width, height: 1 / grid.height, "fill-opacity": 0.15 + 0.55 * (cell.count / most) }));
    }
  }
  for (const polygon of polygons) {
    svg.append(shape("polygon", { class: `shape-${polygon.kind}`, points: corners(polygon.points) }));
    const what = polygon.kind === "zone" ? polygon.name : `${polygon.name}: ${polygon.label ? `no ${polygon.label}` : MASK_WORDS[polygon.kind]}`;
    labels.append(label(what, middle(polygon.points)));
  }
}

function number(value) {
  return String(Number(value.toFixed(3)));
}

function clamp(value) {
  return Math.min(1, Math.max(0, value));
}

/** A polygon that somebody clicks into the picture, or sets with the keyboard. */
export class Drawing {
  constructor(stage, changed) {
    this.stage = stage;
    this.changed = changed;
    this.points = [];
    this.cursor = null; // of the keyboard
    this.dragged = -1;
    this.active = false;
    this.layer = document.createElement("div");
    this.layer.className = "labels";
    this.svg = shape("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    stage.addEventListener("pointerdown", (event) => this.active && event.isPrimary && event.button === 0 && this.press(event));
    stage.addEventListener("pointermove", (event) => this.active && this.dragged >= 0 && event.isPrimary && this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => event.isPrimary && (this.dragged = -1));
    stage.addEventListener("keydown", (event) => this.active && this.key(event));
  }

  start() {
    this.active = true;
    this.points = [];
    this.cursor = null;
    this.stage.classList.add("draws");
    this.stage.append(this.svg, this.layer);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.setAttribute("aria-label", "Picture to draw in: arrows move the mark, Enter sets a corner, Backspace takes one back");
    this.stage.focus({ preventScroll: true });
    this.show();
  }

  end() {
    this.active = false;
    this.stage.classList.remove("draws");
    this.svg.remove();
    this.layer.remove();
    for (const name of ["tabindex", "role", "aria-label"]) this.stage.removeAttribute(name);
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  /** The corner that is nearest, of those within reach: a finger is wider than a mouse. */
  near([x, y], reach) {
    const box = this.stage.getBoundingClientRect();
    const far = this.points.map(([a, b]) => Math.hypot((a - x) * box.width, (b - y) * box.height)), least = Math.min(...far);
    return least < reach ? far.indexOf(least) : -1;
  }

  press(event) {
    const place = this.place(event);
    this.dragged = this.near(place, event.pointerType === "touch" ? 24 : 14);
    if (this.dragged < 0) {
      this.add(place);
      this.dragged = this.points.length - 1;
    }
    this.stage.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
  }

  drag(event) {
    this.points[this.dragged] = this.place(event);
    this.show();
  }

  add(place) {
    if (this.points.length < CORNERS_MAX) this.points.push(place);
    this.show();
  }

  undo() {
    this.points.pop();
    this.show();
  }

  clear() {
    this.points = [];
    this.show();
  }

  key(event) {
    const step = event.shiftKey ? 0.05 : 0.01;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const [x, y] = this.cursor ?? [0.5, 0.5];
    if (moves[event.key]) this.cursor = [clamp(x + moves[event.key][0]), clamp(y + moves[event.key][1])];
    else if (event.key === "Enter" || event.key === " ") this.add([x, y]);
    else if (event.key === "Backspace" || event.key === "Delete") this.undo();
    else return;
    event.preventDefault();
    this.show();
  }

  show() {
    this.svg.replaceChildren(shape(this.points.length > 2 ? "polygon" : "polyline", { class: "shape-new", points: corners(this.points) }));
    this.layer.replaceChildren();
    for (const [point, name] of [...this.points.map((point) => [point, "corner"]), ...(this.cursor ? [[this.cursor, "cursor"]] : [])]) {
      const mark = label("", point);
      mark.className = name;
      this.layer.append(mark);
    }
    this.changed();
  }

  /** The polygon as a value of camd.ini; empty: it is none yet. */
  value() {
    return this.points.length < 3 ? "" : this.points.map(([x, y]) => `${number(x)},${number(y)}`).join(" ");
  }
}

/** The command that saves it. */
export function commandFor({ camera, kind, name, label: of, value }) {
  const key = kind === "zone" ? `zone.${name}` : `mask.${name}`;
  const what = kind === "zone" ? "" : kind === "motion" ? "motion " : of ? `object:${of} ` : "object ";
  return `camctl set ${camera.startsWith("-") ? "-- " : ""}${camera} '${key}=${what}${value}'`;
}
