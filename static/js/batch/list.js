// The images of a batch: filter by state and name, order by column, retry.
import { el } from "../dom.js";
import { count } from "../format.js";
import { t } from "../language.js";
import { STATES } from "../words.js";
import { fillRow, makeRow } from "./row.js";
import { VirtualList } from "./virtual.js";

// The last ones show only where there are any.
const FILTERS = { all: t("All"), processing: STATES.processing, queued: STATES.queued, done: STATES.done, failed: STATES.failed, rejected: STATES.rejected, unsent: t("To be sent") };
const ALWAYS = ["all", "done"];

export class ImageList {
  constructor(root, { onRetry }) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-list-${name}]`);
    this.state = new URLSearchParams(location.search).get("state") ?? "all";
    if (!(this.state in FILTERS)) this.state = "all";
    this.order = null; // until somebody chooses: the latest first while it goes on, else by number
    this.backwards = false;
    this.rows = null;
    this.virtual = new VirtualList(this.find("rows"), { make: makeRow, fill: fillRow });
    this.makeChips();
    this.search = this.find("search");
    this.search.addEventListener("input", () => this.draw());
    for (const button of root.querySelectorAll("[data-order]")) button.addEventListener("click", () => this.orderBy(button.dataset.order));
    this.find("rows").addEventListener("click", (event) => {
      const button = event.target.closest("[data-retry]");
      if (button) onRetry(button.dataset.retry, button);
    });
  }

  makeChips() {
    this.chips = new Map(
      Object.entries(FILTERS).map(([state, words]) => {
        const figure = el("strong", {}, "0");
        const chip = el("button", { type: "button", class: "chip", "data-filter": state }, words, figure);
        chip.addEventListener("click", () => this.filter(state));
        return [state, { chip, figure }];
      }),
    );
    this.find("chips").replaceChildren(...Array.from(this.chips.values(), ({ chip }) => chip));
  }

  filter(state) {
    this.state = state;
    const address = new URL(location.href);
    if (state === "all") address.searchParams.delete("state");
    else address.searchParams.set("state", state);
    history.replaceState(history.state, "", address);
    this.draw();
  }

  orderBy(order) {
    this.backwards = this.currentOrder === order ? !this.backwards : false;
    this.order = order;
    this.draw();
  }

  get currentOrder() {
    return this.order ?? this.usualOrder;
  }

  show(rows, counts, { moving }) {
    this.rows = rows;
    this.counts = counts;
    // The order does not jump when the batch ends under somebody's eyes.
    this.usualOrder ??= moving ? "latest" : "number";
    this.draw();
  }

  draw() {
    if (!this.rows) return;
    const picked = this.rows.pick({ state: this.state, name: this.search.value, order: this.currentOrder, backwards: this.backwards });
    this.find("rows").hidden = picked.length === 0;
    this.virtual.show(picked);
    for (const [state, { chip, figure }] of this.chips) {
      const n = this.counts[state] ?? 0;
      figure.textContent = count(n);
      chip.hidden = !ALWAYS.includes(state) && state !== this.state && n === 0;
      chip.setAttribute("aria-pressed", state === this.state);
    }
    this.find("table").setAttribute("aria-rowcount", picked.length + 1);
    this.find("empty").hidden = picked.length > 0;
    this.markOrder();
  }

  markOrder() {
    // Falling are the latest, defects and time at first; the others rise.
    for (const button of this.root.querySelectorAll("[data-order]")) {
      const falls = ["latest", "defects", "time"].includes(button.dataset.order) !== this.backwards;
      const sort = button.dataset.order !== this.currentOrder ? "none" : falls ? "descending" : "ascending";
      button.closest("[role=columnheader]").setAttribute("aria-sort", sort);
    }
  }
}
