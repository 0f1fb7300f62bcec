// Zones as they are unpacked, found and coloured.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { page, recorded } from "./support.js";

globalThis.matchMedia = () => ({ matches: false });
const { CLASSES, ELSEWHERE, GROUND_WORDS, LOST, NEVER, ONE, ownColour, TWO, Zones } = await import("../../fireplan/live/_page/ground.js");

const said = recorded(), frame = { place: (lon, lat) => [lon, lat], latLng: () => null };

class FakePath {
  constructor() {
    this.points = 0;
    this.rings = 0;
  }

  moveTo() {
    this.points++;
  }

  lineTo() {
    this.points++;
  }

  closePath() {
    this.rings++;
  }
}

beforeEach(() => {
  page();
  globalThis.Path2D = FakePath;
});

/** Numbers and places, packed as Python packs them. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
function packed(numbers) {
  let text = "";
  for (const n of numbers) {
    let value = n < 0 ? -2 * n - 1 : 2 * n;
    while (value > 31) {
      text += ALPHABET[32 + (value & 31)];
      value >>>= 5;
    }
    text += ALPHABET[value];
  }
  return text;
}

function steps(points) {
  let last = [0, 0];
  return points.flatMap(([x, y]) => {
    const step = [x - last[0], y - last[1]];
    last = [x, y];
    return step;
  });
}

/** A square with a hole, and an area of two parts beside it; in hundred-thousandths. */
function two() {
  const square = (x, y, side) => [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
  const points = [...square(0, 0, 1000), ...square(400, 400, 200), ...square(2000, 0, 100), ...square(3000, 0, 100)];
  const structure = [1, 2, 4, 4, 2, 1, 4, 1, 4];
  return new Zones({ n: 2, structure: packed(structure), points: packed(steps(points)), ids: ["A", "B"], weights: [3, 4] }, frame);
}

test("this file packs as Python does", () => {
  assert.equal(packed(said.numbers.values), said.numbers.packed);
});

test("a place is in the zone that it lies in, not in its hole", () => {
  const zones = two();
  assert.equal(zones.at(0.001, 0.001), 0);
  assert.equal(zones.at(0.005, 0.005), -1);
  assert.equal(zones.at(0.0205, 0.0005), 1);
  assert.equal(zones.at(0.0305, 0.0005), 1);
  assert.equal(zones.at(0.025, 0.0005), -1);
  assert.equal(zones.at(0.02, 0.02), -1);
});

test("outlines turn one way and holes the other", () => {
  const { x, y, rings } = two();
  const area = (r) => {
    let twice = 0;
    for (let i = rings[r], j = rings[r + 1] - 1; i < rings[r + 1]; j = i++) twice += x[j] * y[i] - x[i] * y[j];
    return Math.sign(twice);
  };
  assert.deepEqual([0, 1, 2, 3].map(area), [1, -1, 1, 1]);
});

test("each zone is drawn once, in the paths of its class", () => {
  const zones = new Zones(said.ground.zones, frame), classes = Uint8Array.from({ length: zones.n }, (_, i) => i % 4);
  zones.colour(classes, 4);
  const rings = zones.paths.map((paths) => paths.reduce((sum, path) => sum + path.rings, 0));
  assert.deepEqual(rings, [0, 1, 2, 3].map((c) => [...classes].filter((own) => own === c).length));
  assert.ok(zones.paths.flat().every((path) => path.points <= 256 + 8));
});

test("a class that is not drawn is left out: nobody is due there", () => {
  const zones = two();
  zones.colour(Uint8Array.from([255, 0]), 1);
  assert.equal(zones.paths[0].reduce((sum, path) => sum + path.rings, 0), 2);
});

test("a unit keeps its colour whoever else is there", () => {
  assert.equal(ownColour("E7"), ownColour("E7"));
  assert.match(ownColour(""), /^#/);
  assert.ok(new Set(["E1", "E2", "E3", "E4", "E5"].map(ownColour)).size > 3);
});

test("each byte of a zone has a class, a colour and a word", () => {
  assert.deepEqual([NEVER, LOST, ONE, TWO, ELSEWHERE].map((byte) => CLASSES[byte]), ["never", "lost", "one", "two", "elsewhere"]);
  assert.deepEqual([...GROUND_WORDS.keys()].sort(), [...CLASSES].sort());
  assert.equal(GROUND_WORDS.get("elsewhere"), "not asked of here");
});
