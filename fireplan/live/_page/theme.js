// Runs before the page is painted: light or dark, and the wall display, as last chosen or as the system asks.
(() => {
  "use strict";
  const root = document.documentElement;
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage may be forbidden; the page works without it
    }
  };
  const own = kept("fireplan-theme");
  root.dataset.theme = own === "dark" || own === "light" ? own : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  if (new URLSearchParams(location.search).has("wall")) root.dataset.wall = "";
})();
