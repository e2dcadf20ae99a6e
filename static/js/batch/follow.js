// Asks again and again: soon while something moves, seldom when nothing does, not at all unseen.
import { ApiError } from "../api.js";
import { isPassing } from "../watch.js";

const FIRST_TROUBLE = 1500;
const LAST_TROUBLE = 10000;

export class Follow {
  /** `load()` asks; `pause()` tells the ms until the next time; `onGone(error)` hears what does not pass. */
  constructor({ load, pause, onGone }) {
    Object.assign(this, { load, pause, onGone, timer: 0, asking: false, trouble: 0, stopped: false });
    document.addEventListener("visibilitychange", () => !document.hidden && this.now());
  }

  async now() {
    if (this.stopped || this.asking) return;
    clearTimeout(this.timer);
    this.asking = true;
    const begin = performance.now();
    let wait = 0;
    try {
      await this.load();
      this.trouble = 0;
      // An answer that takes long is asked for seldom.
      wait = Math.max(this.pause(), 4 * (performance.now() - begin));
    } catch (error) {
      if (!isPassing(error)) {
        if (!(error instanceof ApiError)) throw error;
        this.stopped = true;
        this.onGone(error);
        return;
      }
      this.trouble = Math.min(LAST_TROUBLE, (this.trouble || FIRST_TROUBLE / 1.6) * 1.6);
      wait = this.trouble;
    } finally {
      this.asking = false;
    }
    if (!document.hidden) this.timer = setTimeout(() => this.now(), wait);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
