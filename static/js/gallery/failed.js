// The uploads that failed: why, and another try.
import { pictureUrl, request, retry, url } from "../api.js";
import { ask } from "../asking.js";
import { el, icon } from "../dom.js";
import { ago, bytes, dateTime } from "../format.js";
import { t, tn } from "../language.js";
import { known } from "../reasons.js";
import { explain } from "../words.js";
import { remove } from "./removal.js";

const PAGE = 50;
const PATH = `/uploads?status=failed&limit=${PAGE}`;

export const countFailed = async () => (await request("/uploads?status=failed&limit=1")).total;

export class Failed {
  /** `onCount(n)` hears how many there are; `say(notice)` tells of trouble. */
  constructor(root, { onCount, say }) {
    Object.assign(this, { root, onCount, say });
    this.list = root.querySelector("[data-failed-list]");
    this.more = root.querySelector("[data-failed-more]");
    this.every = root.querySelector("[data-retry-all]");
    this.empty = root.querySelector("[data-failed-empty]");
    this.total = 0;
    this.more.addEventListener("click", () => this.load());
    this.every.addEventListener("click", () => this.retryAll());
  }

  async show() {
    this.cursor = null;
    this.list.replaceChildren();
    await this.load();
  }

  async load() {
    try {
      const answer = await request(this.cursor ? `${PATH}&cursor=${encodeURIComponent(this.cursor)}` : PATH);
      this.cursor = answer.next_cursor;
      this.list.append(...answer.uploads.map((upload) => this.row(upload)));
      this.counted(answer.total);
    } catch (error) {
      this.say(explain(error));
    }
  }

  counted(total) {
    this.total = total;
    this.more.hidden = !this.cursor;
    this.every.hidden = total < 2;
    this.empty.hidden = total > 0;
    this.onCount(total);
  }

  row(upload) {
    const again = el("button", { class: "btn btn-plain", type: "button", "data-retry": true, "data-needs": "upload" }, icon("arrow-clockwise"), t("Retry"));
    const away = el("button", { class: "icon-button", type: "button", "data-needs": "admin", "aria-label": t("Delete {name}", { name: upload.original_filename }) }, icon("trash3"));
    const picture = el("img", { src: pictureUrl(upload.img_unique_id, "thumbnail"), alt: "", loading: "lazy", width: 64, height: 64 });
    picture.addEventListener("error", () => picture.replaceWith(icon("file-earmark-x")));
    const ours = known(upload.error);
    const times = tn("{n} try", "{n} tries", upload.attempts);
    const row = el(
      "li",
      { class: "failed-row", "data-id": upload.img_unique_id },
      el("span", { class: "failed-picture" }, picture),
      el(
        "div",
        { class: "failed-words" },
        el("p", { class: "failed-name" }, upload.original_filename),
        el("p", { class: "failed-reason" }, icon("x-circle-fill"), el("span", {}, ours ?? upload.error ?? t("No reason was given."))),
        ours && ours !== upload.error ? el("p", { class: "failed-detail meta", lang: "en" }, upload.error) : null,
        el("p", { class: "meta", title: dateTime(upload.created_at) }, [ago(upload.created_at), bytes(upload.size_bytes), times].join(" · ")),
      ),
      again,
      away,
    );
    again.addEventListener("click", () => this.retry(row, again));
    away.addEventListener("click", () => this.remove(row, upload));
    return row;
  }

  async retry(row, button) {
    button.disabled = true;
    try {
      await retry(row.dataset.id);
      row.replaceChildren(el("p", { class: "failed-queued" }, icon("clock"), t("Queued again.")), el("a", { href: url(`/#${row.dataset.id}`) }, t("Follow it")));
      row.classList.add("is-queued");
      this.counted(this.total - 1);
    } catch (error) {
      button.disabled = false;
      this.say(explain(error));
    }
  }

  async retryAll() {
    this.every.disabled = true;
    for (const row of this.list.querySelectorAll(".failed-row:not(.is-queued)")) {
      await this.retry(row, row.querySelector("[data-retry]"));
    }
    this.every.disabled = false;
    if (this.cursor) await this.load();
  }

  async remove(row, upload) {
    const yes = await ask({
      title: t("Delete {name}?", { name: upload.original_filename }),
      text: t("The stored image and its record go for good."),
      yes: t("Delete"),
    });
    if (!yes) return;
    const { kept } = await remove([upload.img_unique_id], { path: "uploads" });
    if (kept.size) return this.say(explain([...kept.values()][0]));
    row.remove();
    this.counted(this.total - 1);
  }
}
