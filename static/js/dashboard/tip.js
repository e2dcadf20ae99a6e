// The box beside a mark that is pointed at or reached by keys.
import { mark } from "../classes.js";
import { el } from "../dom.js";

const GAP = 12;

export class Tip {
  constructor(box) {
    this.box = box;
    this.node = el("div", { class: "chart-tip", "aria-hidden": "true", hidden: true });
    box.append(this.node);
  }

  /** rows: [class or null, words, figure]; x and y within the box. */
  show({ title, figure, rows, hint }, x, y) {
    this.node.replaceChildren(
      el("p", { class: "tip-title" }, el("span", {}, title), el("span", {}, figure)),
      ...rows.map(([name, words, value]) => el("p", { class: "tip-row", "data-class": name }, name ? mark(name) : el("span"), el("span", {}, words), el("strong", {}, value))),
      el("p", { class: "tip-hint" }, hint),
    );
    this.node.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const right = x + GAP + width <= this.box.clientWidth;
    this.node.style.left = `${Math.max(0, right ? x + GAP : x - GAP - width)}px`;
    this.node.style.top = `${Math.min(Math.max(0, y - height / 2), Math.max(0, this.box.clientHeight - height))}px`;
  }

  hide() {
    this.node.hidden = true;
  }
}
