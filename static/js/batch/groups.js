// Small groups to send: so many files, so many bytes, whichever comes first.
export const MAX_FILES = 10;
export const MAX_BYTES = 24 * 1024 * 1024;

/** Cut items with a `size` into groups, in order. */
export function cut(items, { maxFiles = MAX_FILES, maxBytes = MAX_BYTES } = {}) {
  const groups = [];
  let group = [];
  let bytes = 0;
  for (const item of items) {
    if (group.length && (group.length >= maxFiles || bytes + item.size > maxBytes)) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += item.size;
  }
  if (group.length) groups.push(group);
  return groups;
}
