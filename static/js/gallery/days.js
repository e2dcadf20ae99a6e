// The day a result stands under.
import { language, t } from "../language.js";
import { dayOf } from "./address.js";

const LOCALE = language === "en" ? "en-GB" : language;
const THIS_YEAR = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const ANY_YEAR = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const known = new Map(); // "2026-02-24" → words; asked for each of thousands of images

export function dayHeading(item) {
  item.day ??= dayOf(new Date(item.timestamp));
  if (!known.has(item.day)) known.set(item.day, words(item.day));
  return known.get(item.day);
}

function words(day) {
  const now = new Date();
  const then = new Date(`${day}T12:00:00`);
  const date = (then.getFullYear() === now.getFullYear() ? THIS_YEAR : ANY_YEAR).format(then);
  if (day === dayOf(now)) return t("Today, {date}", { date });
  now.setDate(now.getDate() - 1);
  return day === dayOf(now) ? t("Yesterday, {date}", { date }) : date;
}
