// The time an inspection takes: the median of each day, and the p95 above it.
import { seconds } from "../format.js";
import { t } from "../language.js";
import { LABELS, titleOf } from "./days.js";
import { galleryOf, go } from "./links.js";
import { makeMarks } from "./marks.js";
import { common, scale, token } from "./paint.js";
import { Tip } from "./tip.js";

export class TimesChart {
  constructor(card) {
    this.steps = [];
    this.chart = new Chart(card.querySelector("canvas"), { type: "line", data: { labels: [], datasets: [] }, options: common() });
    makeMarks(this.chart, new Tip(card.querySelector("[data-chart-box]")), {
      size: () => this.steps.length,
      describe: (at) => this.describe(at),
      open: (at, _, event) => go(galleryOf(this.steps[at]), event),
      words: (at) => `${titleOf(this.steps[at])}: ${told(this.steps[at].median)}`,
    });
  }

  show({ steps, step }) {
    this.steps = steps;
    const { data } = this.chart;
    data.labels = steps.map(LABELS[step]);
    this.paint();
  }

  paint() {
    const { chart } = this;
    const lone = this.steps.filter((one) => one.median !== null).length < 2;
    const median = { data: this.steps.map((one) => one.median), borderColor: token("accent"), borderWidth: 2, pointRadius: lone ? 4 : 0, pointBackgroundColor: token("accent"), tension: 0.15, spanGaps: true };
    const p95 = { data: this.steps.map((one) => one.p95), fill: 0, borderColor: "transparent", backgroundColor: `color-mix(in srgb, ${token("accent")} 18%, transparent)`, pointRadius: 0, tension: 0.15, spanGaps: true };
    chart.data.datasets = [median, p95];
    const y = scale("y", { ticks: { maxTicksLimit: 6, padding: 8, callback: (value) => t("{n} s", { n: Number(value.toFixed(2)) }) } });
    chart.options = { ...common(), scales: { x: scale("x", { offset: true, ticks: { maxRotation: 0, autoSkipPadding: 28 } }), y } };
    chart.update("none");
  }

  describe(at) {
    const one = this.steps[at];
    return { title: titleOf(one), figure: told(one.median), rows: [[null, t("p95"), told(one.p95)]], hint: t("Click for these images") };
  }
}

const told = (time) => (time === null ? "–" : seconds(time));
