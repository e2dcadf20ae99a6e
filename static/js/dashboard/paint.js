// What all charts share: colours of the theme, patterns of the classes, type.
import { colourOf, shapePath } from "../classes.js";
import { language } from "../language.js";

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const TILE = 14;
const SHARPNESS = 2; // also where a chart is printed

/** The class's colour, strewn with its shape: told apart without colours too. */
export function patternOf(name, context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE * SHARPNESS;
  const pen = tile.getContext("2d");
  pen.scale(SHARPNESS, SHARPNESS);
  pen.fillStyle = colourOf(name);
  pen.fillRect(0, 0, TILE, TILE);
  pen.fillStyle = token("surface");
  pen.globalAlpha = 0.34;
  pen.fill(new Path2D(shapePath(name, 2.1, TILE / 2, TILE / 2)));
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / SHARPNESS));
  return pattern;
}

/** Settings of every chart: no motion, faint grid, the page's own type. */
export function common() {
  const text = token("text-2");
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    devicePixelRatio: Math.max(SHARPNESS, window.devicePixelRatio),
    locale: language,
    font: { family: token("font"), size: 12 },
    color: text,
    plugins: { legend: { display: false }, tooltip: { enabled: false } },
  };
}

/** A scale without its axis line: y with a faint grid, x with none. */
export function scale(kind, more = {}) {
  const ticks = { color: token("text-2"), font: { family: token("font"), size: 11 }, ...more.ticks };
  const grid = kind === "y" ? { color: token("line"), drawTicks: false } : { display: false };
  return { border: { display: false }, grid, beginAtZero: true, ...more, ticks };
}
