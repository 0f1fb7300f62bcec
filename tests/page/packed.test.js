// Numbers and places as Python packs them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { coordinates, integers } from "../../fireplan/_page_kit/browser/packed_coordinates.js";
import { bytes } from "../../fireplan/live/_page/packed.js";
import { recorded } from "./support.js";

const { numbers, places, ground, states } = recorded();

test("whole numbers come out as they went in", () => {
  assert.deepEqual(integers(numbers.packed), numbers.values);
  assert.deepEqual(integers(""), []);
});

test("places come out as they went in, to a hundred-thousandth of a degree", () => {
  const { x, y, n } = coordinates(places.packed, (lon, lat) => [lon, lat]);
  assert.equal(n, places.values.length);
  places.values.forEach(([lon, lat], i) => {
    assert.ok(Math.abs(x[i] - lon) < 2e-5 && Math.abs(y[i] - lat) < 2e-5, "place " + i); // single precision
  });
});

test("each place is brought into the sheet's own coordinates", () => {
  const { x, y } = coordinates(places.packed, (lon, lat) => [lat - 30, lon + 140]);
  assert.ok(Math.abs(x[1] - 1e-5) < 1e-7 && Math.abs(y[1] - 1e-5) < 1e-7);
});

test("there is a byte for each zone", () => {
  const zones = bytes(states[0].cover.zones);
  assert.equal(zones.length, ground.zones.n);
  assert.ok(zones.every((c) => c <= 3));
  assert.equal(bytes(states[0].cover.first.zones).length, ground.zones.n);
  assert.deepEqual([...bytes("AAEC/w==")], [0, 1, 2, 255]);
});

test("bytes that are none are no zones", () => {
  assert.equal(bytes("*").length, 0);
});
