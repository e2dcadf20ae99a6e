// The inspect page: takes an image in, and shows the one that the address names.
import { refusal } from "./checks.js";
import { seconds } from "./format.js";
import { onHealth } from "./health.js";
import { Desk } from "./inspect/desk.js";
import { Following } from "./inspect/following.js";
import { Outgoing } from "./inspect/outgoing.js";
import { Waiting } from "./inspect/waiting.js";
import { keys } from "./keys.js";
import { t } from "./language.js";
import { show } from "./notices.js";
import { may } from "./rights.js";
import { Recent } from "./recent.js";
import { Sources } from "./sources.js";
import * as words from "./words.js";

const ID = /^\d{8}_\d{6}_[0-9A-HJKMNP-TV-Z]{8}$/;

class InspectPage {
  constructor(root) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.root = root;
    this.limits = { maxBytes: Number(root.dataset.maxBytes) };
    this.notices = find("notices");
    this.title = document.title;
    this.desk = new Desk(root);
    this.following = new Following(this.desk, { onGone: (told) => this.refuse(told) });
    this.outgoing = new Outgoing(this.desk, {
      onStored: (id, signal) => this.stored(id, signal),
      onFailed: (id, reason) => this.failed(id, reason),
      onRefused: (told) => this.refuse(told),
    });
    this.recent = new Recent(find("recent"));
    this.waiting = new Waiting(root);
    this.sources = new Sources(root, { onFiles: (files) => this.take(files), onRefused: (told) => this.refuse(told) });
    this.listen();
    this.route();
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-another]")) button.addEventListener("click", () => this.another());
    keys({ n: () => this.isHere && may("upload") && this.another() });
    window.addEventListener("hashchange", () => this.isHere && this.route());
    window.addEventListener("beforeunload", (event) => this.outgoing.busy && event.preventDefault());
    onHealth((detail) => this.isHere && this.hear(detail));
    document.addEventListener("aoi:back", () => this.isHere && !this.desk.start.hidden && this.home());
  }

  /** A batch may have taken this page's place without a navigation (batch/swap.js). */
  get isHere() {
    return this.root.isConnected;
  }

  hear(detail) {
    this.following.hear(detail);
    const place = this.root.querySelector("[data-away]");
    const away = detail.reached && !detail.segformer && detail.word !== "database";
    this.waiting.hear(away, detail.body);
    if (!away) return place.replaceChildren();
    if (place.firstChild) return;
    const [title, text] = words.SEGFORMER_GONE;
    const check = () => document.dispatchEvent(new CustomEvent("aoi:check-health"));
    show(place, { title, text, action: { words: t("Check now"), run: check } });
  }

  /** The address names the image on show: /#20260225_103045_7K3QH2ZD. */
  route() {
    const id = location.hash.slice(1);
    if (ID.test(id)) {
      if (id !== this.id) this.reopen(id);
    } else if (id === "") this.home();
  }

  address(id) {
    this.id = id;
    const wanted = id ? `#${id}` : location.pathname + location.search;
    if (location.hash.slice(1) !== (id ?? "")) history.pushState(null, "", wanted);
  }

  async home() {
    this.id = null;
    this.outgoing.busy = false;
    this.desk.home();
    document.title = this.title;
    const usual = await this.recent.refresh();
    this.desk.steps.usual = usual;
    if (usual) {
      this.root.querySelector("[data-usual-time]").textContent = t("One image takes about {time}.", { time: seconds(usual) });
    }
  }

  another() {
    this.notices.replaceChildren();
    this.address(null);
    this.home();
    window.scrollTo(0, 0);
    this.root.querySelector('[data-open="choose"]').focus();
  }

  refuse([title, text, detail]) {
    this.address(null);
    this.home();
    show(this.notices, { title, text, detail, failed: true, closable: true });
    this.notices.scrollIntoView({ block: "nearest" });
  }

  async take(files) {
    if (!may("upload")) return this.refuse(words.REFUSED.mayNot());
    if (files.length === 0) return this.refuse(words.REFUSED.none());
    if (files.length > 1) return this.batch(files);
    const [file] = files;
    const why = await refusal(file, this.limits);
    if (why) return this.refuse(why);
    this.id = null;
    const signal = this.begin(file.name);
    await this.outgoing.send(file, signal);
  }

  async batch(files) {
    const { startBatch } = await import("./batchsending.js");
    this.desk.leave();
    startBatch(files).catch((error) => this.refuse(words.explain(error)));
  }

  begin(name, options) {
    this.notices.replaceChildren();
    return this.desk.begin(name, options);
  }

  async stored(id, signal) {
    this.address(id);
    await this.following.follow(id, signal);
  }

  failed(id, reason) {
    this.address(id);
    this.following.showFailed(id, reason);
  }

  /** An image named by the address: under way, failed or done. */
  async reopen(id) {
    this.id = id;
    const signal = this.begin(id, { sent: true });
    await this.following.follow(id, signal);
  }
}

new InspectPage(document.querySelector("[data-inspect]"));
