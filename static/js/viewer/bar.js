// The scale bar on the picture: a round length, in px or µm.
import { count } from "../format.js";
import { onScale, scale } from "./scale.js";

const WIDEST = 120; // screen px

export class ScaleBar {
  constructor(root, stage) {
    this.root = root;
    this.line = root.querySelector("[data-scale-line]");
    this.words = root.querySelector("[data-scale-words]");
    stage.addEventListener("view", ({ detail }) => this.follow(detail));
    onScale(() => this.follow(this.view));
  }

  follow(view) {
    this.view = view;
    this.root.hidden = !view;
    if (!view) return;
    const unit = view.scale / (scale() ?? 1); // screen px of one px or µm
    const most = WIDEST / unit;
    const power = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map((n) => n * power).find((n) => n <= most);
    this.line.style.width = `${length * unit}px`;
    this.words.textContent = `${length < 1 ? Number(length.toPrecision(1)) : count(length)} ${scale() ? "µm" : "px"}`;
  }
}
