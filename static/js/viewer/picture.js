// The input picture as the viewer and the crops use it: one image, or Deep Zoom tiles of a large one.
import { load, inputPicture } from "../pictures.js";
import { pictureUrl, url } from "../api.js";

const LARGE = 4096; // px on a side; above, browsers are shown tiles
const MOST_KEPT = 48; // tiles kept for crops

export const isLarge = ({ image_width: width, image_height: height }) => Math.max(width, height) > LARGE;
const tilesUrl = (id, type) => url(`/tiles/${encodeURIComponent(id)}/${type}.dzi`);

/** The address OpenSeadragon opens for a picture of a result. */
export const sourceOf = (image, type) => (isLarge(image) ? tilesUrl(image.img_unique_id, type) : pictureUrl(image.img_unique_id, type));

/** The input as {source, width, height, draw(canvas, square), grey(x, y)}; null where there is none to show. */
export async function openInput(image) {
  if (isLarge(image)) {
    const tiled = await tiles(image).catch(() => null);
    if (tiled) return tiled;
  }
  const input = await inputPicture(image).catch(() => null);
  return input && whole(input, image);
}

function whole({ url: source, element, unmeasured = false }, { image_width: width, image_height: height }) {
  const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  return {
    source, unmeasured, width, height,
    async draw(canvas, { left, top, side }) {
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(element, left, top, side, side, 0, 0, canvas.width, canvas.height);
    },
    grey(x, y) {
      probe.drawImage(element, x, y, 1, 1, 0, 0, 1, 1);
      const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
      return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    },
  };
}

/** Crops of a picture too large to hold come from its tiles, at the level that suffices. */
async function tiles({ img_unique_id: id }) {
  const source = tilesUrl(id, "input");
  const response = await fetch(source);
  if (!response.ok) throw new Error("no tiles");
  const root = new DOMParser().parseFromString(await response.text(), "text/xml").documentElement;
  const number = (node, name) => Number(node.getAttribute(name));
  const size = root.getElementsByTagName("Size")[0];
  const [width, height] = [number(size, "Width"), number(size, "Height")];
  const [tile, overlap, format] = [number(root, "TileSize"), number(root, "Overlap"), root.getAttribute("Format")];
  const top = Math.ceil(Math.log2(Math.max(width, height)));
  const kept = new Map();
  const get = (level, column, row) => {
    const address = source.replace(/\.dzi$/, `_files/${level}/${column}_${row}.${format}`);
    if (!kept.has(address)) kept.set(address, load(address));
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    return kept.get(address);
  };
  const draw = async (canvas, square) => {
    const down = Math.max(0, Math.min(top, Math.floor(Math.log2(square.side / canvas.width))));
    const scale = 2 ** -down;
    const [left, upper, side] = [square.left * scale, square.top * scale, square.side * scale];
    const context = canvas.getContext("2d");
    const unit = canvas.width / side;
    for (let row = Math.floor(upper / tile); row * tile < upper + side && row * tile < height * scale; row += 1) {
      for (let column = Math.floor(left / tile); column * tile < left + side && column * tile < width * scale; column += 1) {
        const part = await get(top - down, column, row);
        const [x, y] = [column * tile - (column ? overlap : 0), row * tile - (row ? overlap : 0)];
        context.drawImage(part, (x - left) * unit, (y - upper) * unit, part.naturalWidth * unit, part.naturalHeight * unit);
      }
    }
  };
  return { source, width, height, draw };
}
