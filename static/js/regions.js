// The table of regions: sorted by any column, filtered, with a crop of each; one row is selected.
import { mark } from "./classes.js";
import { crop } from "./crop.js";
import { el, icon } from "./dom.js";
import { count, decimal } from "./format.js";
import { t } from "./language.js";
import { RowWindow } from "./viewer/rowwindow.js";

/** Flatten GET /images/{id}/regions into what the table and the marks work with. */
export function flatten(answer) {
  return answer.classes.flatMap((group) =>
    group.regions.map((region) => ({
      key: region.region_unique_id,
      className: group.class_name,
      classId: group.class_id,
      id: region.region_id,
      name: `${group.class_name} ${region.region_id}`,
      box: region.bounding_box,
      centroid: region.centroid,
      area: region.area_pixels,
      circularity: region.circularity,
      aspect: region.aspect_ratio,
      perimeter: region.perimeter,
      axes: [region.major_axis, region.minor_axis],
      outline: region.outline ?? null,
    })),
  );
}

const COLUMNS = {
  class: (a, b) => a.classId - b.classId || a.id - b.id,
  area_pixels: (a, b) => a.area - b.area,
  circularity: (a, b) => a.circularity - b.circularity,
  aspect_ratio: (a, b) => a.aspect - b.aspect,
};

