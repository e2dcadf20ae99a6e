// What can be done with a batch: retry one or all, add images, delete.
import { request, retry, url } from "../api.js";
import { ask } from "../asking.js";
import { count } from "../format.js";
import { t, tn } from "../language.js";
import { show } from "../notices.js";
import { explain } from "../words.js";

export class Actions {
  constructor(root, page) {
    this.page = page;
    this.notices = root.querySelector("[data-notices]");
    this.retryAll = root.querySelector("[data-retry-all]");
    this.retryAll.addEventListener("click", () => this.all());
    root.querySelector("[data-delete]").addEventListener("click", () => this.delete());
  }

  show({ counts }) {
    this.retryAll.hidden = counts.failed === 0;
    this.retryAll.querySelector("span").textContent = t("Retry {n} failed", { n: count(counts.failed) });
  }

  async retry(id, button) {
    button.disabled = true;
    // 409: it goes on already.
    await this.tell(() => retry(id).catch((error) => this.unless(error, 409)));
    button.disabled = false;
    this.page.follow.now();
  }

  async all() {
    this.retryAll.disabled = true;
    await this.tell(async () => this.page.take(await request(`/batches/${this.page.id}/retry`, { method: "POST" })));
    this.retryAll.disabled = false;
    this.page.follow.now();
  }

  async delete() {
    const { batch, isMoving } = this.page;
    if (!batch) return;
    if (isMoving) {
      return show(this.notices, { title: t("The batch is still under way."), text: t("Delete it when all of its images have ended."), closable: true });
    }
    const sure = await ask({
      title: t("Delete this batch?"),
      text: tn("{n} image with its results goes for good.", "{n} images with their results go for good.", batch.total_images, { n: count(batch.total_images) }),
      yes: t("Delete"),
    });
    if (!sure) return;
    const gone = await this.tell(() => request(`/batches/${batch.batch_id}`, { method: "DELETE", timeout: 120000 }).catch((error) => this.unless(error, 404)));
    if (gone) location.assign(url("/batch"));
  }

  unless(error, status) {
    if (error.status !== status) throw error;
  }

  /** Do it; a failure is told in a notice. Answers whether it was done. */
  async tell(act) {
    try {
      await act();
      this.notices.replaceChildren();
      return true;
    } catch (error) {
      const [title, text, detail] = explain(error);
      show(this.notices, { title, text, detail, failed: true, closable: true });
      return false;
    }
  }
}
