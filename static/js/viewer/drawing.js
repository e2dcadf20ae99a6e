// Paths and parts of the marks. Outlines and boxes are in pixels of the image, all else in those of the screen.
import { shapePath } from "../classes.js";
import { svg } from "../dom.js";

const NUMBER = new Intl.NumberFormat("en");

/** The region's outline as the server traced it, its pixel steps cut to slants; its box where there is none. */
export function outlinePath(region) {
  region.path ??= region.outline?.length > 2 ? `M${slanted(region.outline).join("L")}Z` : boxPath(region);
  return region.path;
}

export const boxPath = ({ box: { x, y, width, height } }) => `M${x} ${y}h${width}v${height}h${-width}Z`;

/** Half a pixel off every corner, so that stairs become slants through the middles of the pixels' sides. */
export function slanted(points) {
  const part = ([x, y], [tx, ty]) => {
    const length = Math.hypot(tx - x, ty - y);
    const share = Math.min(0.5, length / 2) / (length || 1);
    return `${round(x + (tx - x) * share)} ${round(y + (ty - y) * share)}`;
  };
  return points.flatMap((point, i) => {
    const ends = [part(point, points.at(i - 1)), part(point, points[(i + 1) % points.length])];
    return ends[0] === ends[1] ? [ends[0]] : ends;
  });
}

const round = (n) => Math.round(n * 100) / 100;

export function bracketPath(x, y, width, height) {
  const arm = Math.min(10, width / 3, height / 3);
  const [right, bottom] = [x + width, y + height];
  return (
    `M${x} ${y + arm}V${y}H${x + arm}M${right - arm} ${y}H${right}V${y + arm}` +
    `M${right} ${bottom - arm}V${bottom}H${right - arm}M${x + arm} ${bottom}H${x}V${bottom - arm}`
  );
}

export function countBadge(x, y, n) {
  const text = svg("text", { x: x + 9, y: y - 8, "text-anchor": "middle" });
  text.textContent = NUMBER.format(n);
  const width = 9 + 6 * text.textContent.length;
  return [svg("rect", { class: "count-back", x: x + 9 - width / 2, y: y - 15.5, width, height: 15, rx: 7.5 }), text];
}

const LETTER = 6.8;
const HEIGHT = 18;
const widthOf = (n) => 17 + LETTER * NUMBER.format(n).length;

export const pillSize = (classes) => ({
  width: 8 + [...classes.values()].reduce((sum, n) => sum + widthOf(n), 0),
  height: HEIGHT,
});

/** Shape and count of each class on one dark ground, its upper left at (x, y). */
export function pill(classes, x, y) {
  const group = svg("g", { class: "pill" });
  group.append(svg("rect", { class: "count-back", x, y, ...pillSize(classes), rx: 6 }));
  let at = x + 5;
  for (const [name, n] of classes) {
    const shape = svg("path", { class: "pill-shape", "data-class": name, d: shapePath(name, 4, at + 5, y + HEIGHT / 2) });
    const text = svg("text", { x: at + 12, y: y + HEIGHT / 2 });
    text.textContent = NUMBER.format(n);
    group.append(shape, text);
    at += widthOf(n);
  }
  return group;
}
