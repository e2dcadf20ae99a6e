// Sums over days: totals of a range, and days put together to weeks or months where there are many.
import { addDays } from "./range.js";

const WEEKS_FROM = 120;
const MONTHS_FROM = 800;

export function totals(days) {
  const sum = (name) => days.reduce((all, day) => all + day[name], 0);
  const images = sum("images");
  const defects = sum("defects");
  return {
    images,
    active: days.filter((day) => day.images > 0).length,
    defects,
    withDefects: sum("images_with_defects"),
    share: images ? sum("images_with_defects") / images : null,
    each: images ? defects / images : null,
    median: weighed(days, "median_processing_time_seconds"),
    p95: weighed(days, "p95_processing_time_seconds"),
    byClass: byClass(days),
  };
}

/** A time of each day, weighed by the day's images; null without any. */
function weighed(days, name) {
  const known = days.filter((day) => day[name] !== null && day[name] !== undefined);
  const images = known.reduce((all, day) => all + day.images, 0);
  return images ? known.reduce((all, day) => all + day[name] * day.images, 0) / images : null;
}

function byClass(days) {
  const sums = {};
  for (const day of days) for (const [name, n] of Object.entries(day.defects_by_class)) sums[name] = (sums[name] ?? 0) + n;
  return sums;
}

/** "day", "week" or "month": what one mark stands for. */
export const stepOf = (n) => (n > MONTHS_FROM ? "month" : n > WEEKS_FROM ? "week" : "day");

/** [{from, to, images, defects, …}] in steps; weeks begin on Monday. */
export function steps(days, step) {
  const groups = new Map();
  for (const day of days) {
    const key = { day: () => day.date, week: () => monday(day.date), month: () => day.date.slice(0, 7) }[step]();
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(day);
  }
  return Array.from(groups.values(), (group) => ({ from: group[0].date, to: group.at(-1).date, ...totals(group) }));
}

const monday = (day) => addDays(day, -((new Date(day).getUTCDay() + 6) % 7));

/** Class names, most defects first. */
export const ranked = (sums) => Object.keys(sums).sort((a, b) => sums[b] - sums[a] || a.localeCompare(b));
