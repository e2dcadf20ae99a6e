// Sends many files in small groups, three at a time, through lost connections, until told to stop.
import { ApiError, Unreachable } from "../api.js";
import { newKey } from "../sending.js";
import { serverBack, sleep } from "../watch.js";
import { cut } from "./groups.js";
import { postGroup } from "./post.js";
import { Speed } from "./speed.js";

const LANES = 3;
const TRIES_AT_A_FAULT = 3;

/**
 * A file's way: waiting → sending → sent | refused | cancelled.
 * Events: "change" (anything), "accepted" (detail: the batch's answer), "trouble" (detail: the error,
 * or null once it is over), "end".
 */
export class Sender extends EventTarget {
  constructor(files, batchId = null) {
    super();
    this.batchId = batchId;
    this.items = [];
    this.groups = [];
    this.speed = new Speed();
    this.state = "idle"; // idle, sending, paused, lost, halted, ended
    this.resumed = null;
    this.add(files);
  }

  add(files) {
    const from = this.items.length;
    const items = files.map((file, i) => ({ number: from + i + 1, file, name: file.name, size: file.size, state: "waiting", share: 0, reason: null }));
    this.items.push(...items);
    this.groups.push(...cut(items).map((group) => ({ items: group, key: newKey() })));
    this.emit("change");
  }

  get isActive() {
    return !["idle", "ended"].includes(this.state);
  }

  /** What is sent and what is not, in files and bytes. */
  get totals() {
    const totals = { files: 0, bytes: 0, sent: 0, sentBytes: 0, waiting: 0, refused: 0, cancelled: 0 };
    for (const item of this.items) {
      if (item.state === "cancelled" || item.state === "refused") {
        totals[item.state] += 1;
        continue;
      }
      totals.files += 1;
      totals.bytes += item.size;
      totals.sentBytes += item.size * (item.state === "sent" ? 1 : item.share);
      if (item.state === "sent") totals.sent += 1;
      if (item.state === "waiting") totals.waiting += 1;
    }
    return totals;
  }

  unsent() {
    return this.items.filter((item) => item.state === "waiting" || item.state === "sending");
  }

  async start() {
    this.turnTo("sending");
    // The first group alone makes the batch that the others are added to.
    while (!this.batchId && this.groups.length && this.isActive) await this.next();
    await Promise.all(Array.from({ length: LANES }, () => this.run()));
    this.turnTo("ended");
    this.emit("end");
  }

  async run() {
    while (this.groups.length && this.isActive) await this.next();
  }

  async next() {
    await this.resumed?.promise;
    const group = this.groups.shift();
    if (group) await this.deliver(group);
  }

  pause(state = "paused") {
    if (!this.isActive || this.resumed) return;
    this.resumed = deferred();
    this.turnTo(state);
  }

  resume() {
    const { resumed } = this;
    this.resumed = null;
    this.emit("trouble", null);
    this.turnTo("sending");
    resumed?.resolve();
  }

  /** What is under way is finished, the others stay here. */
  cancel() {
    for (const group of this.groups.splice(0)) for (const item of group.items) item.state = "cancelled";
    if (this.resumed) this.resume();
    this.emit("change");
  }

  async deliver(group) {
    for (let faults = 0; group.items.length; ) {
      try {
        this.progress(group, 0);
        const body = await postGroup(
          group.items.map((item) => item.file),
          { batchId: this.batchId, key: group.key, onProgress: (share) => this.progress(group, share) },
        );
        return this.accept(group, body);
      } catch (error) {
        if (error instanceof Unreachable) await this.outlast(group, error);
        else if (!(error instanceof ApiError)) throw error;
        else if (error.status === 400) return this.refuse(group, error);
        else if (error.status === 409) await sleep(1000); // its first try is still being taken in
        else if (error.passing) await this.outlast(group, error);
        else if (error.status >= 500 && error.status !== 507 && (faults += 1) < TRIES_AT_A_FAULT) await sleep(1000);
        else return this.halt(group, error);
      }
    }
  }

  progress(group, share) {
    let loaded = share * group.items.reduce((sum, item) => sum + item.size, 0);
    for (const item of group.items) {
      const part = Math.min(item.size, Math.max(0, loaded));
      loaded -= item.size;
      item.state = "sending";
      item.share = item.size ? part / item.size : share;
    }
    this.emit("change");
  }

  accept(group, body) {
    for (const item of group.items) item.state = "sent";
    this.batchId = body.batch_id;
    this.emit("accepted", body);
    this.emit("change");
  }

  /** Not one file of the group is an image; the server kept nothing of it. */
  refuse(group, error) {
    const reasons = error.body.errors ?? {};
    for (const item of group.items) {
      item.state = "refused";
      item.reason = reasons[item.name]?.[0] ?? error.message;
    }
    this.emit("change");
  }

  /** No answer, or one that tells to come again: wait, and send the same under the same key. */
  async outlast(group, error) {
    this.progress(group, 0);
    if (error instanceof Unreachable) await this.dropUnreadable(group);
    if (!group.items.length) return;
    if (this.state === "sending") this.turnTo("lost");
    this.emit("trouble", error);
    await sleep(Math.min(Number(error.retryAfter) || 1, 30) * 1000);
    await serverBack(() => this.isActive);
    if (this.state === "lost") this.turnTo("sending");
    this.emit("trouble", null);
  }

  /** A file changed or taken away since it was chosen breaks the sending just like a lost network. */
  async dropUnreadable(group) {
    const readable = await Promise.all(group.items.map(({ file }) => file.slice(0, 1).arrayBuffer().then(() => true, () => false)));
    const gone = group.items.filter((_, i) => !readable[i]);
    if (!gone.length) return;
    for (const item of gone) Object.assign(item, { state: "refused", reason: "unreadable" });
    group.items = group.items.filter((item) => !gone.includes(item));
    group.key = newKey(); // other bytes now
  }

  /** Nothing that passes by itself: the person decides. */
  halt(group, error) {
    for (const item of group.items) Object.assign(item, { state: "waiting", share: 0 });
    this.groups.unshift(group);
    this.pause("halted");
    this.emit("trouble", error);
  }

  turnTo(state) {
    this.state = state;
    this.emit("change");
  }

  emit(type, detail) {
    if (type === "change") this.speed.note(this.totals.sentBytes);
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
