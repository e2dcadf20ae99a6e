// Takes chosen images, or all of a filter, away as a file that the server streams.
import { ApiError, Unreachable, headers, url } from "../api.js";
import { el } from "../dom.js";
import { query } from "./address.js";

const LONGEST = 120; // ids that an address may have; more are sent as a document
const OF_REGIONS = /^defects\./;
const OF_IMAGES_ONLY = ["min_defects", "max_defects", "filename"];

/** The address that exports all of a filter; null where that export does not know the filter. */
export function exportUrl(file, filter) {
  const ofImages = filter.class_name.length > 1 || OF_IMAGES_ONLY.some((name) => filter[name]);
  if (OF_REGIONS.test(file) && ofImages) return null;
  const parameters = query(filter);
  parameters.delete("order");
  const text = parameters.toString();
  return url(`/export/${file}${text ? `?${text}` : ""}`);
}

/** Have the browser save an export of these images. */
export async function take(file, ids) {
  const path = url(`/export/${file}`);
  if (ids.length <= LONGEST) return save(`${path}?ids=${ids.join(",")}`, "");
  const body = await post(path, ids);
  const address = URL.createObjectURL(body);
  save(address, file);
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

async function post(path, ids) {
  let response;
  try {
    response = await fetch(path, { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify({ ids }) });
    if (response.ok) return await response.blob();
  } catch (cause) {
    throw new Unreachable("", { cause });
  }
  throw new ApiError(response.status, await response.json().catch(() => null));
}

function save(address, name) {
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
