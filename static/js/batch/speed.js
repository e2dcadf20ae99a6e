// How fast something grows, over a sliding window, so that the figure is calm and yet follows.
export class Speed {
  constructor(windowMs = 6000) {
    this.window = windowMs;
    this.samples = [];
  }

  note(value, at = performance.now()) {
    const last = this.samples.at(-1);
    if (last && at - last.at < 100) this.samples[this.samples.length - 1] = { at: last.at, value };
    else this.samples.push({ at, value });
    while (this.samples.length > 2 && this.samples[0].at < at - this.window) this.samples.shift();
  }

  /** A second; null while too little is known. */
  get perSecond() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || last.at - first.at < 500) return null;
    return Math.max(0, last.value - first.value) / ((last.at - first.at) / 1000);
  }
}
