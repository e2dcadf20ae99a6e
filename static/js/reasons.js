// Why an image was refused or not inspected: the server's own words, shorter and in the page's language.
import { t } from "./language.js";

// [how the server's sentence begins, what is said here]; what is in the brackets fills the places.
const KNOWN = [
  [/^The file's extension is not one of/, () => t("Not a PNG, JPEG, BMP or TIFF by its name. Send it under its proper name.")],
  [/^The file is not a PNG, JPEG, BMP or TIFF/, () => t("Not a PNG, JPEG, BMP or TIFF inside. Export it again.")],
  [/^The image is damaged or cut short/, () => t("Damaged or cut short. Send the whole file again.")],
  [/^The image (?:needs more memory|cannot be decoded within)/, () => t("Takes too much to decode. Export it again, or in parts.")],
  [
    /^The image has (?<w>\d+) x (?<h>\d+) pixels, more than the limit of (?<max>\S+) megapixels/,
    (found) => t("{w} × {h} pixels, over the limit of {max} megapixels. Send it in parts.", found),
  ],
  [/^The file has no name/, () => t("It has no file name. Send it under its name.")],
  [/^The file is empty/, () => t("The file is empty. Send it again once it is written.")],
  [/^The file is larger than the limit of (?<max>\S+) MB/, (found) => t("Over the limit of {max} MB. Send it compressed, or in parts.", found)],
  [/^(?:SegFormer.* did not answer within|SegFormer did not answer in time|A proxy .* gave up waiting)/, () => t("SegFormer did not answer in time.")],
  [/^(?:SegFormer.* cannot be reached|A proxy .* is not available|\S+ is not an address)/, () => t("SegFormer cannot be reached.")],
  [/^SegFormer.* no model loaded/, () => t("SegFormer had no model loaded.")],
  [/^SegFormer.* (?:refused|could not inspect) the image/, () => t("SegFormer could not inspect this image.")],
  [/^(?:SegFormer|A proxy before SegFormer|\S+ answered with a web page)/, () => t("SegFormer's answer was of no use.")],
  [/^The inspection was interrupted/, () => t("The inspection was interrupted again and again.")],
  [/^The upload has no stored input/, () => t("The stored image is missing. Send it again.")],
];

/** The reason in the page's language; null for words that nobody here knows. */
export function known(message) {
  for (const [begins, words] of KNOWN) {
    const found = begins.exec(message ?? "");
    if (found) return words(found.groups ?? {});
  }
  return null;
}

/** The reason as best it can be told: ours, else the server's. */
export const reason = (message) => known(message) ?? message ?? "";
