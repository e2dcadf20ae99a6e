// Tells on every page that the server or its database is away, and when it is back; and that one is logged out.
import { url } from "./api.js";
import { announce, el, icon } from "./dom.js";
import { onHealth } from "./health.js";
import { t } from "./language.js";
import { DATABASE_AWAY, LOGGED_OUT, LOST } from "./words.js";

const TOLD = { lost: LOST, database: DATABASE_AWAY };

export class Banner {
  constructor(place) {
    this.place = place;
    this.word = null;
    this.loggedOut = false;
    onHealth(({ word }) => this.hear(word));
    document.addEventListener("aoi:logged-out", () => this.askToLogIn());
  }

  hear(word) {
    if (this.loggedOut) return;
    const told = TOLD[word] ?? null;
    const wasAway = this.word in TOLD;
    this.word = word;
    if (!told) {
      this.place.replaceChildren();
      if (wasAway) this.back();
      return;
    }
    if (this.place.dataset.word === word && this.place.firstChild) return;
    this.place.dataset.word = word;
    const sign = icon(word === "lost" ? "wifi-off" : "database");
    this.place.replaceChildren(el("p", { class: "banner" }, sign, el("strong", {}, told[0]), el("span", {}, told[1])));
    announce(told[0]);
  }

  askToLogIn() {
    if (this.loggedOut) return;
    this.loggedOut = true;
    const [title, text] = LOGGED_OUT;
    const there = location.pathname.slice(url("").length) + location.search + location.hash;
    const link = el("a", { class: "btn btn-primary btn-small", href: url(`/login?next=${encodeURIComponent(there)}`) }, t("Log in"));
    this.place.replaceChildren(el("p", { class: "banner" }, icon("person-circle"), el("strong", {}, title), el("span", {}, text), link));
    announce(title);
  }

  back() {
    announce(t("The server is back."));
    document.dispatchEvent(new CustomEvent("aoi:back")); // what could not be loaded is loaded now
    if (document.querySelector('[data-error="503"]')) location.reload();
  }
}
