// The panel of filters: what its controls say becomes the address, and the other way round.
import { request } from "../api.js";
import { className } from "../classes.js";
import { el } from "../dom.js";
import { dateTime } from "../format.js";
import { range } from "./address.js";

const PAUSE = 300; // ms after a key before the server is asked
const SHORTCUTS = { today: [1, 0], yesterday: [1, 1], week: [7, 0], month: [30, 0] };
const TYPED = ["filename", "min_defects", "max_defects"];
const PICKED = ["start_date", "end_date", "batch_id"];

export class Filters {
  /** `onChange(changes, {typing})` hears of what was changed by hand. */
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.timer = 0;
    this.classes = root.querySelector("[data-filter-classes]");
    for (const name of TYPED) {
      this.field(name).addEventListener("input", () => this.typed());
      this.field(name).addEventListener("keydown", (event) => event.key === "Enter" && this.typed(0));
    }
    for (const name of PICKED) this.field(name).addEventListener("change", () => this.pick(name));
    this.classes.addEventListener("change", () => this.onChange({ class_name: this.chosenClasses() }));
    root.addEventListener("click", (event) => this.shortcut(event.target.closest("[data-shortcut]")));
    root.addEventListener("submit", (event) => event.preventDefault());
    this.nameBatches();
    this.nameClasses();
  }

  field(name) {
    return this.root.querySelector(`[name="${name}"]`);
  }

  chosenClasses() {
    return [...this.classes.querySelectorAll("input:checked")].map((box) => box.value);
  }

  typed(pause = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const changes = Object.fromEntries(TYPED.map((name) => [name, this.field(name).value.trim()]));
      this.onChange(changes, { typing: true });
    }, pause);
  }

  pick(name) {
    if (this.field(name).validity.valid) this.onChange({ [name]: this.field(name).value });
  }

  shortcut(button) {
    if (!button) return;
    const pressed = button.getAttribute("aria-pressed") === "true";
    this.onChange(pressed ? { start_date: "", end_date: "" } : range(...SHORTCUTS[button.dataset.shortcut]));
  }

  /** Show a filter that came from the address. */
  show(filter) {
    clearTimeout(this.timer);
    for (const name of [...TYPED, ...PICKED]) {
      const [field, value] = [this.field(name), filter[name] ?? ""];
      if (name === "batch_id") this.keepBatch(value);
      const shown = name.endsWith("_date") ? value.slice(0, 10) : value;
      if (field.value !== shown) field.value = shown;
    }
    for (const name of filter.class_name) this.keepClass(name);
    for (const box of this.classes.querySelectorAll("input")) box.checked = filter.class_name.includes(box.value);
    for (const button of this.root.querySelectorAll("[data-shortcut]")) {
      const { start_date, end_date } = range(...SHORTCUTS[button.dataset.shortcut]);
      const pressed = filter.start_date === start_date && filter.end_date === end_date;
      button.setAttribute("aria-pressed", String(pressed));
    }
    this.field("end_date").min = this.field("start_date").value;
    this.field("start_date").max = this.field("end_date").value;
  }

  /** The newest batches; an older one that the address names is kept beside them. */
  async nameBatches() {
    const answer = await request("/batches?limit=100").catch(() => null); // the filter works without
    if (!answer) return;
    const select = this.field("batch_id");
    const chosen = select.value;
    const options = answer.batches.map((batch) =>
      el("option", { value: batch.batch_id }, `${dateTime(batch.created_at)} · ${batch.total_images}`),
    );
    select.replaceChildren(select.firstElementChild, ...options);
    this.keepBatch(chosen);
    select.value = chosen;
  }

  keepBatch(id) {
    const select = this.field("batch_id");
    if (id && ![...select.options].some((option) => option.value === id)) select.append(el("option", { value: id }, id));
  }

  /** Classes of another model are found in the statistics. */
  async nameClasses() {
    const answer = await request("/stats").catch(() => null);
    for (const name of Object.keys(answer?.defects_by_class ?? {})) this.keepClass(name);
  }

  keepClass(name) {
    if ([...this.classes.querySelectorAll("input")].some((box) => box.value === name)) return;
    const box = el("input", { type: "checkbox", value: name });
    this.classes.append(el("label", { class: "check-row" }, box, className(name)));
  }
}
