// A stored result beside its picture: counts by class, table of regions, one region's figures, downloads.
import { downloadUrl } from "./api.js";
import { KNOWN_CLASSES, className } from "./classes.js";
import { el } from "./dom.js";
import { count } from "./format.js";
import { t, tn } from "./language.js";
import { RegionTable } from "./regions.js";
import { Detail } from "./viewer/detail.js";
import { areaWords } from "./viewer/scale.js";
import { tree } from "./viewer/tree.js";

export class Result {
  /** `onSelect(region, focus)` is asked when a row is chosen; `select` then shows the choice. */
  constructor(root, { onSelect, onHint = () => {} }) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.root = root;
    this.find = find;
    this.table = new RegionTable(find("regions"), find("row-template"), { onSelect, onHint });
    this.detail = new Detail(find("region-detail"));
    this.picture = this.id = null;
    find("copy-region").addEventListener("click", ({ currentTarget }) => this.copy(currentTarget));
    find("json")?.addEventListener("toggle", () => this.showJson());
  }

  clear() {
    this.showTotals(null, KNOWN_CLASSES.map((name) => ({ class_name: name, waiting: true })));
    this.table.clear();
    this.detail.show(null);
    for (const part of this.root.querySelectorAll("[data-downloads]")) part.hidden = true;
  }

  fill({ image, classes, regions, picture }) {
    this.picture = picture;
    this.showTotals(image.total_defects, classes.classes);
    this.table.fill(regions, picture);
    this.detail.show(null);
    this.showDownloads(image);
    this.id = image.img_unique_id;
    this.find("json-tree")?.replaceChildren();
    this.showJson();
  }

  showTotals(total, classes) {
    if (!this.find("summary")) return;
    const area = classes.reduce((sum, group) => sum + group.total_area_pixels, 0);
    const found = classes.filter((group) => group.total_regions).length;
    const largest = Math.max(1, ...classes.map((group) => group.total_area_pixels ?? 0));
    this.find("total").textContent = total === null ? "" : count(total);
    this.find("total-words").textContent = total === null ? t("Defects") : tn("defect", "defects", total);
    this.find("area-words").textContent = total === null ? "" : total
      ? t("{area} in {n} of {total} classes", { area: areaWords(area), n: found, total: classes.length })
      : t("A clean image");
    this.find("class-bars").replaceChildren(...classes.map((group) => classBar(group, largest)));
  }

  showDownloads(image) {
    for (const part of this.root.querySelectorAll("[data-downloads]")) part.hidden = false;
    for (const link of this.root.querySelectorAll("[data-download]")) link.href = downloadUrl(image.img_unique_id, link.dataset.download);
    const type = image.input_image_path.split(".").at(-1).toUpperCase();
    for (const words of this.root.querySelectorAll('[data-download="input"] [data-file-type]')) {
      words.textContent = { JPG: "JPEG", TIF: "TIFF" }[type] ?? type;
    }
  }

  select(region, options) {
    this.table.select(region, options);
    this.detail.show(region, this.picture);
  }

  async copy(button) {
    await navigator.clipboard?.writeText(this.detail.text).catch(() => {}); // refused: nothing was promised yet
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), 1500);
  }

  /** The analysis as SegFormer sent it, fetched when somebody unfolds it. */
  async showJson() {
    const [part, place] = [this.find("json"), this.find("json-tree")];
    if (!part?.open || !this.id || place.childElementCount) return;
    const id = this.id;
    const response = await fetch(`${downloadUrl(id, "json")}?inline=1`).catch(() => null);
    const document = response?.ok ? await response.json().catch(() => null) : null;
    if (id === this.id) place.replaceChildren(document ? tree(document) : el("p", { class: "second" }, t("The analysis did not load.")));
  }
}

/** One class's line; zero is greyed, and while waiting a skeleton keeps its place. */
function classBar(group, largest = 1) {
  const { class_name: name, total_regions: regions = 0, total_area_pixels: area = 0, waiting } = group;
  const fill = el("span");
  fill.style.width = `${(100 * area) / largest}%`;
  return el(
    "li",
    { class: regions ? "" : "is-zero", "data-class": name },
    className(name),
    waiting ? el("span", { class: "skeleton" }) : el("span", { class: "class-bar" }, fill),
    el("span", { class: "class-area" }, waiting ? "" : `${count(area)} px²`),
    el("span", { class: "class-count" }, waiting ? "" : count(regions)),
  );
}
