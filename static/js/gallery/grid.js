// Draws only the thumbnails near the window's edges, so that ten thousand scroll like fifty.
import { el } from "../dom.js";
import { arrange, leftOf, lineAt } from "./layout.js";
import { showSelected, tile } from "./tile.js";

const AROUND = 700; // px drawn above and below what is seen
const AHEAD = 1600; // px before the end at which the next page is asked for

export class Grid {
  constructor(root, { scroller, isSelected, hrefOf, headingOf, onNear }) {
    Object.assign(this, { root, scroller, isSelected, hrefOf, headingOf, onNear });
    this.tiles = root.querySelector("[data-tiles]");
    this.headings = root.querySelector("[data-headings]");
    this.items = [];
    this.nodes = new Map(); // id → element, of what is drawn
    this.view = "grid";
    this.current = 0; // the tile that the keyboard is on
    this.frame = 0;
    scroller.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(root);
  }

  /** Show these items from now on; `fresh` begins at the top. */
  show(items, { fresh = false } = {}) {
    this.items = items;
    if (fresh) {
      this.current = 0;
      this.clear();
      this.scroller.scrollTop = 0;
    }
    this.current = Math.max(0, Math.min(this.current, items.length - 1));
    this.lay();
  }

  clear() {
    this.nodes.clear();
    this.tiles.replaceChildren();
    this.headings.replaceChildren();
  }

  setView(view) {
    if (view === this.view) return;
    this.view = view;
    this.root.dataset.view = view;
    this.clear();
    this.lay();
    this.reveal(this.current);
  }

  resized() {
    if (this.root.clientWidth === this.width) return;
    const [top, height] = [this.scroller.scrollTop, this.plan?.height];
    this.lay();
    if (height) this.scroller.scrollTop = (top / height) * this.plan.height;
  }

  lay() {
    this.width = this.root.clientWidth;
    if (!this.width) return;
    this.plan = arrange(this.items, { width: this.width, view: this.view, headingOf: this.headingOf() });
    this.root.style.height = `${this.plan.height}px`;
    this.root.style.setProperty("--tile", `${this.plan.tile}px`);
    this.root.style.setProperty("--picture", `${this.plan.picture}px`);
    this.draw();
  }

  soon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.plan) return;
    const top = this.scroller.scrollTop - this.root.offsetTop;
    const bottom = top + this.scroller.clientHeight;
    const { lines } = this.plan;
    const [indices, headings] = [[], []];
    for (let i = lineAt(lines, top - AROUND); i < lines.length && lines[i].y < bottom + AROUND; i += 1) {
      if (lines[i].heading) headings.push(lines[i]);
      else for (let at = lines[i].from; at < lines[i].to; at += 1) indices.push([at, lines[i]]);
    }
    this.drawTiles(indices);
    this.drawHeadings(headings);
    if (this.plan.height - bottom < AHEAD) this.onNear();
  }

  drawTiles(indices) {
    const wanted = new Set(indices.map(([at]) => this.items[at].img_unique_id));
    for (const [id, node] of this.nodes) {
      if (wanted.has(id) || node.contains(document.activeElement)) continue;
      node.remove();
      this.nodes.delete(id);
    }
    let before = null;
    for (const [at, line] of indices) {
      const node = this.nodeOf(at);
      node.style.transform = `translate(${leftOf(at - line.from, this.plan.tile)}px, ${line.y}px)`;
      const next = before ? before.nextSibling : this.tiles.firstChild;
      if (next !== node) this.tiles.insertBefore(node, next);
      before = node;
    }
  }

  nodeOf(at) {
    const item = this.items[at];
    let node = this.nodes.get(item.img_unique_id);
    if (!node) {
      node = tile(item, this.hrefOf(item));
      this.nodes.set(item.img_unique_id, node);
      showSelected(node, this.isSelected(item.img_unique_id));
    }
    node.firstChild.tabIndex = at === this.current ? 0 : -1;
    node.ariaSetSize = String(this.items.length);
    node.ariaPosInSet = String(at + 1);
    return node;
  }

  drawHeadings(lines) {
    this.headings.replaceChildren(
      ...lines.map(({ heading, y }) => {
        const node = el("h2", { class: "day-heading" }, heading);
        node.style.transform = `translateY(${y}px)`;
        return node;
      }),
    );
  }

  refreshSelection() {
    for (const [id, node] of this.nodes) showSelected(node, this.isSelected(id));
  }

  indexOf(id) {
    return this.items.findIndex((item) => item.img_unique_id === id);
  }

  lineOf(at) {
    return this.plan.lines.find((line) => line.from <= at && at < line.to);
  }

  reveal(at) {
    const line = this.plan && this.lineOf(at);
    if (!line) return;
    const margin = 56;
    const top = line.y + this.root.offsetTop;
    const { scrollTop, clientHeight } = this.scroller;
    if (top - margin < scrollTop) this.scroller.scrollTop = top - margin;
    else if (top + line.height + margin > scrollTop + clientHeight) this.scroller.scrollTop = top + line.height + margin - clientHeight;
    this.draw();
  }

  /** Move the keyboard's place to a tile and show it. */
  focus(at, { quietly = false } = {}) {
    if (!this.items.length) return;
    this.current = Math.max(0, Math.min(at, this.items.length - 1));
    this.reveal(this.current);
    for (const node of this.nodes.values()) node.firstChild.tabIndex = -1;
    const node = this.nodes.get(this.items[this.current].img_unique_id);
    if (!node) return;
    node.firstChild.tabIndex = 0;
    if (!quietly) node.firstChild.focus({ preventScroll: true });
  }

  /** The tile that an arrow, Home or End leads to from `at`; null for other keys. */
  target(key, at) {
    const last = this.items.length - 1;
    if (key === "Home") return 0;
    if (key === "End") return last;
    if (key === "ArrowLeft") return Math.max(0, at - 1);
    if (key === "ArrowRight") return Math.min(last, at + 1);
    if (key !== "ArrowUp" && key !== "ArrowDown") return null;
    const lines = this.plan.lines.filter((line) => !line.heading);
    const now = lines.findIndex((line) => line.from <= at && at < line.to);
    const line = lines[now + (key === "ArrowUp" ? -1 : 1)];
    return line ? Math.min(line.from + at - lines[now].from, line.to - 1) : at;
  }
}
