// The gallery: the address holds the filter, the filter makes the feed, the feed fills the grid.
import { url } from "../api.js";
import { announce } from "../dom.js";
import { count } from "../format.js";
import { t, tn } from "../language.js";
import { notice } from "../notices.js";
import { explain } from "../words.js";
import { Actions } from "./actions.js";
import { EMPTY, isFiltered, read, write } from "./address.js";
import { chips } from "./chips.js";
import { dayHeading } from "./days.js";
import { exportUrl } from "./exports.js";
import { Failed, countFailed } from "./failed.js";
import { Feed } from "./feed.js";
import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { gridClicks, gridKeys } from "./keyboard.js";
import { keepPlace, placeToReturnTo } from "./place.js";
import { Selection } from "./selection.js";

const MOST_BACK = 2000; // images loaded again at once to come back to where one was

class GalleryPage {
  constructor(root) {
    this.find = (name) => root.querySelector(`[data-${name}]`);
    const { find } = this;
    this.root = root;
    this.notices = find("notices");
    this.order = find("order");
    this.selection = new Selection();
    this.grid = new Grid(find("grid"), {
      scroller: find("scroller"),
      isSelected: (id) => this.selection.has(id),
      hrefOf: (item) => url(`/gallery/${item.img_unique_id}${write(this.filter)}`),
      headingOf: () => (/defects/.test(this.filter.order ?? "") ? null : dayHeading),
      onNear: () => this.more(),
    });
    this.filters = new Filters(find("filters"), (changes, how) => this.change(changes, how));
    const say = (words) => this.say(words);
    this.actions = new Actions(find("actions"), this.selection, { onGone: (ids) => this.gone(ids), say });
    this.failed = new Failed(find("failed"), { onCount: (n) => this.showFailedCount(n), say });
    this.selection.addEventListener("change", () => this.grid.refreshSelection());
    const parts = { grid: this.grid, selection: this.selection, search: find("search"), remove: () => this.actions.remove() };
    gridKeys(parts);
    gridClicks(parts);
    this.wire();
    this.filter = read(location.search);
    this.showView(stored("aoi-gallery-view") ?? "grid");
    this.show(placeToReturnTo(location.search));
    countFailed().then((n) => this.showFailedCount(n), () => {});
  }

