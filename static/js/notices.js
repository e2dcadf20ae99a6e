// Notices: what happened, then what to do, at most one button.
import { el, icon } from "./dom.js";
import { t } from "./language.js";

/** {title, text, detail (the server's own words), failed, action: {words, run, sign}, closable} → element */
export function notice({ title, text, detail = "", failed = false, action = null, closable = false }) {
  const box = el(
    "div",
    { class: `notice${failed ? " is-failed" : ""}`, role: "alert" },
    icon(failed ? "x-circle-fill" : "exclamation-triangle-fill"),
    el("p", { class: "notice-title" }, title),
    text ? el("p", { class: "notice-text" }, text) : null,
    detail ? el("p", { class: "notice-detail meta", lang: "en" }, detail) : null,
  );
  if (action) {
    const button = el("button", { type: "button", class: "btn btn-plain" }, icon(action.sign ?? "arrow-clockwise"), action.words);
    button.addEventListener("click", action.run);
    box.append(el("div", { class: "notice-actions" }, button));
  }
  if (closable) {
    const close = el("button", { type: "button", class: "icon-button", "aria-label": t("Close this notice") }, icon("x-lg"));
    close.addEventListener("click", () => box.remove());
    box.append(close);
  }
  return box;
}

/** Put one notice in a place, instead of what stood there. */
export function show(place, options) {
  place.replaceChildren(notice(options));
}
