// Keeps a table of thousands light: rows far from what is seen are two tall empty ones.
import { el } from "../dom.js";

const ALL = 150; // up to so many rows are simply there
const AROUND = 12; // rows drawn beyond the edges

export class RowWindow {
  constructor(body, scroll, rowOf) {
    Object.assign(this, { body, scroll, rowOf, items: [], frame: 0 });
    this.before = spacer();
    this.after = spacer();
    const soon = () => {
      if (this.items.length <= ALL) return;
      this.frame ||= requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    };
    // Its own room scrolls, or on a phone what is around it: both are heard on the way down.
    document.addEventListener("scroll", soon, { capture: true, passive: true });
    new ResizeObserver(soon).observe(scroll);
  }

  clear() {
    this.items = [];
  }

  show(items) {
    this.items = items;
    this.range = null;
    if (items.length <= ALL) this.body.replaceChildren(...items.map(this.rowOf));
    else this.draw();
  }

  get height() {
    const row = [...this.body.children].find((child) => child.dataset.key);
    return (this.rowHeight ||= row?.offsetHeight || 0) || 49;
  }

  draw() {
    const { top } = this.body.getBoundingClientRect();
    const room = this.scroll.getBoundingClientRect();
    const edge = Math.min(window.innerHeight, room.bottom);
    const from = Math.max(0, Math.floor((Math.max(0, room.top) - top) / this.height) - AROUND);
    const to = Math.min(this.items.length, Math.ceil((edge - top) / this.height) + AROUND);
    this.drawRange(Math.min(from, Math.max(0, this.items.length - 1)), Math.max(to, from + 2 * AROUND));
  }

  drawRange(from, to) {
    if (this.range?.[0] === from && this.range?.[1] === to) return;
    this.range = [from, to];
    const end = Math.min(to, this.items.length);
    stretch(this.before, from * this.height);
    stretch(this.after, (this.items.length - end) * this.height);
    const focused = document.activeElement;
    this.body.replaceChildren(this.before, ...this.items.slice(from, end).map(this.rowOf), this.after);
    if (this.body.contains(focused)) focused.focus({ preventScroll: true });
  }

  reveal(at) {
    if (this.items.length > ALL && !this.rowOf(this.items[at]).isConnected) {
      this.scroll.scrollTop = Math.max(0, at * this.height - this.scroll.clientHeight / 2);
      this.drawRange(Math.max(0, at - 2 * AROUND), at + 2 * AROUND);
    }
    this.rowOf(this.items[at]).scrollIntoView({ block: "nearest" });
  }
}

const spacer = () => el("tr", { "aria-hidden": "true", class: "row-spacer" }, el("td", { colspan: "4" }));

function stretch(row, height) {
  row.hidden = height === 0;
  row.firstChild.style.height = `${height}px`;
}
