// How many images end a second: now, and over the last minutes as a line.
import { svg } from "../dom.js";

const NOW_SECONDS = 30;
const LONGEST_SECONDS = 600;
const SHORTEST_SECONDS = 20;
const POINTS = 40;

export class Rate {
  constructor() {
    this.events = []; // {at, n}: n images ended
    this.since = performance.now();
    this.ended = null;
  }

  /** What ended before this page looked: times in ms ago. */
  seed(ages) {
    const now = performance.now();
    const earlier = ages.filter((age) => age >= 0 && age < LONGEST_SECONDS * 1000).map((age) => ({ at: now - age, n: 1 }));
    this.events = [...earlier, ...this.events].sort((a, b) => a.at - b.at);
    if (earlier.length) this.since = Math.min(this.since, this.events[0].at);
  }

  note(ended) {
    const now = performance.now();
    if (this.ended !== null && ended > this.ended) this.events.push({ at: now, n: ended - this.ended });
    this.ended = ended;
    while (this.events.length && this.events[0].at < now - LONGEST_SECONDS * 1000) this.events.shift();
  }

  /** Images a second; null while too little was seen to say. */
  get now() {
    const end = performance.now();
    const span = Math.min(NOW_SECONDS, (end - this.since) / 1000);
    if (span < 3 || !this.events.length) return null;
    const from = end - span * 1000;
    const n = this.events.reduce((sum, event) => sum + (event.at >= from ? event.n : 0), 0);
    return n / span;
  }

  /** {seconds, values}: images a second in POINTS steps up to now. */
  line() {
    const end = performance.now();
    const seconds = Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, (end - this.since) / 1000));
    const step = (seconds * 1000) / POINTS;
    const sums = new Array(POINTS).fill(0);
    for (const { at, n } of this.events) {
      const i = Math.floor((at - (end - seconds * 1000)) / step);
      if (i >= 0 && i < POINTS) sums[i] += n;
    }
    const values = sums.map((_, i) => {
      const near = sums.slice(Math.max(0, i - 1), i + 2);
      return near.reduce((sum, n) => sum + n, 0) / near.length / (step / 1000);
    });
    return { seconds, values };
  }
}

const WIDTH = 300;
const HEIGHT = 72;

/** Draw a line's values into an <svg>; answers the value of its upper edge. */
export function drawLine(target, values) {
  const highest = niceCeiling(Math.max(...values, 0));
  const x = (i) => (i / (values.length - 1)) * WIDTH;
  const y = (value) => HEIGHT - (value / highest) * HEIGHT;
  const path = values.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  target.setAttribute("viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`);
  target.setAttribute("preserveAspectRatio", "none");
  target.replaceChildren(
    ...[0, 0.5, 1].map((share) => svg("path", { class: "rate-grid", d: `M0 ${HEIGHT * share}H${WIDTH}` })),
    svg("path", { class: "rate-area", d: `${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` }),
    svg("path", { class: "rate-line", d: path }),
  );
  return highest;
}

function niceCeiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((n) => n * power).find((n) => n >= value);
}
