// Where images come from: choose, camera, drop, paste, sample. Each ends in onFiles(files).
import { takeDrops } from "./batch/dropping.js";
import { chosenFiles } from "./batch/files.js";
import { REFUSED } from "./words.js";

export class Sources {
  constructor(root, { onFiles, onRefused }) {
    this.root = root;
    this.onFiles = onFiles;
    this.onRefused = onRefused;
    for (const input of root.querySelectorAll("[data-choose], [data-camera]")) {
      input.addEventListener("change", () => this.chosen(input));
    }
    root.querySelector("[data-paste]").addEventListener("click", () => this.pasteByButton());
    root.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-open]");
      const sample = event.target.closest("[data-sample]");
      if (opener) root.querySelector(`[data-${opener.dataset.open}]`).click();
      else if (sample) this.sample(sample.dataset.sample);
    });
    document.addEventListener("paste", (event) => this.pasted(event));
    takeDrops(root.querySelector("[data-drop-here]"), onFiles);
  }

  chosen(input) {
    const files = chosenFiles(input);
    if (files.length) this.onFiles(files);
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !this.root.isConnected) return;
    event.preventDefault();
    this.onFiles(files);
  }

  async pasteByButton() {
    if (!navigator.clipboard?.read) return this.onRefused(REFUSED.pasteKeys());
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((t) => /^image\/(png|jpeg|bmp|tiff)$/.test(t));
        if (!type) continue;
        const blob = await item.getType(type);
        return this.onFiles([new File([blob], `pasted.${type.split("/")[1]}`, { type })]);
      }
      this.onRefused(REFUSED.noPaste());
    } catch {
      this.onRefused(REFUSED.pasteKeys()); // not allowed, or dismissed
    }
  }

  async sample(url) {
    const name = decodeURIComponent(url.split("/").at(-1).split("?")[0]);
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(String(response.status));
      const blob = await response.blob();
      this.onFiles([new File([blob], name, { type: blob.type })]);
    } catch {
      this.onRefused(REFUSED.unreadable(name));
    }
  }
}
