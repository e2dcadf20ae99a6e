// The view in which one image is worked on: its parts, and the turn that each image takes in it.
import { Steps } from "../steps.js";
import { Inspection } from "../viewer/inspection.js";
import { WorkHead } from "../workhead.js";

export class Desk {
  constructor(root) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.start = find("start");
    this.work = find("work");
    this.head = new WorkHead(this.work);
    this.steps = new Steps(find("steps"));
    this.inspection = new Inspection(root);
    this.viewer = this.inspection.viewer;
    this.turn = new AbortController();
  }

  /** What is under way here goes on without us, but a file half sent is given up. */
  leave() {
    this.turn.abort();
    this.turn = new AbortController();
    return this.turn.signal;
  }

  /** Begin a turn; its signal tells when another image has taken the place. */
  begin(name, { sent = false } = {}) {
    const signal = this.leave();
    this.start.hidden = true;
    this.work.hidden = false;
    this.mode("is-working");
    this.head.name(name);
    this.inspection.clear();
    this.steps.reset({ sent });
    window.scrollTo(0, 0);
    this.head.focus();
    return signal;
  }

  /** A turn more for the image on show: it is inspected again. */
  again() {
    const signal = this.leave();
    this.mode("is-working");
    return signal;
  }

  home() {
    this.leave();
    this.work.hidden = true;
    this.start.hidden = false;
  }

  mode(name) {
    this.work.classList.remove("is-working", "is-failed");
    if (name) this.work.classList.add(name);
  }
}
