// While SegFormer is away: what waits and what failed, with what can be done about it, kept up to date.
import * as api from "../api.js";
import { el, fileName, icon } from "../dom.js";
import { bytes, count, seconds } from "../format.js";
import { systemList } from "../health.js";
import { t, tn } from "../language.js";
import { reason } from "../reasons.js";
import { uploadState } from "../states.js";

const MOST = 6;
const FAILED = 2; // of which so many are kept for what failed

export class Waiting {
  constructor(root) {
    this.start = root.querySelector("[data-start]");
    this.card = root.querySelector("[data-waiting]");
    this.aside = root.querySelector("[data-system-aside]");
    this.body = this.card.querySelector("tbody");
    this.away = false;
  }

  /** `health` is the answer of /health. */
  async hear(away, health) {
    this.away = away;
    this.start.classList.toggle("is-away", away);
    this.aside.hidden = !away;
    if (!away) return (this.card.hidden = true);
    this.aside.querySelector("dl").replaceChildren(...systemList(health.checks));
    await this.refresh();
  }

  async refresh() {
    const asked = ["queued", "failed"].map((status) => api.request(`/uploads${api.query({ status, limit: MOST })}`));
    const answers = await Promise.all(asked).catch(() => null); // the banner tells of a server that is away
    if (!answers || !this.away) return;
    const total = answers.reduce((sum, answer) => sum + answer.total, 0);
    const [queued, failed] = answers.map((answer) => answer.uploads);
    const uploads = [...queued.slice(0, MOST - Math.min(FAILED, failed.length)), ...failed].slice(0, MOST);
    this.card.hidden = total === 0;
    this.card.querySelector("[data-waiting-count]").textContent = tn("{n} image", "{n} images", total, { n: count(total) });
    this.body.replaceChildren(...uploads.map((upload) => this.row(upload)));
  }

  row(upload) {
    const failed = upload.status === "failed";
    const passed = Math.max(0, (Date.now() - Date.parse(upload.created_at)) / 1000);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { href: `#${upload.img_unique_id}`, title: upload.original_filename }, this.picture(upload), fileName(upload.original_filename))),
      el("td", {}, uploadState(upload.status), failed ? el("span", { class: "meta waiting-why", title: upload.error }, reason(upload.error)) : null),
      el("td", { class: "num waiting-time" }, failed ? "–" : seconds(passed)),
      el("td", { class: "num waiting-size" }, bytes(upload.size_bytes)),
      el("td", { class: "num" }, failed ? this.retryButton(upload) : this.cancelButton(upload)),
    );
  }

  picture(upload) {
    const image = el("img", { src: api.pictureUrl(upload.img_unique_id, "thumbnail"), alt: "", width: 36, height: 36, decoding: "async" });
    image.addEventListener("error", () => image.replaceWith(icon("file-earmark-image")), { once: true });
    return el("span", { class: "waiting-picture" }, image);
  }

  retryButton(upload) {
    const button = el("button", { type: "button", class: "btn btn-plain btn-small", "data-needs": "upload" }, icon("arrow-clockwise"), t("Retry"));
    return this.acting(button, () => api.retry(upload.img_unique_id));
  }

  cancelButton(upload) {
    const button = el("button", { type: "button", class: "btn btn-quiet btn-small", "data-needs": "admin" }, t("Cancel"));
    return this.acting(button, () => api.request(`/uploads/${upload.img_unique_id}`, { method: "DELETE" }));
  }

  acting(button, act) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      await act().catch(() => null); // taken up meanwhile: the list says so
      await this.refresh();
    });
    return button;
  }
}
