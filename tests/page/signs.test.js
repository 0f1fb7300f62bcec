// Signs on the map: nothing lies on anything else, and a unit is where its way says.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { clock, drawn, page, recorded } from "./support.js";

globalThis.matchMedia = () => ({ matches: false });
const { colours } = await import("../../fireplan/live/_page/look.js");
const { Model } = await import("../../fireplan/live/_page/model.js");
const { Signs } = await import("../../fireplan/live/_page/signs.js");

const said = recorded(), NOW = said.states[0].now;
const SCALE = 20_000; // of the sheet's coordinates, for each degree
const frame = { place: (lon, lat) => [(lon + 140) * SCALE, (30 - lat) * SCALE], latLng: () => null };
const view = { k: 1, tx: 300, ty: 700, width: 800, height: 800, dpr: 1, inset: { x: 0, y: 0 } };
const ctx = { font: "", measureText: (text) => ({ width: 7 * text.length }) };
const unit = said.states[0].units[0], incident = said.states[1].incidents[0];
let model, time;

beforeEach(() => {
  page();
  time = clock(0);
  colours.set("rem", 16);
  colours.set("font", "sans");
  model = new Model();
});

function arranged(units, incidents, stations = said.ground.stations) {
  model.snapshot({ ...structuredClone(said.states[0]), units, incidents });
  const signs = new Signs({ ...said.ground, stations }, frame);
  signs.take(model, { glide: false });
  signs.arrange(ctx, view);
  return signs;
}

const at = (mark) => [mark.x * view.k + view.tx, mark.y * view.k + view.ty];

function boxes(signs) {
  const found = [];
  for (const mark of signs.incidents) {
    const [x, y] = at(mark);
    found.push(["incident " + mark.id, x - mark.r, y - mark.r, 2 * mark.r, 2 * mark.r]);
  }
  for (const station of signs.stations) {
    const [x, y] = at(station), label = station.label;
    found.push(["station " + station.id, x - 8, y - 8, 16, 16]);
    if (label) found.push(["label of " + station.id, x + label.dx, y + label.dy, label.w, label.h]);
  }
  for (const mark of signs.units.values()) {
    const [x, y] = at(mark), w = mark.small ? mark.cw : mark.w;
    if (!mark.small) found.push(["unit " + mark.id, x + mark.ox - w / 2, y + mark.oy - mark.ch / 2, w, mark.ch]);
  }
  return found;
}

const overlap = (a, b) => a[1] < b[1] + b[3] - 1e-6 && b[1] < a[1] + a[3] - 1e-6 && a[2] < b[2] + b[4] - 1e-6 && b[2] < a[2] + a[4] - 1e-6;

function check(signs) {
  const all = boxes(signs);
  for (let i = 0; i < all.length; i++) {
    for (let j = 0; j < i; j++) assert.ok(!overlap(all[i], all[j]), all[i] + " lies on " + all[j]);
  }
  return all;
}

test("in every state of a small town nothing lies on anything else", () => {
  for (const state of said.states) check(arranged(structuredClone(state.units), structuredClone(state.incidents)));
});

test("labels of stations, and units at them, never lie on one another", () => {
  const stations = Array.from({ length: 12 }, (_, i) => ({ ...said.ground.stations[0], station_id: "S" + i, name: "Station " + i, at: [-140 + 0.004 * (i % 4), 30 + 0.004 * Math.floor(i / 4)] }));
  const units = stations.flatMap((s, i) => ["E", "T"].map((kind) => ({ ...unit, unit_id: kind + i, at: s.at, post: s.station_id, way: null })));
  const all = check(arranged(units, [], stations));
  assert.ok(all.filter(([name]) => name.startsWith("label")).length >= 10);
  assert.ok(all.filter(([name]) => name.startsWith("unit")).length >= 10);
});

test("where stations stand close, some labels give way to others", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const draw = drawn(seed), stations = [];
    while (stations.length < 40) {
      const place = [-140 + 0.016 * draw(), 30 + 0.016 * draw()]; // 320 pixels each way
      const far = (s) => Math.max(Math.abs(s.at[0] - place[0]), Math.abs(s.at[1] - place[1])) * SCALE;
      if (stations.every((s) => far(s) > 17)) stations.push({ ...said.ground.stations[0], station_id: "ST-" + stations.length, at: place });
    }
    const labels = check(arranged([], [], stations)).filter(([name]) => name.startsWith("label"));
    assert.ok(labels.length > 5 && labels.length < 40);
  }
});

test("late incidents are larger than those in time, and these than settled ones", () => {
  const clocks = (state, started) => [{ ...incident.clocks[0], state, started: NOW - started * 1000, stopped: state === "met" ? NOW : null, limit_s: 240 }];
  const three = ["late", "running", "met"].map((state, i) => ({ ...incident, incident_id: state, at: [-140 + 0.01 * i, 30.01], open: true, clocks: clocks(state, state === "late" ? 300 : 60) }));
  const radius = new Map(arranged([], three).incidents.map((m) => [m.id, m.r]));
  assert.ok(radius.get("late") > radius.get("running") && radius.get("running") > radius.get("met"));
});

test("closed incidents, and those without a place, have no sign", () => {
  const signs = arranged([], [{ ...incident, open: false }, { ...incident, incident_id: "x", at: null }]);
  assert.deepEqual(signs.incidents, []);
});

test("a unit on its way is along it by its part of the time, and not there before it says so", () => {
  const way = { points: [[-140, 30], [-140, 30.003], [-139.999, 30.003]], from: NOW, to: NOW + 100_000 };
  const signs = arranged([{ ...unit, status: "enroute", at: null, way }], []), mark = signs.units.get(unit.unit_id);
  const long = 0.004 * SCALE, place = (part) => part * long;
  const along = (ms) => mark.way.at(NOW + ms).map((x) => Math.round(x * 1e6) / 1e6);
  assert.deepEqual(along(-5000), [0, 0]);
  assert.deepEqual(along(50_000), [0, -place(0.5)]);
  assert.deepEqual(along(87_500), [place(0.125), -0.003 * SCALE].map((x) => Math.round(x * 1e6) / 1e6));
  assert.deepEqual(along(500_000), [place(0.97 - 0.75), -0.003 * SCALE].map((x) => Math.round(x * 1e6) / 1e6));
});

test("ways that make no sense are no ways", () => {
  const signs = arranged([], []);
  for (const way of [null, {}, { points: [] }, { points: [[1]], from: 0, to: 1 }, { points: [[0, 0], [1, 1]], from: 5, to: 5 }, 7]) assert.equal(signs._way(way), null);
});

test("a unit that moved glides from where it was, and one that reduced motion asks for does not", () => {
  const signs = arranged([{ ...unit, at: [-140, 30], way: null }], []);
  const [x0, y0] = frame.place(-140, 30), [x1, y1] = frame.place(-139.999, 30.001);
  model.snapshot({ ...said.states[0], units: [{ ...unit, at: [-139.999, 30.001], way: null }], incidents: [] });
  signs.take(model, { glide: true });
  const mark = signs.units.get(unit.unit_id), now = () => signs._between(mark, time.at);
  assert.deepEqual([now().x, now().y, now().done], [x0, y0, false]);
  time.at += 450;
  assert.ok(now().x > x0 && now().x < x1);
  time.at += 450;
  assert.deepEqual([now().x, now().y, now().done], [x1, y1, true]);
});
