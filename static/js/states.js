// The state of an upload: one icon, one word, one colour, wherever it is shown.
import { el, icon } from "./dom.js";
import { STATES } from "./words.js";

const ICONS = {
  sending: "cloud-arrow-up",
  queued: "clock",
  processing: "arrow-repeat",
  done: "check-circle-fill",
  failed: "x-circle-fill",
  rejected: "slash-circle",
};

/** The two parts of a state, for a place that is there already. */
export const stateParts = (name) => [
  icon(ICONS[name], `icon${name === "processing" ? " spin" : ""}`),
  el("span", {}, STATES[name]),
];

/** <span class="upload-state" data-state="…"> with icon and word. */
export const uploadState = (name) => el("span", { class: "upload-state", "data-state": name }, ...stateParts(name));
