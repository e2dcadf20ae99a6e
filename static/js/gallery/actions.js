// The bar of what can be done with the selected images.
import { ask } from "../asking.js";
import { announce } from "../dom.js";
import { count } from "../format.js";
import { t, tn } from "../language.js";
import { may } from "../rights.js";
import { explain } from "../words.js";
import { take } from "./exports.js";
import { remove } from "./removal.js";

const NAMED = 5; // files that the question names

export class Actions {
  /** `onGone(ids)` hears which images are deleted; `say(notice)` tells of trouble. */
  constructor(root, selection, { onGone, say }) {
    Object.assign(this, { root, selection, onGone, say });
    this.words = root.querySelector("[data-selected-words]");
    this.figures = root.querySelector("[data-selected-figures]");
    selection.addEventListener("change", () => this.show());
    root.addEventListener("click", ({ target }) => {
      const file = target.closest("[data-export]")?.dataset.export;
      if (file) this.take(file);
    });
    root.querySelector("[data-delete]").addEventListener("click", () => this.remove());
    root.querySelector("[data-clear-selection]").addEventListener("click", () => selection.clear());
  }

  show() {
    const { size, defects } = this.selection;
    this.root.hidden = size === 0;
    document.documentElement.toggleAttribute("data-selecting", size > 0);
    if (!size) return;
    this.words.textContent = tn("{n} selected", "{n} selected", size, { n: count(size) });
    this.figures.textContent = tn("{n} defect", "{n} defects", defects, { n: count(defects) });
    announce(this.words.textContent);
  }

  async take(file) {
    this.root.querySelector("details").open = false;
    this.words.textContent = t("Preparing the file");
    try {
      await take(file, this.selection.ids);
    } catch (error) {
      this.say(explain(error));
    }
    this.show();
  }

  names() {
    const names = [...this.selection.chosen.values()].map((item) => item.original_filename);
    const shown = names.slice(0, NAMED).join(", ");
    return names.length > NAMED ? t("{names} and {n} more", { names: shown, n: count(names.length - NAMED) }) : shown;
  }

  async remove() {
    const { ids, size, defects } = this.selection;
    if (!size || !may("admin")) return;
    const yes = await ask({
      title: tn("Delete {n} image?", "Delete {n} images?", size, { n: count(size) }),
      text: t("{names}: with their pictures, their analyses and {n} defects they go for good.", { names: this.names(), n: count(defects) }),
      yes: tn("Delete {n} image", "Delete {n} images", size, { n: count(size) }),
    });
    if (!yes) return;
    const { gone, kept } = await remove(ids, {
      onProgress: (n) => (this.words.textContent = t("Deleting {n} of {total}", { n: count(n), total: count(size) })),
    });
    this.selection.drop(gone);
    this.onGone(gone);
    announce(tn("{n} image deleted", "{n} images deleted", gone.size, { n: count(gone.size) }));
    if (kept.size) this.say(explain([...kept.values()][0]));
  }
}
