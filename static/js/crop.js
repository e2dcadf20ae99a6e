// Draws a square of the input about a region, enlarged, on a canvas.
import { slanted } from "./viewer/drawing.js";

const NEAREST = 12; // px of the image shown at least, to see what is around
const ROOM = 1.7;

/** The square of the input about a region, within the picture. */
export function squareAbout({ x, y, width, height }, across, down) {
  const side = Math.min(Math.max(width, height, NEAREST) * ROOM, across, down);
  return {
    side,
    left: within(x + width / 2 - side / 2, across - side),
    top: within(y + height / 2 - side / 2, down - side),
  };
}

/** `picture` draws squares of the input: see viewer/picture.js. */
export async function crop(canvas, picture, region, { outlined = false } = {}) {
  if (!region || !picture) return;
  const square = squareAbout(region.box, picture.width, picture.height);
  canvas.dataset.region = region.key;
  await picture.draw(canvas, square);
  if (outlined && region.outline && canvas.dataset.region === region.key) outline(canvas, region, square);
}

function outline(canvas, region, { left, top, side }) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / side;
  context.beginPath();
  slanted(region.outline).forEach((point, i) => {
    const [x, y] = point.split(" ");
    context[i ? "lineTo" : "moveTo"]((x - left) * scale, (y - top) * scale);
  });
  context.closePath();
  const style = getComputedStyle(canvas);
  const thick = canvas.width / 90;
  for (const [stroke, line] of [["--casing", 2.2 * thick], ["--class-on-image", thick]]) {
    context.strokeStyle = style.getPropertyValue(stroke);
    context.lineWidth = line;
    context.lineJoin = "round";
    context.stroke();
  }
}

const within = (value, most) => Math.max(0, Math.min(value, most));
