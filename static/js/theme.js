// Sets the theme before the first paint (so a classic script in the head): the system's, unless switched.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const other = { dark: "light", light: "dark" };

  /** The choice lives in this browser; private windows may refuse to keep it. */
  function chosen() {
    try {
      return localStorage.getItem("aoi-theme");
    } catch {
      return null;
    }
  }

  function current() {
    return chosen() ?? (system.matches ? "dark" : "light");
  }

  function apply() {
    const theme = current();
    root.dataset.bsTheme = theme;
    root.classList.toggle("dark-mode", theme === "dark"); // Swagger UI's own switch
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const words = theme === "dark" ? button.dataset.toLight : button.dataset.toDark;
      const text = button.querySelector("[data-theme-words]");
      if (text) text.textContent = words;
      else button.setAttribute("aria-label", words);
      button.querySelector("use").setAttribute("href", `${root.dataset.icons}#${theme === "dark" ? "sun" : "moon"}`);
    }
  }

  function toggle() {
    const wanted = other[current()];
    const followsSystem = wanted === (system.matches ? "dark" : "light");
    try {
      if (followsSystem) localStorage.removeItem("aoi-theme");
      else localStorage.setItem("aoi-theme", wanted);
    } catch {
      root.dataset.bsTheme = wanted;
      return;
    }
    apply();
    document.dispatchEvent(new CustomEvent("aoi:theme"));
  }

  apply();
  system.addEventListener("change", () => {
    apply();
    document.dispatchEvent(new CustomEvent("aoi:theme")); // charts draw their colours anew
  });
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-theme-toggle]")) toggle();
  });
})();
