// Asks for the first page of results at once, while the rest of the gallery's scripts still load.
import { request } from "../api.js";
import { query, read } from "./address.js";

export const FIRST_PAGE = 60;

export function ask(filter, { limit, cursor = null }) {
  const parameters = query(filter);
  parameters.set("limit", limit);
  if (cursor) parameters.set("cursor", cursor);
  return request(`/images?${parameters}`, { timeout: 30000 });
}

const filter = read(location.search);
let early = filter.status ? null : ask(filter, { limit: FIRST_PAGE });
early?.catch(() => {}); // whoever takes it hears of it

/** The answer asked for early, once; later ones are asked anew. */
export function firstPage(wanted) {
  const answer = early ?? ask(wanted, { limit: FIRST_PAGE });
  early = null;
  return answer;
}