  wire() {
    this.order.addEventListener("change", () => this.change({ order: this.order.value }));
    for (const button of this.root.querySelectorAll("[data-view-as]")) {
      button.addEventListener("click", () => this.showView(button.dataset.viewAs));
    }
    for (const button of this.root.querySelectorAll("[data-clear-filters]")) {
      button.addEventListener("click", () => this.go({ ...EMPTY, order: this.filter.order }));
    }
    for (const link of this.root.querySelectorAll("[data-place]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.find("drawer").close();
        this.change({ status: link.dataset.place === "failed" ? "failed" : "" });
      });
    }
    const [drawer, panel] = [this.find("drawer"), this.find("filters")];
    const home = panel.parentElement;
    this.find("open-filters").addEventListener("click", () => {
      drawer.querySelector("[data-drawer-body]").append(panel);
      drawer.showModal();
    });
    drawer.addEventListener("close", () => home.append(panel));
    drawer.addEventListener("click", (event) => event.target.closest("[data-close-drawer]") && drawer.close());
    window.addEventListener("popstate", () => {
      this.filter = read(location.search);
      this.show();
    });
    window.addEventListener("pagehide", () => keepPlace(location.search, this.grid.current));
    this.grid.root.addEventListener("focusin", (event) => {
      const id = event.target.closest("[data-id]")?.dataset.id;
      if (id) this.grid.current = Math.max(0, this.grid.indexOf(id));
    });
    document.addEventListener("aoi:health", ({ detail }) => detail.reached && this.broken && this.more());
  }

  change(changes, { typing = false } = {}) {
    const filter = { ...this.filter, ...changes };
    for (const name of Object.keys(filter)) if (!filter[name]) delete filter[name];
    this.go({ ...EMPTY, ...filter }, { typing });
  }

  /** A new filter is a new entry of the history; letters typed one after the other are one. */
  go(filter, { typing = false } = {}) {
    const search = write(read(write(filter)));
    if (search === write(this.filter)) return;
    this.filter = read(search);
    const address = location.pathname + search;
    if (typing && history.state?.typing) history.replaceState({ typing }, "", address);
    else history.pushState({ typing }, "", address);
    this.show();
  }

  /** `place` is the index of the image to come back to. */
  async show(place = 0) {
    const { filter } = this;
    this.selection.clear();
    this.notices.replaceChildren();
    this.filters.show(filter);
    this.order.value = filter.order ?? "-timestamp";
    this.showChips();
    this.root.dataset.place = filter.status ?? "results";
    for (const link of this.root.querySelectorAll("[data-place]")) {
      const here = link.dataset.place === this.root.dataset.place;
      if (here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (filter.status) return this.failed.show();
    this.feed = new Feed(filter);
    this.root.setAttribute("data-loading", "");
    this.find("empty-none").hidden = this.find("empty-match").hidden = true;
    await this.fill(place);
  }

  /** The first page, and more where one comes back to a place further down. */
  async fill(place) {
    const { feed } = this;
    await this.more({ fresh: true });
    while (feed === this.feed && !feed.done && !this.broken && feed.items.length <= Math.min(place, MOST_BACK)) await this.more();
    if (feed !== this.feed || !place) return;
    this.grid.focus(place, { quietly: document.activeElement !== document.body });
  }

  async more({ fresh = false } = {}) {
    const { feed } = this;
    if (!feed || feed.done || feed.asking) return feed?.asking;
    this.broken = false;
    this.root.setAttribute("data-more", "");
    try {
      await feed.more();
    } catch (error) {
      if (feed === this.feed) this.trouble(error);
      return;
    }
    if (feed !== this.feed) return; // the filter has changed meanwhile
    this.root.removeAttribute("data-loading");
    this.root.toggleAttribute("data-more", !feed.done);
    this.notices.querySelector("[data-trouble]")?.remove();
    this.showTotal(fresh || feed.items.length <= 60);
    this.grid.show(feed.items, { fresh });
  }

  trouble(error) {
    this.broken = true;
    this.root.removeAttribute("data-more");
    const [title, text, detail] = explain(error);
    const box = notice({ title, text, detail, failed: true, action: { words: t("Try again"), run: () => this.more({ fresh: this.feed.total === null }) } });
    box.dataset.trouble = "";
    this.notices.replaceChildren(box);
  }

  say([title, text, detail]) {
    this.notices.replaceChildren(notice({ title, text, detail, failed: true, closable: true }));
  }

  showTotal(aloud) {
    const { total } = this.feed;
    const words = tn("{n} image", "{n} images", total, { n: count(total) });
    this.find("total").textContent = words;
    this.find("results-count").textContent = count(total);
    if (aloud) announce(words);
    const filtered = isFiltered(this.filter);
    this.find("empty-none").hidden = total > 0 || filtered;
    this.find("empty-match").hidden = total > 0 || !filtered;
    this.find("export-all").hidden = total === 0;
  }

  showChips() {
    const found = chips(this.filter, (changes) => this.change(changes));
    this.find("chips").replaceChildren(...found);
    this.find("clear").hidden = found.length === 0;
    const number = this.find("filters-count");
    number.hidden = found.length === 0;
    number.textContent = String(found.length);
    for (const link of this.root.querySelectorAll("[data-export-all]")) {
      const address = exportUrl(link.dataset.exportAll, this.filter);
      link.hidden = !address;
      link.href = address ?? "";
    }
  }

  showView(view) {
    store("aoi-gallery-view", view);
    for (const button of this.root.querySelectorAll("[data-view-as]")) {
      button.setAttribute("aria-pressed", String(button.dataset.viewAs === view));
    }
    this.grid.setView(view);
  }

  showFailedCount(n) {
    this.find("failed-count").textContent = count(n);
    this.root.toggleAttribute("data-has-failed", n > 0);
  }

  gone(ids) {
    this.feed.remove(ids);
    this.showTotal(false);
    this.grid.show(this.feed.items);
    this.grid.focus(this.grid.current);
  }
}

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // the choice then lasts as long as the page
  }
}

new GalleryPage(document.querySelector("[data-gallery]"));
