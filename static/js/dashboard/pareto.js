// Which class counts most: bars by class, and the share they make up together; the same as a table.
import { className, colourOf, shapePath } from "../classes.js";
import { el } from "../dom.js";
import { count, percent } from "../format.js";
import { t } from "../language.js";
import { galleryOf, go } from "./links.js";
import { makeMarks } from "./marks.js";
import { common, patternOf, scale, token } from "./paint.js";
import { Tip } from "./tip.js";

const MOST = 8;
const SHAPE = 4.5; // px, half of a class's shape under its bar
const NAMES = 11; // px, type of the names

export class Pareto {
  constructor(card, table) {
    this.card = card;
    this.table = table;
    this.classes = [];
    this.chart = new Chart(card.querySelector("canvas"), { type: "bar", data: { labels: [], datasets: [] }, options: common(), plugins: [{ afterDatasetsDraw: (chart) => this.write(chart) }] });
    makeMarks(this.chart, new Tip(card.querySelector("[data-chart-box]")), {
      size: () => this.classes.length,
      describe: (at) => this.describe(at),
      open: (at, _, event) => go(this.link(at), event),
      words: (at) => `${this.classes[at].class_name}: ${count(this.classes[at].regions)}, ${percent(this.classes[at].share)}`,
    });
  }

  link(at) {
    return galleryOf(this.range, { class_name: this.classes[at].class_name });
  }

  show(range, { classes }) {
    this.range = range;
    this.classes = classes.slice(0, MOST);
    const { data } = this.chart;
    data.labels = this.classes.map((one) => one.class_name);
    this.paint();
    this.fillTable(classes);
  }

  paint() {
    const { chart } = this;
    this.colours = this.classes.map((one) => colourOf(one.class_name));
    const line = { type: "line", yAxisID: "share", data: this.classes.map((one) => one.cumulative_share), clip: false, borderColor: token("text"), borderWidth: 1.5, pointBackgroundColor: token("surface"), pointBorderColor: token("text"), pointBorderWidth: 1.5, pointRadius: 4, pointHoverRadius: 5 };
    const bars = { data: this.classes.map((one) => one.regions), backgroundColor: this.classes.map((one) => patternOf(one.class_name, chart.ctx)), borderRadius: 3, maxBarThickness: 56 };
    chart.data.datasets = [line, bars];
    const highest = Math.max(1, ...this.classes.map((one) => one.regions));
    const ticks = { maxRotation: 0, autoSkip: false, color: token("text"), padding: 3 * SHAPE + 6, callback: (_, i) => this.label(this.classes[i].class_name) };
    chart.options = {
      ...common(),
      layout: { padding: { top: 28 } },
      scales: {
        x: scale("x", { ticks, offset: true }),
        y: { display: false, beginAtZero: true, max: highest * 1.18 },
        share: { display: false, min: 0, max: 1.02 },
      },
    };
    chart.update("none");
  }

  /** A class's name in one line where there is room for all, else broken at its underscores. */
  label(name) {
    const pen = this.chart.ctx;
    pen.save();
    pen.font = `400 ${NAMES}px ${token("font")}`;
    const widest = Math.max(...this.classes.map((one) => pen.measureText(one.class_name).width));
    pen.restore();
    return widest + 6 <= this.chart.width / this.classes.length ? name : broken(name);
  }

  /** Figures at the marks themselves, and each class's shape over its name: nobody has to point at them. */
  write(chart) {
    const pen = chart.ctx;
    pen.save();
    pen.textAlign = "center";
    const [shares, bars] = [chart.getDatasetMeta(0).data, chart.getDatasetMeta(1).data];
    this.classes.forEach((one, i) => {
      if (!bars[i]) return;
      pen.fillStyle = token("text");
      pen.font = `600 12px ${token("font")}`;
      pen.fillText(count(one.regions), bars[i].x, bars[i].y - 6);
      pen.fillStyle = this.colours[i];
      pen.fill(new Path2D(shapePath(one.class_name, SHAPE, bars[i].x, chart.chartArea.bottom + 2 * SHAPE + 3)));
      if (i === 0) return; // the first has made up what its bar says
      pen.fillStyle = token("text-2");
      pen.font = `400 11px ${token("font")}`;
      pen.fillText(percent(one.cumulative_share), shares[i].x, shares[i].y - 10);
    });
    pen.restore();
  }

  describe(at) {
    const one = this.classes[at];
    return {
      title: one.class_name,
      figure: count(one.regions),
      rows: [
        [null, t("of all defects"), percent(one.share, 1)],
        [null, t("with those before"), percent(one.cumulative_share, 1)],
        [null, t("in images"), count(one.images)],
      ],
      hint: t("Click for these images"),
    };
  }

  fillTable(classes) {
    const cell = (words) => el("td", { class: "num" }, words);
    this.table.replaceChildren(
      ...classes.map((one) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, el("a", { href: galleryOf(this.range, { class_name: one.class_name }) }, className(one.class_name))),
          cell(count(one.regions)),
          cell(percent(one.share, 1)),
          cell(count(one.images)),
          cell(count(one.area_pixels)),
        ),
      ),
    );
  }
}

const broken = (name) => name.split("_").map((part, i, all) => (i < all.length - 1 ? `${part}_` : part));
