// Where on the panel defects lie: cells in tints of the accent; one cell is told beside them.
import { KNOWN_CLASSES } from "../classes.js";
import { announce, el, svg } from "../dom.js";
import { count, decimal } from "../format.js";
import { t, tn } from "../language.js";
import { galleryOf, go } from "./links.js";

export const BINS = 20;
const CELL = 10;
const HOT = 5;

export class Heatmap {
  constructor(card) {
    this.card = card;
    this.find = (name) => card.querySelector(`[data-${name}]`);
    this.name = null;
    this.cells = [];
    this.at = null;
    this.picture = this.find("heat");
    this.select = this.find("heat-class");
    this.select.addEventListener("change", () => this.choose(this.select.value));
    this.picture.addEventListener("pointermove", (event) => this.point(this.under(event)));
    this.picture.addEventListener("pointerleave", () => this.point(this.hottest));
    this.picture.addEventListener("click", (event) => go(this.link(), event));
    this.picture.addEventListener("keydown", (event) => this.key(event));
    this.build();
  }

  build() {
    this.picture.setAttribute("viewBox", `0 0 ${BINS * CELL} ${BINS * CELL}`);
    for (let at = 0; at < BINS * BINS; at += 1) {
      this.cells.push(svg("rect", { x: (at % BINS) * CELL, y: Math.floor(at / BINS) * CELL, width: CELL - 0.6, height: CELL - 0.6, "fill-opacity": 0.05 }));
    }
    this.frame = svg("rect", { class: "heat-frame", width: CELL + 0.6, height: CELL + 0.6, visibility: "hidden" });
    this.picture.replaceChildren(...this.cells, this.frame);
  }

  show(range, { counts }) {
    this.range = range;
    this.all = counts;
    const names = [...KNOWN_CLASSES.filter((name) => counts[name]), ...Object.keys(counts).filter((name) => !KNOWN_CLASSES.includes(name))];
    this.select.replaceChildren(el("option", { value: "" }, t("All classes")), ...names.map((name) => el("option", { value: name }, name)));
    if (!names.includes(this.name)) this.name = "";
    this.select.value = this.name;
    this.choose(this.name);
  }

  choose(name) {
    this.name = name;
    const grids = name ? [this.all[name]] : Object.values(this.all);
    this.values = new Array(BINS * BINS).fill(0);
    for (const grid of grids) grid.forEach((row, y) => row.forEach((n, x) => (this.values[y * BINS + x] += n)));
    this.total = this.values.reduce((sum, n) => sum + n, 0);
    this.highest = Math.max(...this.values, 0);
    this.hottest = this.total ? this.values.indexOf(this.highest) : null;
    this.lowest = Math.min(...this.values);
    // From the lowest cell on and by the root: a few very hot cells would leave all others alike.
    const tint = (n) => 0.05 + 0.95 * Math.sqrt((n - this.lowest) / Math.max(1, this.highest - this.lowest));
    this.cells.forEach((cell, at) => (cell.style.fillOpacity = tint(this.values[at])));
    this.find("heat-least").textContent = count(this.lowest);
    this.find("heat-most").textContent = count(this.highest);
    this.find("heat-words").hidden = !this.total;
    this.point(this.hottest);
    this.fillHot();
  }

  under(event) {
    const box = this.picture.getBoundingClientRect();
    const place = (from, size) => Math.min(BINS - 1, Math.max(0, Math.floor((from / size) * BINS)));
    return place(event.clientY - box.top, box.height) * BINS + place(event.clientX - box.left, box.width);
  }

  point(at) {
    this.at = at;
    this.frame.setAttribute("visibility", at === null ? "hidden" : "visible");
    if (at === null) return;
    this.frame.setAttribute("x", (at % BINS) * CELL - 0.6);
    this.frame.setAttribute("y", Math.floor(at / BINS) * CELL - 0.6);
    const n = this.values[at];
    this.find("heat-title").textContent = at === this.hottest ? t("Hottest cell") : placeWords(at);
    this.find("heat-count").textContent = tn("{n} defect", "{n} defects", n, { n: count(n) });
    this.find("heat-times").textContent = this.total ? t("{n} × the average cell", { n: decimal((n * BINS * BINS) / this.total, 1) }) : "";
    this.find("heat-link").href = this.link();
    this.find("heat-link-words").textContent = this.name ? t("All images with {name}", { name: this.name }) : t("All images with defects");
  }

  /** The gallery knows no positions: a cell leads to all images that can have made it, and says so. */
  link() {
    return galleryOf(this.range, this.name ? { class_name: this.name } : { min_defects: 1 });
  }

  key(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -BINS, ArrowDown: BINS };
    if (event.key === "Enter") return go(this.link(), event);
    if (!(event.key in moves)) return;
    event.preventDefault();
    const from = this.at ?? 0;
    const to = from + moves[event.key];
    const wraps = Math.abs(moves[event.key]) === 1 && Math.floor(to / BINS) !== Math.floor(from / BINS);
    // At an edge it stays, and says where.
    this.point(to < 0 || to >= BINS * BINS || wraps ? from : to);
    announce(`${placeWords(this.at)}: ${count(this.values[this.at])}`);
  }

  /** The hottest cells as buttons: found without looking for them. */
  fillHot() {
    const hot = this.values.map((n, at) => [n, at]).filter(([n]) => n > 0).sort((a, b) => b[0] - a[0]).slice(0, HOT);
    this.find("heat-hot").replaceChildren(
      ...hot.map(([n, at]) => {
        const button = el("button", { type: "button" }, el("span", {}, placeWords(at)), el("strong", {}, count(n)));
        button.addEventListener("click", () => this.point(at));
        button.addEventListener("focus", () => this.point(at));
        button.addEventListener("pointerenter", () => this.point(at));
        return el("li", {}, button);
      }),
    );
  }
}

const placeWords = (at) => t("row {y}, column {x}", { y: Math.floor(at / BINS) + 1, x: (at % BINS) + 1 });
