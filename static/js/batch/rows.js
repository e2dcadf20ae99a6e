// The images of a batch as rows: what the server told, and what this browser has still to send.
const FIELDS = ["status", "total_defects", "processing_time_seconds", "error", "img_unique_id"];
const NAMES = new Intl.Collator("en", { numeric: true });
const ENDED = new Set(["done", "failed", "rejected"]);

// What happens first, then what ended last, then what waits.
const RANKS = { sending: 0, processing: 1, done: 2, failed: 2, rejected: 2, queued: 3, waiting: 4 };
const ORDERS = {
  latest: (a, b) => RANKS[a.status] - RANKS[b.status] || (RANKS[a.status] === 2 ? b.number - a.number : a.number - b.number),
  number: (a, b) => a.number - b.number,
  name: (a, b) => NAMES.compare(a.name, b.name) || a.number - b.number,
  defects: (a, b) => (b.defects ?? -1) - (a.defects ?? -1) || a.number - b.number,
  time: (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1) || a.number - b.number,
};

export class Rows {
  constructor() {
    this.told = new Map(); // by index: {item, row}
    this.local = [];
  }

  /** Take the server's results; a row that has not changed stays the same object. */
  take(results) {
    const told = new Map();
    for (const item of results) {
      const known = this.told.get(item.index);
      const same = known && FIELDS.every((name) => known.item[name] === item[name]);
      told.set(item.index, same ? known : { item, row: rowOf(item) });
    }
    this.told = told;
  }

  /** Take what a Sender holds and the server has not: unsent, or refused as a whole group. */
  takeLocal(items, first) {
    this.local = items
      .filter((item) => item.state !== "sent" && item.state !== "cancelled")
      .map((item, i) => localRow(item, first + i));
  }

  all() {
    return [...Array.from(this.told.values(), ({ row }) => row), ...this.local];
  }

  /** Rows by state and part of the name, in an order; `backwards` turns it round. */
  pick({ state = "all", name = "", order = "number", backwards = false }) {
    const part = name.trim().toLowerCase();
    const picked = this.all().filter((row) => (state === "all" || row.filter === state) && (!part || row.name.toLowerCase().includes(part)));
    picked.sort(ORDERS[order]);
    return backwards ? picked.reverse() : picked;
  }

  /** The median of the inspections' times; null without any. */
  medianSeconds() {
    const times = Array.from(this.told.values(), ({ row }) => row.seconds).filter((time) => time !== null);
    times.sort((a, b) => a - b);
    return times.length ? times[Math.floor(times.length / 2)] : null;
  }

  get withDefects() {
    let n = 0;
    for (const { row } of this.told.values()) n += row.defects > 0;
    return n;
  }
}

function rowOf(item) {
  return {
    key: `s${item.index}`,
    number: item.index,
    id: item.img_unique_id,
    name: item.filename,
    status: item.status,
    filter: item.status,
    ended: ENDED.has(item.status),
    defects: item.total_defects,
    classes: item.defect_classes,
    seconds: item.processing_time_seconds,
    error: item.error,
    share: null,
  };
}

function localRow(item, number) {
  const status = { waiting: "waiting", sending: "sending", refused: "rejected" }[item.state];
  return {
    key: `l${item.number}`,
    number,
    id: null,
    name: item.name,
    status,
    filter: status === "rejected" ? "rejected" : "unsent",
    ended: status === "rejected",
    defects: null,
    classes: null,
    seconds: null,
    error: item.reason,
    share: status === "sending" ? item.share : null,
    size: item.size,
  };
}
