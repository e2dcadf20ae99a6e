// What this browser sends to the batch on show: files added here, or chosen again after a closed tab.
import { el } from "../dom.js";
import { count } from "../format.js";
import { t, tn } from "../language.js";
import { notice } from "../notices.js";
import { may } from "../rights.js";
import { REFUSED } from "../words.js";
import { takeDrops } from "./dropping.js";
import { chosenFiles } from "./files.js";
import { guard } from "./guard.js";
import { Sender } from "./sender.js";
import { refusedList, sortFiles } from "./sorting.js";
import { Strip } from "./strip.js";
import * as unsent from "./unsent.js";

export class Outbox {
  constructor(root, page) {
    this.page = page;
    this.root = root;
    this.sender = null;
    this.missing = null;
    this.place = root.querySelector("[data-outbox]");
    this.strip = new Strip(root.querySelector("[data-strip]"));
    takeDrops(root.querySelector("[data-drop-here]"), (files) => this.add(files));
    for (const name of ["files", "folder"]) {
      const input = root.querySelector(`[data-add-${name}]`);
      input.addEventListener("change", () => this.add(chosenFiles(input)));
      for (const opener of root.querySelectorAll(`[data-open-${name}]`)) opener.addEventListener("click", () => input.click());
    }
  }

  get isActive() {
    return this.sender?.isActive ?? false;
  }

  get items() {
    return this.sender?.items ?? [];
  }

  take(sender) {
    this.sender = sender;
    this.strip.follow(sender);
    sender.addEventListener("accepted", ({ detail }) => this.page.take(detail));
    sender.addEventListener("change", () => this.page.later());
    sender.addEventListener("end", () => this.page.follow.now());
  }

  show() {
    this.strip.show();
  }

  async add(files) {
    if (!files.length) return;
    if (!may("upload")) return this.refuse();
    const wanted = this.missing ? files.filter((file) => unsent.isMissing(this.missing, file)) : files;
    const { maxBytes, maxImages } = this.root.dataset;
    const taken = (this.page.batch?.total_images ?? 0) + (this.sender?.unsent().length ?? 0);
    const room = Math.max(0, Number(maxImages) - taken);
    const { good, refused, over } = await sortFiles(wanted, { maxBytes: Number(maxBytes), room });
    this.tell(wanted, refused, over, Number(maxImages));
    if (!good.length) return;
    this.missing = null;
    if (this.isActive) return this.sender.add(good);
    const sender = new Sender(good, this.page.id);
    guard(sender);
    this.take(sender);
    sender.start();
  }

  refuse() {
    const [title, text] = REFUSED.mayNot();
    this.place.replaceChildren(notice({ title, text, failed: true, closable: true }));
  }

  tell(wanted, refused, over, limit) {
    this.place.replaceChildren();
    if (!wanted.length) {
      this.place.append(notice({ title: t("None of these files is missing here."), text: t("Choose the files or the folder that were being sent."), closable: true }));
    }
    const parts = refusedList(refused, over, limit);
    if (!parts.length) return;
    const box = notice({ title: t("Not all of the files are sent."), closable: true });
    box.append(el("div", { class: "notice-text" }, ...parts));
    this.place.append(box);
  }

  /** Tell what a closed tab had not sent; the same files chosen again go on from there. */
  recall(results) {
    if (this.isActive || !may("upload")) return;
    const kept = unsent.recall(this.page.id, results);
    if (!kept) return unsent.forget(this.page.id);
    const n = kept.missing.size;
    if (kept.elsewhere) {
      this.place.replaceChildren(notice({ title: t("Another tab of this browser is sending to this batch."), text: t("Keep that tab open until all are sent."), closable: true }));
      return;
    }
    this.missing = kept.missing;
    const title = tn("{n} image was not sent: its page was closed before.", "{n} images were not sent: their page was closed before.", n, { n: count(n) });
    const box = notice({ title, text: t("Choose the same files or folder again: only what is missing is sent."), closable: true });
    const button = (words, name) => {
      const node = el("button", { type: "button", class: "btn btn-plain" }, words);
      node.addEventListener("click", () => this.root.querySelector(`[data-add-${name}]`).click());
      return node;
    };
    box.append(el("div", { class: "notice-actions outbox-actions" }, button(t("Choose files"), "files"), button(t("Choose a folder"), "folder")));
    box.querySelector("[aria-label]").addEventListener("click", () => {
      this.missing = null;
      unsent.forget(this.page.id);
    });
    this.place.replaceChildren(box);
  }
}
