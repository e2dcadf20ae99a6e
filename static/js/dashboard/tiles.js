// The figures at the top: each with its line over the days and how it stood before.
import { svg } from "../dom.js";
import { count, decimal, percent, seconds } from "../format.js";
import { t } from "../language.js";
import { galleryOf } from "./links.js";
import { before } from "./range.js";

const WIDTH = 96;
const HEIGHT = 28;

export class Tiles {
  constructor(root) {
    this.tile = (name) => root.querySelector(`[data-tile="${name}"]`);
  }

  show(range, now, then, steps) {
    // A few days against a year tell nothing.
    const known = then.active > 0 && then.active * 2 >= now.active;
    const versus = before(range.days);
    const change = (a, b, words) => (known && a !== null && b !== null ? signed(words, a - b) : null);
    const line = (name) => steps.map((one) => one[name]);
    this.fill("images", count(now.images), change(now.images / then.images, 1, (x) => percent(x)), versus, line("images"));
    this.fill("share", told(now.share, (x) => percent(x, 1)), change(now.share, then.share, (x) => t("{n} points", { n: decimal(x * 100, 1) })), versus, line("share"));
    this.fill("each", told(now.each, (x) => decimal(x, 2)), change(now.each, then.each, (x) => decimal(x, 2)), versus, line("each"));
    this.fill("time", told(now.median, seconds), change(now.median, then.median, (x) => t("{n} s", { n: decimal(x, 2) })), versus, line("median"));
    this.tile("time").querySelector("[data-extra]").textContent = now.p95 === null ? "" : t("p95 {time}", { time: seconds(now.p95) });
    this.tile("images").querySelector("a").href = galleryOf(range);
    this.tile("share").querySelector("a").href = galleryOf(range, { min_defects: 1 });
  }

  fill(name, value, change, versus, values) {
    const tile = this.tile(name);
    tile.querySelector("[data-value]").textContent = value;
    const place = tile.querySelector("[data-change]");
    place.hidden = change === null;
    place.querySelector("strong").textContent = change ?? "";
    place.querySelector("span").textContent = t("vs {range}", { range: versus });
    drawSpark(tile.querySelector("svg"), values);
  }
}

const told = (value, words) => (value === null ? "–" : words(value));

/** "+6 %"; what rounds to nothing is no change. */
function signed(words, change) {
  const text = words(Math.abs(change));
  return text === words(0) ? t("unchanged") : `${change > 0 ? "+" : "−"}${text}`;
}

/** Days without a value are left out of the line. */
function drawSpark(target, values) {
  const points = values.map((value, i) => [i, value]).filter(([, value]) => value !== null && value !== undefined);
  const highest = Math.max(...points.map(([, value]) => value), 0) || 1;
  const place = ([i, value]) => `${((i / Math.max(1, values.length - 1)) * WIDTH).toFixed(1)} ${(HEIGHT - 2 - (value / highest) * (HEIGHT - 4)).toFixed(1)}`;
  target.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  target.replaceChildren(points.length > 1 ? svg("path", { d: `M${points.map(place).join("L")}` }) : svg("g"));
}
