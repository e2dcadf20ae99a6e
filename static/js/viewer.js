// The picture's card: tabs, zoom, marks, tools, and the word on the region under the pointer.
import { pictureUrl } from "./api.js";
import { Marks } from "./marks.js";
import { Stage } from "./stage.js";
import { Tabs } from "./tabs.js";
import { Adjust } from "./viewer/adjust.js";
import { ScaleBar } from "./viewer/bar.js";
import { Folds } from "./viewer/folds.js";
import { Layers } from "./viewer/layers.js";
import { Measure } from "./viewer/measure.js";
import { Overview } from "./viewer/overview.js";
import { sourceOf } from "./viewer/picture.js";
import { Readout } from "./viewer/readout.js";
import { scale, setScale } from "./viewer/scale.js";
import { ClassSwitches } from "./viewer/switches.js";
import { Tip } from "./viewer/tip.js";
import { LOADING_FAILED, NO_PICTURE } from "./words.js";

const ALL = ["input", "combined", "mask", "overlay"];
const MARKED = ["input", "mask"]; // the other two have the service's own drawing

export class Viewer {
  /** `onPick(regions)` hears of a click on marks, `onClasses(hidden)` of classes switched off. */
  constructor(root, { onPick, onClasses = () => {} }) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    Object.assign(this, { root, find, onPick });
    this.empty = find("stage-empty");
    this.room = find("stage");
    this.stage = new Stage(find("stage-picture"), { fills: root.dataset.layout === "page" });
    this.marks = new Marks(find("marks"), this.stage);
    this.measure = new Measure(find("measure-part"), find("measures"), find("measure-labels"), this.stage);
    this.tabs = new Tabs(find("tabs"), (type) => this.show(type));
    this.tip = new Tip(find("region-tip"), this.room);
    this.layers = new Layers(root, (opacity) => this.showLayer(opacity));
    this.adjust = new Adjust(find("adjust-part"), this.stage);
    this.overview = new Overview(find("overview"), this.stage);
    this.readout = new Readout(find("readout"), this.stage);
    this.folds = new Folds(root);
    new ScaleBar(find("scale-bar"), this.stage);
    this.classes = new ClassSwitches(root, (hidden) => {
      this.marks.change({ hidden: new Set(hidden) });
      onClasses(hidden);
    });
    this.source = this.previewed = null;
    this.wire();
  }

  wire() {
    const { root, stage, find } = this;
    root.addEventListener("click", ({ target }) => {
      this.zoom(target.closest("[data-zoom]")?.dataset.zoom);
      const mode = target.closest("[data-marks-as]")?.dataset.marksAs;
      if (mode) this.drawAs(mode);
    });
    find("full-screen").addEventListener("click", () => this.fullScreen());
    find("scale").value = scale() ?? "";
    find("scale").addEventListener("input", ({ target }) => setScale(Number(target.value.replace(",", "."))));
    stage.addEventListener("view", ({ detail }) => {
      find("zoom-group").hidden = !detail;
      find("zoom-value").textContent = detail ? `${Math.round(detail.scale * 100)} %` : "";
    });
    stage.addEventListener("point", ({ detail }) => this.point(detail));
    stage.addEventListener("pick", ({ detail }) => {
      if (this.measure.click(detail)) return;
      const regions = this.marks.at(detail);
      if (regions) this.onPick(regions);
    });
    document.addEventListener("fullscreenchange", () => {
      const full = document.fullscreenElement !== null;
      find("full-screen").setAttribute("aria-pressed", String(full));
    });
  }

  zoom(how) {
    if (how === "in") this.stage.zoomBy(1.5);
    else if (how === "out") this.stage.zoomBy(1 / 1.5);
    else if (how === "fit") this.stage.fit();
    else if (how === "actual") this.stage.actualSize();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.closest("[data-full-screen-root]").requestFullscreen?.().catch(() => {}); // phones may not let us
  }

  drawAs(mode) {
    this.marks.change({ mode });
    for (const button of this.root.querySelectorAll("[data-marks-as]")) {
      button.setAttribute("aria-pressed", String(button.dataset.marksAs === mode));
    }
  }

  toggleMarks() {
    this.drawAs(this.marks.mode === "off" ? (this.drawnAs ?? "outline") : ((this.drawnAs = this.marks.mode), "off"));
  }

  reset() {
    for (const url of [this.previewed, this.source?.input?.source]) {
      if (url?.startsWith("blob:")) URL.revokeObjectURL(url);
    }
    this.source = this.previewed = null;
    this.shown = null;
    this.tip.hide();
    this.empty.hidden = true;
    this.marks.set([]);
    this.measure.clear();
    this.measure.choose(null);
    this.layers.set(0);
    this.stage.clear();
    this.tabs.allow(["input"]);
    this.tabs.select("input", { quietly: true });
    this.showMarks();
  }

  /** The picture chosen on this machine, before anything has answered; null where it cannot be shown. */
  async preview(picture) {
    this.previewed = picture.url;
    await this.open(picture.url, { width: picture.element.naturalWidth });
    this.shown = "input";
  }

  /** The stored result; `source` is {id, image, input (see viewer/picture.js), regions, classes}. */
  async showResult(source) {
    const previewed = this.shown === "input" && source.image.image_width === this.stage.width;
    this.source = source;
    this.tabs.allow(ALL);
    this.marks.set(source.input?.unmeasured ? [] : source.regions);
    this.classes.fill(source.classes.filter((group) => group.total_regions || source.classes.length <= ALL.length));
    this.readout.picture = source.input;
    this.overview.show(pictureUrl(source.id, "thumbnail"), source.image.image_width / source.image.image_height);
    this.showMarks();
    const now = this.tabs.current;
    if (!previewed || !source.input || now !== "input") await this.show(now);
    // Chosen in the table before there was a picture.
    if (this.source === source && this.marks.selected && now !== "combined") this.stage.flyTo(this.marks.selected.box);
  }

  async show(type) {
    if (!this.source) return;
    this.showMarks();
    const { image, input } = this.source;
    const source = type === "input" ? input?.source : sourceOf(image, type);
    if (!source) return this.say(NO_PICTURE);
    const keepView = (this.shown === "combined") === (type === "combined") && this.shown !== null;
    this.shown = type;
    try {
      await this.open(source, { width: image.image_width, across: type === "combined" ? 2 : 1, keepView, crisp: type === "mask" });
      if (this.shown === type) this.showLayer(this.layers.opacity);
    } catch {
      if (this.shown === type) this.say(LOADING_FAILED);
    }
  }

  async open(source, options) {
    await this.stage.open(source, options);
    this.adjust.show();
    this.empty.hidden = true;
  }

  /** The overlay over the input; the other tabs have it in them, or nothing under it. */
  showLayer(opacity) {
    if (!this.source || this.shown !== "input") return;
    const wanted = opacity > 0 || this.stage.layer ? sourceOf(this.source.image, "overlay") : null;
    this.stage.lay(wanted, opacity).catch(() => {}); // the tab of the overlay tells why
  }

  blink() {
    if (this.tabs.current !== "input") this.tabs.select("input");
    else this.layers.blink();
  }

  /** Words in the place of a picture. */
  say([title, text]) {
    this.stage.clear();
    this.shown = null;
    this.empty.querySelector("[data-stage-empty-title]").textContent = title;
    this.empty.querySelector("[data-stage-empty-text]").textContent = text;
    this.empty.hidden = false;
  }

  showMarks() {
    const type = this.tabs.current;
    this.root.dataset.tab = type;
    this.root.toggleAttribute("data-has-result", Boolean(this.source));
    this.marks.change({ visible: MARKED.includes(type), selected: type === "combined" ? null : this.marks.selected });
  }

  /** Bring a region into view, on a tab that has it in its place. */
  async goTo(region) {
    if (this.tabs.current === "combined") {
      this.tabs.select("input", { quietly: true });
      await this.show("input");
    }
    this.marks.select(region);
    this.stage.flyTo(region.box);
  }

  point(position) {
    const regions = this.measure.tool ? null : this.marks.at(position);
    this.room.classList.toggle("is-pointing", regions !== null);
    if (regions) this.tip.show(regions, position, this.marks.boundsAt(position));
    else this.tip.hide();
  }
}
