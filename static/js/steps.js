// Progress, told truly: bytes while sending, then the state and the time passed, never a made-up percentage.
import { announce, setIcon } from "./dom.js";
import { show } from "./notices.js";
import { seconds } from "./format.js";
import { t } from "./language.js";
import { PROGRESS, STATES } from "./words.js";

const ORDER = ["sent", "queued", "inspected"];
const ICONS = { todo: "dash-circle", now: "arrow-repeat", done: "check-circle-fill", failed: "x-circle-fill" };

export class Steps {
  constructor(root) {
    this.root = root;
    this.items = new Map(ORDER.map((name) => [name, root.querySelector(`[data-step="${name}"]`)]));
    this.bar = root.querySelector("[data-bar]");
    this.hint = root.querySelector("[data-steps-hint]");
    this.notices = root.querySelector("[data-steps-notices]");
    this.clock = 0;
    this.usual = null;
  }

  /** Begin anew. `sent` skips the sending, for an upload found again. */
  reset({ sent = false } = {}) {
    this.stop();
    this.root.hidden = false;
    this.notices.replaceChildren();
    this.hint.textContent = "";
    for (const item of this.items.values()) item.querySelector("[data-step-detail]").textContent = "";
    this.items.get("sent").hidden = sent;
    this.words("sent", STATES.sending);
    this.words("queued", STATES.queued);
    this.mark(sent ? "queued" : "sent");
  }

  hide() {
    this.stop();
    this.root.hidden = true;
  }

  words(name, text) {
    this.items.get(name).querySelector("[data-step-words]").textContent = text;
  }

  detail(name, text) {
    this.items.get(name).querySelector("[data-step-detail]").textContent = text;
  }

  /** Those before `name` are done, those after it to come. */
  mark(name, state = "now") {
    const at = ORDER.indexOf(name);
    ORDER.forEach((step, i) => {
      const is = i < at ? "done" : i > at ? "todo" : state;
      const item = this.items.get(step);
      item.dataset.stepState = is;
      setIcon(item, ICONS[is]);
      item.querySelector(".icon").classList.toggle("spin", is === "now");
    });
  }

  sending(sent, total) {
    this.detail("sent", PROGRESS.sending(sent, total));
    this.bar.hidden = false;
    this.bar.classList.remove("is-moving");
    const percent = Math.round((100 * sent) / Math.max(1, total));
    this.bar.setAttribute("aria-valuenow", String(percent));
    this.bar.firstElementChild.style.transform = `scaleX(${percent / 100})`;
  }

  sent(total, elapsed) {
    this.words("sent", t("Sent"));
    this.detail("sent", PROGRESS.sent(total, seconds(elapsed)));
    this.waiting("queued", performance.now());
  }

  /** Queued or inspecting since `begin` (performance.now's clock): a moving bar and the time passed. */
  waiting(name, begin) {
    if (this.waitingFor === name && this.clock) return;
    this.stop();
    this.waitingFor = name;
    this.mark(name);
    this.words("queued", name === "inspected" ? PROGRESS.stored : STATES.queued);
    this.detail(name === "inspected" ? "queued" : "inspected", "");
    this.bar.hidden = false;
    this.bar.classList.add("is-moving");
    this.bar.removeAttribute("aria-valuenow");
    this.bar.firstElementChild.style.transform = "";
    this.hint.textContent = this.usual ? PROGRESS.usual(seconds(this.usual)) : PROGRESS.leave;
    const tick = () => this.detail(name, seconds(Math.max(0, performance.now() - begin) / 1000));
    tick();
    this.clock = setInterval(tick, 100);
    announce(STATES[name === "queued" ? "queued" : "processing"]);
  }

  trouble([title, text]) {
    if (this.notices.querySelector(".notice-title")?.textContent === title) return;
    this.hint.textContent = ""; // "usually about" is no help now
    show(this.notices, { title, text });
  }

  calm() {
    this.notices.replaceChildren();
  }

  failed([title, text, detail], action, { step = this.waitingFor ?? "sent", amber = false } = {}) {
    this.stop();
    this.mark(step, "failed");
    this.detail(step, STATES.failed);
    this.bar.hidden = true;
    this.hint.textContent = "";
    show(this.notices, { title, text, detail, action, failed: !amber });
  }

  stop() {
    clearInterval(this.clock);
    this.clock = 0;
    this.waitingFor = null;
  }
}
