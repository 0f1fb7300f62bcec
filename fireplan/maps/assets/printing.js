// What becomes of a page on paper.

import { settleNow } from "./labels.js";

const maps = [];

/** A map that is drawn anew for the paper. */
export const printed = (map) => maps.push(map);

// How each map stood before anybody moved it. A map too small for its first view does not show all of it, and what it
// shows is not what somebody chose to look at.
let untouched = [];
const standing = (map) => [map.getCenter(), map.getZoom()];
addEventListener("load", () => { untouched = maps.map(standing); });
function moved(map, i) {
  if (!untouched[i]) return false;
  const [centre, zoom] = untouched[i];
  return map.getZoom() !== zoom || map.project(map.getCenter()).distanceTo(map.project(centre)) > 2;
}

// On paper: legends open, and each map drawn anew for its place on the page.
let kept = null;
function printing(on) {
  if (on === Boolean(kept)) return;
  if (on) {
    const folded = [...document.querySelectorAll("details:not([open])")];
    kept = { folded, views: maps.map((map, i) => [...standing(map), map.getBounds(), moved(map, i)]) };
  }
  const { folded, views } = kept;
  folded.forEach((details) => { details.open = on; });
  document.documentElement.classList.toggle("fp-printing", on);
  maps.forEach((map) => map.invalidateSize({ animate: false, pan: false }));
  maps.forEach((map, i) => {
    const [centre, zoom, seen, chosen] = views[i], first = map.fireplanFirst;
    const whole = first && (!chosen || seen.contains(first));
    if (on) map.fitBounds(whole ? first : seen, { animate: false, padding: [20, 20] });
    else map.setView(centre, zoom, { animate: false });
  });
  maps.forEach(settleNow); // once all are fitted: maps in step move one another
  if (!on) kept = null;
}
addEventListener("beforeprint", () => printing(true));
addEventListener("afterprint", () => printing(false));
matchMedia("print").addEventListener("change", (e) => printing(e.matches));
if (document.documentElement.dataset.theme === "print") {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
}
