// The filter in words above the results; each part goes by its own button.
import { mark } from "../classes.js";
import { el, icon } from "../dom.js";
import { t, tn } from "../language.js";
import { dayOf } from "./address.js";
import { dayWords, spanWords } from "./days.js";

/** [words, changes that take it out, class name] of each part of the filter. */
function parts(filter) {
  const found = [];
  const { start_date: from, end_date: to, min_defects: least, max_defects: most } = filter;
  if (from || to) found.push([days(from, to), { start_date: "", end_date: "" }]);
  for (const name of filter.class_name) {
    found.push([name, { class_name: filter.class_name.filter((other) => other !== name) }, name]);
  }
  if (least || most) found.push([figures(least, most), { min_defects: "", max_defects: "" }]);
  if (filter.batch_id) found.push([t("Batch {id}", { id: filter.batch_id }), { batch_id: "" }]);
  if (filter.filename) found.push([`“${filter.filename}”`, { filename: "" }]);
  return found;
}

function days(from, to) {
  const [first, last] = [from, to].map((text) => text && (text.includes("T") ? dayOf(new Date(text)) : text));
  if (first === last) return first === dayOf(new Date()) ? t("Today") : dayWords(first);
  if (!first) return t("until {day}", { day: dayWords(last) });
  return last ? spanWords(first, last) : t("from {day}", { day: dayWords(first) });
}

function figures(least, most) {
  if (least && least === most) return tn("exactly {n} defect", "exactly {n} defects", Number(least));
  if (least && most) return t("{from} to {to} defects", { from: least, to: most });
  return least ? t("{n} or more defects", { n: least }) : tn("at most {n} defect", "at most {n} defects", Number(most));
}

export function chips(filter, onChange) {
  return parts(filter).map(([words, changes, name]) => {
    const button = el(
      "button",
      { class: "chip is-on", type: "button", "data-class": name, "aria-label": t("Take out {filter}", { filter: words }) },
      name ? mark(name) : null, el("span", { class: "chip-words" }, words), icon("x-lg", "icon chip-x"),
    );
    button.addEventListener("click", () => onChange(changes));
    return button;
  });
}
