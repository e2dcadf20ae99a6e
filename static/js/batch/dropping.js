// The whole window takes files that are dropped; enter and leave come once per element, so they are counted.
import { droppedFiles } from "./files.js";

/** `onFiles(files)` hears of every drop while `overlay` is in the page. */
export function takeDrops(overlay, onFiles) {
  let depth = 0;
  const listen = (type, act) =>
    window.addEventListener(type, (event) => {
      if (!overlay.isConnected || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      act(event);
    });
  const cover = (change) => {
    depth = Math.max(0, change);
    overlay.hidden = depth === 0;
  };
  listen("dragenter", () => cover(depth + 1));
  listen("dragover", () => {});
  listen("dragleave", () => cover(depth - 1));
  listen("drop", async (event) => {
    cover(0);
    const files = await droppedFiles(event.dataTransfer);
    onFiles(files);
  });
}
