// Follows an image that the server has, to its result or its failure, and retries what failed.
import * as api from "../api.js";
import { announce } from "../dom.js";
import { may } from "../rights.js";
import { t, tn } from "../language.js";
import * as words from "../words.js";
import { known } from "../reasons.js";
import { watch } from "../watch.js";
import { fetchResult } from "./fetching.js";

const ASK_HEALTH_EVERY = 2000;

export class Following {
  /** `onGone([title, text, detail])` hears that there is no such image. */
  constructor(desk, { onGone }) {
    Object.assign(this, { desk, onGone, failedId: null, segformerAway: false, lastAsked: 0 });
  }

  async follow(id, signal) {
    this.failedId = null;
    this.lastAsked = performance.now();
    try {
      for await (const { record, trouble } of watch(id, () => !signal.aborted)) {
        if (signal.aborted) return;
        if (trouble) this.trouble(trouble);
        else this.show(record, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof api.ApiError)) throw error;
      this.onGone(words.explain(error));
    }
  }

  trouble(error) {
    this.desk.steps.trouble(error.status ? words.DATABASE_AWAY : words.LOST);
  }

  show(record, signal) {
    const { head, steps } = this.desk;
    head.name(record.original_filename);
    head.state(record.status);
    if (record.status === "done") return this.showResult(record.img_unique_id, signal);
    if (record.status === "failed") return this.showFailed(record.img_unique_id, record.error);
    const since = Date.parse(record.status === "queued" ? record.created_at : record.updated_at);
    const passed = Math.max(0, record.servedAt - since);
    steps.waiting(record.status === "queued" ? "queued" : "inspected", performance.now() - passed);
    if (this.segformerAway) steps.trouble(words.SEGFORMER_WAITS);
    else steps.calm();
    if (performance.now() - this.lastAsked > ASK_HEALTH_EVERY) this.askHealth();
  }

  /** While somebody waits, the badge's own pace is too slow to say what they wait for. */
  askHealth() {
    this.lastAsked = performance.now();
    document.dispatchEvent(new CustomEvent("aoi:check-health"));
  }

  async showResult(id, signal) {
    const { head, steps, inspection } = this.desk;
    let parts;
    try {
      parts = await fetchResult(id, { signal, onTrouble: (error) => this.trouble(error) });
    } catch (error) {
      const again = { words: t("Show the result"), run: () => this.showResult(id, signal) };
      if (!signal.aborted) steps.failed(words.explain(error), again);
      return;
    }
    if (signal.aborted) return;
    const { image } = parts;
    this.desk.mode(null);
    steps.calm();
    steps.hide();
    head.done(image);
    await inspection.show(parts);
    announce(tn("Done: {n} defect", "Done: {n} defects", image.total_defects));
  }

  showFailed(id, reason) {
    this.desk.head.state("failed");
    this.desk.mode("is-failed");
    this.failedId = id;
    const [title, text] = this.segformerAway ? words.SEGFORMER_AWAY : words.INSPECTION_FAILED;
    const why = this.segformerAway ? null : known(reason);
    this.offerRetry(id, [title, [why, text].filter(Boolean).join(" "), reason]);
    announce(title);
    this.askHealth();
  }

  offerRetry(id, told, options = { amber: this.segformerAway }) {
    const action = may("upload") ? { words: t("Retry"), run: () => this.retry(id) } : null;
    this.desk.steps.failed(told, action, { step: "inspected", ...options });
  }

  async retry(id) {
    const { head, steps } = this.desk;
    const name = head.current;
    try {
      await api.retry(id);
    } catch (error) {
      // 409: it goes on already
      if (error.status !== 409) return this.offerRetry(id, words.explain(error), {});
    }
    const signal = this.desk.again();
    steps.reset({ sent: true });
    head.name(name);
    head.state("queued");
    await this.follow(id, signal);
  }

  /** What /health told. */
  hear({ segformer, reached }) {
    const wasAway = this.segformerAway;
    this.segformerAway = reached && !segformer;
    if (wasAway && segformer && this.failedId) this.offerRetry(this.failedId, words.SEGFORMER_BACK, { amber: true });
  }
}
