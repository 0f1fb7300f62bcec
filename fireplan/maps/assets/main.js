// The map page: what its script calls, under one name. Every text it is given is escaped HTML.

import { furnish } from "./furnishing.js";
import { list } from "./layer_list.js";
import { dots, lines, marks, polygons, stations } from "./layers.js";
import { side, swipe } from "./swipe.js";
import { sync } from "./synchronised.js";

window.fireplan = { dots, furnish, lines, list, marks, polygons, side, stations, swipe, sync };

// Folium builds popups with `$(html)[0]`; that much of it is enough for them.
window.$ = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.children;
};
