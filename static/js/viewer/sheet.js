// The sheet of a phone: drag its handle, or tap it, for more or less of it.
const SIZES = ["small", "half", "large"];
const TAP = 8; // px that a finger may slip in a tap

export class Sheet {
  constructor(root) {
    this.root = root;
    this.handle = root.querySelector("[data-sheet]");
    this.set("half");
    let from = null;
    this.handle.addEventListener("pointerdown", (event) => {
      from = event.clientY;
      this.handle.setPointerCapture(event.pointerId);
    });
    this.handle.addEventListener("pointerup", (event) => {
      const by = event.clientY - from;
      if (Math.abs(by) > TAP) this.step(by < 0 ? 1 : -1);
      this.dragged = Math.abs(by) > TAP;
    });
    this.handle.addEventListener("click", () => {
      if (!this.dragged) this.set(this.size === "half" ? "large" : "half");
      this.dragged = false;
    });
  }

  get size() {
    return this.root.dataset.size;
  }

  step(by) {
    this.set(SIZES[Math.max(0, Math.min(SIZES.length - 1, SIZES.indexOf(this.size) + by))]);
  }

  set(size) {
    this.root.dataset.size = size;
    this.handle.setAttribute("aria-expanded", String(size !== "small"));
  }
}
