// Builds elements. Text always goes in as text, so markup in a file name stays text.

/** el("p", {class: "meta", hidden: true}, "text", child) */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export function svg(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** An icon of static/icons.svg. */
export function icon(name, className = "icon") {
  const node = svg("svg", { class: className, "aria-hidden": "true" });
  node.append(svg("use", { href: `${document.documentElement.dataset.icons}#${name}` }));
  return node;
}

export function setIcon(node, name) {
  node.querySelector("use").setAttribute("href", `${document.documentElement.dataset.icons}#${name}`);
}

const TAIL = 12; // characters at the end of a file name that stay in sight

/** A file name for a place that may be too narrow: cut in the middle, as a lot's files differ at their end. */
export function fileName(name) {
  const letters = [...name];
  if (letters.length <= 2 * TAIL) return name;
  const [head, tail] = [letters.slice(0, -TAIL), letters.slice(-TAIL)].map((part) => el("span", {}, part.join("")));
  return el("span", { class: "file-name" }, head, tail);
}

/** Tell it to those who hear the page. */
export function announce(text) {
  const region = document.querySelector("[data-announcer]");
  if (region.textContent !== text) region.textContent = text;
}
