// Signs find room: nothing lies on anything else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Room } from "../../fireplan/_page_kit/browser/label_room.js";
import { beside, block } from "../../fireplan/_page_kit/browser/placing.js";
import { drawn } from "./support.js";

const overlap = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];

test("there is room exactly where nothing was taken", () => {
  const draw = drawn(1), room = new Room(), taken = [];
  for (let i = 0; i < 2000; i++) {
    const rect = [draw() * 900 - 200, draw() * 600 - 200, 1 + draw() * 130, 1 + draw() * 70];
    const free = !taken.some((other) => overlap(rect, other));
    assert.equal(room.free(...rect), free);
    if (free) {
      room.take(...rect);
      taken.push(rect);
    }
  }
  assert.ok(taken.length > 40);
});

test("rectangles that only touch have room", () => {
  const room = new Room();
  room.take(0, 0, 48, 48);
  assert.ok(room.free(48, 0, 10, 10));
  assert.ok(room.free(-10, 0, 10, 48));
  assert.ok(!room.free(47.9, 0, 10, 10));
});

test("labels beside one place stand below, right, left, above, and then nowhere", () => {
  const room = new Room(), size = { w: 40, h: 20 }, spots = [];
  for (let i = 0; i < 4; i++) {
    const spot = beside(room, 100, 100, 12, size);
    room.take(spot[0], spot[1], size.w, size.h);
    spots.push(spot);
  }
  assert.deepEqual(spots, [[80, 112], [112, 90], [48, 90], [80, 68]]);
  assert.equal(beside(room, 100, 100, 12, size), null);
});

test("labels of crowded places never lie on one another", () => {
  const draw = drawn(2), room = new Room(), taken = [];
  for (let i = 0; i < 400; i++) {
    const size = { w: 20 + draw() * 60, h: 16 }, spot = beside(room, draw() * 800, draw() * 500, 10, size);
    if (!spot) continue;
    const rect = [...spot, size.w, size.h];
    assert.ok(!taken.some((other) => overlap(rect, other)));
    taken.push(rect);
    room.take(...rect);
  }
  assert.ok(taken.length > 100);
});

test("a block holds as many signs as it is asked for, and is as large as they are", () => {
  for (let count = 1; count <= 60; count++) {
    const { columns, rows, w, h } = block(count, 30, 17, 2);
    assert.ok(columns * rows >= count && columns * (rows - 1) < count);
    assert.equal(w, columns * 32 - 2);
    assert.equal(h, rows * 19 - 2);
  }
  assert.equal(block(3, 30, 17, 2).rows, 1);
  assert.equal(block(4, 30, 17, 2).columns, 3);
});
