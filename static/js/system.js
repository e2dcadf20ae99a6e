// The system page: what /health and /stats say, in words, kept up to date.
import * as api from "./api.js";
import { el, icon } from "./dom.js";
import { count, dateTime, seconds } from "./format.js";
import { onHealth } from "./health.js";
import { t } from "./language.js";
import { notice } from "./notices.js";
import { stateParts } from "./states.js";
import * as parts from "./system/parts.js";

const STATS_EVERY = 30000;
const SIGNS = { ok: "check-circle-fill", degraded: "exclamation-triangle-fill", error: "x-circle-fill" };

class SystemPage {
  constructor(root) {
    this.root = root;
    this.stats = null;
    this.model = null;
    this.asked = -Infinity;
    onHealth(({ body }) => this.hear(body));
    root.querySelector("[data-check-now]").addEventListener("click", () => {
      this.asked = -Infinity;
      document.dispatchEvent(new CustomEvent("aoi:check-health"));
    });
  }

  /** `body` is the answer of /health, null where there was none. */
  async hear(body) {
    this.root.querySelector("[data-overall]").textContent = parts.overall(body?.status ?? "lost");
    this.root.classList.toggle("is-lost", body === null);
    if (!body) return;
    this.health = body;
    this.show();
    if (performance.now() - this.asked < STATS_EVERY || body.status === "error") return;
    this.asked = performance.now();
    const [stats, newest] = await Promise.all([api.request("/stats"), newestImage()].map((asked) => asked.catch(() => null)));
    this.stats = stats ?? this.stats;
    this.model = newest?.model_version ?? this.model;
    this.show();
  }

  show() {
    const { checks } = this.health;
    const away = checks.segformer.status !== "ok";
    this.advices = [];
    this.part("segformer", parts.segformer({ ...checks.segformer, model: this.model }));
    this.part("queue", parts.queue(checks.queue, away));
    this.part("storage", parts.storage(checks.storage, this.stats?.storage));
    this.part("database", parts.database(checks.database));
    this.tellAdvices();
    this.root.querySelector("[data-disk-bar] span").style.width = `${checks.storage.used_percent ?? 0}%`;
    if (this.stats) this.root.querySelector("[data-disk-note]").textContent = parts.diskNote(this.stats.storage);
    if (this.stats) fill(this.root.querySelector("[data-counts]"), counts(this.stats));
    fill(this.root.querySelector("[data-about]"), about(this.health, this.model));
  }

  part(name, { level, state, figure, advice }) {
    const card = this.root.querySelector(`[data-part="${name}"]`);
    card.dataset.level = level;
    card.querySelector("[data-part-state]").replaceChildren(icon(SIGNS[level]), state);
    card.querySelector("[data-part-figure]").textContent = figure;
    const title = card.querySelector("h2").textContent.trim();
    if (advice) this.advices.push({ title: `${title}: ${state}`, text: advice, failed: level === "error" });
  }

  /** What to do, above the parts; left alone while it stays the same, as it is read out. */
  tellAdvices() {
    const told = JSON.stringify(this.advices);
    if (told === this.told) return;
    this.told = told;
    this.root.querySelector("[data-advices]").replaceChildren(...this.advices.map(notice));
  }
}

async function newestImage() {
  const { images } = await api.recent(1);
  return images.length ? api.image(images[0].img_unique_id) : null;
}

function fill(list, rows) {
  list.replaceChildren(...rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

const link = (path, words) => el("a", { href: api.url(path) }, words);

function counts({ total_images: images, total_defects: defects, recent_uploads: recent, uploads_by_status: states, ...stats }) {
  const waiting = (states.queued ?? 0) + (states.processing ?? 0);
  return [
    [t("Images inspected"), link("/gallery", count(images))],
    [t("Defects found"), link("/dashboard", count(defects))],
    [t("Defects an image"), images ? (defects / images).toFixed(2) : "–"],
    [t("Uploads of the last 7 days"), count(recent)],
    [t("Inspection time, mean"), stats.average_processing_time_seconds === null ? "–" : seconds(stats.average_processing_time_seconds)],
    [el("span", { class: "upload-state", "data-state": "queued" }, ...stateParts("queued")), count(waiting)],
    [
      el("span", { class: "upload-state", "data-state": states.failed ? "failed" : "queued" }, ...stateParts("failed")),
      states.failed ? link("/gallery?status=failed", count(states.failed)) : "0",
    ],
  ];
}

function about({ version, started_at: started, checks }, model) {
  return [
    [t("Version"), version],
    [t("Running since"), dateTime(started)],
    [t("Up for"), seconds(Math.max(0, (Date.now() - Date.parse(started)) / 1000))],
    [t("Model"), model ?? "–"],
    [t("Model runs on"), checks.segformer.device?.toUpperCase() ?? "–"],
    ["PostgreSQL", checks.database.version ?? "–"],
  ];
}

new SystemPage(document.querySelector("[data-system-page]"));
