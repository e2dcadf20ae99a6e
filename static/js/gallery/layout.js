// Where each thumbnail stands: lines of tiles, under a heading a day where they are in order of time.
const HEADING = 40;
const GAP = 12;
const WORDS = 32; // the name under a thumbnail
const ROW = 64; // a line of the list
const [NARROWEST, ON_PHONES] = [176, 150];

/** `headings(item)` names the heading an item stands under; null where there are none. */
export function arrange(items, { width, view, headingOf }) {
  const { columns, tile, picture, line } = measures(width, view);
  const lines = [];
  let y = 0;
  for (let at = 0; at < items.length; ) {
    const heading = headingOf?.(items[at]) ?? null;
    let end = at + 1;
    if (heading === null) end = items.length;
    else while (end < items.length && headingOf(items[end]) === heading) end += 1;
    if (heading !== null) {
      lines.push({ y, height: HEADING, heading });
      y += HEADING;
    }
    for (; at < end; at += columns, y += line) {
      lines.push({ y, height: line, from: at, to: Math.min(end, at + columns) });
    }
    at = end;
    y += view === "list" || heading === null ? 0 : 4;
  }
  return { lines, height: y, columns, tile, picture };
}

function measures(width, view) {
  if (view === "list") return { columns: 1, tile: width, picture: 48, line: ROW };
  const least = width < 600 ? ON_PHONES : NARROWEST;
  const columns = Math.max(2, Math.floor((width + GAP) / (least + GAP)));
  const tile = (width - (columns - 1) * GAP) / columns;
  const picture = Math.round(tile * 0.84);
  return { columns, tile, picture, line: picture + WORDS };
}

export const leftOf = (column, tile) => Math.round(column * (tile + GAP));

/** The first line that ends below `y`: where drawing begins. */
export function lineAt(lines, y) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].y + lines[middle].height <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}
