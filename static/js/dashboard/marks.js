// Marks of a chart by pointer and by keys: left and right go along, up and down through a stack, Enter opens.
import { announce } from "../dom.js";

/**
 * `describe(at, row)` tells {title, figure, rows, hint}; `open(at, row, event)` goes there;
 * `rowAt(chart, event)` tells which part of a stack is under the pointer, null for none.
 */
export function makeMarks(chart, tip, { size, depth = () => 0, describe, open, words }) {
  const canvas = chart.canvas;
  let current = null;
  let row = null;

  const show = (at, from) => {
    current = at;
    const x = chart.scales.x.getPixelForValue(at);
    chart.setActiveElements(chart.data.datasets.map((_, datasetIndex) => ({ datasetIndex, index: at })));
    chart.update("none");
    tip.show(describe(at, row), x, from ?? chart.chartArea.top + 80);
  };
  const hide = () => {
    current = row = null;
    tip.hide();
    chart.setActiveElements([]);
    chart.update("none");
  };
  const along = (event) => {
    const at = Math.round(chart.scales.x.getValueForPixel(event.offsetX));
    const { left, right } = chart.chartArea;
    if (event.offsetX < left || event.offsetX > right || at < 0 || at >= size()) return null;
    return at;
  };
  const rowUnder = (event) => chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false)[0]?.datasetIndex ?? null;

  canvas.addEventListener("pointermove", (event) => {
    const at = along(event);
    if (at === null) return hide();
    row = rowUnder(event);
    show(at, event.offsetY);
  });
  canvas.addEventListener("pointerleave", hide);
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("click", (event) => {
    const at = along(event);
    if (at !== null) open(at, rowUnder(event), event);
  });
  canvas.addEventListener("keydown", (event) => {
    const last = size() - 1;
    const aim = { ArrowLeft: (current ?? last + 1) - 1, ArrowRight: (current ?? -1) + 1, Home: 0, End: last }[event.key];
    if (aim !== undefined && last >= 0) show(Math.min(last, Math.max(0, aim)));
    else if (["ArrowUp", "ArrowDown"].includes(event.key) && current !== null && depth() > 0) {
      const next = (row ?? (event.key === "ArrowUp" ? -1 : depth())) + (event.key === "ArrowUp" ? 1 : -1);
      row = next < 0 || next >= depth() ? null : next;
      show(current);
    } else if (event.key === "Enter" && current !== null) open(current, row, event);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
    if (current !== null) announce(words(current, row));
  });
}
