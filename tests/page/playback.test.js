// A day that is played back: where units are at any second, which calls are open, and what the clock says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Day, EN_ROUTE, OFF_DUTY, QUARTERS } from "../../fireplan/maps/assets/playback_day.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Whole numbers as coordinate_codec.pack_integers writes them. */
function packed(values) {
  let text = "";
  for (const value of values) {
    let left = value < 0 ? -2 * value - 1 : 2 * value;
    do {
      text += ALPHABET[(left & 31) | (left > 31 ? 32 : 0)];
      left >>>= 5;
    } while (left);
  }
  return text;
}

function steps(points) {
  let before = [0, 0];
  const out = [];
  for (const [x, y] of points) {
    out.push(Math.round(x * 1e5) - before[0], Math.round(y * 1e5) - before[1]);
    before = [Math.round(x * 1e5), Math.round(y * 1e5)];
  }
  return packed(out);
}

const HOUR = 3600;
const day = (more = {}) => new Day({
  start: Date.UTC(2025, 10, 2, 7), length: 25 * HOUR, clocks: [[0, -420, "PDT"], [2 * HOUR, -480, "PST"]],
  stations: { points: steps([[0, 0], [0.1, 0]]) },
  units: { names: ["E1", "E2", "OX9"], types: ["engine", "engine", ""], stations: [0, 1, -1] }, own: 2,
  places: steps([[0, 0], [0.1, 0], [0.02, 0.01]]),
  ways: { counts: packed([3]), points: steps([[0, 0], [0.02, 0], [0.02, 0.01]]) },
  // unit, begins, lasts, state, call, place, way, sets out and is there since it begins
  spells: packed([
    0, 0, 600, 0, -1, 0, -1, 0, 0, 0, 600, 60, 1, 0, 0, -1, 0, 0, 0, 660, 300, 2, 0, -1, 0, 0, 300, 0, 960, 600, 3, 0, 2, -1, 0, 0,
    0, 1560, 300, 4, -1, -1, 0, -30, 300, 0, 1860, 25 * HOUR - 1860, 0, -1, 0, -1, 0, 0,
    1, 0, HOUR, 0, -1, 1, -1, 0, 0, 1, HOUR, 24 * HOUR, 5, -1, 1, -1, 0, 0,
    2, 1000, 500, 3, 0, 2, -1, 0, 0,
  ]),
  calls: packed([540, 1020, 2, 0, 0, 420, 360, -60, 100, -1, -1, -1, -1, -1]),
  categories: ["fire"], priorities: ["1"], out: [[0, 600, 1560], [0, 1, 0]],
  due: { units: [0, 1], weights: [30, 70], total: 100 }, ...more,
}, (x, y) => [x, y]);

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, a + " is not " + b);
const of = (moment, name) => moment.units.find((one) => one.unit.name === name);

test("half way through its drive a unit is half way along its way", () => {
  const moment = day().at(660 + 150), one = of(moment, "E1");
  assert.equal(one.state, EN_ROUTE);
  close(one.at[0], 0.015); // of 0.02 and then 0.01, half: 0.015
  close(one.at[1], 0);
  assert.deepEqual(one.way.index(one.share)[0], 1);
});

test("a way that was begun before is not begun anew", () => {
  close(of(day().at(1560), "E1").share, 30 / 330);
});

test("a unit is somewhere at each moment of the day, the last one too", () => {
  const one = day();
  for (let t = 0; t <= one.length; t += 97) assert.equal(one.at(t).own, 2, "at " + t);
  assert.equal(one.at(one.length).own, 2);
});

test("a neighbour is there at the call alone, and not counted", () => {
  const one = day(), moment = one.at(1200);
  assert.equal(of(moment, "OX9").call, 0);
  assert.equal(moment.out, 1);
  assert.equal(of(one.at(1500), "OX9"), undefined);
  assert.equal(of(one.at(999), "OX9"), undefined);
});

test("a call is open from receipt to clear: nobody there, late, and still late when it is reached", () => {
  const one = day(), state = (t) => one.at(t).calls.filter((call) => call.row === 0).map((call) => call.state);
  assert.deepEqual([539, 540, 899, 900, 960, 1559, 1560].map(state), [[], ["waiting"], ["waiting"], ["late"], ["late"], ["late"], []]);
});

test("a call reached in time is reached; one without a place is open all the same", () => {
  const one = day({ calls: packed([540, 1020, 2, 0, 0, 420, -1, -60, 100, -1, -1, -1, -1, -1]) });
  assert.equal(one.at(960).calls[0].state, "reached");
  assert.deepEqual([one.at(10).calls[0].call.at, one.at(10).calls[0].call.category], [null, ""]);
});

test("a station is away while none of its units that can be first due is in, off duty too", () => {
  const one = day();
  assert.deepEqual(one.away(one.at(10)), { away: [], of: 2, weight: 0 });
  assert.deepEqual(one.away(one.at(700)), { away: [0], of: 2, weight: 30 });
  assert.equal(of(one.at(2 * HOUR), "E2").state, OFF_DUTY);
  assert.deepEqual(one.away(one.at(2 * HOUR)), { away: [1], of: 2, weight: 70 });
  assert.equal(of(one.at(2 * HOUR), "E1").state, QUARTERS);
});

test("steps go to the calls of the day, and stop at its ends", () => {
  const one = day();
  assert.equal(one.callFrom(0, 1), 540);
  assert.equal(one.callFrom(540, 1), null);
  assert.equal(one.callFrom(541, -1), 540);
  assert.equal(one.callFrom(540, -1), null); // one that came in the day before is none of this day
});

test("the clock on the wall strikes one twice on the night it is set back", () => {
  const one = day(), read = (t) => {
    const { date, zone } = one.local(t);
    return date.getUTCHours() + " " + zone;
  };
  assert.deepEqual([0, HOUR, 2 * HOUR, 3 * HOUR, 25 * HOUR].map(read), ["0 PDT", "1 PDT", "1 PST", "2 PST", "0 PST"]);
});
