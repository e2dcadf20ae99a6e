// The words beside the region under the pointer: what it is.
import { mark } from "../classes.js";
import { el } from "../dom.js";
import { count, decimal } from "../format.js";
import { t } from "../language.js";
import { areaWords } from "./scale.js";

const NAMED = 4; // classes of a crowd that are named
const GAP = 16; // px from the region: its corner mark stays in sight
const NEAR = 420; // px; beside anything larger the words would be far from the pointer

export class Tip {
  constructor(root, room) {
    this.root = root;
    this.room = room;
  }

  hide() {
    this.root.hidden = true;
  }

  /** `bounds` is {left, top, right, bottom} of what is under the pointer. */
  show(regions, position, bounds) {
    this.root.hidden = false;
    this.root.replaceChildren(...(regions.length > 1 ? crowd(regions) : single(regions[0])));
    const { clientWidth, clientHeight } = this.room;
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const small = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top) <= NEAR;
    const right = (small ? bounds.right : position.x - 2) + GAP;
    const left = (small ? bounds.left : position.x + 2) - GAP - width;
    const beside = right + width <= clientWidth - 4 || left < 4 ? right : left;
    this.root.style.left = `${within(beside, clientWidth - width)}px`;
    this.root.style.top = `${within(small ? (bounds.top + bounds.bottom - height) / 2 : position.y + GAP, clientHeight - height)}px`;
  }
}

const within = (at, most) => Math.max(4, Math.min(at, most - 4));

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
