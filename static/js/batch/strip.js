// The strip that tells of the sending from this browser: its bar, pause, resume, cancel.
import { bytes, count } from "../format.js";
import { setIcon } from "../dom.js";
import { t } from "../language.js";
import { explain, LOST } from "../words.js";

export class Strip {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-strip-${name}]`);
    this.sender = null;
    this.trouble = null;
    this.find("pause").addEventListener("click", () => this.toggle());
    this.find("cancel").addEventListener("click", () => this.sender.cancel());
  }

  follow(sender) {
    this.sender = sender;
    sender.addEventListener("trouble", ({ detail }) => {
      this.trouble = detail;
      this.show();
    });
  }

  toggle() {
    if (["paused", "halted"].includes(this.sender.state)) this.sender.resume();
    else this.sender.pause();
  }

  show() {
    const { sender, root } = this;
    if (sender) root.dataset.state = sender.state;
    root.hidden = !sender || sender.state === "ended" || sender.state === "idle";
    if (root.hidden) return;
    const totals = sender.totals;
    const stopped = ["paused", "halted"].includes(sender.state);
    this.find("words").textContent = { paused: t("Sending is paused"), halted: t("Sending has stopped"), lost: t("Waiting for the server") }[sender.state] ?? t("Sending from this browser");
    const bar = this.find("bar");
    bar.firstElementChild.style.width = `${totals.bytes ? (100 * totals.sentBytes) / totals.bytes : 100}%`;
    bar.setAttribute("aria-valuenow", totals.bytes ? Math.floor((100 * totals.sentBytes) / totals.bytes) : 100);
    const speed = stopped || sender.state === "lost" ? null : sender.speed.perSecond;
    const values = { sent: count(totals.sent), total: count(totals.files), speed: speed ? bytes(Math.round(speed)) : "" };
    this.find("figures").textContent = speed ? t("{sent} of {total} sent, {speed}/s", values) : t("{sent} of {total} sent", values);
    const pause = this.find("pause");
    setIcon(pause, stopped ? "play-fill" : "pause-fill");
    pause.querySelector("span").textContent = stopped ? (sender.state === "halted" ? t("Try again") : t("Resume")) : t("Pause");
    const cancel = this.find("cancel");
    cancel.hidden = totals.waiting === 0;
    cancel.textContent = t("Cancel the other {n}", { n: count(totals.waiting) });
    this.hint(stopped);
  }

  hint(stopped) {
    const [title, text, detail] = this.trouble ? (this.trouble.status === undefined ? LOST : explain(this.trouble)) : [];
    this.find("hint").textContent = title ? [title, text, detail].filter(Boolean).join(" ") : stopped ? t("What was sent is inspected meanwhile.") : t("Keep this page open until all are sent; links open in a new tab.");
    this.find("hint").classList.toggle("is-trouble", Boolean(title));
  }
}
