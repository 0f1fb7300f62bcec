// The time bar: now, a moment of the past, and the pace of a replay.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Model } from "../../fireplan/live/_page/model.js";
import { TimeBar } from "../../fireplan/live/_page/timebar.js";
import { LocalTime } from "../../fireplan/live/_page/words.js";
import { clock, page, recorded, settled, timers } from "./support.js";

const MINUTE = 60_000;
const said = recorded(), NOW = said.states[0].now, FIRST = NOW - 90 * MINUTE;
let asked, bar, byId, live, old, root, shown, time, told, waits;

beforeEach(() => {
  time = clock(0);
  waits = timers();
  ({ byId, root } = page());
  shown = 0;
  old = null;
  asked = [];
  told = [];
  globalThis.fetch = (address, { signal, method, body }) => new Promise((answer, refuse) => {
    asked.push({ address, method, body, answer: (status, data) => answer({ ok: status === 200, status, json: async () => data }) });
    signal?.addEventListener("abort", () => refuse(new Error("aborted")));
  });
  live = new Model();
  live.snapshot({ ...structuredClone(said.states[0]), range: [FIRST, NOW] });
  bar = new TimeBar({ ground: said.ground, time: new LocalTime("UTC"), shown: () => shown++, old: () => old, announce: (text) => told.push(text) }, live);
});

const past = (at) => ({ ...structuredClone(said.states[0]), now: at, live: false });

test("it reaches from the first event to now, which runs on", () => {
  assert.deepEqual(bar.range, [FIRST, NOW]);
  time.at += 5000;
  assert.deepEqual(bar.range, [FIRST, NOW + 5000]);
  live.range = null;
  assert.deepEqual(bar.range, [NOW + 5000, NOW + 5000]);
});

test("where what is shown is old its end is not called now", () => {
  bar.tick();
  assert.equal(byId("slider-high").textContent, "now");
  old = { s: 20, why: "way", since: NOW, name: "", part: false };
  bar.tick();
  assert.equal(byId("slider-high").textContent, "last known");
});

test("a moment is asked for, and shown when it comes", async () => {
  bar.go(NOW - 10 * MINUTE);
  assert.equal(root.attributes.has("data-past"), true);
  await waits.run();
  assert.equal(asked[0].address, "/api/state?at=" + (NOW - 10 * MINUTE));
  assert.match(byId("past-when").textContent, /asking/);
  asked[0].answer(200, past(NOW - 10 * MINUTE));
  await settled();
  assert.equal(bar.past.now(), NOW - 10 * MINUTE);
  assert.equal(bar.past.role, "viewer");
  assert.equal(bar.past.running, false);
  assert.doesNotMatch(byId("past-when").textContent, /asking/);
  assert.equal(shown, 1);
});

test("an answer that was overtaken is not shown", async () => {
  bar.go(NOW - 10 * MINUTE);
  await waits.run();
  bar.go(NOW - 20 * MINUTE);
  await waits.run();
  asked[0].answer(200, past(NOW - 10 * MINUTE));
  await settled();
  assert.equal(bar.past, null);
  asked[1].answer(200, past(NOW - 20 * MINUTE));
  await settled();
  assert.equal(bar.past.now(), NOW - 20 * MINUTE);
  assert.equal(shown, 1);
});

test("while the slider is dragged only the last moment is asked for", async () => {
  for (const minutes of [1, 2, 3]) bar.go(NOW - minutes * MINUTE);
  await waits.run();
  assert.deepEqual(asked.map((one) => one.address), ["/api/state?at=" + (NOW - 3 * MINUTE)]);
});

test("nothing lies before the first event, and past the end is now", () => {
  bar.go(FIRST - 1);
  assert.equal(bar.at, FIRST);
  bar.go(NOW);
  assert.equal(bar.at, null);
  assert.equal(root.attributes.has("data-past"), false);
});

test("steps go from whole minutes, and forward past the end to now", () => {
  time.at += 30_000;
  bar.step(-1);
  assert.equal(bar.at, Math.floor((NOW + 30_000) / MINUTE) * MINUTE - MINUTE);
  bar.step(-10);
  assert.equal(bar.at % MINUTE, 0);
  bar.step(60);
  assert.equal(bar.at, null);
});

test("a moment that cannot be had is said", async () => {
  bar.go(NOW - MINUTE);
  await waits.run();
  asked[0].answer(422, {});
  await settled();
  assert.match(byId("past-trouble").textContent, /could not be had: the server answered 422/);
  assert.equal(bar.past, null);
});

test("back to now drops the past, and what was asked for", async () => {
  bar.go(NOW - MINUTE);
  await waits.run();
  bar.now();
  asked[0].answer(200, past(NOW - MINUTE));
  await settled();
  assert.equal(bar.past, null);
  assert.equal(shown, 1);
});

test("a moment that is typed is one of the agency's clock", async () => {
  byId("moment").value = new LocalTime("UTC").field(NOW - 30 * MINUTE);
  byId("moment").fire("change");
  assert.equal(bar.at, Math.floor((NOW - 30 * MINUTE) / MINUTE) * MINUTE);
});

test("the slider shows a day, or as far as a moment lies back, in whole minutes", () => {
  bar.tick();
  assert.equal(Number(byId("slider").min), Math.floor(FIRST / MINUTE) * MINUTE);
  assert.equal(byId("slider").value, byId("slider").max);
  live.range = [NOW - 72 * 60 * MINUTE, NOW];
  bar.tick();
  assert.equal(Number(byId("slider").min), NOW - 24 * 60 * MINUTE);
  bar.go(NOW - 48 * 60 * MINUTE);
  bar.tick();
  assert.equal(Number(byId("slider").min), NOW - 48 * 60 * MINUTE);
  assert.equal(Number(byId("slider").value), NOW - 48 * 60 * MINUTE);
});

test("the pace of a replay is an operator's, and only now", () => {
  bar.tick();
  assert.equal(byId("replay").hidden, false);
  live.role = "viewer";
  bar.tick();
  assert.equal(byId("replay").hidden, true);
  bar.pause();
  assert.deepEqual(asked, []);
  live.role = "operator";
  bar.go(NOW - MINUTE);
  bar.tick();
  assert.equal(byId("replay").hidden, true);
});

test("pausing asks for what is not so, and a refusal is told", async () => {
  bar.pause();
  assert.deepEqual([asked[0].address, asked[0].method, asked[0].body], ["/api/replay", "POST", '{"paused":true}']);
  asked[0].answer(409, { error: "the feed is live" });
  await settled();
  assert.match(told[0], /not changed: refused by the server \(409\): the feed is live/);
});

test("a speed that is not in the list is added to it", () => {
  live.speed = 42;
  bar.tick();
  bar.tick();
  assert.deepEqual(byId("speed").options.map((o) => o.value), ["42"]);
  assert.equal(byId("speed").value, "42");
});
