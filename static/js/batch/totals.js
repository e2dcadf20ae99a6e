// The cards beside the list: defects by class, the rate over time, what can be taken away.
import { query, url } from "../api.js";
import { className, KNOWN_CLASSES } from "../classes.js";
import { el } from "../dom.js";
import { count, decimal, percent, seconds } from "../format.js";
import { t } from "../language.js";
import { drawLine } from "./rate.js";

export class Totals {
  constructor(root, batchId) {
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.lines = new Map();
    this.find("zip").href = url(`/download/batch/${batchId}`);
    for (const [name, path] of [["images-csv", "images.csv"], ["defects-csv", "defects.csv"], ["coco", "coco.json"]]) {
      this.find(name).href = url(`/export/${path}${query({ batch_id: batchId })}`);
    }
    this.find("gallery").href = url(`/gallery${query({ batch_id: batchId })}`);
  }

  show({ batch, withDefects, line, isMoving }) {
    this.classes(batch, withDefects);
    this.rate(line, isMoving);
    const none = batch.counts.done === 0;
    this.find("downloads").classList.toggle("is-empty", none);
    for (const link of this.find("downloads").querySelectorAll("a")) {
      if (none) link.setAttribute("aria-disabled", "true");
      else link.removeAttribute("aria-disabled");
    }
  }

  classes(batch, withDefects) {
    const { done } = batch.counts;
    this.find("defects").textContent = count(batch.total_defects);
    const each = { n: decimal(done ? batch.total_defects / done : 0, 1) };
    const soFar = done ? t("so far, {n} an image", each) : t("so far");
    this.find("defects-each").textContent = batch.status === "done" ? t("{n} an image", each) : soFar;
    this.find("with-defects").textContent = t("{n} of {total}", { n: count(withDefects), total: count(done) });
    const others = Object.keys(batch.defect_classes).filter((name) => !KNOWN_CLASSES.includes(name));
    const names = [...KNOWN_CLASSES, ...others].sort((a, b) => (batch.defect_classes[b] ?? 0) - (batch.defect_classes[a] ?? 0));
    const highest = Math.max(1, ...Object.values(batch.defect_classes));
    const nodes = names.map((name) => this.line(name, batch.batch_id, batch.defect_classes[name] ?? 0, highest, batch.total_defects));
    const list = this.find("class-lines");
    if (nodes.some((node, i) => list.children[i] !== node)) list.replaceChildren(...nodes);
  }

  line(name, batchId, n, highest, total) {
    let line = this.lines.get(name);
    if (!line) {
      line = el(
        "li",
        { "data-class": name },
        el("a", { class: "class-line", href: url(`/gallery${query({ batch_id: batchId, class_name: name })}`) }, className(name), el("strong", {}), el("span", { class: "second class-share" })),
        el("span", { class: "thin-bar" }, el("span")),
      );
      this.lines.set(name, line);
    }
    line.querySelector("strong").textContent = count(n);
    line.querySelector(".class-share").textContent = total ? percent(n / total) : "";
    line.querySelector(".thin-bar > span").style.width = `${(100 * n) / highest}%`;
    line.classList.toggle("is-zero", n === 0);
    return line;
  }

  rate(line, isMoving) {
    const card = this.find("rate-card");
    card.hidden = !isMoving;
    if (!isMoving) return;
    const highest = drawLine(this.find("rate-line"), line.values);
    const scale = (n) => t("{n}/s", { n: Number(n.toPrecision(2)) });
    this.find("rate-scale").replaceChildren(...[highest, highest / 2, 0].map((n) => el("span", {}, scale(n))));
    const minutes = Math.round(line.seconds / 60);
    this.find("rate-from").textContent = line.seconds < 60 ? t("{time} ago", { time: seconds(Math.floor(line.seconds)) }) : t("{n} min ago", { n: minutes });
  }
}
