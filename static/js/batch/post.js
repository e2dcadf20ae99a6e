// Sends one group of files to a batch; how far each file is follows from the bytes of all.
import { ApiError, Unreachable, headers, query, url } from "../api.js";

/** Answers the batch as it stands after. `onProgress` hears the share of the body that is sent, 0 to 1. */
export function postGroup(files, { batchId, key, onProgress }) {
  const xhr = new XMLHttpRequest();
  const form = new FormData();
  for (const file of files) form.append("images", file, file.name);
  const answer = new Promise((resolve, reject) => {
    xhr.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    xhr.upload.onload = () => onProgress(1);
    xhr.onload = () => {
      const body = xhr.response;
      if (xhr.status >= 200 && xhr.status < 300 && body?.batch_id) resolve(body);
      else reject(new ApiError(xhr.status, body, xhr.getResponseHeader("Retry-After")));
    };
    xhr.onerror = () => reject(new Unreachable());
    xhr.ontimeout = xhr.onerror;
    xhr.onabort = xhr.onerror;
  });
  xhr.open("POST", url(`/upload/batch${query({ batch_id: batchId })}`));
  xhr.responseType = "json";
  for (const [name, value] of Object.entries(headers())) xhr.setRequestHeader(name, value);
  xhr.setRequestHeader("Idempotency-Key", key);
  xhr.send(form);
  return answer;
}
