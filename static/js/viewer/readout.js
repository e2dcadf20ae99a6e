// What is under the pointer: the pixel's place, and how bright it is.
import { t } from "../language.js";

export class Readout {
  constructor(root, stage) {
    this.root = root;
    this.stage = stage;
    this.picture = null;
    this.frame = 0;
    stage.addEventListener("point", ({ detail }) => {
      this.at = detail;
      this.frame ||= requestAnimationFrame(() => this.show());
    });
  }

  show() {
    this.frame = 0;
    const view = this.stage.view;
    const [x, y] = this.at && view ? [this.at.x - view.x, this.at.y - view.y].map((d) => Math.floor(d / view.scale)) : [-1, -1];
    const inside = x >= 0 && y >= 0 && x < this.stage.width && y < this.stage.height;
    if (!inside) this.root.textContent = "";
    else if (this.picture?.grey) this.root.textContent = t("x {x}, y {y} · grey {grey}", { x, y, grey: this.picture.grey(x, y) });
    else this.root.textContent = t("x {x}, y {y}", { x, y });
  }
}
