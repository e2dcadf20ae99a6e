// The pictures of one result as the browser can show them.
import { pictureUrl } from "./api.js";

/** Load and decode; rejects when the browser cannot. */
export async function load(url) {
  const image = new Image();
  image.decoding = "async";
  image.src = url;
  await image.decode();
  return image;
}

const fits = (picture, image) =>
  picture.naturalWidth === image.image_width && picture.naturalHeight === image.image_height;

/**
 * The input as {url, element}. A TIFF no browser shows, or a photograph turned by its EXIF where the
 * service saw it unturned, is the left half of the combined picture: the input as it was inspected.
 */
export async function inputPicture(image) {
  const url = pictureUrl(image.img_unique_id, "input");
  const element = await load(url).catch(() => null);
  if (element && fits(element, image)) return { url, element };
  const half = await leftHalf(image).catch(() => null);
  if (half) return half;
  if (element) return { url, element, unmeasured: true };
  throw new Error("no picture of the input");
}

async function leftHalf(image) {
  const combined = await load(pictureUrl(image.img_unique_id, "combined"));
  const { image_width: width, image_height: height } = image;
  if (combined.naturalWidth !== 2 * width || combined.naturalHeight !== height) throw new Error("other size");
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").drawImage(combined, 0, 0);
  const url = URL.createObjectURL(await canvas.convertToBlob({ type: "image/png" }));
  return { url, element: await load(url) };
}
