// The head of the work view: the file's name, its state, its facts.
import { url } from "./api.js";
import { el } from "./dom.js";
import { bytes, dateTime, seconds } from "./format.js";
import { t, tn } from "./language.js";
import { stateParts } from "./states.js";

export class WorkHead {
  constructor(root) {
    this.title = root.querySelector("[data-file-name]");
    this.label = root.querySelector("[data-state-label]");
    this.facts = root.querySelector("[data-facts]");
    this.viewerLink = root.querySelector("[data-open-viewer]");
    this.pageTitle = document.title;
  }

  get current() {
    return this.title.textContent;
  }

  focus() {
    this.title.focus({ preventScroll: true });
  }

  name(text) {
    if (this.current === text) return;
    this.title.textContent = text;
    this.title.title = text;
    this.label.replaceChildren();
    this.viewerLink.hidden = true;
    this.facts.textContent = "";
    document.title = `${text} · ${this.pageTitle}`;
  }

  file(file) {
    this.facts.textContent = bytes(file.size);
  }

  size(width, height, file) {
    this.facts.textContent = `${bytes(file.size)} · ${width} × ${height}`;
  }

  state(name) {
    if (this.label.dataset.state === name && this.label.childNodes.length) return;
    this.label.dataset.state = name;
    this.label.replaceChildren(...stateParts(name));
  }

  done(image) {
    this.name(image.original_filename);
    this.state("done");
    this.viewerLink.href = url(`/gallery/${image.img_unique_id}`);
    this.viewerLink.hidden = false;
    const facts = [
      `${image.image_width} × ${image.image_height}`,
      dateTime(image.timestamp),
      t("{time} inspection", { time: seconds(image.processing_time_seconds) }),
    ];
    this.facts.replaceChildren(el("span", { class: "fact-id" }, `${image.img_unique_id} · `), facts.join(" · "));
    const found = tn("{n} defect", "{n} defects", image.total_defects);
    document.title = `${image.original_filename}, ${found} · ${this.pageTitle}`;
  }
}
