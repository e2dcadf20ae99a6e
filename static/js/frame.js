// What every page has: the state badge, the banner, the menus, the language switch, the list of keys.
import { Banner } from "./banner.js";
import { HealthBadge } from "./health.js";
import { switchTo } from "./language.js";
import { Popup } from "./popup.js";

for (const root of document.querySelectorAll("details.popup")) new Popup(root);
new Banner(document.querySelector("[data-server-notice]"));
const system = document.querySelector("[data-system]");
if (system) new HealthBadge(system);

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => switchTo(button.dataset.language));
}

const keys = document.querySelector("[data-keys]");
if (keys) {
  document.querySelector("[data-show-keys]").addEventListener("click", () => keys.showModal());
  document.querySelector("[data-close-keys]").addEventListener("click", () => keys.close());
  keys.addEventListener("click", (event) => event.target === keys && keys.close());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.target.closest?.("input, textarea, select") || keys.open) return;
    keys.showModal();
  });
}

// By hand, as the address after # names the image on show.
document.querySelector(".skip-link").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("#main").focus();
});
