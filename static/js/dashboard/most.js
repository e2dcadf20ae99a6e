// The images with most defects.
import { pictureUrl, query, url } from "../api.js";
import { el, fileName, icon } from "../dom.js";
import { count, dateTime } from "../format.js";
import { galleryOf, within } from "./links.js";

export const MOST = 5;

export function showMost(root, range, images) {
  const order = { order: "-total_defects" };
  root.querySelector("[data-most-all]").href = galleryOf(range, order);
  root.querySelector("[data-most]").replaceChildren(...images.map((image) => el("li", {}, linkTo(image, query({ ...within(range), ...order })))));
}

function linkTo({ img_unique_id: id, original_filename: name, timestamp, total_defects: defects }, filters) {
  const image = el("img", { src: pictureUrl(id, "thumbnail"), alt: "", width: 40, height: 40, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(icon("file-earmark-image")), { once: true });
  return el(
    "a",
    { href: url(`/gallery/${id}${filters}`) },
    el("span", { class: "most-picture" }, image),
    el("span", { title: name }, fileName(name)),
    el("span", { class: "meta" }, dateTime(timestamp)),
    el("strong", {}, count(defects)),
  );
}
