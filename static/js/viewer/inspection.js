// Picture and table of one result, each leading to the other; the same on every page that shows one.
import * as api from "../api.js";
import { keys } from "../keys.js";
import { flatten } from "../regions.js";
import { Result } from "../result.js";
import { Viewer } from "../viewer.js";
import { openInput } from "./picture.js";

/** All that is known of a result, and its picture. */
export async function fetchInspection(id) {
  const [image, classes, answer] = await Promise.all([api.image(id), api.classes(id), api.regions(id)]);
  const input = await openInput(image);
  return { image, classes, regions: flatten(answer), input };
}

export class Inspection {
  constructor(root) {
    this.root = root;
    this.viewer = new Viewer(root.querySelector("[data-viewer]"), {
      onPick: (regions) => this.pick(regions),
      onClasses: (hidden) => this.result?.table.hide(hidden),
    });
    this.result = new Result(root, {
      onSelect: (region, focus) => this.select(region, { focus }),
      onHint: (region) => this.viewer.marks.hinted !== region && this.viewer.marks.change({ hinted: region }),
    });
    this.wireKeys();
  }

  wireKeys() {
    const { viewer, result } = this;
    const tab = (name) => () => viewer.source && viewer.tabs.select(name);
    keys({
      j: () => result.table.step(1),
      k: () => result.table.step(-1),
      b: () => viewer.blink(),
      i: () => viewer.adjust.toggleInvert(),
      r: () => viewer.toggleMarks(),
      m: () => viewer.measure.cycle(),
      f: () => viewer.fullScreen(),
      0: () => viewer.zoom("fit"),
      "+": () => viewer.zoom("in"),
      "=": () => viewer.zoom("in"),
      "-": () => viewer.zoom("out"),
      1: tab("input"), 2: tab("combined"), 3: tab("mask"), 4: tab("overlay"),
      t: () => viewer.folds.toggle("tools"),
      y: () => viewer.folds.toggle("side"),
      c: () => result.detail.region && result.find("copy-region").click(),
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && viewer.measure.cancel()) event.preventDefault();
      if (event.key === "Enter" && viewer.measure.points.length && !event.target.closest("button, a") && viewer.measure.finish()) event.preventDefault();
    });
  }

  clear() {
    this.viewer.reset();
    this.result.clear();
  }

  async show({ image, classes, regions, input }) {
    this.result.fill({ image, classes, regions, picture: input?.unmeasured ? null : input });
    await this.viewer.showResult({ id: image.img_unique_id, image, input, regions, classes: classes.classes });
  }

  select(region, { focus = false } = {}) {
    if (!region) return;
    this.result.select(region, { focus });
    this.viewer.goTo(region);
  }

  /** A mark on the picture was clicked; several merged ones come nearer first. */
  pick(regions) {
    if (regions.length === 1) return this.select(regions[0]);
    this.viewer.stage.flyTo(around(regions));
  }
}

function around(regions) {
  const boxes = regions.map((region) => region.box);
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
  return { x, y, width, height };
}
