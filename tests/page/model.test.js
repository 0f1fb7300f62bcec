// The model holds what the service said, whatever comes when.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Model, ordered, pressing, reading } from "../../fireplan/live/_page/model.js";
import { clock, recorded } from "./support.js";

const said = recorded();
let time;

beforeEach(() => {
  time = clock();
});

function begun(state = said.states[0]) {
  const model = new Model();
  model.snapshot(structuredClone(state));
  return model;
}

/** What a model holds, as the service would say it. */
function held(model) {
  const { units, incidents, cover, advice, alerts, today, hours, health } = model;
  return {
    units: new Map(units), incidents: new Map(incidents), alerts, advice, today, hours, health,
    cover: { ...cover, zones: null, first: null }, zones: [...model.zones], first: { units: model.first.units, zones: [...model.first.zones] },
    now: model.now(), rev: model.rev,
  };
}

test("the updates of the service lead to its states", () => {
  const model = begun();
  said.updates.forEach((update, i) => {
    const changed = model.update(structuredClone(update));
    const wanted = begun(said.states[i + 1]);
    assert.deepEqual(held(model), held(wanted), "after update " + i);
    for (const part of ["units", "incidents", "cover", "today", "hours", "alerts", "health"]) {
      assert.equal(changed.has(part), part in update, part + " of update " + i);
    }
  });
});

test("an update that came before, or is older, changes nothing", () => {
  const model = begun(said.states[3]), before = held(model);
  assert.equal(model.update(structuredClone(said.updates[0])), null);
  assert.equal(model.update(structuredClone(said.updates[2])), null);
  assert.deepEqual(held(model), before);
});

test("before the first state no update is taken", () => {
  const model = new Model();
  assert.equal(model.update(structuredClone(said.updates[0])), null);
  assert.equal(model.ready, false);
});

test("a gap in the numbers is passed over: each part that comes is whole", () => {
  const model = begun(said.states[0]), last = said.updates.at(-1);
  assert.ok(model.update({ ...structuredClone(last), rev: 99 }));
  assert.equal(model.rev, 99);
  assert.equal(model.now(), last.now);
});

test("a service that began anew is shown anew, though it counts from lower", () => {
  const model = begun(said.states.at(-1));
  model.snapshot({ ...structuredClone(said.states[0]), boot: "other", rev: 1 });
  assert.equal(model.boot, "other");
  assert.deepEqual(held(model), held(begun({ ...said.states[0], rev: 1 })));
});

test("what is gone goes, and a unit that is called as an incident was stays", () => {
  const model = begun(said.states[4]);
  const unit = [...model.units.keys()][0], incident = [...model.incidents.keys()][0];
  const changed = model.update({ ...said.updates[0], rev: 50, units: [], incidents: [], gone: [incident] });
  assert.ok(changed.has("incidents") && !changed.has("units"));
  assert.ok(!model.incidents.has(incident) && model.units.has(unit));
  model.update({ ...said.updates[0], rev: 51, units: [], incidents: [], gone: [unit] });
  assert.ok(!model.units.has(unit));
});

test("cover without zones keeps the zones there were", () => {
  const model = begun(said.states[2]), zones = [...model.zones], first = model.first;
  const cover = structuredClone(said.states[1].cover);
  delete cover.zones;
  delete cover.first;
  model.update({ ...said.updates[0], rev: 50, units: [], incidents: [], cover });
  assert.deepEqual([...model.zones], zones);
  assert.equal(model.first, first);
  assert.equal(model.cover, cover);
});

test("ids that name what every object has are ids like others", () => {
  const unit = said.states[0].units[0], names = ["__proto__", "constructor", "toString"];
  const model = begun({ ...said.states[0], units: names.map((unit_id) => ({ ...unit, unit_id })) });
  assert.deepEqual([...model.units.keys()], names);
});

test("the feed's clock runs on between messages, as fast as the feed's", () => {
  const model = begun({ ...said.states[0], speed: 60 });
  time.at += 1500;
  assert.equal(model.now(), said.states[0].now + 90_000);
  assert.ok(model.running);
  model.update({ ...said.updates[0], rev: 50, now: said.states[0].now + 5000, speed: 60, paused: true });
  time.at += 1500;
  assert.equal(model.now(), said.states[0].now + 5000);
  assert.ok(!model.running);
});

