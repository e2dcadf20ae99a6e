// The language of the page: translated words, and the switch to another.
export const language = document.documentElement.lang;

const WORDS = JSON.parse(document.querySelector("#words")?.textContent || "{}");
const YEAR = 365 * 24 * 3600;

/** Put values into "{name}" places. */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** t("{sent} of {total}", {sent, total}): the words in the page's language; the English is the key. */
export function t(english, values = {}) {
  const words = WORDS[english] ?? english;
  return filled(Array.isArray(words) ? words[0] : words, values);
}

/** tn("{n} defect", "{n} defects", n): by number. Chinese has one form for all. */
export function tn(one, many, n, values = {}) {
  const words = WORDS[one];
  const text = (Array.isArray(words) ? words[0] : words) || (n === 1 ? one : many);
  return filled(text, { n, ...values });
}

/** Load this page again in the language of this tag; the server reads the cookie (aoi/language.py). */
export function switchTo(tag) {
  const path = `${document.documentElement.dataset.root ?? ""}/`;
  document.cookie = `aoi_language=${tag}; path=${path}; max-age=${YEAR}; samesite=lax`;
  location.reload();
}
