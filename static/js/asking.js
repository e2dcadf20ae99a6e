// Asks before what cannot be undone.
import { el, icon } from "./dom.js";
import { t } from "./language.js";

/** ask({title, text, yes: t("Delete"), sign: "trash3"}) resolves to true or false. */
export function ask({ title, text, yes, sign = "trash3" }) {
  const refuse = el("button", { type: "button", class: "btn btn-plain", autofocus: true }, t("Cancel"));
  const accept = el("button", { type: "button", class: "btn btn-danger" }, icon(sign), yes);
  const dialog = el(
    "dialog",
    { class: "ask", "aria-labelledby": "ask-title" },
    el("h2", { id: "ask-title" }, title),
    el("p", {}, text),
    el("div", { class: "ask-actions" }, refuse, accept),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    refuse.addEventListener("click", () => dialog.close());
    accept.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}
