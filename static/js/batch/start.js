// The start of a batch: choose or drop, see what is refused, send.
import { url } from "../api.js";
import { announce } from "../dom.js";
import { bytes, count } from "../format.js";
import { t, tn } from "../language.js";
import { notice, show } from "../notices.js";
import { may } from "../rights.js";
import { explain, LOST, REFUSED } from "../words.js";
import { takeDrops } from "./dropping.js";
import { chosenFiles } from "./files.js";
import { guard } from "./guard.js";
import { Sender } from "./sender.js";
import { refusedList, sortFiles } from "./sorting.js";
import { swapTo } from "./swap.js";

const identity = (file) => `${file.webkitRelativePath || file.name} ${file.size} ${file.lastModified}`;

export class BatchStart {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.limits = { maxBytes: Number(root.dataset.maxBytes), room: Number(root.dataset.maxImages) };
    this.sorted = null;
    this.turn = 0;
    takeDrops(this.find("drop-here"), (files) => this.take(files));
    for (const name of ["files", "folder"]) {
      const input = this.find(`add-${name}`);
      input.addEventListener("change", () => this.take(chosenFiles(input)));
      for (const opener of root.querySelectorAll(`[data-open-${name}]`)) opener.addEventListener("click", () => input.click());
    }
    this.find("send").addEventListener("click", () => this.send());
    this.find("clear").addEventListener("click", () => this.clear());
    const samples = this.find("samples");
    samples?.addEventListener("click", () => this.takeSamples(samples.dataset.samples.trim().split(" ")));
  }

  async takeSamples(addresses) {
    const fetched = addresses.map(async (address) => {
      const blob = await (await fetch(address)).blob();
      return new File([blob], decodeURIComponent(new URL(address, location.href).pathname.split("/").at(-1)), { type: blob.type, lastModified: 0 });
    });
    this.take(await Promise.all(fetched));
  }

  /** More files beside those that are here already; the same file again is the same. */
  async take(files) {
    if (!may("upload")) return this.refuse();
    if (!files.length || this.sender) return;
    const turn = (this.turn += 1);
    const before = this.sorted ? [...this.sorted.good, ...this.sorted.over, ...this.sorted.refused.map(({ file }) => file)] : [];
    const known = new Set(before.map(identity));
    const all = [...before, ...files.filter((file) => !known.has(identity(file)))];
    this.show("checking");
    this.find("staged-title").textContent = tn("Checking {n} file", "Checking {n} files", all.length, { n: count(all.length) });
    const sorted = await sortFiles(all, this.limits);
    if (turn !== this.turn) return;
    this.sorted = sorted;
    this.ready();
  }

  refuse() {
    const [title, text] = REFUSED.mayNot();
    show(this.find("table-notices"), { title, text, failed: true, closable: true });
  }

  ready() {
    const { good, refused, over } = this.sorted;
    const total = good.reduce((sum, file) => sum + file.size, 0);
    this.show("ready");
    this.find("staged-title").textContent = good.length
      ? tn("{n} image, {size}", "{n} images, {size}", good.length, { n: count(good.length), size: bytes(total) })
      : t("No image to send");
    this.find("refused").replaceChildren(...refusedList(refused, over, this.limits.room));
    const send = this.find("send");
    send.hidden = good.length === 0;
    send.querySelector("span").textContent = tn("Send {n} image", "Send {n} images", good.length, { n: count(good.length) });
    announce([this.find("staged-title").textContent, refused.length ? tn("{n} file is refused", "{n} files are refused", refused.length, { n: count(refused.length) }) : ""].filter(Boolean).join(". "));
    (good.length ? send : this.find("clear")).focus();
  }

  clear() {
    this.turn += 1;
    this.sorted = null;
    this.show("empty");
    this.root.querySelector("[data-open-files]").focus();
  }

  show(state) {
    this.find("start").dataset.state = state;
    this.find("staged").hidden = state === "empty";
    this.find("staged-bar").hidden = state !== "sending" && state !== "checking";
    this.find("staged-actions").hidden = state !== "ready";
    this.find("dropzone").hidden = state !== "empty";
  }

  /** The first group makes the batch; its page then goes on with the others. */
  send() {
    const sender = new Sender(this.sorted.good);
    this.sender = sender;
    guard(sender);
    this.show("sending");
    this.find("staged-title").textContent = tn("Sending {n} image", "Sending {n} images", sender.items.length, { n: count(sender.items.length) });
    sender.addEventListener("accepted", ({ detail }) => this.goTo(detail), { once: true });
    sender.addEventListener("trouble", ({ detail }) => this.trouble(detail));
    sender.addEventListener("end", () => this.ended());
    sender.start();
  }

  async goTo(batch) {
    const main = await swapTo(url(`/batch/${batch.batch_id}`));
    const { BatchPage } = await import("./page.js");
    new BatchPage(main, this.sender);
  }

  trouble(error) {
    if (this.sender.batchId) return;
    const place = this.find("send-notices");
    if (!error) return place.replaceChildren();
    const [title, text, detail] = error.status === undefined ? LOST : explain(error);
    const action = this.sender.state === "halted" ? { words: t("Try again"), run: () => this.sender.resume() } : null;
    place.replaceChildren(notice({ title, text, detail, action, failed: error.status !== undefined }));
  }

  /** Not one group was accepted: there is no batch. */
  ended() {
    if (this.sender.batchId) return;
    const refused = this.sender.items.filter((item) => item.state === "refused").map((item) => ({ file: item.file, why: [`${item.name}: ${item.reason}`] }));
    this.sender = null;
    this.sorted = { good: [], refused: [...this.sorted.refused, ...refused], over: this.sorted.over };
    this.ready();
  }
}

