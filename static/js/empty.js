// An empty place: an icon, one line, what to do, one action. The same as the macro in templates/parts.html.
import { el, icon } from "./dom.js";

/** empty("images", t("No images match"), t("Widen the dates."), button) → element; the action is an element or null. */
export function empty(sign, title, text, action = null) {
  return el(
    "div",
    { class: "empty" },
    el("span", { class: "empty-sign" }, icon(sign)),
    el("div", {}, el("p", { class: "empty-title" }, title), el("p", { class: "second" }, text)),
    action && el("div", { class: "empty-action" }, action),
  );
}
