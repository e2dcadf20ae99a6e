// The results of one filter, page by page by the API's cursor, as far as somebody scrolls.
import { ask, firstPage } from "./first.js";

const NEXT_PAGE = 100; // the most the API gives

export class Feed {
  constructor(filter) {
    this.filter = filter;
    this.items = [];
    this.total = null;
    this.cursor = null;
    this.done = false;
    this.asking = null;
  }

  /** Load the next page; the same promise while one is under way. Rejects as the API does. */
  more() {
    if (this.done) return Promise.resolve();
    this.asking ??= this.load().finally(() => (this.asking = null));
    return this.asking;
  }

  async load() {
    const first = this.total === null;
    const answer = await (first ? firstPage(this.filter) : ask(this.filter, { limit: NEXT_PAGE, cursor: this.cursor }));
    if (first) this.total = answer.total;
    this.cursor = answer.next_cursor;
    this.done = this.cursor === null;
    this.items.push(...answer.images);
  }

  remove(ids) {
    const before = this.items.length;
    this.items = this.items.filter((item) => !ids.has(item.img_unique_id));
    this.total -= before - this.items.length;
  }
}
