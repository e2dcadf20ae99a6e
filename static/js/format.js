// Figures as people read them: a space before the unit, dates and numbers in the page's language.
import { language, t } from "./language.js";

const NUMBERS = language === "en" ? "en" : language;
const DATES = language === "en" ? "en-GB" : language;
const NUMBER = new Intl.NumberFormat(NUMBERS);
const DATE_TIME = new Intl.DateTimeFormat(DATES, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
const TIME = new Intl.DateTimeFormat(DATES, { timeStyle: "short", hourCycle: "h23" });
const CLOCK = new Intl.DateTimeFormat(DATES, { timeStyle: "medium", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat(DATES, { day: "numeric", month: "short" });
const LONG_DATE = new Intl.DateTimeFormat(DATES, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const count = (n) => NUMBER.format(n);

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = n / 1024;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = value.toFixed(value < 100 ? 1 : 0).replace(/\.0$/, "");
  return `${text} ${units[unit]}`;
}

/** 0.67 s, 4.2 s, 44 s, 2 min 6 s, 3 h 10 min, 5 days 4 h */
export function seconds(s) {
  if (s < 10) return t("{n} s", { n: s.toFixed(s < 1 ? 2 : 1) });
  if (s < 60) return t("{n} s", { n: Math.floor(s) });
  if (s < 3600) return t("{m} min {s} s", { m: Math.floor(s / 60), s: Math.floor(s % 60) });
  if (s < 2 * 86400) return t("{h} h {m} min", { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  return t("{d} days {h} h", { d: Math.floor(s / 86400), h: Math.floor((s % 86400) / 3600) });
}

export const decimal = (x, digits = 2) => Number(x).toFixed(digits);

/** A share of 1 as "18.2 %". */
export const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;

export const dateTime = (iso) => DATE_TIME.format(new Date(iso));
export const date = (iso) => DATE.format(new Date(iso));
export const longDate = (iso) => LONG_DATE.format(new Date(iso));
export const time = (iso) => TIME.format(new Date(iso));
export const clock = (moment) => CLOCK.format(moment);

/** "2 min ago" within the hour, the time within the day, else the day. */
export function ago(iso, now = Date.now()) {
  const then = new Date(iso);
  const minutes = Math.floor((now - then) / 60000);
  if (minutes < 1) return t("just now");
  if (minutes < 60) return t("{n} min ago", { n: minutes });
  return new Date(now).toDateString() === then.toDateString() ? TIME.format(then) : DATE.format(then);
}
