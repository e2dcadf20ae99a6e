// One result as a thumbnail: picture, class badges, name, and the box that selects it.
import { pictureUrl } from "../api.js";
import { classBadge } from "../classes.js";
import { el, fileName, icon } from "../dom.js";
import { ago, count, dateTime } from "../format.js";
import { t } from "../language.js";

/** `href` is the viewer's address, with the filter that next and previous keep to. */
export function tile(item, href) {
  const name = item.original_filename;
  const picture = el("img", {
    src: pictureUrl(item.img_unique_id, "thumbnail"), alt: "", width: 320, height: 270, decoding: "async", draggable: "false",
  });
  picture.addEventListener("error", () => picture.replaceWith(icon("image", "icon tile-missing")));
  const link = el(
    "a",
    { class: "tile-link", href, tabindex: "-1", title: name, "aria-label": `${name}, ${spoken(item)}, ${dateTime(item.timestamp)}` },
    el("span", { class: "tile-picture" }, picture),
    el("span", { class: "tile-badges" }, ...badges(item)),
    el("span", { class: "tile-name" }, fileName(name)),
    el("span", { class: "tile-facts meta" }, `${item.image_width} × ${item.image_height}`, el("time", { datetime: item.timestamp }, ago(item.timestamp))),
  );
  const check = el(
    "button",
    { class: "tile-check", type: "button", role: "checkbox", tabindex: "-1", "aria-checked": "false", "aria-label": t("Select {name}", { name }) },
    icon("check-lg"),
  );
  return el("div", { class: "tile", role: "listitem", "data-id": item.img_unique_id }, link, check);
}

function badges(item) {
  const found = Object.entries(item.defect_classes);
  if (found.length) return found.map(([name, n]) => classBadge(name, count(n)));
  return [el("span", { class: "tile-clean" }, icon("check-lg"), t("No defects"))];
}

const spoken = (item) =>
  Object.entries(item.defect_classes).map(([name, n]) => `${n} ${name}`).join(", ") || t("No defects");

export function showSelected(node, selected) {
  node.classList.toggle("is-selected", selected);
  node.querySelector(".tile-check").setAttribute("aria-checked", String(selected));
}
