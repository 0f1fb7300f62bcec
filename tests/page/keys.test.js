// The keyboard: each key does its own, and none while something is typed or asked.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { KEYS, listen } from "../../fireplan/live/_page/keys.js";
import { FakeElement, page } from "./support.js";

const NAMES = ["map", "fit", "now", "pause", "theme", "wall", "ground"];
let done, window;

beforeEach(() => {
  window = page();
  done = [];
  window.byId("keys").showModal = () => done.push("keys");
  listen({
    ...Object.fromEntries(NAMES.map((name) => [name, () => done.push(name)])),
    next: (step) => done.push(["next", step]), step: (minutes) => done.push(["step", minutes]),
  });
});

function press(key, more = {}) {
  let prevented = false;
  window.fire("keydown", { key, target: new FakeElement("body"), preventDefault: () => { prevented = true; }, ...more });
  return prevented;
}

test("each key does what is said of it", () => {
  for (const [key, wanted] of [["m", "map"], ["f", "fit"], ["n", "now"], ["End", "now"], ["p", "pause"], ["l", "theme"], ["w", "wall"], ["g", "ground"], ["?", "keys"]]) {
    done = [];
    assert.ok(press(key));
    assert.deepEqual(done, [wanted], key);
  }
  done = [];
  press("J");
  press("k");
  assert.deepEqual(done, [["next", 1], ["next", -1]]);
});

test("arrows step a minute, and ten with Shift", () => {
  press("ArrowLeft");
  press("ArrowRight", { shiftKey: true });
  assert.deepEqual(done, [["step", -1], ["step", 10]]);
});

test("a key that means nothing here is left to the browser", () => {
  assert.ok(!press("x"));
  assert.ok(!press("Tab"));
  assert.deepEqual(done, []);
});

test("nothing is done with Ctrl, Alt or Meta, while a dialog is open, or while something is typed", () => {
  for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.ok(!press("w", { [held]: true }));
  const field = new FakeElement("input");
  field.closest = (what) => (what.includes("input") ? field : null);
  assert.ok(!press("w", { target: field }));
  document.querySelector = (what) => (what === "dialog[open]" ? new FakeElement("dialog") : null);
  assert.ok(!press("w"));
  assert.deepEqual(done, []);
});

test("the map keeps its own arrows, and no other key", () => {
  const map = new FakeElement("map");
  map.closest = (what) => (what === "#map" ? map : null);
  assert.ok(!press("ArrowLeft", { target: map }));
  assert.ok(press("w", { target: map }));
  assert.deepEqual(done, ["wall"]);
});

test("every key that is bound is told", () => {
  const words = KEYS.map(([key]) => key).join(" ");
  for (const key of ["?", "J", "K", "M", "F", "N", "End", "P", "G", "L", "W"]) assert.ok(words.includes(key), key);
});
