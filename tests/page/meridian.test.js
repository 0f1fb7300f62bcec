// Ground on both sides of the 180th meridian is one place.

import assert from "node:assert/strict";
import { test } from "node:test";

// Web Mercator at zoom 12 in pixels, as Leaflet has it; the latitude does not matter here.
const point = ({ lng }) => ({ x: (lng / 360 + 0.5) * 256 * 2 ** 12, y: 0 });
globalThis.L = {
  Layer: { extend: (own) => own },
  latLngBounds: ([[s, w], [n, e]]) => ({ getCenter: () => ({ lat: (s + n) / 2, lng: (w + e) / 2 }) }),
  CRS: { EPSG3857: { latLngToPoint: point } },
};
const { Frame } = await import("../../fireplan/_page_kit/browser/canvas_sheet.js");

test("what lies just west of the meridian is drawn just east of it", () => {
  const frame = new Frame([[-17, 179.9], [-16, 180.1]]);
  const [west] = frame.place(179.99, -16.5), [middle] = frame.place(180, -16.5), [east] = frame.place(-179.99, -16.5);
  assert.ok(Math.abs(middle) < 1e-6);
  assert.ok(Math.abs(east + west) < 1e-6);
  assert.ok(east > 0 && east < 100);
});

test("elsewhere nothing is moved", () => {
  const frame = new Frame([[37, -122.5], [38, -122.3]]);
  assert.ok(Math.abs(frame.place(-122.4, 37.5)[0]) < 1e-6);
});
