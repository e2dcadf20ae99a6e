// The defect classes: one colour (tokens.css) and one shape each, the same wherever a class is shown.
import { el, icon } from "./dom.js";
import { language, t } from "./language.js";

const SHAPES = {
  PI_Particle: "circle",
  PR_Peeling: "triangle",
  Copper_Nodule: "diamond",
  Env_Particle: "square",
};

/** In the order in which classes are listed. */
export const KNOWN_CLASSES = Object.keys(SHAPES);

const GLOSSES = {
  PI_Particle: t("PI particle"),
  PR_Peeling: t("PR peeling"),
  Copper_Nodule: t("copper nodule"),
  Env_Particle: t("environment particle"),
};

/** What the class is called in the page's language; empty where its name says it. */
export const gloss = (className) => (language === "en" ? "" : (GLOSSES[className] ?? ""));

/** A class of another model is a hexagon. */
export const shapeOf = (className) => SHAPES[className] ?? "hexagon";

/** The pure colour the mask draws a class in, as [r, g, b]; none is known for another model's. */
export const MASK_COLOURS = {
  PI_Particle: [255, 0, 0],
  PR_Peeling: [0, 255, 0],
  Copper_Nodule: [0, 0, 255],
  Env_Particle: [255, 255, 0],
};

export const mark = (className) => icon(shapeOf(className), "class-mark");

export function className(name) {
  const words = gloss(name);
  return el("span", { class: "class-name", "data-class": name }, mark(name), name, words && el("span", { class: "gloss" }, words));
}

/** The class's colour in the present theme, for what draws on a canvas. Follow `aoi:theme` to draw anew. */
export function colourOf(name) {
  const probe = el("span", { "data-class": name, hidden: true });
  document.body.append(probe);
  const colour = getComputedStyle(probe).getPropertyValue("--class").trim();
  probe.remove();
  return colour;
}

const COUNT = new Intl.NumberFormat("en");

/** Shape and count; the name is for those who hear or hover it. */
export function classBadge(name, count) {
  return el(
    "span",
    { class: `class-badge${count ? "" : " is-zero"}`, "data-class": name, title: [name, gloss(name)].filter(Boolean).join(" ") },
    mark(name),
    el("span", { class: "visually-hidden" }, `${name} `),
    COUNT.format(count),
  );
}

const OUTLINES = {
  circle: (r) => (x, y) =>
    `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  triangle: (r) => (x, y) => `M${x} ${y - r * 1.15}l${r * 1.15} ${r * 2}h${-r * 2.3}Z`,
  diamond: (r) => (x, y) => `M${x} ${y - r * 1.2}l${r * 1.2} ${r * 1.2}l${-r * 1.2} ${r * 1.2}l${-r * 1.2} ${-r * 1.2}Z`,
  square: (r) => (x, y) => `M${x - r * 0.9} ${y - r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}Z`,
  hexagon: (r) => (x, y) =>
    `M${x} ${y - r * 1.1}l${r} ${r * 0.55}v${r * 1.1}l${-r} ${r * 0.55}l${-r} ${-r * 0.55}v${-r * 1.1}Z`,
};

/** A path of the class's shape about (x, y), r screen pixels to its edge. */
export const shapePath = (name, r, x, y) => OUTLINES[shapeOf(name)](r)(x, y);
