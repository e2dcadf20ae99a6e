// One region's figures beside an enlarged look at it.
import { gloss, mark } from "../classes.js";
import { crop } from "../crop.js";
import { el } from "../dom.js";
import { decimal } from "../format.js";
import { t } from "../language.js";
import { areaWords, lengthWords, onScale, sizeWords } from "./scale.js";

export class Detail {
  constructor(root) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.root = root;
    this.canvas = find("detail-crop");
    this.title = find("detail-title");
    this.figures = find("detail-figures");
    onScale(() => this.region && this.showFigures());
  }

  show(region, picture) {
    this.region = region;
    this.root.hidden = !region;
    if (!region) return;
    this.root.dataset.class = region.className;
    this.canvas.hidden = !picture;
    crop(this.canvas, picture, region, { outlined: true }).catch(() => (this.canvas.hidden = true));
    const words = gloss(region.className);
    this.title.replaceChildren(mark(region.className), region.name, words && el("span", { class: "gloss" }, words));
    this.showFigures();
  }

  showFigures() {
    this.figures.replaceChildren(
      ...figures(this.region).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    );
  }

  /** What a report wants of it, as text for the clipboard. */
  get text() {
    return [this.region.name, ...figures(this.region).map((figure) => figure.join("\t"))].join("\n");
  }
}

function figures({ area, circularity, aspect, perimeter, axes, centroid, box }) {
  return [
    [t("Area"), areaWords(area)],
    [t("Perimeter"), lengthWords(perimeter)],
    [t("Axes"), sizeWords(...axes)],
    [t("Circularity"), decimal(circularity, 3)],
    [t("Aspect ratio"), decimal(aspect)],
    [t("Centroid"), `${decimal(centroid.x, 1)}, ${decimal(centroid.y, 1)}`],
    [t("Box"), `${box.x}, ${box.y}, ${box.width} × ${box.height}`],
  ];
}
