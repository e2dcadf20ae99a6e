// While files are being sent: ask before the page is left, open links elsewhere, note what is not sent yet.
import { forget, note } from "./unsent.js";

const NOTE_EVERY_MS = 5000;

export function guard(sender) {
  const ask = (event) => event.preventDefault();
  const keep = () => note(sender);
  const elsewhere = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.download || link.hasAttribute("download") || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    window.open(link.href, "_blank", "noopener");
  };
  window.addEventListener("beforeunload", ask);
  window.addEventListener("pagehide", keep);
  document.addEventListener("click", elsewhere);
  sender.addEventListener("accepted", keep);
  const timer = setInterval(keep, NOTE_EVERY_MS);
  sender.addEventListener("end", () => {
    clearInterval(timer);
    window.removeEventListener("beforeunload", ask);
    window.removeEventListener("pagehide", keep);
    document.removeEventListener("click", elsewhere);
    if (sender.batchId) forget(sender.batchId);
  });
}
