// One image of a batch as a row of the list.
import { pictureUrl, url } from "../api.js";
import { classBadge, KNOWN_CLASSES } from "../classes.js";
import { el, fileName, icon } from "../dom.js";
import { bytes, count, seconds } from "../format.js";
import { t } from "../language.js";
import { reason } from "../reasons.js";
import { uploadState } from "../states.js";

const BADGES = 4;

/** An empty row: its cells stay, what is in them is filled. */
export function makeRow() {
  const cell = (name) => el("div", { class: `row-${name}`, role: "cell" });
  return el("div", { class: "row-line", role: "row" }, ...["number", "thumb", "name", "state", "result", "time"].map(cell));
}

export function fillRow(node, row) {
  const [number, thumb, name, state, result, time] = node.children;
  node.dataset.status = row.status;
  number.textContent = row.number;
  fillThumb(thumb, row);
  name.replaceChildren(row.status === "done" ? el("a", { href: url(`/gallery/${row.id}`), title: row.name, "aria-label": row.name }, fileName(row.name)) : el("span", { title: row.name }, fileName(row.name)));
  state.replaceChildren(...stateOf(row));
  result.replaceChildren(...resultOf(row));
  time.replaceChildren(...timeOf(row));
}

/** The picture is asked for when the row comes on the screen; it is the same for all of its states. */
function fillThumb(cell, { id }) {
  if (cell.dataset.id === (id ?? "")) return;
  cell.dataset.id = id ?? "";
  if (!id) return cell.replaceChildren(icon("file-earmark-image"));
  const image = el("img", { src: pictureUrl(id, "thumbnail"), alt: "", width: 36, height: 36, decoding: "async", loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(icon("file-earmark-x")), { once: true });
  cell.replaceChildren(image);
}

function stateOf({ status, share, size }) {
  if (status === "waiting") {
    return [el("span", { class: "upload-state", "data-state": "queued" }, icon("upload"), el("span", {}, t("To be sent"))), el("span", { class: "meta row-size" }, bytes(size))];
  }
  if (status === "sending") {
    const bar = el("span", { class: "thin-bar row-bar", role: "progressbar", "aria-label": t("Sending"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(share * 100) }, el("span"));
    bar.firstChild.style.width = `${100 * share}%`;
    return [uploadState("sending"), bar];
  }
  return [uploadState(status)];
}

function resultOf({ status, error, defects, classes }) {
  if (status === "failed" || status === "rejected") return [el("span", { class: "row-error", title: error === "unreadable" ? null : error }, reasonOf(error))];
  if (status !== "done") return [];
  if (!defects) return [el("span", { class: "second" }, t("No defects"))];
  const names = Object.keys(classes ?? {}).sort((a, b) => rank(a) - rank(b));
  if (!names.length) return [el("span", {}, count(defects))];
  const shown = names.slice(0, BADGES).map((name) => classBadge(name, classes[name]));
  const more = names.length - BADGES;
  return more > 0 ? [...shown, el("span", { class: "meta", title: names.slice(BADGES).join(", ") }, `+${more}`)] : shown;
}

const rank = (name) => (KNOWN_CLASSES.includes(name) ? KNOWN_CLASSES.indexOf(name) : KNOWN_CLASSES.length);

const reasonOf = (error) => (error === "unreadable" ? t("It cannot be read from here any more.") : reason(error));

function timeOf({ status, id, name, seconds: taken }) {
  if (status === "failed") {
    return [el("button", { type: "button", class: "btn btn-plain row-retry", "data-needs": "upload", "data-retry": id, "aria-label": t("Retry {name}", { name }) }, icon("arrow-clockwise"), el("span", {}, t("Retry")))];
  }
  return taken === null ? [] : [seconds(taken)];
}
