// Copies the front-end libraries from node_modules into static/vendor and builds static/icons.svg.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const FILES = {
  bootstrap: [
    "dist/css/bootstrap.min.css",
    "dist/css/bootstrap-reboot.min.css",
    "LICENSE",
  ],
  "chart.js": ["dist/chart.umd.min.js", "LICENSE.md"],
  openseadragon: ["build/openseadragon/openseadragon.min.js", "LICENSE.txt"],
  "swagger-ui-dist": [
    "swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css",
    "LICENSE",
    "NOTICE",
  ],
};
const FOLDERS = { "chart.js": "chartjs", "swagger-ui-dist": "swagger-ui" };

const ICONS = [
  "activity", "arrow-clockwise", "arrow-counterclockwise", "arrow-left", "arrow-repeat",
  "arrow-right", "arrows-angle-expand", "aspect-ratio", "bar-chart", "bounding-box",
  "bounding-box-circles", "box-arrow-right", "box-arrow-up-right", "braces", "brightness-high",
  "calendar3", "camera", "camera-fill", "check-circle-fill", "check-lg", "check2-square",
  "chevron-down", "chevron-left", "chevron-right", "chevron-up", "circle-half", "clipboard",
  "clock", "cloud-arrow-up", "copy", "cpu", "crosshair", "dash-circle", "dash-lg", "database",
  "download", "exclamation-triangle-fill", "eye", "file-earmark-image", "file-earmark-x",
  "file-earmark-zip", "filetype-csv", "filetype-json", "filetype-png", "folder2-open",
  "fullscreen", "fullscreen-exit", "funnel", "gear", "graph-up", "grid-3x3-gap", "hash", "hdd",
  "hdd-stack", "image", "images", "info-circle", "keyboard", "layers", "layout-sidebar",
  "layout-sidebar-reverse", "link-45deg", "list-ul", "moon", "pause-fill", "pencil",
  "person-circle", "play-fill", "plus-lg", "printer", "rulers", "search", "slash-circle",
  "sliders", "sort-down", "square-half", "star", "sun", "tag", "three-dots",
  "three-dots-vertical", "translate", "trash3", "upload", "wifi-off", "x-circle-fill", "x-lg",
];

// A class's mark: the same 16 x 16 shapes as static/js/classes.js draws on the image.
const SHAPES = {
  circle: "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2Z",
  triangle: "M8 1.7 14.8 13.6H1.2Z",
  diamond: "M8 .9 15.1 8 8 15.1.9 8Z",
  square: "M2.5 2.5h11v11h-11Z",
  hexagon: "M8 1.2 13.9 4.6v6.8L8 14.8l-5.9-3.4V4.6Z",
};

function copyLibraries() {
  for (const [name, files] of Object.entries(FILES)) {
    const folder = join("static/vendor", FOLDERS[name] ?? name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const file of files) copyWithoutMap(join("node_modules", name, file), folder);
  }
}

/** A source map that is not shipped would only give a 404 in the browser's tools. */
function copyWithoutMap(file, folder) {
  const target = join(folder, basename(file));
  if (!/\.(js|css)$/.test(file)) return copyFileSync(file, target);
  const text = readFileSync(file, "utf8");
  writeFileSync(target, text.replace(/\n?(\/\/|\/\*)# sourceMappingURL=\S+( \*\/)?\s*$/, "\n"));
}

function symbol(name) {
  const svg = readFileSync(`node_modules/bootstrap-icons/icons/${name}.svg`, "utf8");
  const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 16 16" fill="currentColor">${body}</symbol>`;
}

function buildSprite() {
  const shapes = Object.entries(SHAPES).map(
    ([name, d]) => `<symbol id="${name}" viewBox="0 0 16 16"><path fill="currentColor" d="${d}"/></symbol>`,
  );
  const symbols = [...ICONS.map(symbol), ...shapes].join("\n");
  writeFileSync("static/icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols}\n</svg>\n`);
}

copyLibraries();
buildSprite();
