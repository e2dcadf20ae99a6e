// What is selected: by a click on a box, a range with Shift, or the keyboard.
export class Selection extends EventTarget {
  constructor() {
    super();
    this.chosen = new Map(); // id → item, also of what was scrolled away
    this.anchor = 0;
  }

  get size() {
    return this.chosen.size;
  }

  get ids() {
    return [...this.chosen.keys()];
  }

  get defects() {
    return [...this.chosen.values()].reduce((sum, item) => sum + item.total_defects, 0);
  }

  has(id) {
    return this.chosen.has(id);
  }

  toggle(items, at) {
    const item = items[at];
    this.anchor = at;
    if (!this.chosen.delete(item.img_unique_id)) this.chosen.set(item.img_unique_id, item);
    this.changed();
  }

  /** From where the last one was chosen to `at`. */
  extend(items, at) {
    const [from, to] = [Math.min(this.anchor, at), Math.max(this.anchor, at)];
    for (const item of items.slice(from, to + 1)) this.chosen.set(item.img_unique_id, item);
    this.changed();
  }

  all(items) {
    for (const item of items) this.chosen.set(item.img_unique_id, item);
    this.changed();
  }

  drop(ids) {
    for (const id of ids) this.chosen.delete(id);
    this.changed();
  }

  clear() {
    this.chosen.clear();
    this.anchor = 0;
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
