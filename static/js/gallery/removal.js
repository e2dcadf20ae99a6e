// Deletes images one request each, a few at a time; tells which went.
import { request } from "../api.js";

const AT_ONCE = 4;

/** Answers {gone: Set of ids, kept: Map of id → error}; `onProgress` hears how many are through. */
export async function remove(ids, { path = "images", onProgress = () => {} } = {}) {
  const gone = new Set();
  const kept = new Map();
  const left = [...ids];
  const lane = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await request(`/${path}/${encodeURIComponent(id)}`, { method: "DELETE" });
        gone.add(id);
      } catch (error) {
        if (error.status === 404) gone.add(id); // somebody was faster
        else kept.set(id, error);
      }
      onProgress(gone.size + kept.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { gone, kept };
}
