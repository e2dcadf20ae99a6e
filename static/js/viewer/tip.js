// The words beside the pointer: what region is under it.
import { mark } from "../classes.js";
import { el } from "../dom.js";
import { count, decimal } from "../format.js";
import { t } from "../language.js";
import { areaWords } from "./scale.js";

const NAMED = 4; // classes of a crowd that are named

export class Tip {
  constructor(root, room) {
    this.root = root;
    this.room = room;
  }

  hide() {
    this.root.hidden = true;
  }

  show(regions, position) {
    this.root.hidden = false;
    this.root.replaceChildren(...(regions.length > 1 ? crowd(regions) : single(regions[0])));
    const { clientWidth, clientHeight } = this.room;
    const { offsetWidth, offsetHeight } = this.root;
    this.root.style.left = `${Math.max(4, Math.min(position.x + 14, clientWidth - offsetWidth - 4))}px`;
    const above = position.y + 18 + offsetHeight > clientHeight;
    this.root.style.top = `${above ? Math.max(4, position.y - offsetHeight - 10) : position.y + 18}px`;
  }
}

function single(region) {
  return [
    title(region.className, region.name),
    figure(t("Area"), areaWords(region.area)),
    figure(t("Circularity"), decimal(region.circularity)),
    figure(t("Aspect ratio"), decimal(region.aspect)),
  ];
}

function crowd(regions) {
  const classes = new Map();
  for (const { className } of regions) classes.set(className, (classes.get(className) ?? 0) + 1);
  const lines = [...classes].slice(0, NAMED).map(([name, n]) => title(name, `${count(n)} × ${name}`));
  return [...lines, el("span", { class: "tip-hint" }, t("Click to come nearer"))];
}

const title = (name, words) => el("strong", { "data-class": name }, mark(name), words);
const figure = (name, value) => el("span", { class: "tip-figure" }, name, el("b", {}, value));
