// The public API, as the pages call it.
const ROOT = document.documentElement.dataset.root ?? "";

/** An answer that is no success. `message` is the server's own, `body` its whole JSON. */
export class ApiError extends Error {
  constructor(status, body, retryAfter = null) {
    super(messageOf(body));
    this.status = status;
    this.body = body ?? {};
    this.retryAfter = retryAfter;
    // Whichever call hears of it first: the frame tells it and leads to the log-in.
    if (status === 401) document.dispatchEvent(new Event("aoi:logged-out"));
  }

  /** A fault that passes by itself: ask again. */
  get passing() {
    return [429, 502, 503, 504].includes(this.status);
  }
}

/** No answer at all: the network or the server is away. */
export class Unreachable extends Error {}

function messageOf(body) {
  if (typeof body?.message !== "string") return "";
  return body.message;
}

/** What every call carries; a page that needs a token of its session carries it in <meta name="csrf-token">. */
export function headers() {
  return { Accept: "application/json", ...csrf() };
}

/** The token of the page's log-in, where there is one. */
export function csrf() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  return token ? { "X-CSRF-Token": token } : {};
}

/** GET (or `method`) a path of the API: its JSON, null for an answer without a body. Throws ApiError or Unreachable. */
export async function request(path, { method = "GET", timeout = 15000 } = {}) {
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers: headers(),
      signal: AbortSignal.timeout(timeout),
    });
  } catch (cause) {
    throw new Unreachable("", { cause });
  }
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, body, response.headers.get("Retry-After"));
  if (body === null) throw new Unreachable("the answer was cut short");
  const served = Date.parse(response.headers.get("Date") ?? "");
  return Object.defineProperty(body, "servedAt", { value: Number.isNaN(served) ? Date.now() : served });
}

/** Send one image. `onProgress` hears (sent, total) of the file's bytes; `signal` gives it up. */
export function sendImage(file, { key, onProgress, signal }) {
  const xhr = new XMLHttpRequest();
  signal.addEventListener("abort", () => xhr.abort());
  const answer = new Promise((resolve, reject) => {
    xhr.upload.onprogress = (event) => {
      // What is counted is the whole body; scale it to the file's own size.
      if (event.lengthComputable) onProgress((event.loaded / event.total) * file.size, file.size);
    };
    xhr.upload.onload = () => onProgress(file.size, file.size);
    xhr.onload = () => {
      const body = xhr.response;
      if (xhr.status >= 200 && xhr.status < 300 && body?.img_unique_id) resolve(body);
      else reject(new ApiError(xhr.status, body, xhr.getResponseHeader("Retry-After")));
    };
    xhr.onerror = () => reject(new Unreachable());
    xhr.ontimeout = xhr.onerror;
    xhr.onabort = () => reject(new DOMException("aborted", "AbortError"));
  });
  const form = new FormData();
  form.append("image", file, file.name);
  xhr.open("POST", `${ROOT}/upload`);
  xhr.responseType = "json";
  for (const [name, value] of Object.entries(headers())) xhr.setRequestHeader(name, value);
  xhr.setRequestHeader("Prefer", "respond-async");
  xhr.setRequestHeader("Idempotency-Key", key);
  xhr.send(form);
  return answer;
}

const encoded = encodeURIComponent;
/** An address of this server, below the prefix it may be served under. */
export const url = (path) => ROOT + path;
export const pictureUrl = (id, type) => `${ROOT}/download/image/${encoded(id)}/${type}?inline=1`;
export const downloadUrl = (id, type) =>
  type === "json" ? `${ROOT}/download/json/${encoded(id)}` : `${ROOT}/download/image/${encoded(id)}/${type}`;

export const health = () => request("/health", { timeout: 5000 });
export const upload = (id) => request(`/uploads/${encoded(id)}`);
export const retry = (id) => request(`/uploads/${encoded(id)}/retry`, { method: "POST" });
export const image = (id) => request(`/images/${encoded(id)}`);
export const classes = (id) => request(`/images/${encoded(id)}/classes`);
export const regions = (id) => request(`/images/${encoded(id)}/regions?outlines=1`);
/** "?a=1&b=x&b=y" of {a: 1, b: ["x", "y"]}; what is empty is left out. */
export function query(values) {
  const pairs = Object.entries(values).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const text = new URLSearchParams(pairs.filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return text.size ? `?${text}` : "";
}

export const recent = (limit) => request(`/images?limit=${limit}`);
