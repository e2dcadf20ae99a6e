// Sends the image of a turn, with its preview, and tells how much of it has arrived.
import * as api from "../api.js";
import { isTiff } from "../checks.js";
import { t } from "../language.js";
import { load } from "../pictures.js";
import { newKey, transmit } from "../sending.js";
import * as words from "../words.js";

const REFUSED = [400, 413, 422];

export class Outgoing {
  /** `onStored(id, signal)`, `onFailed(id, reason)` (stored, not inspected), `onRefused([title, text, detail])` */
  constructor(desk, { onStored, onFailed, onRefused }) {
    Object.assign(this, { desk, onStored, onFailed, onRefused, busy: false });
  }

  async send(file, signal) {
    this.desk.head.file(file);
    this.preview(file, signal);
    await this.try(file, newKey(), signal);
  }

  async preview(file, signal) {
    const { viewer, head } = this.desk;
    if (isTiff(file)) return viewer.say(words.NO_PREVIEW);
    const url = URL.createObjectURL(file);
    try {
      const element = await load(url);
      if (signal.aborted) return;
      head.size(element.naturalWidth, element.naturalHeight, file);
      if (!viewer.source) await viewer.preview({ url, element });
    } catch {
      if (!signal.aborted) viewer.say(words.NO_PICTURE); // the server's decoder decides, not the browser's
    }
  }

  async try(file, key, signal) {
    const { steps, head } = this.desk;
    const begin = performance.now();
    this.busy = true;
    head.state("sending");
    steps.sending(0, file.size);
    try {
      const body = await transmit(file, {
        key,
        signal,
        onProgress: (sent, total) => !signal.aborted && steps.sending(sent, total),
        onTrouble: () => !signal.aborted && steps.trouble([words.LOST[0], words.PROGRESS.resend]),
      });
      if (signal.aborted) return;
      steps.calm();
      steps.sent(file.size, (performance.now() - begin) / 1000);
      this.busy = false;
      await this.onStored(body.img_unique_id, signal);
    } catch (error) {
      if (!signal.aborted) this.notSent(error, file, key, signal);
    } finally {
      if (!signal.aborted) this.busy = false;
    }
  }

  notSent(error, file, key, signal) {
    if (!(error instanceof api.ApiError) && !(error instanceof api.Unreachable)) throw error;
    if (error.body?.img_unique_id) return this.onFailed(error.body.img_unique_id, error.message);
    if (REFUSED.includes(error.status)) return this.onRefused(words.explain(error));
    this.desk.head.state("failed");
    this.desk.mode("is-failed");
    const again = { words: t("Send again"), run: () => this.again(file, key, signal) };
    this.desk.steps.failed(words.explain(error), again, { step: "sent" });
  }

  again(file, key, signal) {
    this.desk.mode("is-working");
    this.desk.steps.reset();
    this.try(file, key, signal);
  }
}
