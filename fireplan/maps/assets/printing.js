// What becomes of a page on paper.

const maps = [];

/** A map that is drawn anew for the paper. */
export const printed = (map) => maps.push(map);

// On paper: legends open, and each map drawn anew for its place on the page.
let kept = null;
function printing(on) {
  if (on === Boolean(kept)) return;
  if (on) {
    const folded = [...document.querySelectorAll("details:not([open])")];
    kept = { folded, views: maps.map((map) => [map.getCenter(), map.getZoom(), map.getBounds()]) };
  }
  const { folded, views } = kept;
  folded.forEach((details) => { details.open = on; });
  document.documentElement.classList.toggle("fp-printing", on);
  maps.forEach((map) => map.invalidateSize({ animate: false, pan: false }));
  maps.forEach((map, i) => {
    const first = map.fireplanFirst, all = first && views[i][2].contains(first);
    if (on) map.fitBounds(all ? first : views[i][2], { animate: false, padding: [20, 20] });
    else map.setView(views[i][0], views[i][1], { animate: false });
  });
  if (!on) kept = null;
}
addEventListener("beforeprint", () => printing(true));
addEventListener("afterprint", () => printing(false));
matchMedia("print").addEventListener("change", (e) => printing(e.matches));
if (document.documentElement.dataset.theme === "print") {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
}
