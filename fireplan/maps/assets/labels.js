// Labels of stations, each where there is room for it.

import { Room } from "../../_page_kit/browser/label_room.js";

const settling = new Set();
export function settle(map) {
  if (settling.has(map)) return;
  settling.add(map);
  requestAnimationFrame(() => {
    settling.delete(map);
    settleNow(map);
  });
}

/** Set the labels of a map before anything else happens: paper does not wait for the next frame. */
export function settleNow(map) {
  const stations = map.fireplanStations || [];
  new Set(stations.map((s) => s.side)).forEach((side) => settleLabels(map, stations.filter((s) => s.side === side)));
}

// A label that would cover a station, another label or a control, or leave the map, stands on another side, or waits
// until there is room. What changes comes first.
function settleLabels(map, stations) {
  const box = map.getContainer(), edge = box.getBoundingClientRect();
  const shown = stations.flatMap(({ group }) => group.getLayers()).filter((m) => m.getElement());
  const rank = (m) => (m.options.zIndexOffset ? 0 : 1);
  const over = [...box.querySelectorAll(".leaflet-control"), ...box.parentElement.querySelectorAll(".fp-legends .fp-legend")];
  const taken = [...shown.map((m) => m.getElement().querySelector("svg")), ...over].map((e) => e.getBoundingClientRect());
  const room = new Room();
  // Two pixels may overlap: letters do not reach the edge of their box.
  const take = (r) => room.take(r.left + 2, r.top + 2, r.width - 4, r.height - 4);
  taken.forEach(take);
  const clear = (label) => label.left >= edge.left && label.right <= edge.right && label.top >= edge.top &&
    label.bottom <= edge.bottom && room.free(label.left, label.top, label.width, label.height);
  shown.slice().sort((a, b) => rank(a) - rank(b)).forEach((marker) => {
    const label = marker.getElement().querySelector("b");
    if (!label) return;
    const side = ["right", "left", "below", "above"].find((s) => {
      label.dataset.side = s;
      return clear(label.getBoundingClientRect());
    });
    if (side) take(label.getBoundingClientRect());
    else label.dataset.side = "none";
  });
}
