// Swagger UI over the server's own description, in the place of the list that the page came with.
import { csrf } from "./api.js";
import { el } from "./dom.js";
import { notice } from "./notices.js";
import { LOST } from "./words.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

/**
 * Swagger UI fills examples in as values: "Try it out" would filter a list by all examples at once,
 * and send every image under one Idempotency-Key. What may be left out stays empty; its example is told.
 */
function tellExamples(parameter) {
  const example = parameter.example ?? parameter.schema?.example;
  if (parameter.required || example === undefined) return;
  delete parameter.example;
  delete parameter.schema?.example;
  parameter.description = `${parameter.description ?? ""} (for example \`${example}\`)`.trim();
}

async function description(url) {
  const spec = await (await fetch(url)).json();
  for (const path of Object.values(spec.paths)) {
    const operations = METHODS.map((method) => path[method]).filter(Boolean);
    for (const { parameters = [] } of [path, ...operations]) parameters.forEach(tellExamples);
  }
  return spec;
}

/** Half a megabyte of Swagger UI is not to delay what there is to read. */
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.prepend(element); // before docs.css, which has the last word
  });
}

/** The page has a head of its own; a link within a button is one too many to reach by keys. */
const ours = () => ({ wrapComponents: { info: () => () => null, DeepLink: () => ({ text }) => text } });

async function start(place) {
  await painted();
  let spec;
  try {
    [spec] = await Promise.all([
      description(place.dataset.spec),
      loaded(el("script", { src: place.dataset.script })),
      loaded(el("link", { rel: "stylesheet", href: place.dataset.style })),
    ]);
  } catch {
    place.append(notice({ title: LOST[0], text: LOST[1] }));
    return;
  }
  window.ui = window.SwaggerUIBundle({
    spec,
    domNode: place,
    deepLinking: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    // Who is logged in calls as themselves; a key given under "Authorize" goes before.
    requestInterceptor: (call) => Object.assign(call, { headers: { ...csrf(), ...call.headers } }),
    presets: [window.SwaggerUIBundle.presets.apis],
    plugins: [ours],
    layout: "BaseLayout",
    onComplete: () => document.querySelector("[data-calls]").remove(),
  });
}

start(document.querySelector("#swagger-ui"));
