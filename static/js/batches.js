// The page that sends many images and lists all batches.
import { BatchStart } from "./batch/start.js";
import { BatchTable } from "./batch/table.js";

const root = document.querySelector("[data-batches]");
new BatchStart(root);
new BatchTable(root);
