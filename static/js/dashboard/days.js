// Defects a day (or week, or month), stacked by class.
import { className, gloss } from "../classes.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { t } from "../language.js";
import { galleryOf, go } from "./links.js";
import { makeMarks } from "./marks.js";
import { common, patternOf, scale, token } from "./paint.js";
import { monthOf, shortDay, span, weekday } from "./range.js";
import { Tip } from "./tip.js";

export const LABELS = { day: (one) => shortDay(one.from), week: (one) => shortDay(one.from), month: (one) => monthOf(one.from) };
export const titleOf = (one) => (one.from === one.to ? weekday(one.from) : span(one.from, one.to));

export class DaysChart {
  constructor(card) {
    this.card = card;
    this.steps = [];
    this.names = [];
    this.chart = new Chart(card.querySelector("canvas"), { type: "bar", data: { labels: [], datasets: [] }, options: common() });
    makeMarks(this.chart, new Tip(card.querySelector("[data-chart-box]")), {
      size: () => this.steps.length,
      depth: () => this.names.length,
      describe: (at, row) => this.describe(at, row),
      open: (at, row, event) => this.open(at, row, event),
      words: (at, row) => this.words(at, row),
    });
  }

  show({ steps, step, names }) {
    Object.assign(this, { steps, names });
    this.card.querySelector("[data-chart-title]").textContent = { day: t("Defects a day"), week: t("Defects a week"), month: t("Defects a month") }[step];
    this.card.querySelector("[data-legend]").replaceChildren(...names.map((name) => el("li", {}, className(name))));
    const { data } = this.chart;
    data.labels = steps.map(LABELS[step]);
    data.datasets = names.map((name) => ({ label: name, data: steps.map((one) => one.byClass[name] ?? 0) }));
    this.paint();
  }

  paint() {
    const { chart } = this;
    // New ones each time: the chart goes on with the old colours of those it knows.
    chart.data.datasets = chart.data.datasets.map(({ label, data }) => ({ label, data, backgroundColor: patternOf(label, chart.ctx), borderColor: token("surface"), borderWidth: { top: 1 }, borderSkipped: false, borderRadius: 2, maxBarThickness: 26, categoryPercentage: 0.8, barPercentage: 0.9 }));
    const x = scale("x", { stacked: true, ticks: { maxRotation: 0, autoSkipPadding: 28 } });
    chart.options = { ...common(), scales: { x, y: scale("y", { stacked: true, ticks: { maxTicksLimit: 6, precision: 0, padding: 8 } }) } };
    chart.update("none");
  }

  describe(at, row) {
    const one = this.steps[at];
    const rows = this.names.filter((name) => one.byClass[name]).map((name) => [name, name, count(one.byClass[name])]);
    const hint = row === null || !this.names[row] ? t("Click for these images") : t("Click for images with {name}", { name: this.names[row] });
    return { title: titleOf(one), figure: count(one.defects), rows, hint };
  }

  words(at, row) {
    const one = this.steps[at];
    const name = this.names[row];
    if (name) return `${titleOf(one)}: ${name} ${gloss(name)} ${count(one.byClass[name] ?? 0)}`;
    return `${titleOf(one)}: ${count(one.defects)}`;
  }

  open(at, row, event) {
    const filters = this.names[row] ? { class_name: this.names[row] } : { min_defects: 1 };
    go(galleryOf(this.steps[at], filters), event);
  }
}
