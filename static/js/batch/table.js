// All batches, newest first: more as one scrolls, those under way live.
import { query, request, url } from "../api.js";
import { classBadge, KNOWN_CLASSES } from "../classes.js";
import { el, icon } from "../dom.js";
import { count, dateTime, percent, seconds } from "../format.js";
import { t, tn } from "../language.js";
import { show } from "../notices.js";
import { stateParts } from "../states.js";
import { explain } from "../words.js";
import { Follow } from "./follow.js";

const PAGE = 20;
const MOVING_MS = 3000;
const STILL_MS = 15000;

export class BatchTable {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.body = this.find("batch-rows");
    this.rows = new Map(); // by id: {node, text}
    this.cursor = null;
    this.loading = false;
    this.more = this.find("more");
    this.more.addEventListener("click", () => this.next());
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.next(), { rootMargin: "400px" }).observe(this.more);
    this.follow = new Follow({ load: () => this.refresh(), pause: () => (this.isMoving ? MOVING_MS : STILL_MS), onGone: (error) => this.trouble(error) });
    this.follow.now();
  }

  /** The newest ones again: those under way are among them. */
  async refresh() {
    if (!this.root.isConnected) return this.follow.stop();
    const first = this.rows.size === 0;
    const answer = await request(`/batches${query({ limit: PAGE })}`);
    this.isMoving = answer.batches.some((batch) => batch.status === "processing");
    for (const [i, batch] of answer.batches.entries()) this.put(batch, i);
    if (first) this.setCursor(answer.next_cursor);
    this.find("total").textContent = answer.total ? count(answer.total) : "";
    this.find("list-table").hidden = answer.total === 0;
    this.find("none").hidden = answer.total > 0;
  }

  async next() {
    if (!this.cursor || this.loading) return;
    this.loading = true;
    try {
      const answer = await request(`/batches${query({ limit: PAGE, cursor: this.cursor })}`);
      for (const batch of answer.batches) this.put(batch, this.rows.size);
      this.setCursor(answer.next_cursor);
    } catch (error) {
      this.trouble(error);
    } finally {
      this.loading = false;
    }
  }

  setCursor(cursor) {
    this.cursor = cursor;
    this.more.hidden = !cursor;
  }

  trouble(error) {
    const [title, text, detail] = explain(error);
    show(this.find("table-notices"), { title, text, detail, failed: true, closable: true });
  }

  put(batch, at) {
    const text = JSON.stringify(batch);
    const known = this.rows.get(batch.batch_id);
    if (known?.text === text) return;
    const node = rowOf(batch);
    this.rows.set(batch.batch_id, { node, text });
    if (!known) return this.body.insertBefore(node, this.body.children[at] ?? null);
    const focused = known.node.contains(document.activeElement) ? document.activeElement.className : null;
    known.node.replaceWith(node);
    if (focused !== null) node.querySelector(`a[class="${focused}"]`)?.focus();
  }
}

function rowOf(batch) {
  const { batch_id: id, counts } = batch;
  const name = el("a", { class: "batch-link", href: url(`/batch/${id}`) }, dateTime(batch.created_at));
  const images = tn("{n} image", "{n} images", batch.total_images, { n: count(batch.total_images) });
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, name, el("span", { class: "meta batch-id" }, id)),
    el("td", { class: "batch-state" }, stateOf(batch)),
    el("td", { class: "batch-images num" }, el("span", { class: "wide-only" }, count(batch.total_images)), el("span", { class: "narrow-only meta" }, images)),
    el("td", { class: "batch-progress" }, barOf(batch)),
    el("td", { class: "batch-classes" }, el("span", { class: "badges" }, ...badgesOf(batch))),
    el("td", { class: "batch-get num" }, counts.done ? el("a", { class: "icon-button get-zip", href: url(`/download/batch/${id}`), download: true, title: t("Download as ZIP"), "aria-label": t("Download the batch of {time} as ZIP", { time: dateTime(batch.created_at) }) }, icon("download")) : null),
  );
}

function stateOf({ status, counts }) {
  const state = status === "processing" ? "processing" : counts.failed ? "failed" : "done";
  const [sign, word] = stateParts(state);
  word.textContent = { processing: t("In progress"), failed: t("{n} failed", { n: count(counts.failed) }), done: t("Done") }[state];
  return el("span", { class: "upload-state", "data-state": state }, sign, word);
}

/** The bar of one under way; what is done needs none. */
function barOf(batch) {
  const { status, counts, progress, total_images: total } = batch;
  if (status !== "processing") return el("span", { class: "meta" }, endWords(batch).join(" · "));
  const bar = el("span", { class: "all-bar", role: "progressbar", "aria-label": t("Progress"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.floor(progress * 100) });
  for (const state of ["done", "failed", "rejected", "processing"]) {
    if (!counts[state]) continue;
    const part = el("span", { "data-state": state });
    part.style.flexGrow = counts[state];
    bar.append(part);
  }
  bar.style.setProperty("--rest", counts.queued);
  const ended = total - counts.queued - counts.processing;
  const words = `${t("{n} of {total}", { n: count(ended), total: count(total) })} · ${percent(progress)}`;
  return el("span", { class: "bar-and-words" }, bar, el("span", { class: "meta" }, words));
}

function endWords({ counts, created_at: from, finished_at: to }) {
  const took = to ? (Date.parse(to) - Date.parse(from)) / 1000 : 0;
  return [
    counts.rejected ? t("{n} refused", { n: count(counts.rejected) }) : null,
    took > 0 ? t("took {time}", { time: seconds(took) }) : null,
  ].filter(Boolean);
}

function badgesOf({ total_defects: total, defect_classes: classes, counts }) {
  if (!counts.done) return [];
  if (!total) return [el("span", { class: "second" }, t("No defects"))];
  const known = KNOWN_CLASSES.filter((name) => classes[name]);
  const others = Object.keys(classes).filter((name) => !KNOWN_CLASSES.includes(name));
  return [...known, ...others].slice(0, 5).map((name) => classBadge(name, classes[name]));
}
