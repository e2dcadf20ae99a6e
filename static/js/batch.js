// The page of one batch.
import { BatchPage } from "./batch/page.js";

new BatchPage(document.querySelector("[data-batch]"));
