// Refuses a file before it is sent: the server's limits come as data, its checks stay the ones that decide.
import { REFUSED } from "./words.js";

const EXTENSIONS = /\.(png|jpe?g|bmp|tiff?)$/i;

const SIGNATURES = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], // PNG
  [0xff, 0xd8, 0xff], // JPEG
  [0x42, 0x4d], // BMP
  [0x49, 0x49, 0x2a, 0x00], // TIFF, little-endian
  [0x4d, 0x4d, 0x00, 0x2a], // TIFF, big-endian
  [0x49, 0x49, 0x2b, 0x00], // BigTIFF
  [0x4d, 0x4d, 0x00, 0x2b],
];

/** [title, text] why this file cannot be sent, or null. */
export async function refusal(file, { maxBytes }) {
  if (!EXTENSIONS.test(file.name)) return REFUSED.type(file.name);
  if (file.size === 0) return REFUSED.empty(file.name);
  if (file.size > maxBytes) return REFUSED.large(file.name, file.size, maxBytes);
  let head;
  try {
    head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  } catch {
    return REFUSED.unreadable(file.name); // gone since it was chosen, or a folder
  }
  const known = SIGNATURES.some((signature) => signature.every((byte, i) => head[i] === byte));
  return known ? null : REFUSED.content(file.name);
}

export const isTiff = (file) => /\.tiff?$/i.test(file.name) || file.type === "image/tiff";
