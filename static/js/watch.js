// Follows an upload until it is done or failed, through lost connections too.
import { ApiError, Unreachable, health, upload } from "./api.js";

const FIRST = 400;
const LAST = 1000;
const IN_TROUBLE = 1500;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const isPassing = (error) => error instanceof Unreachable || (error instanceof ApiError && error.passing);

/** Yields {record} at every look and {trouble} while nothing answers, as long as `isCurrent()`. */
export async function* watch(id, isCurrent) {
  let pause = FIRST;
  while (isCurrent()) {
    try {
      const record = await upload(id);
      yield { record };
      if (record.status === "done" || record.status === "failed") return;
      await sleep(pause);
      pause = Math.min(LAST, pause * 1.25);
    } catch (error) {
      if (!isPassing(error)) throw error;
      yield { trouble: error };
      await sleep(IN_TROUBLE);
    }
  }
}

/** Resolves when the server answers anything at all. */
export async function serverBack(isCurrent) {
  while (isCurrent()) {
    try {
      await health();
      return;
    } catch (error) {
      if (error instanceof ApiError) return;
      await sleep(IN_TROUBLE);
    }
  }
}
