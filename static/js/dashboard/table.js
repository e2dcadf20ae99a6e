// The same days as a table, and as a CSV file.
import { el } from "../dom.js";
import { count, percent, seconds } from "../format.js";
import { galleryOf } from "./links.js";
import { titleOf } from "./days.js";

export function fillTable(head, body, steps, names) {
  for (const cell of head.querySelectorAll("[data-class-column]")) cell.remove();
  const before = head.querySelector("[data-after-classes]");
  for (const name of names) before.before(el("th", { scope: "col", class: "num", "data-class-column": true }, name));
  body.replaceChildren(...steps.map((one) => rowOf(one, names)));
}

function rowOf(one, names) {
  const cell = (words, href) => el("td", { class: "num" }, href && words !== "0" ? el("a", { href }, words) : words);
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, titleOf(one)),
    cell(count(one.images), galleryOf(one)),
    cell(one.share === null ? "–" : percent(one.share, 1)),
    cell(count(one.defects), galleryOf(one, { min_defects: 1 })),
    ...names.map((name) => cell(count(one.byClass[name] ?? 0), galleryOf(one, { class_name: name }))),
    cell(one.median === null ? "–" : seconds(one.median)),
    cell(one.p95 === null ? "–" : seconds(one.p95)),
  );
}

const FIELDS = ["date", "images", "images_with_defects", "defects"];
const TIMES = ["median_processing_time_seconds", "p95_processing_time_seconds"];

/** CSV of the days as the API tells them, with a mark by which spreadsheets know UTF-8. */
export function csvOf(days, names) {
  const quoted = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
  const head = [...FIELDS, ...names.map((name) => `defects_${name}`), ...TIMES];
  const lines = days.map((day) => [...FIELDS.map((name) => day[name]), ...names.map((name) => day.defects_by_class[name] ?? 0), ...TIMES.map((name) => day[name])]);
  return `\ufeff${[head, ...lines].map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
}

export function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
