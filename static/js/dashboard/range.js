// The range of days on show, in the address: ?days=30, or ?start_date=…&end_date=…. Days are UTC's.
import { language, t } from "../language.js";

const DAY = 86400000;
const USUAL = 30;
const LOCALE = language === "en" ? "en-GB" : language;
const format = (options) => new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", ...options });
const SHORT = format({ day: "numeric", month: "short" });
const LONG = format({ day: "numeric", month: "short", year: "numeric" });
const MONTH = format({ month: "short", year: "numeric" });
const WEEKDAY = format({ weekday: "short", day: "numeric", month: "short" });

export const isoDay = (moment) => new Date(moment).toISOString().slice(0, 10);
export const addDays = (day, n) => isoDay(Date.parse(day) + n * DAY);
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY) + 1;

export const shortDay = (day) => SHORT.format(Date.parse(day));
export const longDay = (day) => LONG.format(Date.parse(day));
export const monthOf = (day) => MONTH.format(Date.parse(day));
export const weekday = (day) => WEEKDAY.format(Date.parse(day));

/** "12 Feb" or "9 – 15 Feb 2026": days from and to. */
export const span = (from, to) => (from === to ? longDay(from) : LONG.formatRange(Date.parse(from), Date.parse(to)));

const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(text));

/** {from, to, days, shortcut}: shortcut is null where the days were chosen. */
export function readRange(search = location.search, today = isoDay(Date.now())) {
  const values = new URLSearchParams(search);
  const [from, to] = [values.get("start_date"), values.get("end_date")];
  if (isDay(from) && isDay(to) && from <= to) return { from, to, days: daysBetween(from, to), shortcut: null };
  const asked = Number(values.get("days"));
  const days = Number.isInteger(asked) && asked > 0 && asked <= 3650 ? asked : USUAL;
  return { from: addDays(today, 1 - days), to: today, days, shortcut: days };
}

export function writeRange(values) {
  const address = new URL(location.href);
  for (const name of ["days", "start_date", "end_date"]) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(values)) address.searchParams.set(name, value);
  history.pushState(null, "", address);
}

/** The words after "vs": what the range before is. */
export const before = (days) => (days === 1 ? t("the day before") : t("{n} days before", { n: days }));
