// Draws fireplan's packed layers with Leaflet. Every text it is given is escaped HTML.

import { integers, points as inDegrees } from "../../_page_kit/browser/packed_coordinates.js";
import { describe, plain, sideOf, textOf } from "./cards.js";
import { Dots } from "./dots.js";
import { settle } from "./labels.js";

// Points of a layer, on the side of the 180th meridian on which the map is drawn.
function points(map, text) {
  const next = inDegrees(text);
  if (!map.fireplanBeyond180) return next;
  const turned = () => {
    const [lat, lon] = next();
    return [lat, lon < 0 ? lon + 360 : lon];
  };
  turned.count = next.count;
  return turned;
}

const times = (n, make) => Array.from({ length: n }, make);

// Sheets of their own, by height: streets, areas, streets drawn over areas, dots, marks, stations. Only areas, marks and
// stations answer the pointer. What is drawn for one side of a curtain hangs on the sheet of that side.
// A sheet is never wholly opaque: Chromium prints such a canvas together with those beneath, and clearing it clears these.
export const OPAQUE = 0.999;
function pane(map, name, order, { opacity = 1, answers = false } = {}) {
  const side = map.fireplanSide, own = side ? name + "-" + side : name;
  if (!map.getPane(own)) {
    const made = map.createPane(own, side ? map.getPane("fp-side-" + side) : undefined);
    made.style.zIndex = order;
    made.style.opacity = Math.min(opacity, OPAQUE);
    if (!answers) made.style.pointerEvents = "none";
  }
  return own;
}

export function polygons(map, layer) {
  const structure = integers(layer.structure), next = points(map, layer.points), group = L.featureGroup();
  const sheet = pane(map, "fp-areas", 395, { opacity: layer.opacity, answers: true });
  let at = 0;
  for (let row = 0; row < layer.rows; row++) {
    const shape = times(structure[at++], () => times(structure[at++], () => times(structure[at++], next)));
    const colour = layer.palette[layer.fills[row]];
    // Opaque within the sheet, which is translucent as a whole: no seams where areas meet.
    const area = L.polygon(shape, {
      pane: sheet, fill: Boolean(colour), fillColor: colour, fillOpacity: 1, stroke: Boolean(layer.outline || colour),
      color: layer.outline || colour, weight: layer.weight, opacity: 1, smoothFactor: 0.5,
      interactive: layer.labels.length > 0 || Boolean(layer.tooltip),
    });
    describe(area, layer, row, { sticky: true, ...sideOf(map) });
    group.addLayer(area);
  }
  return group;
}

export function lines(map, layer) {
  const group = L.featureGroup();
  for (const kind of layer.kinds) {
    const counts = integers(kind.structure), next = points(map, kind.points);
    const streets = counts.map((n) => times(n, next));
    group.addLayer(L.polyline(streets, {
      color: kind.colour, weight: kind.weight, dashArray: kind.dash || null, opacity: 1, smoothFactor: 1,
      interactive: false,
      pane: pane(map, layer.above ? "fp-above" : "fp-below", layer.above ? 450 : 390),
    }));
  }
  return group;
}

export function dots(map, layer) {
  const group = L.featureGroup();
  for (const kind of layer.kinds) {
    const next = points(map, kind.points);
    if (!next.count) continue;
    group.addLayer(new Dots(next, {
      fillColor: kind.colour, fillOpacity: layer.opacity, radius: layer.radius, weight: 0, interactive: false,
      pane: pane(map, "fp-dots", 460),
    }));
  }
  return group;
}

// Points and lines of one's own. Those with cards are SVG: a canvas over the whole map would keep the pointer from areas.
export function marks(map, layer) {
  const counts = layer.shape === "line" && integers(layer.structure), next = points(map, layer.points), group = L.featureGroup();
  const answers = layer.labels.length > 0 || Boolean(layer.tooltip);
  const sheet = pane(map, answers ? "fp-marks" : "fp-dots", answers ? 470 : 460, { answers });
  const drawn = (map.fireplanDrawn ||= new Map());
  if (answers && !drawn.has(sheet)) drawn.set(sheet, L.svg({ pane: sheet }));
  const common = { pane: sheet, renderer: drawn.get(sheet), interactive: answers };
  layer.row.forEach((row, i) => {
    const colour = layer.palette[layer.fills[row]];
    const mark = counts
      ? L.polyline(times(counts[i], next), { ...common, color: colour, weight: layer.size, opacity: 1, smoothFactor: 0.5 })
      : L.circleMarker(next(), { ...common, radius: layer.size, fillColor: colour, fillOpacity: 1, color: layer.edge, weight: 1 });
    describe(mark, layer, row, { sticky: Boolean(counts), ...sideOf(map) });
    group.addLayer(mark);
  });
  return group;
}

export function stations(map, layer) {
  const next = points(map, layer.points), group = L.featureGroup();
  for (let row = 0; row < layer.rows; row++) {
    const label = layer.names[row], status = layer.statuses[row];
    const said = plain(label) + (status === "existing" ? "" : " (" + status + ")");
    const marker = L.marker(next(), {
      title: said, alt: said, riseOnHover: true, zIndexOffset: status === "existing" ? 0 : 500,
      pane: map.fireplanSide ? pane(map, "fp-stations", 600, { answers: true }) : "markerPane",
      icon: L.divIcon({
        className: "fp-station fp-" + status, iconSize: [22, 22],
        html: '<svg viewBox="0 0 22 22" aria-hidden="true">' + layer.signs[status] + "</svg>" +
          (layer.labelled ? "<b>" + label + "</b>" : ""),
      }),
    });
    describe(marker, layer, row, { direction: "top", offset: [0, -10], ...sideOf(map) });
    const full = layer.tooltip ? plain(textOf(layer.tooltip, row)) : said;
    marker.on("add", () => asButton(marker, full === said || full === plain(label) ? said : said + ": " + full));
    group.addLayer(marker);
  }
  const side = map.fireplanSide;
  group.on("add remove", () => settle(map));
  (map.fireplanStations ||= []).push({ group, side });
  return group;
}

// Leaflet makes a button of a marker and opens its card on Enter; a button has a name and answers the space bar too.
function asButton(marker, said) {
  const element = marker.getElement();
  element.setAttribute("aria-label", said);
  L.DomEvent.on(element, "keydown", (e) => {
    if (e.key !== " ") return;
    L.DomEvent.stop(e);
    marker.openPopup();
  });
}
