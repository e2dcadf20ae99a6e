// The images before and after one, in the order of the filter one came from, and which of how many it is.
import { request } from "../api.js";
import { query } from "../gallery/address.js";

const PAGES = 20; // of those of one moment: what is sent in one request is
const NONE = { images: [], total: 0 };

/** {previous, next, position, total}; but for the total null where the image is not in the filter. */
export async function neighbours(image, filter) {
  const moment = momentOf(image.timestamp);
  const same = /defects/.test(filter.order ?? "") ? { min_defects: image.total_defects, max_defects: image.total_defects } : {};
  const ascending = { ...same, order: "timestamp", limit: 1 };
  const descending = { ...same, order: "-timestamp", limit: 1 };
  const [whole, place, newer, older, [more, fewer]] = await Promise.all([
    ask(filter, { limit: 1 }),
    find(image, filter, { ...same, start_date: moment.begin, end_date: moment.end }),
    ask(filter, { ...ascending, start_date: moment.after }),
    ask(filter, { ...descending, end_date: moment.before }),
    "min_defects" in same ? byDefects(image.total_defects, filter) : [NONE, NONE],
  ]);
  if (!place) return { previous: null, next: null, position: null, total: whole.total };
  const up = { count: place.above + newer.total + more.total, next: place.next ?? firstOf(newer) ?? firstOf(more) };
  const down = { count: place.below + older.total + fewer.total, next: place.previous ?? firstOf(older) ?? firstOf(fewer) };
  const [before, after] = (filter.order ?? "-timestamp").startsWith("-") ? [up, down] : [down, up];
  return { previous: before.next, next: after.next, position: before.count + 1, total: whole.total };
}

const firstOf = (page) => page.images[0]?.img_unique_id ?? null;

/** Ask for the filter's images within narrower bounds; none where they exclude each other. */
async function ask(filter, bounds) {
  const asked = query(filter);
  const start = latest(asked.get("start_date"), bounds.start_date);
  const end = earliest(asked.get("end_date"), bounds.end_date);
  if (start && end && start > end) return NONE;
  for (const [name, value] of Object.entries({ ...bounds, start_date: start, end_date: end })) {
    if (value !== null && value !== undefined) asked.set(name, value);
  }
  return request(`/images?${asked}`);
}

/** Those with more and with fewer defects, nearest first. */
function byDefects(n, filter) {
  const more = n < Number(filter.max_defects || Infinity) ? ask(filter, { min_defects: n + 1, order: "total_defects", limit: 1 }) : NONE;
  const fewer = n > Number(filter.min_defects || 0) ? ask(filter, { max_defects: n - 1, order: "-total_defects", limit: 1 }) : NONE;
  return Promise.all([more, fewer]);
}

/** Among those of the same moment, the oldest first: how many are below and above it, and the nearest of them. */
async function find(image, filter, bounds) {
  let [cursor, last] = [null, null];
  for (let page = 0; page < PAGES; page += 1) {
    const { images, total, next_cursor: next } = await ask(filter, { ...bounds, order: "timestamp", limit: 100, cursor });
    const at = images.findIndex((other) => other.img_unique_id === image.img_unique_id);
    if (at >= 0) {
      const below = page * 100 + at;
      const following = images[at + 1] ?? (next && (await ask(filter, { ...bounds, order: "timestamp", limit: 100, cursor: next })).images[0]);
      return { below, above: total - below - 1, previous: (images[at - 1] ?? last)?.img_unique_id ?? null, next: following?.img_unique_id ?? null };
    }
    if (!next) return null;
    [cursor, last] = [next, images.at(-1)];
  }
  return null;
}

/** The answer's times end at milliseconds, the database's at microseconds: the bounds of one, and those beside it. */
function momentOf(time) {
  const begin = new Date(time).toISOString();
  const beside = (ms) => new Date(Date.parse(time) + ms).toISOString();
  const end = (iso) => iso.replace("Z", "999Z");
  return { begin, end: end(begin), after: beside(1), before: end(beside(-1)) };
}

// Written alike in UTC, so that the earlier text is the earlier time.
const padded = (time) => time.replace(/(\.\d+)?Z$/, (fraction) => `.${fraction.replace(/[.Z]/g, "").padEnd(6, "0")}Z`);
const latest = (a, b) => [a, b].filter(Boolean).map(normal).sort().at(-1) ?? null;
const earliest = (a, b) => [a, b].filter(Boolean).map(normal).sort()[0] ?? null;
const normal = (time) => padded(/Z$/.test(time) ? time : new Date(time).toISOString());