export class RegionTable {
  /** `onSelect(region, focus)` hears of a row chosen, `onHint(region)` of one the pointer is over. */
  constructor(root, template, { onSelect, onHint }) {
    Object.assign(this, { root, template, onSelect });
    this.body = root.querySelector("[data-region-rows]");
    this.scroll = root.querySelector("[data-regions-scroll]");
    this.number = root.querySelector("[data-region-count]");
    this.none = root.querySelector("[data-no-regions]");
    this.filters = [...root.querySelectorAll("[data-region-filter]")];
    this.sorting = ["area_pixels", "descending"];
    this.hidden = new Set();
    this.crops = new IntersectionObserver((entries) => this.drawCrops(entries));
    this.window = new RowWindow(this.body, this.scroll, (region) => this.rowOf(region));
    this.clear();
    root.querySelector("thead").addEventListener("click", ({ target }) => this.sortBy(target.closest("[data-sort]")));
    for (const field of this.filters) field.addEventListener("input", () => this.arrange());
    this.body.addEventListener("click", ({ target }) => {
      const region = this.regionOf(target.closest("tr"));
      if (region) this.onSelect(region);
    });
    this.body.addEventListener("pointerover", ({ target }) => onHint(this.regionOf(target.closest("tr"))));
    this.body.addEventListener("pointerleave", () => onHint(null));
    this.body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.step(step, true);
    });
  }

  clear() {
    this.regions = this.shown = [];
    this.rows = new Map();
    this.selected = this.picture = null;
    this.crops.disconnect();
    this.window.clear();
    this.body.replaceChildren(...Array.from({ length: 4 }, skeletonRow));
    this.number.textContent = "";
    this.none.hidden = true;
    this.scroll.hidden = false;
  }

  /** `picture` draws crops of the input (viewer/picture.js), null where there is none. */
  fill(regions, picture) {
    this.clear();
    this.regions = regions;
    this.byKey = new Map(regions.map((region) => [region.key, region]));
    this.picture = picture;
    const list = this.root.querySelector('[data-region-filter="class"]');
    if (list) {
      const names = [...new Set(regions.map((region) => region.className))];
      const options = names.map((name) => el("option", { value: name }, name));
      list.replaceChildren(list.firstElementChild, ...options);
    }
    for (const field of this.filters) field.value = "";
    this.arrange();
  }

  rowOf(region) {
    if (!this.rows.has(region.key)) this.rows.set(region.key, this.row(region));
    return this.rows.get(region.key);
  }

  row(region) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.dataset.key = region.key;
    const name = row.querySelector(".region-class");
    name.dataset.class = region.className;
    name.append(mark(region.className), el("span", {}, region.className, " ", el("span", { class: "second" }, String(region.id))));
    row.querySelector(".region-centroid").textContent = `${decimal(region.centroid.x, 1)}, ${decimal(region.centroid.y, 1)}`;
    const [area, circularity, aspect] = row.querySelectorAll("td");
    area.textContent = count(region.area);
    circularity.textContent = decimal(region.circularity);
    aspect.textContent = decimal(region.aspect);
    const canvas = row.querySelector("canvas");
    if (this.picture) this.crops.observe(canvas);
    else canvas.remove();
    this.mark(row, region);
    return row;
  }

  drawCrops(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.crops.unobserve(target);
      crop(target, this.picture, this.regionOf(target.closest("tr"))).catch(() => target.remove());
    }
  }

  regionOf(row) {
    return this.byKey?.get(row?.dataset.key) ?? null;
  }

  sortBy(button) {
    if (!button) return;
    const [column, direction] = this.sorting;
    const first = button.dataset.sort === "class" ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    this.sorting = [button.dataset.sort, column === button.dataset.sort && direction === first ? other : first];
    this.arrange();
  }

  /** Classes switched off on the picture are not in the table either. */
  hide(classes) {
    this.hidden = new Set(classes);
    if (this.regions.length) this.arrange();
  }

  passes(region) {
    if (this.hidden.has(region.className)) return false;
    return this.filters.every(({ value, dataset }) => {
      if (value === "") return true;
      if (dataset.regionFilter === "class") return region.className === value;
      if (dataset.regionFilter === "area") return region.area >= Number(value);
      return region.circularity <= Number(value);
    });
  }

  arrange() {
    const [column, direction] = this.sorting;
    const sign = direction === "ascending" ? 1 : -1;
    this.shown = this.regions.filter((region) => this.passes(region));
    this.shown.sort((a, b) => sign * COLUMNS[column](a, b) || COLUMNS.class(a, b));
    this.window.show(this.shown);
    for (const button of this.root.querySelectorAll("[data-sort]")) {
      button.closest("th").setAttribute("aria-sort", button.dataset.sort === column ? direction : "none");
    }
    const [shown, all] = [this.shown.length, this.regions.length];
    this.number.textContent = shown === all ? count(all) : t("{n} of {total}", { n: count(shown), total: count(all) });
    this.scroll.hidden = shown === 0;
    this.none.hidden = shown > 0;
    this.none.replaceChildren(icon(all ? "funnel" : "check-circle-fill"), all ? t("No region passes the filter.") : t("No defects found in this image."));
    this.root.toggleAttribute("data-clean", all === 0);
    this.keepOneTabStop();
  }

  mark(row, region) {
    const chosen = region.key === this.selected?.key;
    row.classList.toggle("is-selected", chosen);
    row.querySelector("button").setAttribute("aria-pressed", String(chosen));
  }

  keepOneTabStop() {
    const stop = this.shown.includes(this.selected) ? this.selected : this.shown[0];
    for (const [key, row] of this.rows) row.querySelector("button").tabIndex = key === stop?.key ? 0 : -1;
  }

  select(region, { focus = false } = {}) {
    this.selected = region;
    for (const [key, row] of this.rows) this.mark(row, this.byKey.get(key));
    const at = region ? this.shown.indexOf(region) : -1;
    if (at >= 0) this.window.reveal(at);
    this.keepOneTabStop();
    if (at >= 0 && focus) this.rowOf(region).querySelector("button").focus({ preventScroll: true });
  }

  step(by, focus = false) {
    if (!this.shown.length) return;
    const at = this.shown.indexOf(this.selected);
    const to = at < 0 ? (by > 0 ? 0 : this.shown.length - 1) : at + by;
    const region = this.shown[Math.max(0, Math.min(this.shown.length - 1, to))];
    this.onSelect(region, focus);
  }
}

function skeletonRow() {
  return el("tr", { "aria-hidden": "true" }, el("td", { colspan: "4" }, el("span", { class: "skeleton" })));
}
