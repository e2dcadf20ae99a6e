// The card that tells how far a batch is: one bar for all, counts by state, rate and time left.
import { el } from "../dom.js";
import { count, percent, seconds } from "../format.js";
import { t, tn } from "../language.js";
import { stateParts } from "../states.js";

const SEGMENTS = ["done", "failed", "rejected", "processing"];
const COUNTED = ["done", "processing", "queued", "failed", "rejected"];

export class Progress {
  constructor(root) {
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.bar = this.find("all-bar");
    this.bar.replaceChildren(...SEGMENTS.map((state) => el("span", { "data-state": state })));
    const places = COUNTED.map((state) => [state, el("strong", {}, "0")]);
    this.places = new Map(places);
    this.find("counts").replaceChildren(
      ...places.map(([state, strong]) => {
        const [sign, word] = stateParts(state);
        sign.classList.remove("spin");
        return el("li", { class: "upload-state", "data-state": state, "data-count": state }, sign, strong, word);
      }),
    );
  }

  /** counts: by state, with those of this browser; rate: images a second or null. */
  show({ counts, total, left, rate, batch, median }) {
    const ended = counts.done + counts.failed + counts.rejected;
    const share = total ? ended / total : 1;
    this.find("ended").textContent = count(ended);
    this.find("of-total").textContent = tn("of {total} image", "of {total} images", total, { total: count(total) });
    // 100 % is told when all have ended, not half a per cent before.
    this.find("percent").textContent = percent(ended === total ? 1 : Math.floor(share * 100) / 100);
    this.bar.setAttribute("aria-valuenow", Math.floor(share * 100));
    for (const segment of this.bar.children) {
      const n = counts[segment.dataset.state];
      segment.hidden = n === 0;
      segment.style.flexGrow = n;
    }
    this.bar.style.setProperty("--rest", Math.max(0, total - ended - counts.processing));
    for (const [state, place] of this.places) {
      place.textContent = count(counts[state]);
      place.parentNode.classList.toggle("is-zero", counts[state] === 0);
    }
    this.figures({ left, rate, batch, median, ended });
  }

  figures({ left, rate, batch, median, ended }) {
    const [one, other] = [this.find("figure-one"), this.find("figure-two")];
    const pair = (place, words, value) => place.replaceChildren(`${words} `, el("strong", {}, value));
    if (left) {
      pair(one, t("Rate"), rate ? rateWords(rate) : "–");
      pair(other, t("Time left"), rate ? seconds(left / rate) : "–");
      return;
    }
    const took = batch.finished_at ? (Date.parse(batch.finished_at) - Date.parse(batch.created_at)) / 1000 : 0;
    if (took > 0 && ended) pair(one, t("Took"), seconds(took));
    else one.replaceChildren();
    if (median !== null) pair(other, t("Median inspection"), seconds(median));
    else other.replaceChildren();
  }
}

/** "1.6 images/s"; slower than six a minute as "4.2 images/min". */
export function rateWords(rate) {
  const digits = (n) => (n < 10 ? n.toFixed(1) : count(Math.round(n)));
  return rate >= 0.1 ? t("{n} images/s", { n: digits(rate) }) : t("{n} images/min", { n: digits(rate * 60) });
}
