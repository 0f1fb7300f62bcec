// One map with a curtain between what its two sides show.

import { h } from "../../_page_kit/browser/elements.js";
import { plain } from "./cards.js";

// From here on, what is drawn on the map stands on that side of its curtain.
export function side(map, name) {
  map.fireplanSide = name;
  map.createPane("fp-side-" + name).style.zIndex = 400;
}

// The divider of a curtain, with the mouse, the finger and the keyboard.
export function swipe(map, options) {
  const STEPS = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
  const box = map.getContainer(), bar = h("div", { class: "fp-divider" }, h("span"));
  const left = plain(options.left), right = plain(options.right);
  map.fireplanSide = undefined;
  map.fireplanSides = { left: options.left, right: options.right };
  map.fireplanAt = options.at;
  const said = {
    role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-valuemin": "0", "aria-valuemax": "100",
    "aria-controls": box.id, "aria-label": "Divider: " + left + " on its left, " + right + " on its right",
  };
  Object.entries(said).forEach(([name, value]) => bar.setAttribute(name, value));
  function draw() {
    const size = map.getSize(), low = map.containerPointToLayerPoint([0, 0]);
    const x = low.x + size.x * map.fireplanAt, ends = { left: [low.x, x], right: [x, low.x + size.x] };
    for (const [name, [from, to]] of Object.entries(ends)) {
      const corners = [[from, low.y], [to, low.y], [to, low.y + size.y], [from, low.y + size.y]];
      map.getPane("fp-side-" + name).style.clipPath = "polygon(" + corners.map(([a, b]) => a + "px " + b + "px").join() + ")";
    }
    Object.assign(bar.style, { left: x + "px", top: low.y + "px", height: size.y + "px" });
    // What the curtain hides cannot be reached with the keyboard either.
    (map.fireplanStations || []).forEach((stations) => stations.group.eachLayer((marker) => {
      if (!marker.getElement()) return;
      const at = map.latLngToLayerPoint(marker.getLatLng()).x, hidden = stations.side === "left" ? at > x + 11 : at < x - 11;
      marker.getElement().style.visibility = hidden ? "hidden" : "";
    }));
  }
  function move(to) {
    map.fireplanAt = Math.min(1, Math.max(0, to));
    const percent = Math.round(100 * map.fireplanAt);
    bar.setAttribute("aria-valuenow", String(percent));
    bar.setAttribute("aria-valuetext", percent + " % of the width shows " + left + ", the rest " + right);
    draw();
  }
  bar.addEventListener("keydown", (e) => {
    if (!(e.key in STEPS)) return;
    L.DomEvent.stop(e);
    move(map.fireplanAt + STEPS[e.key]);
  });
  bar.addEventListener("pointerdown", (e) => {
    bar.setPointerCapture(e.pointerId);
    bar.focus();
    e.preventDefault();
  });
  bar.addEventListener("pointermove", (e) => {
    const edge = box.getBoundingClientRect();
    if (bar.hasPointerCapture(e.pointerId)) move((e.clientX - edge.left) / edge.width);
  });
  ["mousedown", "touchstart", "pointerdown", "click", "dblclick"].forEach((name) => bar.addEventListener(name, (e) => e.stopPropagation()));
  map.createPane("fp-divider").style.zIndex = 650;
  map.getPane("fp-divider").append(bar);
  map.on("move zoom viewreset resize layeradd", draw);
  move(options.at);
}
