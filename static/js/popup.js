// A <details> that floats: closed by Escape, by a click beside it, and when the focus leaves it.
export class Popup {
  constructor(root) {
    document.addEventListener("click", (event) => !root.contains(event.target) && root.removeAttribute("open"));
    root.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !root.contains(event.relatedTarget)) root.removeAttribute("open");
    });
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !root.open) return;
      event.preventDefault();
      root.removeAttribute("open");
      root.querySelector("summary").focus();
    });
  }
}
