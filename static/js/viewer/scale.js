// The scale of the microscope, µm a pixel, as typed in and remembered; without it all is told in pixels.
import { count, decimal } from "../format.js";

const KEY = "aoi-scale";
const events = new EventTarget();
let factor = read();

function read() {
  try {
    const value = Number(localStorage.getItem(KEY));
    return value > 0 && Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

export const scale = () => factor;

/** Set µm a pixel; null for none. */
export function setScale(value) {
  factor = value > 0 && Number.isFinite(value) ? value : null;
  try {
    if (factor) localStorage.setItem(KEY, String(factor));
    else localStorage.removeItem(KEY);
  } catch {
    // then it holds as long as the page
  }
  events.dispatchEvent(new Event("change"));
}

export const onScale = (listener) => events.addEventListener("change", listener);

const short = (x) => (x >= 100 ? count(Math.round(x)) : x >= 10 ? decimal(x, 1) : decimal(x, 2));

/** "44.0 px · 106 µm" */
export const lengthWords = (px) => (factor ? `${decimal(px, 1)} px · ${short(px * factor)} µm` : `${decimal(px, 1)} px`);

/** "264 px² · 1,521 µm²" */
export const areaWords = (px) => (factor ? `${count(Math.round(px))} px² · ${short(px * factor ** 2)} µm²` : `${count(Math.round(px))} px²`);

/** "22.9 × 15.6 px · 55.0 × 37.4 µm" */
export function sizeWords(width, height) {
  const px = `${decimal(width, 1)} × ${decimal(height, 1)} px`;
  return factor ? `${px} · ${short(width * factor)} × ${short(height * factor)} µm` : px;
}
