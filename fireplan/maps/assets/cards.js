// Cards: what a click on an area or a station says.

import { integers } from "../../_page_kit/browser/packed_coordinates.js";

const MOST_CARDS = 3;
const rowsOf = new WeakMap();

// What a column says of a row: it holds its texts, or each of them once beside which of them a row has.
export function textOf(column, row) {
  if (Array.isArray(column)) return column[row];
  if (!column.rows) return column.said[row];
  if (!rowsOf.has(column)) rowsOf.set(column, integers(column.rows));
  return column.said[rowsOf.get(column)[row]];
}

// Text without its entities, for what is no HTML: titles and labels read aloud.
export function plain(html) {
  return new DOMParser().parseFromString(html, "text/html").documentElement.textContent;
}

function card(layer, row) {
  let caption = "", rows = "";
  layer.labels.forEach((label, i) => {
    const value = textOf(layer.cells[i], row);
    if (label === "") caption = "<caption>" + value + "</caption>";
    else rows += '<tr><th scope="row">' + label + "</th><td>" + value + "</td></tr>";
  });
  return '<table class="fp-card">' + caption + "<tbody>" + rows + "</tbody></table>";
}

export function describe(shape, layer, row, options) {
  if (layer.labels.length) {
    shape.fireplan = { layer, card: () => card(layer, row), side: options.side };
    shape.bindPopup((opened) => cards(opened), { maxWidth: options.side ? options.wide : 340 });
  }
  if (layer.tooltip) shape.bindTooltip(textOf(layer.tooltip, row), options);
}

export const sideOf = (map) => ({ side: map.fireplanSide, wide: Math.max(240, Math.min(680, map.getSize().x - 70)) });

// The areas, and points and lines of one's own, with a card that lie under a place, the uppermost first, one of each layer.
export function places(map, where, side) {
  const found = new Map(), at = map.latLngToLayerPoint(where);
  map.eachLayer((shape) => {
    const own = shape.fireplan;
    if (own && own.side === side && shape instanceof L.Path && shape._containsPoint(at)) found.set(own.layer, shape);
  });
  return [...found.values()].reverse();
}

// What a click says: the cards of what was clicked and of what else lies there, filled areas before mere outlines; on
// both sides of a curtain.
function cards(shape) {
  const map = shape._map, where = shape.getPopup().getLatLng(), own = shape.fireplan;
  if (!map || !where || !(shape instanceof L.Polygon)) return own.card();
  const of = (side) => {
    const there = places(map, where, side);
    const first = own.side === side ? [shape, ...there.filter((s) => s.fireplan.layer !== own.layer)] : there;
    const outline = (s) => (s.options.fill ? 0 : 1);
    return first.slice(0, MOST_CARDS).sort((a, b) => outline(a) - outline(b)).map((s) => s.fireplan.card()).join("");
  };
  if (!map.fireplanSides) return of(own.side);
  const both = Object.entries(map.fireplanSides).map(([side, name]) =>
    '<div><h3 class="fp-side">' + name + "</h3>" + (of(side) || "<p>nothing drawn here</p>") + "</div>");
  return '<div class="fp-both">' + both.join("") + "</div>";
}
