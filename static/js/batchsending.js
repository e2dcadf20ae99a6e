// Takes many files from another page to the page of batches, without copying a byte of them.
import { url } from "./api.js";

/** startBatch(files): show them on /batch, checked and ready to be sent. */
export async function startBatch(files) {
  const { swapTo } = await import("./batch/swap.js");
  const main = await swapTo(url("/batch"));
  const [{ BatchStart }, { BatchTable }] = await Promise.all([import("./batch/start.js"), import("./batch/table.js")]);
  new BatchTable(main);
  new BatchStart(main).take(files);
}
