// What stands over a batch: its name, state and facts, and the notice while SegFormer is away.
import { el, icon } from "../dom.js";
import { count, percent, seconds, time } from "../format.js";
import { url } from "../api.js";
import { empty } from "../empty.js";
import { t, tn } from "../language.js";
import { show } from "../notices.js";
import { stateParts } from "../states.js";
import { explain } from "../words.js";

export class Head {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.pageTitle = document.title;
    this.state = null;
    this.since = null;
  }

  show({ batch, total, left, isMoving, name }) {
    this.find("title").textContent = name;
    const images = tn("{n} image", "{n} images", total, { n: count(total) });
    const began = (Date.now() - Date.parse(batch.created_at)) / 1000;
    const facts = isMoving && began > 0 ? [images, t("started {time} ago", { time: seconds(Math.floor(began)) })] : [images];
    this.find("facts").replaceChildren(el("span", { class: "wide-only" }, `${batch.batch_id} · `), facts.join(" · "));
    this.showState(batch, isMoving);
    this.showWait(isMoving ? batch.waiting_for_segformer_since : null);
    document.title = isMoving ? `${percent(Math.floor(100 * (1 - left / Math.max(1, total))) / 100)} · ${name}` : `${name} · ${this.pageTitle.split(" · ").at(-1)}`;
  }

  showState({ counts }, isMoving) {
    const state = isMoving ? "processing" : counts.failed ? "failed" : "done";
    if (state === this.state) return;
    this.state = state;
    const label = this.find("batch-state");
    label.dataset.state = state;
    const [sign, word] = stateParts(state);
    word.textContent = { processing: t("In progress"), failed: t("Done, some failed"), done: t("Done") }[state];
    label.replaceChildren(sign, word);
  }

  showWait(since) {
    if (since === this.since) return;
    this.since = since;
    const place = this.find("waiting");
    if (!since) return place.replaceChildren();
    show(place, {
      title: t("SegFormer does not answer. The images are safe and wait in the queue."),
      text: t("Away since {time}. The batch goes on by itself when it is back; nothing needs doing here.", { time: time(since) }),
    });
  }

  /** The batch is not there (any more). */
  gone(error) {
    const link = el("a", { class: "btn btn-plain", href: url("/batch") }, icon("layers"), t("All batches"));
    const words = error.status === 404 ? [t("There is no such batch."), t("It may have been deleted, or the address is mistyped.")] : explain(error);
    this.find("title").textContent = t("Batch");
    this.find("batch-body").replaceChildren(empty("layers", words[0], words[1], link));
    for (const part of this.root.querySelectorAll("[data-head-actions], [data-batch-state], [data-facts], [data-notices] > *, [data-waiting] > *")) part.remove();
  }
}
