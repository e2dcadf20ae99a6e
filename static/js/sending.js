// Sends one image. A broken connection is tried again under the same key, so nothing is inspected twice.
import { ApiError, Unreachable, sendImage } from "./api.js";
import { serverBack, sleep } from "./watch.js";

const TRIES = 3;
const STILL_UNDER_WAY = 409; // the first try's request is not finished yet

export function newKey() {
  // randomUUID is there in secure contexts only, and plants serve over plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Answers the server's body; throws ApiError, or Unreachable when three tries broke off. */
export async function transmit(file, { key, signal, onProgress, onTrouble }) {
  const isCurrent = () => !signal.aborted;
  for (let attempt = 1; isCurrent(); attempt += 1) {
    try {
      return await sendImage(file, { key, onProgress, signal });
    } catch (error) {
      const underWay = error instanceof ApiError && error.status === STILL_UNDER_WAY;
      if (!(error instanceof Unreachable) && !underWay) throw error;
      if (attempt >= TRIES) throw error;
      onTrouble(error);
      await sleep(500);
      await serverBack(isCurrent);
    }
  }
  throw new DOMException("another image was chosen", "AbortError");
}
