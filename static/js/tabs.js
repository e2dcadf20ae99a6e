// A tablist by the ARIA pattern: arrows, Home and End move, one tab stop.
export class Tabs {
  constructor(root, onSelect) {
    this.tabs = [...root.querySelectorAll('[role="tab"]')];
    this.onSelect = onSelect;
    root.addEventListener("click", (event) => {
      const tab = event.target.closest('[role="tab"]');
      if (tab) this.select(tab.dataset.tab);
    });
    root.addEventListener("keydown", (event) => this.key(event));
  }

  get usable() {
    return this.tabs.filter((tab) => !tab.disabled);
  }

  key(event) {
    const tabs = this.usable;
    const at = tabs.indexOf(document.activeElement);
    const to = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    tabs[to].focus();
    this.select(tabs[to].dataset.tab);
  }

  /** Mark a tab as the chosen one; tells `onSelect` unless `quietly`. */
  select(name, { quietly = false } = {}) {
    for (const tab of this.tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) document.getElementById(tab.getAttribute("aria-controls")).setAttribute("aria-labelledby", tab.id);
    }
    this.current = name;
    if (!quietly) this.onSelect(name);
  }

  allow(names) {
    for (const tab of this.tabs) tab.disabled = !names.includes(tab.dataset.tab);
  }
}
