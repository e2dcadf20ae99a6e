// Files out of a drop or a chooser: folders are walked, what an operating system leaves in them is left out.
const LEFT_BY_SYSTEMS = /^(\.|Thumbs\.db$|desktop\.ini$)/i;
const BY_PATH = new Intl.Collator("en", { numeric: true });

const pathOf = (file) => file.webkitRelativePath || file.name;

function tidy(files) {
  return files
    .filter((file) => !LEFT_BY_SYSTEMS.test(file.name))
    .sort((one, other) => BY_PATH.compare(pathOf(one), pathOf(other)));
}

/** Take the files of an <input type=file>, which can then be used again. */
export function chosenFiles(input) {
  const files = [...input.files];
  input.value = "";
  return tidy(files);
}

/** Call it within the drop's event: what was dropped is told only then. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return tidy([...transfer.files]);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return tidy(found);
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push(file);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A folder is told in parts, the last of them empty.
    const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!part.length) return;
    for (const child of part) await walk(child, found);
  }
}
