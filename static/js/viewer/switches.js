// The classes of an image, each switched on and off on the picture and in the table.
import { className } from "../classes.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { t } from "../language.js";

export class ClassSwitches {
  /** `onChange(hidden)` hears the set of class names that are off. */
  constructor(root, onChange) {
    this.list = root.querySelector("[data-class-switches]");
    this.every = root.querySelector("[data-classes-all]");
    this.onChange = onChange;
    this.hidden = new Set();
    this.list.addEventListener("change", ({ target }) => {
      if (target.checked) this.hidden.delete(target.value);
      else this.hidden.add(target.value);
      this.changed();
    });
    this.every.addEventListener("click", () => this.all(this.hidden.size > 0));
  }

  fill(classes) {
    this.names = classes.map((group) => group.class_name);
    this.list.replaceChildren(
      ...classes.map(({ class_name: name, total_regions: n }) => {
        const box = el("input", { type: "checkbox", role: "switch", value: name, "aria-label": name });
        box.checked = !this.hidden.has(name);
        return el("li", { class: n ? "" : "is-zero" }, el("label", { class: "switch" }, className(name), el("span", { class: "switch-count" }, count(n)), box));
      }),
    );
    this.changed();
  }

  all(on) {
    this.hidden = new Set(on ? [] : this.names);
    for (const box of this.list.querySelectorAll("input")) box.checked = on;
    this.changed();
  }

  /** Only this class, or all again where it was alone: the keys of the classes do so. */
  changed() {
    this.every.textContent = this.hidden.size ? t("All on") : t("All off");
    this.onChange(this.hidden);
  }
}
