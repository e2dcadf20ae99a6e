// Single keys that act anywhere on the page, but never while somebody types, answers or holds a modifier.
const TYPING = "input:not([type=checkbox], [type=file], [type=range]), textarea, select, [contenteditable], dialog";

/** By the key in lower case; an action that returns false leaves the key to others. */
export function keys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.(TYPING)) return;
    const action = actions[event.key.toLowerCase()];
    if (action && action(event) !== false) event.preventDefault();
  });
}
