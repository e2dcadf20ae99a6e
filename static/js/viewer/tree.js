// A JSON document as a tree that folds; what is folded is built when it is opened.
import { el } from "../dom.js";
import { t } from "../language.js";

const AT_ONCE = 100; // entries of a long list shown at a time

export function tree(value, name = null, open = true) {
  if (value === null || typeof value !== "object") {
    return el("div", { class: "tree-leaf" }, key(name), el("span", { class: `tree-${value === null ? "null" : typeof value}` }, JSON.stringify(value)));
  }
  const entries = Object.entries(value);
  const words = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  const node = el("details", { class: "tree-node" }, el("summary", {}, key(name), el("span", { class: "tree-size" }, words)));
  const fill = () => node.open && node.childElementCount === 1 && addEntries(node, entries, 0);
  node.addEventListener("toggle", fill);
  node.open = open;
  fill();
  return node;
}

const key = (name) => (name === null ? null : el("span", { class: "tree-key" }, `${name}: `));

function addEntries(node, entries, from) {
  for (const [name, value] of entries.slice(from, from + AT_ONCE)) node.append(tree(value, name, false));
  const next = from + AT_ONCE;
  if (next >= entries.length) return;
  const more = el("button", { type: "button", class: "link-button" }, t("Show {n} more", { n: Math.min(AT_ONCE, entries.length - next) }));
  more.addEventListener("click", () => {
    more.remove();
    addEntries(node, entries, next);
  });
  node.append(more);
}
