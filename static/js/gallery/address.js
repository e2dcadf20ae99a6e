// The filter in the page's address, and what it asks of the API. The names are the API's own.
const SINGLE = ["start_date", "end_date", "min_defects", "max_defects", "batch_id", "filename", "order"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
export const ORDERS = ["-timestamp", "timestamp", "-total_defects", "total_defects"];
export const EMPTY = { class_name: [] };

/** "?class_name=PI_Particle&min_defects=1" → {class_name: [...], min_defects: "1", …} */
export function read(search) {
  const given = new URLSearchParams(search);
  const filter = { class_name: given.getAll("class_name").filter(Boolean) };
  for (const name of SINGLE) if (given.get(name)) filter[name] = given.get(name);
  if (!ORDERS.includes(filter.order) || filter.order === ORDERS[0]) delete filter.order;
  if (given.get("status") === "failed") filter.status = "failed";
  return filter;
}

/** The filter as an address writes it; "" for none. */
export function write(filter) {
  const parameters = new URLSearchParams();
  for (const name of filter.class_name ?? []) parameters.append("class_name", name);
  for (const name of [...SINGLE, "status"]) if (filter[name]) parameters.set(name, filter[name]);
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

/** What GET /images and the exports are asked. A bare day is the reader's own, not the one in UTC. */
export function query(filter) {
  const parameters = new URLSearchParams(write({ ...filter, status: undefined }));
  if (DAY.test(filter.start_date)) parameters.set("start_date", startOf(filter.start_date).toISOString());
  if (DAY.test(filter.end_date)) parameters.set("end_date", endOf(filter.end_date));
  return parameters;
}

const startOf = (day) => new Date(`${day}T00:00:00`);

function endOf(day) {
  const next = startOf(day);
  next.setDate(next.getDate() + 1);
  return new Date(next - 1000).toISOString().replace(".000Z", ".999999Z");
}

/** The local day of a time, as the address writes it. */
export function dayOf(time) {
  const pad = (n) => String(n).padStart(2, "0");
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
}

/** The days of a shortcut: `days` of them, the last one `ago` days before today. */
export function range(days, ago = 0, today = new Date()) {
  const end = new Date(today.getFullYear(), today.getMonth(), today.getDate() - ago);
  const start = new Date(end.getFullYear(), end.getMonth(), end.getDate() - days + 1);
  return { start_date: dayOf(start), end_date: dayOf(end) };
}

export const isFiltered = (filter) => write({ ...filter, order: undefined, status: undefined }) !== "";
