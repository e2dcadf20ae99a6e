// A long list of which only what is on the screen is in the page; rows are of one height (--row in CSS).
const SPARE = 5; // rows above and below, so that Tab and fast scrolling find one

export class VirtualList {
  /** `make(item)` makes a row, `fill(row, item)` fills it again when the item has changed. */
  constructor(root, { make, fill }) {
    this.root = root;
    this.make = make;
    this.fill = fill;
    this.items = [];
    this.rows = new Map(); // by key: {node, item, at}
    this.frame = 0;
    const draw = () => this.later();
    window.addEventListener("scroll", draw, { passive: true });
    new ResizeObserver(draw).observe(root);
    window.addEventListener("resize", draw);
  }

  /** Everything is read before anything is written: the browser lays the page out once. */
  show(items) {
    this.measure();
    const { top } = this.root.getBoundingClientRect();
    const anchor = this.anchor(top);
    this.items = items;
    this.root.style.height = `${items.length * this.height}px`;
    this.draw(anchor && this.keep(anchor) ? this.root.getBoundingClientRect().top : top);
  }

  /** The first row on the screen, and where; none while the top of the list is in sight. */
  anchor(top) {
    const hidden = this.top - top;
    if (hidden <= this.height || !this.items.length) return null;
    const at = Math.floor(hidden / this.height);
    const item = this.items[at];
    return item ? { key: item.key, at } : null;
  }

  /** Rows that came or went above are not to move what somebody reads; answers whether the page was scrolled. */
  keep({ key, at }) {
    const now = this.items.findIndex((item) => item.key === key);
    if (now < 0 || now === at) return false;
    window.scrollBy({ top: (now - at) * this.height, behavior: "instant" });
    return true;
  }

  measure() {
    const style = getComputedStyle(this.root);
    this.height = parseFloat(style.getPropertyValue("--row")) || 48;
    this.top = parseFloat(style.scrollMarginTop) || 0;
  }

  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const before = this.height;
      this.measure();
      if (before !== this.height) this.root.style.height = `${this.items.length * this.height}px`;
      this.draw(this.root.getBoundingClientRect().top);
    });
  }

  draw(top) {
    const first = Math.max(0, Math.floor(-top / this.height) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((window.innerHeight - top) / this.height) + SPARE);
    const wanted = new Map();
    for (let at = first; at < last; at += 1) wanted.set(this.items[at].key, this.place(this.items[at], at));
    for (const [key, { node }] of this.rows) {
      if (wanted.has(key)) continue;
      node.remove();
      this.rows.delete(key);
    }
    this.order(wanted.values());
  }

  place(item, at) {
    let row = this.rows.get(item.key);
    if (!row) {
      row = { node: this.make(item), item: null, at: -1 };
      this.rows.set(item.key, row);
    }
    if (row.item !== item) this.fill(row.node, item);
    if (row.at !== at) {
      row.node.style.transform = `translateY(${at * this.height}px)`;
      row.node.setAttribute("aria-rowindex", at + 2); // the head is the first
    }
    Object.assign(row, { item, at });
    return row.node;
  }

  /** In the page in their order too: Tab goes that way. A row that is moved keeps the focus. */
  order(nodes) {
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    let next = this.root.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else this.root.insertBefore(node, next);
    }
    if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }
}