test("a moment of the past stands", () => {
  const model = begun({ ...said.states[0], live: false });
  time.at += 10_000;
  assert.equal(model.now(), said.states[0].now);
});

test("while nothing is heard the clock stands, and then runs on from where it would be", () => {
  const model = begun();
  time.at += 1000;
  model.stop();
  time.at += 4000;
  assert.equal(model.now(), said.states[0].now + 1000);
  assert.ok(!model.running);
  model.resume();
  assert.equal(model.now(), said.states[0].now + 5000);
});

test("an age is told in seconds, and never below nothing", () => {
  const model = begun();
  assert.equal(model.age(said.states[0].now - 90_500), 90.5);
  assert.equal(model.age(said.states[0].now + 5000), 0);
  assert.equal(model.age(said.states[0].now - 90_000, said.states[0].now - 30_000), 60);
  assert.ok(Number.isNaN(model.age(null)));
});

const NOW = said.states[0].now;
const aClock = (limit_s, started_s, state = "running", stopped_s = null) => ({
  ...said.states[1].incidents[0].clocks[0], limit_s, state,
  started: started_s === null ? null : NOW - started_s * 1000, stopped: stopped_s === null ? null : NOW - stopped_s * 1000,
});
const anIncident = (incident_id, clocks, more = {}) => ({ ...said.states[1].incidents[0], incident_id, clocks, open: true, received: NOW, ...more });

test("a clock that runs over its limit is late from that moment on", () => {
  const model = begun(), one = aClock(240, 239);
  assert.deepEqual(reading(one, model), { state: "running", passed: 239, limit: 240, left: 1, running: true });
  time.at += 1000;
  assert.equal(reading(one, model).state, "running"); // at its limit it is met
  time.at += 1;
  assert.equal(reading(one, model).state, "late");
});

test("a clock that has stopped is read where it stopped, and is not made late", () => {
  const model = begun(), one = aClock(240, 500, "met", 300);
  time.at += 3_600_000;
  assert.deepEqual(reading(one, model), { state: "met", passed: 200, limit: 240, left: 40, running: false });
});

test("the clock that presses is that with least left; one that waits presses nobody", () => {
  const model = begun();
  const found = pressing(anIncident("i", [aClock(480, 100), aClock(240, 100), aClock(64, 200, "met", 150), aClock(60, null, "waiting")]), model);
  assert.equal(found.limit, 240);
  assert.equal(pressing(anIncident("i", [aClock(60, null, "waiting")]), model), null);
});

test("late incidents stand first, by how late; then running ones, waiting ones, and those without a clock, newest first", () => {
  const model = begun();
  const calls = [
    anIncident("none, old", [], { received: NOW - 9000 }), anIncident("none, new", []), anIncident("waits", [aClock(60, null, "waiting")]),
    anIncident("runs, 200 left", [aClock(240, 40)]), anIncident("runs, 20 left", [aClock(240, 220)]),
    anIncident("late by 10", [aClock(240, 250)]), anIncident("late by 90", [aClock(240, 330, "late")]),
    anIncident("closed", [aClock(240, 900, "late")], { open: false }),
  ];
  model.incidents = new Map(calls.map((i) => [i.incident_id, i]));
  const { open, late } = ordered(model);
  assert.deepEqual(open.map((i) => i.incident_id), ["late by 90", "late by 10", "runs, 20 left", "runs, 200 left", "waits", "none, new", "none, old"]);
  assert.equal(late, 2);
});

test("a picture that stands keeps what it showed while news of the service go on", () => {
  const model = begun(), before = held(model), still = model.still();
  said.updates.forEach((update) => model.update(structuredClone(update)));
  model.update({ ...structuredClone(said.updates.at(-1)), rev: model.rev + 1, cover: { ...model.cover, basis: "another", zones: "" }, alerts: [] });
  const after = held(still);
  for (const part of ["units", "incidents", "cover", "zones", "first", "advice", "today", "hours"]) assert.deepEqual(after[part], before[part], part);
  assert.deepEqual([after.alerts, after.health, after.rev], [[], model.health, model.rev]);
});
