// Brightness, contrast and inversion of what is shown; the stored pictures stay as they are.
export class Adjust {
  constructor(root, stage) {
    this.root = root;
    this.stage = stage;
    this.fields = Object.fromEntries(["brightness", "contrast", "invert"].map((name) => [name, root.querySelector(`[data-adjust="${name}"]`)]));
    root.addEventListener("input", () => this.show());
    root.querySelector("[data-adjust-reset]").addEventListener("click", () => this.reset());
    this.show();
  }

  toggleInvert() {
    this.fields.invert.checked = !this.fields.invert.checked;
    this.show();
  }

  reset() {
    this.fields.brightness.value = this.fields.contrast.value = "0";
    this.fields.invert.checked = false;
    this.show();
  }

  show() {
    const { brightness, contrast, invert } = this.fields;
    for (const field of [brightness, contrast]) {
      const value = Number(field.value);
      this.root.querySelector(`[data-adjust-value="${field.dataset.adjust}"]`).textContent = value > 0 ? `+${value}` : String(value).replace("-", "−");
      field.style.setProperty("--value", `${(value + 100) / 2}%`);
    }
    const parts = [];
    if (brightness.value !== "0") parts.push(`brightness(${2 ** (brightness.value / 60)})`);
    if (contrast.value !== "0") parts.push(`contrast(${2 ** (contrast.value / 40)})`);
    if (invert.checked) parts.push("invert(1)");
    this.root.querySelector("[data-adjust-reset]").disabled = parts.length === 0;
    this.stage.adjust(parts.join(" "));
  }
}
