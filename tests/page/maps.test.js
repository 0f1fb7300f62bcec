// The maps' own script: packed layers, as Leaflet is told to draw them.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { recorded } from "./support.js";

const { numbers, places, ground } = recorded();
let made;

const layer = (kind) => (shape, options) => {
  const one = { kind, shape: structuredClone(shape), options, bindTooltip: (text) => { one.tip = text; }, bindPopup: (say) => { one.card = say; } };
  made.push(one);
  return one;
};
const group = () => ({ layers: [], addLayer(one) { this.layers.push(one); } });
globalThis.L = { circleMarker: layer("disc"), svg: () => "svg", polyline: layer("line"), polygon: layer("polygon"), featureGroup: group, Path: { extend: (own) => own }, DomEvent: {} };
const fireplan = await import("../../fireplan/maps/assets/layers.js");
const { textOf } = await import("../../fireplan/maps/assets/cards.js");

beforeEach(() => {
  made = [];
});

function map() {
  const panes = new Map();
  return {
    panes,
    getPane: (name) => panes.get(name),
    createPane: (name) => panes.set(name, { style: {} }).get(name),
    getSize: () => ({ x: 1400, y: 900 }),
  };
}

test("what lies west of the 180th meridian is drawn beyond it, where the map lies on both sides", () => {
  const kind = { structure: packedCounts([places.values.length]), points: places.packed, colour: "#123456", weight: 2 };
  fireplan.lines({ ...map(), fireplanBeyond180: true }, { kinds: [kind], above: false });
  const [line] = made[0].shape;
  places.values.forEach(([lon, lat], i) => {
    const drawn = lon < 0 ? lon + 360 : lon;
    assert.ok(Math.abs(line[i][0] - lat) < 1e-9 && Math.abs(line[i][1] - drawn) < 1e-9, "point " + i);
  });
  assert.ok(line.some((at) => at[1] > 180));
});

test("lines are those that Python packed, latitude first", () => {
  const kind = { structure: packedCounts([places.values.length]), points: places.packed, colour: "#123456", weight: 2 };
  fireplan.lines(map(), { kinds: [kind], above: false });
  const [line] = made[0].shape;
  places.values.forEach(([lon, lat], i) => {
    assert.ok(Math.abs(line[i][0] - lat) < 1e-9 && Math.abs(line[i][1] - lon) < 1e-9, "point " + i);
  });
  assert.equal(made[0].options.color, "#123456");
  assert.equal(made[0].options.interactive, false);
});

/** A count below 16 is one letter. */
const packedCounts = (counts) => counts.map((n) => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"[2 * n]).join("");

test("streets above areas have a sheet of their own, which no pointer reaches", () => {
  const own = map(), kind = { structure: "", points: "", colour: "#000", weight: 1 };
  fireplan.lines(own, { kinds: [kind], above: true });
  fireplan.lines(own, { kinds: [kind], above: false });
  assert.deepEqual([...own.panes].map(([name, { style }]) => [name, style.zIndex, style.pointerEvents]), [["fp-above", 450, "none"], ["fp-below", 390, "none"]]);
});

test("areas are those that Python packed, in the colours of their rows", () => {
  const { n, structure, points } = ground.zones, fills = Array.from({ length: n }, (_, i) => i % 2);
  const rows = { rows: n, structure, points, fills, palette: ["#111111", null], opacity: 0.5, outline: null, weight: 1, labels: [], cells: [], tooltip: fills.map((_, i) => "zone " + i) };
  const group = fireplan.polygons(map(), rows);
  assert.equal(group.layers.length, n);
  assert.deepEqual(made.slice(0, 2).map((one) => [one.options.fillColor, one.options.fill, one.tip]), [["#111111", true, "zone 0"], [null, false, "zone 1"]]);
  const corners = made.flatMap((one) => one.shape.flat(2));
  const [[south, west], [north, east]] = ground.bounds;
  assert.ok(corners.every(([lat, lon]) => lat >= south - 1e-4 && lat <= north + 1e-4 && lon >= west - 1e-4 && lon <= east + 1e-4));
});

test("marks answer on a sheet that lets the pointer through, and lie among the dots where they do not", () => {
  const rows = { shape: "point", row: [0, 1, 1], structure: "", points: "A".repeat(6), palette: ["#111", "#222"], fills: [1, 0], size: 5, edge: "#000", labels: [], cells: [], tooltip: ["a", "b"] };
  const own = map();
  fireplan.marks(own, rows);
  assert.deepEqual(made.map((one) => [one.options.fillColor, one.tip, one.options.renderer]), [["#222", "a", "svg"], ["#111", "b", "svg"], ["#111", "b", "svg"]]);
  fireplan.marks(own, { ...rows, tooltip: null });
  assert.equal(made[3].options.renderer, undefined);
  assert.deepEqual([...own.panes].map(([name, { style }]) => [name, style.pointerEvents]), [["fp-marks", undefined], ["fp-dots", "none"]]);
});

test("a column that says few things many times holds each once, and which of them a row has", () => {
  const few = { said: ["in time", "late"], rows: "ACCAC" };
  assert.deepEqual([0, 1, 2, 3, 4].map((row) => textOf(few, row)), ["in time", "late", "late", "in time", "late"]);
  assert.equal(textOf({ said: ["A", "B"] }, 1), "B");
  assert.equal(textOf(["A", "B"], 0), "A");
});

test("a card shows the cells of its row, under their labels", () => {
  const { structure, points } = ground.zones;
  const rows = { rows: 2, structure, points, fills: [0, 0], palette: ["#111"], opacity: 1, outline: null, weight: 1, labels: ["", "People"], cells: [["A", "B"], ["1", "2"]], tooltip: null };
  fireplan.polygons(map(), rows);
  assert.equal(made[1].fireplan.card(), '<table class="fp-card"><caption>B</caption><tbody><tr><th scope="row">People</th><td>2</td></tr></tbody></table>');
});

test("numbers of every size come out as they went in", () => {
  // One line of so many points takes them as steps of longitude and latitude by turns.
  const values = numbers.values.slice(0, 12), kind = { structure: packedCounts([6]), points: numbers.packed, colour: "#000", weight: 1 };
  fireplan.lines(map(), { kinds: [kind], above: false });
  let lon = 0, lat = 0;
  made[0].shape[0].forEach((point, i) => {
    lon += values[2 * i];
    lat += values[2 * i + 1];
    assert.deepEqual([...point], [lat / 1e5, lon / 1e5]);
  });
});
