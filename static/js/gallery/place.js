// Where in the gallery one was, so that going back from an image leads there again.
const KEY = "aoi-gallery-place";

export function keepPlace(search, at) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ search, at }));
  } catch {
    // a private window may refuse; one begins at the top then
  }
}

/** Whether one comes from an image of the gallery, by its link or by the browser's way back. */
function isReturning() {
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") return true;
  return document.referrer.startsWith(`${location.origin}${location.pathname}/`);
}

/** The index one left from, where one comes back with the same filter; else 0. */
export function placeToReturnTo(search) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept?.search === search && isReturning() ? kept.at : 0;
  } catch {
    return 0;
  }
}
