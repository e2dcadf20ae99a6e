// The service's overlay over the input: as see-through as wanted, or blinking against it.
import { percent } from "../format.js";

export class Layers {
  /** `show(opacity)` lays the overlay over the input. */
  constructor(root, show) {
    this.sliders = [...root.querySelectorAll("[data-opacity]")];
    this.outputs = [...root.querySelectorAll("[data-opacity-value]")];
    this.show = show;
    this.opacity = 0;
    this.before = 1; // what a blink goes back to
    for (const slider of this.sliders) slider.addEventListener("input", () => this.set(Number(slider.value) / 100));
    for (const button of root.querySelectorAll("[data-blink]")) button.addEventListener("click", () => this.blink());
    this.set(0);
  }

  set(opacity) {
    this.opacity = opacity;
    if (opacity > 0) this.before = opacity;
    for (const slider of this.sliders) {
      slider.value = String(Math.round(opacity * 100));
      slider.style.setProperty("--value", `${opacity * 100}%`);
    }
    for (const output of this.outputs) output.textContent = percent(opacity);
    this.show(opacity);
  }

  blink() {
    this.set(this.opacity > 0 ? 0 : this.before);
  }
}
