// What stands on every map: scale, north arrow, first view, keyboard.

import { h } from "../../_page_kit/browser/elements.js";
import { answerKeys } from "./keyboard.js";
import { settle } from "./labels.js";
import { printed } from "./printing.js";

export const narrow = (map) => map.getContainer().offsetWidth < 900;

const ARROW = '<svg viewBox="0 0 10 14" aria-hidden="true"><path d="M5 0L10 14L5 11L0 14Z" fill="currentColor"/></svg>';

const North = L.Control.extend({
  options: { position: "bottomright" },
  onAdd() {
    const north = h("div", { class: "fp-north" }, h("b", {}, "N", h("span", {}, "orth is up")));
    north.insertAdjacentHTML("afterbegin", ARROW);
    return north;
  },
});

export function furnish(map, options) {
  printed(map);
  map.attributionControl.setPrefix(false);
  L.control.scale({ position: "bottomright", metric: true, imperial: true, maxWidth: 110 }).addTo(map);
  new North().addTo(map);
  if (options.icons) {
    L.Icon.Default.imagePath = "";
    L.Icon.Default.mergeOptions(options.icons);
  }
  answerKeys(map);
  map.on("zoomend moveend resize", () => settle(map));
  const fitCards = () => map.getContainer().style.setProperty("--fp-card", map.getSize().y - 80 + "px");
  map.on("resize", fitCards);
  fitCards();
  map.getContainer().parentElement.addEventListener("toggle", () => settle(map), true);
  if (!options.bounds) return;
  // What lies on both sides of the 180th meridian is drawn on one map: the western longitudes beyond 180.
  map.fireplanBeyond180 = options.bounds[1][1] > 180;
  map.fireplanFirst = L.latLngBounds(options.bounds);
  map.fireplanCurtain = options.curtain;
  fitFirst(map);
}

/** Shows all of the first view. */
export function fitFirst(map) {
  // The first view leaves free what the legends and the list of layers cover, where there is room for that.
  const legends = map.getContainer().parentElement.querySelector(".fp-legends");
  const over = legends && getComputedStyle(legends).position === "absolute" && !narrow(map);
  const list = narrow(map) ? 14 : 210, low = map.getSize().y;
  map.fitBounds(map.fireplanFirst, {
    paddingTopLeft: [over ? legends.offsetWidth + 30 : map.fireplanCurtain ? list : 14, Math.min(14, low / 4)],
    paddingBottomRight: [list, Math.min(low < 320 ? 24 : 46, low / 4)],
    animate: false,
  });
}
