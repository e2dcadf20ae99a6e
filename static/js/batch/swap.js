// Goes to another page of the batches without leaving this one: files that are chosen stay chosen.
import { ApiError } from "../api.js";

let swapped = false;

/** Put the <main> of `address` in place of this page's; answers it. */
export async function swapTo(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  // Led to the log-in: whoever was logged in no longer is.
  if (!response.ok || response.redirected) throw new ApiError(response.redirected ? 401 : response.status, null);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  await Promise.all(Array.from(page.querySelectorAll('link[rel="stylesheet"]'), addSheet));
  const main = document.adoptNode(page.querySelector("main"));
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  document.body.className = page.body.className;
  for (const nav of document.querySelectorAll(".topnav, .bottomnav")) {
    const other = page.querySelector(`.${nav.classList[0]}`);
    if (other) nav.replaceChildren(...other.children);
  }
  history.pushState(null, "", address);
  if (!swapped) window.addEventListener("popstate", () => location.reload()); // back: that page afresh
  swapped = true;
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
  return main;
}

function addSheet(link) {
  const known = [...document.querySelectorAll('link[rel="stylesheet"]')].some((one) => one.getAttribute("href") === link.getAttribute("href"));
  if (known) return null;
  const added = document.adoptNode(link);
  return new Promise((resolve) => {
    added.addEventListener("load", resolve);
    added.addEventListener("error", resolve);
    document.head.append(added);
  });
}
