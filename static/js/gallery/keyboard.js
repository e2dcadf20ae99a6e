// The gallery by keyboard: arrows move, Enter opens, x selects, Shift and arrows select a range.
const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, dialog");

export function gridKeys({ grid, selection, search, remove }) {
  const current = (event) => {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    return id ? grid.indexOf(id) : grid.current;
  };
  const move = (event) => {
    const inside = grid.root.contains(event.target);
    const to = inside || event.target === document.body || event.target.id === "main" ? grid.target(event.key, current(event)) : null;
    if (to === null || !grid.items.length) return false;
    grid.focus(inside ? to : grid.current);
    if (event.shiftKey && inside) selection.extend(grid.items, grid.current);
    return true;
  };
  const act = (event) => {
    const key = event.key.toLowerCase();
    if (key === "/") search.focus();
    else if (key === "x" && grid.items.length) choose(event);
    else if (key === " " && event.target.matches(".tile-link")) choose(event);
    else if (key === "a" && (event.ctrlKey || event.metaKey)) selection.all(grid.items);
    else if (key === "escape" && selection.size) selection.clear();
    else if (key === "delete" && selection.size) remove();
    else return move(event);
    return true;
  };
  const choose = (event) => {
    const at = current(event);
    if (event.shiftKey) selection.extend(grid.items, at);
    else selection.toggle(grid.items, at);
    grid.current = at;
  };
  document.addEventListener("keydown", (event) => {
    const plain = !event.altKey && (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() === "a");
    if (!plain || event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (act(event)) event.preventDefault();
  });
}

/** Clicks on tiles: the box selects, Shift takes the range; while something is selected, the picture too. */
export function gridClicks({ grid, selection }) {
  grid.root.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-id]");
    if (!tile) return;
    const box = event.target.closest(".tile-check");
    const wanted = box || event.shiftKey || (selection.size && !event.ctrlKey && !event.metaKey);
    if (!wanted || event.detail === 0 && !box) return; // Enter on the link opens
    event.preventDefault();
    const at = grid.indexOf(tile.dataset.id);
    if (event.shiftKey) selection.extend(grid.items, at);
    else selection.toggle(grid.items, at);
    grid.focus(at);
  });
}
