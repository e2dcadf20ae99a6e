// Where a mark leads: the gallery with the filters that the mark stands for.
import { query, url } from "../api.js";

/** Days here are UTC's; a bare date would be the reader's own day there. */
export const within = ({ from, to }) => ({ start_date: `${from}T00:00:00Z`, end_date: `${to}T23:59:59.999999Z` });

export const galleryOf = (range, filters = {}) => url(`/gallery${query({ ...within(range), ...filters })}`);

/** Open it here, or in a new tab where the person asks for that. */
export function go(address, event) {
  if (event && (event.ctrlKey || event.metaKey)) window.open(address, "_blank", "noopener");
  else location.assign(address);
}
