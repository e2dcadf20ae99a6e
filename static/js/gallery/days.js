// The day a result stands under, and days as the filter tells of them.
import { language, t } from "../language.js";
import { dayOf } from "./address.js";

const LOCALE = language === "en" ? "en-GB" : language;
const THIS_YEAR = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const ANY_YEAR = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const SHORT = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const WITH_YEAR = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const known = new Map(); // "2026-02-24" → words; asked for each of thousands of images

export function dayHeading(item) {
  item.day ??= dayOf(new Date(item.timestamp));
  if (!known.has(item.day)) known.set(item.day, words(item.day));
  return known.get(item.day);
}

function words(day) {
  const now = new Date();
  const then = noon(day);
  const date = (then.getFullYear() === now.getFullYear() ? THIS_YEAR : ANY_YEAR).format(then);
  if (day === dayOf(now)) return t("Today, {date}", { date });
  now.setDate(now.getDate() - 1);
  return day === dayOf(now) ? t("Yesterday, {date}", { date }) : date;
}

const noon = (day) => new Date(`${day}T12:00:00`);
const thisYear = (...days) => days.every((day) => day.getFullYear() === new Date().getFullYear());

/** "24 Feb"; what an address has that is no day stays as it is. */
export function dayWords(day) {
  const then = noon(day);
  if (Number.isNaN(then.getTime())) return day;
  return (thisYear(then) ? SHORT : WITH_YEAR).format(then);
}

/** "18 – 24 Feb" */
export function spanWords(from, to) {
  const days = [noon(from), noon(to)];
  if (days.some((day) => Number.isNaN(day.getTime())) || days[0] > days[1]) return `${dayWords(from)} – ${dayWords(to)}`;
  return (thisYear(...days) ? SHORT : WITH_YEAR).formatRange(...days);
}
