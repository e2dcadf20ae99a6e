// Measures on the picture: a distance between two points, or an area within many.
import { svg, el } from "../dom.js";
import { t } from "../language.js";
import { areaWords, lengthWords, onScale } from "./scale.js";

const SNAP = 9; // screen px: a click this near the first point closes an area

export class Measure {
  /** `root` holds the buttons; `layer` is an SVG over the picture. */
  constructor(root, layer, labels, stage) {
    Object.assign(this, { root, layer, labels, stage, tool: null, points: [], done: [], hover: null });
    this.hint = root.querySelector("[data-measure-hint]");
    this.clearButton = root.querySelector("[data-measure-clear]");
    root.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-measure]")?.dataset.measure;
      if (tool) this.choose(tool === this.tool ? null : tool);
    });
    this.clearButton.addEventListener("click", () => this.clear());
    stage.addEventListener("view", ({ detail }) => this.follow(detail));
    stage.addEventListener("point", ({ detail }) => this.move(detail));
    onScale(() => this.draw());
    this.choose(null);
  }

  choose(tool) {
    this.tool = tool;
    this.points = [];
    this.stage.busy = tool !== null;
    for (const button of this.root.querySelectorAll("[data-measure]")) {
      button.setAttribute("aria-pressed", String(button.dataset.measure === tool));
    }
    this.stage.root.classList.toggle("is-measuring", tool !== null);
    this.hint.textContent = { distance: t("Click two points on the picture."), area: t("Click around the area; Enter or the first point closes it.") }[tool] ?? "";
    this.draw();
  }

  cycle() {
    this.choose({ null: "distance", distance: "area", area: null }[String(this.tool)]);
  }

  clear() {
    this.done = [];
    this.points = [];
    this.draw();
  }

  /** Back by one step; answers whether there was one. */
  cancel() {
    if (this.points.length) this.points = [];
    else if (this.tool) this.choose(null);
    else return false;
    this.draw();
    return true;
  }

  /** A click on the picture, in screen px; answers whether it was one for measuring. */
  click(position) {
    if (!this.tool || !this.view) return false;
    if (this.tool === "area" && this.points.length > 2 && this.nearFirst(position)) this.finish();
    else {
      this.points.push(this.imagePoint(position));
      if (this.tool === "distance" && this.points.length === 2) this.finish();
    }
    this.draw();
    return true;
  }

  finish() {
    const enough = this.points.length >= (this.tool === "area" ? 3 : 2);
    if (enough) this.done.push({ tool: this.tool, points: this.points });
    if (enough) this.points = [];
    this.draw();
    return enough;
  }

  nearFirst(position) {
    const [x, y] = this.screen(this.points[0]);
    return Math.hypot(position.x - x, position.y - y) <= SNAP;
  }

  imagePoint({ x, y }) {
    return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale];
  }

  screen([x, y]) {
    return [this.view.x + x * this.view.scale, this.view.y + y * this.view.scale];
  }

  move(position) {
    if (!this.tool || !this.points.length) return;
    this.hover = position && this.imagePoint(position);
    this.draw();
  }

  follow(view) {
    this.view = view;
    this.draw();
  }

  draw() {
    this.clearButton.hidden = this.done.length === 0;
    this.layer.replaceChildren();
    this.labels.replaceChildren();
    if (!this.view) return;
    for (const measured of this.done) this.one(measured.tool, measured.points, true);
    if (this.points.length) this.one(this.tool, this.hover ? [...this.points, this.hover] : this.points, false);
  }

  one(tool, points, closed) {
    const at = points.map((point) => this.screen(point));
    const d = `M${at.map((point) => point.join(" ")).join("L")}${tool === "area" && closed ? "Z" : ""}`;
    this.layer.append(svg("path", { class: "measure-casing", d }), svg("path", { class: "measure-line", d }));
    for (const [cx, cy] of at) this.layer.append(svg("circle", { class: "measure-end", cx, cy, r: 4 }));
    if (points.length < 2) return;
    const words = tool === "distance" ? lengthWords(length(points)) : areaWords(surface(points));
    const label = el("output", { class: "measure-label" }, words);
    this.labels.append(label);
    const [x, y] = tool === "distance" ? middle(at) : [middle(at)[0], Math.max(...at.map((point) => point[1]))];
    label.style.transform = `translate(calc(${x}px - 50%), ${y + 12}px)`;
  }
}

const length = ([[ax, ay], [bx, by]]) => Math.hypot(bx - ax, by - ay);

function surface(points) {
  const twice = points.reduce((sum, [x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length];
    return sum + x * ny - nx * y;
  }, 0);
  return Math.abs(twice) / 2;
}

const middle = (points) => [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
