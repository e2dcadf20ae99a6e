// The state badge in the top bar: asks /health while somebody looks, and tells the page what it heard.
import { health, ApiError } from "./api.js";
import { el, icon } from "./dom.js";
import { clock, count, seconds } from "./format.js";
import { t } from "./language.js";
import { HEALTH } from "./words.js";

const EVERY = 10000;
const EVERY_WHEN_LOST = 3000;

let latest = null;

/** Hear what /health told last, and whatever it tells from now on: {word, segformer, reached, body}. */
export function onHealth(hear) {
  document.addEventListener("aoi:health", ({ detail }) => hear(detail));
  if (latest) hear(latest);
}

/** Which word of HEALTH tells most about this answer. */
function worst(body) {
  const checks = body?.checks ?? {};
  const bad = (name) => checks[name] && checks[name].status !== "ok";
  if (body?.status === "ok") return "ok";
  if (bad("database")) return "database";
  if (bad("segformer")) return checks.segformer.model_loaded === false ? "model" : "segformer";
  if (bad("storage")) return "storage";
  return bad("queue") ? "queue" : "other";
}

export class HealthBadge {
  constructor(root) {
    this.root = root;
    this.badge = root.querySelector(".state-badge");
    this.last = null;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => !document.hidden && this.check());
    document.addEventListener("aoi:check-health", () => this.check());
    this.check();
  }

  async check() {
    clearTimeout(this.timer);
    let body = null;
    try {
      body = await health();
    } catch (error) {
      if (error instanceof ApiError && error.body.checks) body = error.body; // 503 tells what is wrong
    }
    this.show(body);
    if (!document.hidden) this.timer = setTimeout(() => this.check(), body && body.status !== "error" ? EVERY : EVERY_WHEN_LOST);
  }

  show(body) {
    const word = body ? worst(body) : "lost";
    const level = word === "ok" ? "ok" : word === "lost" || word === "database" ? "error" : "degraded";
    this.badge.dataset.state = level;
    const narrow = window.matchMedia("(max-width: 767px)").matches;
    this.root.querySelector("[data-system-words]").textContent = HEALTH[word][narrow ? 1 : 0];
    const sign = level === "ok" ? el("span", { class: "dot" }) : icon(word === "lost" ? "wifi-off" : "exclamation-triangle-fill");
    this.root.querySelector("[data-system-icon]").replaceChildren(sign);
    const queued = body?.checks?.queue?.queued;
    const queue = this.root.querySelector("[data-system-queue]");
    queue.hidden = queued === undefined || queued === null;
    queue.textContent = t("Queue {n}", { n: count(queued ?? 0) });
    this.showCard(body);
    latest = { word, segformer: body?.checks?.segformer?.status === "ok", reached: body !== null, body };
    document.dispatchEvent(new CustomEvent("aoi:health", { detail: latest }));
  }

  showCard(body) {
    const lost = [t("Server"), "wifi-off", t("Not reached from here"), false];
    this.root.querySelector("[data-system-checked]").textContent = t("checked {time}", { time: clock(new Date()) });
    this.root.querySelector("[data-system-rows]").replaceChildren(...(body ? systemList(body.checks ?? {}) : [row(lost)]));
  }
}

/** The parts that /health checks, each as a line of a <dl>. */
export const systemList = (checks) => systemRows(checks).map(row);

function row([name, sign, words, good]) {
  return el(
    "div",
    {},
    icon(sign),
    el("dt", {}, name),
    el("dd", {}, words),
    el(
      "dd",
      { class: `system-sign${good ? " is-good" : ""}` },
      icon(good ? "check-circle-fill" : "exclamation-triangle-fill"),
      el("span", { class: "visually-hidden" }, good ? t("ready") : t("needs attention")),
    ),
  );
}

/** [name, icon, words, good] */
function systemRows(checks) {
  const good = (name) => checks[name]?.status === "ok";
  const { database = {}, segformer = {}, storage = {}, queue = {} } = checks;
  return [
    ["SegFormer", "cpu", segformerWords(segformer), good("segformer")],
    [t("Database"), "database", databaseWords(database), good("database")],
    [t("Queue"), "layers", queueWords(queue), good("queue")],
    [t("Disk"), "hdd", diskWords(storage), good("storage")],
  ];
}

function segformerWords({ status, model_loaded: loaded, since }) {
  if (status === "ok") return t("Ready");
  const words = loaded === false ? t("No model loaded") : t("Does not answer");
  if (!since) return words;
  return t("{words}, away {time}", { words, time: seconds((Date.now() - Date.parse(since)) / 1000) });
}

function databaseWords({ status, latency_ms: latency }) {
  if (status !== "ok") return t("Out of reach");
  return t("Answers in {n} ms", { n: Math.max(1, Math.round(latency ?? 0)) });
}

function queueWords({ queued, oldest_queued_seconds: oldest }) {
  if (queued === undefined || queued === null) return t("Not known");
  if (!queued) return t("Empty");
  const n = count(queued);
  return oldest ? t("{n} waiting, oldest {time}", { n, time: seconds(oldest) }) : t("{n} waiting", { n });
}

// null where the folder cannot be asked.
const diskWords = ({ used_percent: use }) =>
  use === null || use === undefined ? t("Not known") : t("{n} % used", { n: Math.round(use) });
