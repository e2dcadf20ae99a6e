// The panels beside the picture: folded away for more picture, and remembered so.
const NARROW = "(max-width: 900px)";

export class Folds {
  /** `root` or what is around it has buttons [data-fold=name] and panels [data-panel=name]. */
  constructor(root) {
    this.scope = root.closest("[data-full-screen-root]") ?? root;
    this.key = `aoi-folded-${root.dataset.layout}`;
    this.folded = new Set(this.kept() ?? (root.dataset.layout === "inline" ? ["tools"] : []));
    if (window.matchMedia(NARROW).matches) this.folded.add("tools");
    this.scope.addEventListener("click", ({ target }) => {
      const name = target.closest("[data-fold]")?.dataset.fold;
      if (name) this.toggle(name);
    });
    this.show();
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  toggle(name) {
    if (!this.folded.delete(name)) this.folded.add(name);
    try {
      localStorage.setItem(this.key, JSON.stringify([...this.folded]));
    } catch {
      // then it holds as long as the page
    }
    this.show();
  }

  show() {
    for (const button of this.scope.querySelectorAll("[data-fold]")) {
      button.setAttribute("aria-expanded", String(!this.folded.has(button.dataset.fold)));
    }
    for (const panel of this.scope.querySelectorAll("[data-panel]")) panel.hidden = this.folded.has(panel.dataset.panel);
  }
}
