// The dashboard: figures of a range of days, each mark a way into the gallery.
import { ApiError, query, request } from "./api.js";
import { csvOf, fillTable, save } from "./dashboard/table.js";
import { DaysChart } from "./dashboard/days.js";
import { ranked, stepOf, steps, totals } from "./dashboard/figures.js";
import { BINS, Heatmap } from "./dashboard/heatmap.js";
import { within } from "./dashboard/links.js";
import { MOST, showMost } from "./dashboard/most.js";
import { Pareto } from "./dashboard/pareto.js";
import { addDays, isoDay, readRange, span, writeRange } from "./dashboard/range.js";
import { Tiles } from "./dashboard/tiles.js";
import { TimesChart } from "./dashboard/times.js";
import { announce } from "./dom.js";
import { t } from "./language.js";
import { show } from "./notices.js";
import { isPassing, serverBack } from "./watch.js";
import { explain } from "./words.js";

const FRESH_EVERY_MS = 5 * 60000;

class Dashboard {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.turn = 0;
    this.tiles = new Tiles(root);
    this.days = new DaysChart(this.find("days-card"));
    this.pareto = new Pareto(this.find("pareto-card"), this.find("class-rows"));
    this.times = new TimesChart(this.find("times-card"));
    this.charts = [this.days, this.pareto, this.times];
    this.heatmap = new Heatmap(this.find("heat-card"));
    this.watchControls();
    this.load();
  }

  watchControls() {
    for (const button of this.root.querySelectorAll("[data-days]")) button.addEventListener("click", () => this.turnTo({ days: button.dataset.days }));
    this.from = this.find("from");
    this.to = this.find("to");
    for (const input of [this.from, this.to]) input.addEventListener("change", () => this.chosen());
    window.addEventListener("popstate", () => this.load());
    document.addEventListener("aoi:theme", () => this.paint());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(() => this.paint()));
    this.find("csv").addEventListener("click", () => save(csvOf(this.current, this.names), `aoi_${this.range.from}_${this.range.to}.csv`));
    this.find("print").addEventListener("click", () => window.print());
    window.addEventListener("beforeprint", () => this.forPaper(true));
    window.addEventListener("afterprint", () => this.forPaper(false));
    setInterval(() => !document.hidden && this.range.shortcut && this.load(), FRESH_EVERY_MS);
  }

  chosen() {
    const [from, to] = [this.from.value, this.to.value];
    if (from && to && from <= to) this.turnTo({ start_date: from, end_date: to });
  }

  turnTo(values) {
    writeRange(values);
    this.load();
  }

  async load() {
    const turn = (this.turn += 1);
    const isCurrent = () => this.turn === turn;
    const range = readRange();
    this.range = range;
    this.showRange();
    this.root.setAttribute("aria-busy", "true");
    const days = query({ start_date: range.from, end_date: range.to });
    // As they come: the heatmap of a year takes longer than the rest.
    const parts = [
      this.part(`/stats/daily${query({ start_date: addDays(range.from, -range.days), end_date: range.to })}`, (body) => this.showDays(body.days), isCurrent),
      this.part(`/stats/pareto${days}`, (body) => this.pareto.show(range, body), isCurrent),
      this.part(`/images${query({ ...within(range), order: "-total_defects", min_defects: 1, limit: MOST })}`, (body) => showMost(this.root, range, body.images), isCurrent),
      this.part(`/stats/heatmap${days}&bins=${BINS}`, (body) => this.heatmap.show(range, body), isCurrent),
    ];
    await Promise.all(parts);
    if (isCurrent()) this.root.removeAttribute("aria-busy");
  }

  async part(path, use, isCurrent) {
    while (isCurrent()) {
      try {
        const body = await request(path, { timeout: 60000 });
        if (isCurrent()) use(body);
        return;
      } catch (error) {
        if (!isCurrent()) return;
        if (isPassing(error)) await serverBack(isCurrent);
        else if (error instanceof ApiError) return this.tell(error);
        else throw error;
      }
    }
  }

  tell(error) {
    const [title, text, detail] = explain(error);
    show(this.find("notices"), { title, text, detail, failed: true, closable: true });
  }

  showRange() {
    const { from, to, shortcut } = this.range;
    this.from.value = from;
    this.to.value = to;
    this.from.max = this.to.max = isoDay(Date.now());
    for (const button of this.root.querySelectorAll("[data-days]")) button.setAttribute("aria-pressed", Number(button.dataset.days) === shortcut);
    this.find("range-words").textContent = t("{range}, days in UTC", { range: span(from, to) });
  }

  showDays(days) {
    const { range } = this;
    this.find("notices").replaceChildren();
    this.current = days.filter((day) => day.date >= range.from);
    const now = totals(this.current);
    const then = totals(days.filter((day) => day.date < range.from));
    const step = stepOf(this.current.length);
    const marks = steps(this.current, step);
    this.names = ranked(now.byClass);
    this.tiles.show(range, now, then, marks);
    const isEmpty = now.images === 0;
    this.root.classList.toggle("is-empty", isEmpty);
    this.find("none").hidden = !isEmpty;
    this.find("charts").hidden = isEmpty;
    this.find("csv").disabled = isEmpty;
    this.days.show({ steps: marks, step, names: this.names });
    this.times.show({ steps: marks, step });
    fillTable(this.find("table-head"), this.find("table-rows"), marks, this.names);
    announce(t("{range}, days in UTC", { range: span(range.from, range.to) }));
  }

  paint() {
    for (const chart of this.charts) chart.paint();
  }

  /** Paper is white, whatever the theme, and has its own sizes. */
  forPaper(isPaper) {
    const root = document.documentElement;
    if (isPaper) this.theme = root.dataset.bsTheme;
    root.dataset.bsTheme = isPaper ? "light" : this.theme;
    root.classList.toggle("on-paper", isPaper);
    for (const { chart } of this.charts) chart.resize();
    this.paint();
  }
}

new Dashboard(document.querySelector("[data-dashboard]"));
