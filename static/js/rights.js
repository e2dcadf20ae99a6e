// What the person at this page may do. Templates say it (<html data-scope>), `data-needs` hides by it in
// frame.css; the server asks again at each call.
const LEVELS = ["read", "upload", "admin"];
const own = LEVELS.indexOf(document.documentElement.dataset.scope);

/** may("upload"), may("admin") */
export const may = (scope) => own >= LEVELS.indexOf(scope);
