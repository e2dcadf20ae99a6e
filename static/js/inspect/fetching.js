// Fetches a stored result whole: its figures, its regions with their outlines, its input.
import { fetchInspection } from "../viewer/inspection.js";
import { isPassing, serverBack } from "../watch.js";

/** {image, classes, regions, input}; waits for a server that is away, and throws what does not pass. */
export async function fetchResult(id, { signal, onTrouble }) {
  const isCurrent = () => !signal.aborted;
  for (;;) {
    try {
      return await fetchInspection(id);
    } catch (error) {
      if (!isPassing(error) || !isCurrent()) throw error;
      onTrouble(error);
      await serverBack(isCurrent);
    }
  }
}
