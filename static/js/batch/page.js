// The page of one batch: follows it live, sends what this browser still has to send.
import { query, request } from "../api.js";
import { announce } from "../dom.js";
import { count, dateTime } from "../format.js";
import { t, tn } from "../language.js";
import { Actions } from "./actions.js";
import { Follow } from "./follow.js";
import { Head } from "./head.js";
import { ImageList } from "./list.js";
import { Outbox } from "./outbox.js";
import { Progress } from "./progress.js";
import { Rate } from "./rate.js";
import { Rows } from "./rows.js";
import { Totals } from "./totals.js";

const SOON_MS = 1000;
const SELDOM_MS = 20000;

export class BatchPage {
  /** `sender`: what this page began to send before it came to show the batch. */
  constructor(root, sender = null) {
    this.root = root;
    this.id = root.dataset.batch;
    this.batch = null;
    this.rows = new Rows();
    this.rate = new Rate();
    this.head = new Head(root);
    this.progress = new Progress(root);
    this.totals = new Totals(root, this.id);
    this.actions = new Actions(root, this);
    this.list = new ImageList(root.querySelector("[data-image-list]"), { onRetry: (id, button) => this.actions.retry(id, button) });
    this.outbox = new Outbox(root, this);
    this.frame = 0;
    if (sender) this.outbox.take(sender);
    this.follow = new Follow({ load: () => this.load(), pause: () => this.pause(), onGone: (error) => this.gone(error) });
    this.follow.now();
  }

  async load() {
    const first = this.batch === null;
    const body = await request(`/batches/${this.id}`);
    this.take(body);
    if (!first) return;
    this.outbox.recall(body.results);
    if (this.isMoving) await this.lookBack(body.servedAt);
  }

  /** A log-in that has ended is told by the banner; what is known stays to be read. */
  gone(error) {
    if (error.status !== 401 || !this.batch) this.head.gone(error);
  }

  /** When the last images ended tells the rate before this page has looked for long. */
  async lookBack(now) {
    const { uploads } = await request(`/uploads${query({ batch_id: this.id, status: "done", limit: 100 })}`);
    this.rate.seed(uploads.map((upload) => now - Date.parse(upload.updated_at)));
    this.later();
  }

  /** A thousand rows are 300 kB: the more there are, the less often they are asked for. */
  pause() {
    return this.isMoving ? SOON_MS + this.batch.total_images : SELDOM_MS;
  }

  get isMoving() {
    return this.batch?.status === "processing" || this.outbox.isActive;
  }

  take(batch) {
    // Answers overtake each other while groups are sent; files only become more then.
    if (this.outbox.isActive && this.batch && batch.total_images < this.batch.total_images) return;
    const wasProcessing = this.batch?.status === "processing";
    this.batch = batch;
    this.rows.take(batch.results);
    this.rate.note(batch.counts.done + batch.counts.failed + batch.counts.rejected);
    if (wasProcessing && !this.isMoving) announce(tn("The batch is done: {n} defect", "The batch is done: {n} defects", batch.total_defects, { n: count(batch.total_defects) }));
    this.later();
  }

  /**
   * Draw in the next two frames, the list and then the cards, however much has changed: a thousand rows and all
   * figures at once would hold a slow machine up. A hidden tab draws when it is seen.
   */
  later() {
    this.frame ||= requestAnimationFrame(() => {
      const figures = this.batch && this.figures();
      if (figures) this.list.show(this.rows, { ...figures.counts, all: figures.total }, { moving: figures.isMoving });
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (figures) this.draw(figures);
      });
    });
  }

  figures() {
    const { batch, outbox } = this;
    this.rows.takeLocal(outbox.items, batch.total_images + 1);
    const local = this.rows.local;
    const unsent = local.filter((row) => !row.ended).length;
    const rejected = batch.counts.rejected + local.length - unsent;
    const counts = { ...batch.counts, rejected, unsent };
    const total = batch.total_images + local.length;
    const left = counts.queued + counts.processing + unsent;
    return { batch, counts, total, left, isMoving: this.isMoving };
  }

  draw({ batch, counts, total, left, isMoving }) {
    this.progress.show({ counts, total, left, rate: this.rate.now, batch, median: this.rows.medianSeconds() });
    this.totals.show({ batch, withDefects: this.rows.withDefects, line: this.rate.line(), isMoving });
    this.head.show({ batch, total, left, isMoving, name: t("Batch {time}", { time: dateTime(batch.created_at) }) });
    this.actions.show(batch);
    this.outbox.show();
  }
}
