// What a closed tab had not sent, kept in this browser so that the rest can be sent another day.
const NAME = "aoi.unsent.";
const FRESH_MS = 12000;

const fingerprint = (file) => `${file.size} ${file.name}`;

/** Note what `sender` has not sent; nothing is kept where storage is not allowed. */
export function note(sender) {
  if (!sender.batchId) return;
  const waiting = sender.items.filter((item) => item.state === "waiting").map(fingerprint);
  const sending = sender.items.filter((item) => item.state === "sending").map(fingerprint);
  if (!waiting.length && !sending.length) return forget(sender.batchId);
  try {
    localStorage.setItem(NAME + sender.batchId, JSON.stringify({ at: Date.now(), waiting, sending }));
  } catch {
    // full or forbidden: then the person is told by the browser's own question only
  }
}

export function forget(batchId) {
  try {
    localStorage.removeItem(NAME + batchId);
  } catch {
    // nothing was kept
  }
}

/** {missing: Set of fingerprints, elsewhere: whether another tab is sending them now}, or null. */
export function recall(batchId, results) {
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(NAME + batchId));
  } catch {
    return null;
  }
  if (!kept) return null;
  // What was on its way when the tab went may have arrived.
  const arrived = new Set(results.map((item) => item.filename));
  const lost = kept.sending.filter((text) => !arrived.has(text.slice(text.indexOf(" ") + 1)));
  const missing = new Set([...lost, ...kept.waiting]);
  return missing.size ? { missing, elsewhere: Date.now() - kept.at < FRESH_MS } : null;
}

export const isMissing = (missing, file) => missing.has(fingerprint(file));
