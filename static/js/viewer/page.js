// The page of one image: its head, its neighbours in the filter one came from, and the viewer.
import { request, url } from "../api.js";
import { ask } from "../asking.js";
import { classBadge } from "../classes.js";
import { announce, el, icon } from "../dom.js";
import { count, dateTime, seconds } from "../format.js";
import { read, write } from "../gallery/address.js";
import { keys } from "../keys.js";
import { t, tn } from "../language.js";
import { notice } from "../notices.js";
import { may } from "../rights.js";
import { isPassing, serverBack } from "../watch.js";
import { explain } from "../words.js";
import { Inspection, fetchInspection } from "./inspection.js";
import { neighbours } from "./neighbours.js";
import { Sheet } from "./sheet.js";

class ImagePage {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.id = root.dataset.image;
    this.filter = read(location.search);
    delete this.filter.status;
    this.title = document.title;
    this.inspection = new Inspection(root);
    new Sheet(root.querySelector(".image-side"));
    this.find("back").href = url(`/gallery${write(this.filter)}`);
    this.wire();
    this.open(this.id);
  }

  wire() {
    for (const name of ["previous", "next"]) {
      this.find(name).addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.go(name);
      });
    }
    this.find("delete").addEventListener("click", () => this.remove());
    this.find("copy-link").addEventListener("click", () => {
      navigator.clipboard?.writeText(location.href).then(() => announce(t("Address copied")), () => {});
      this.find("copy-link").closest("details").open = false;
    });
    const turn = (name) => (event) => (this.movesPicture(event) ? false : this.go(name));
    keys({
      arrowleft: turn("previous"),
      arrowright: turn("next"),
      g: () => location.assign(this.find("back").href),
      delete: () => void this.remove(),
    });
    window.addEventListener("popstate", () => this.open(location.pathname.split("/").at(-1)));
  }

  /** Arrows belong to what has the focus: tabs, sliders, the table, a picture that is zoomed. */
  movesPicture({ target }) {
    const stage = this.inspection.viewer.stage;
    return Boolean(target.closest('[role="tab"], input, table')) || (stage.root.contains(target) && !stage.whole);
  }

  /** Asked for before the neighbours are known, it goes there as soon as they are. */
  go(name) {
    this.wanted = this.near ? null : name;
    const id = this.near?.[name];
    if (!id) return;
    history.pushState(null, "", url(`/gallery/${id}${write(this.filter)}`));
    this.open(id);
  }

  async open(id) {
    const isCurrent = () => this.id === id;
    this.id = id;
    this.near = this.wanted = null;
    const { viewer } = this.inspection;
    const tab = viewer.source ? viewer.tabs.current : "input"; // stays the same from image to image
    try {
      const parts = await this.fetch(id, isCurrent);
      if (!parts || !isCurrent()) return;
      this.find("notices").replaceChildren();
      this.inspection.clear();
      viewer.tabs.select(tab, { quietly: true });
      this.showHead(parts.image);
      await this.inspection.show(parts);
      if (isCurrent()) await this.showNeighbours(parts.image);
    } catch (error) {
      if (isCurrent()) this.tell(error);
    }
  }

  async fetch(id, isCurrent) {
    while (isCurrent()) {
      try {
        return await fetchInspection(id);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await serverBack(isCurrent);
      }
    }
    return null;
  }

  tell(error) {
    if (error.status === undefined) throw error;
    const [title, text, detail] = explain(error);
    this.find("notices").replaceChildren(notice({ title, text, detail, failed: true }));
    this.find("name").textContent = this.id;
    this.inspection.clear();
  }

  showHead(image) {
    const name = image.original_filename;
    this.find("name").textContent = name;
    this.find("name").title = name;
    document.title = `${name} · ${this.title}`;
    const badges = Object.entries(image.defect_classes).map(([one, n]) => classBadge(one, n));
    const clean = el("span", { class: "class-badge" }, icon("check-lg"), t("No defects"));
    this.find("badges").replaceChildren(...(badges.length ? badges : [clean]));
    const taken = t("{time} inspection", { time: seconds(image.processing_time_seconds) });
    this.find("facts").textContent = [`${image.image_width} × ${image.image_height}`, taken, dateTime(image.timestamp)].join(" · ");
    this.find("regions-csv").href = url(`/export/defects.csv?ids=${image.img_unique_id}`);
    this.find("same-batch").hidden = !image.batch_id;
    this.find("same-batch").href = url(`/batch/${image.batch_id}`);
    this.image = image;
    announce(tn("{name}: {n} defect", "{name}: {n} defects", image.total_defects, { name }));
  }

  async showNeighbours(image) {
    const near = await neighbours(image, this.filter).catch(() => null); // the page does without
    if (!near || this.id !== image.img_unique_id) return;
    this.near = near;
    this.find("position").textContent = near.position ? t("{n} of {total}", { n: count(near.position), total: count(near.total) }) : "";
    for (const name of ["previous", "next"]) {
      const link = this.find(name);
      if (near[name]) link.href = url(`/gallery/${near[name]}${write(this.filter)}`);
      else link.removeAttribute("href");
      link.ariaDisabled = String(!near[name]);
    }
    if (this.wanted) this.go(this.wanted);
  }

  async remove() {
    const { image } = this;
    if (!image || !may("admin") || document.querySelector("dialog[open]")) return;
    const yes = await ask({
      title: t("Delete {name}?", { name: image.original_filename }),
      text: tn("Its pictures, its analysis and {n} defect go for good.", "Its pictures, its analysis and {n} defects go for good.", image.total_defects),
      yes: t("Delete"),
    });
    if (!yes) return;
    try {
      await request(`/images/${image.img_unique_id}`, { method: "DELETE" });
    } catch (error) {
      return this.tell(error);
    }
    const next = this.near?.next ?? this.near?.previous;
    location.replace(url(next ? `/gallery/${next}${write(this.filter)}` : `/gallery${write(this.filter)}`));
  }
}

new ImagePage(document.querySelector("[data-image]"));
