// The newest results as a strip; each leads to its own address.
import { pictureUrl, recent } from "./api.js";
import { classBadge } from "./classes.js";
import { el, fileName, icon } from "./dom.js";
import { ago } from "./format.js";
import { t } from "./language.js";

export class Recent {
  constructor(root, limit = 12) {
    this.root = root;
    this.list = root.querySelector("[data-recent-list]");
    this.limit = limit;
  }

  /** Answers the median seconds of an inspection, for words like "usually about". */
  async refresh() {
    const answer = await recent(this.limit).catch(() => null); // the strip is a comfort; the badge tells of trouble
    if (!answer) return null;
    this.root.hidden = answer.images.length === 0;
    this.list.replaceChildren(...answer.images.map(item));
    const times = answer.images.map((image) => image.processing_time_seconds).sort((a, b) => a - b);
    return times.length ? times[Math.floor(times.length / 2)] : null;
  }
}

function item(image) {
  const badges = Object.entries(image.defect_classes).map(([name, count]) => classBadge(name, count));
  const picture = el("img", { src: pictureUrl(image.img_unique_id, "thumbnail"), alt: "", loading: "lazy", decoding: "async" });
  const clean = () => el("span", { class: "recent-clean" }, icon("check-lg"), " ", t("No defects"));
  const facts = image.total_defects ? [ago(image.timestamp)] : [clean(), el("span", {}, ago(image.timestamp))];
  return el(
    "li",
    {},
    el(
      "a",
      { class: "recent-item", href: `#${image.img_unique_id}`, title: image.original_filename },
      el("span", { class: "recent-picture" }, picture),
      el("span", { class: "recent-badges" }, ...(badges.length ? badges : [clean()])),
      el("span", { class: "recent-name" }, fileName(image.original_filename)),
      el("span", { class: "meta recent-facts" }, ...facts),
    ),
  );
}
