// How old what is seen is: by the page's own clock and what the server says, whatever is done to the viewer's clock.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { isOld, isSupposed, Passing, ServerClock, Truth } from "../../fireplan/live/_page/age.js";
import { Model } from "../../fireplan/live/_page/model.js";
import { ageWords, reasonWords, sayAgain, storeWords, tenseOf } from "../../fireplan/live/_page/tense.js";
import { LocalTime } from "../../fireplan/live/_page/words.js";
import { clock, drawn, recorded } from "./support.js";

const said = recorded(), WALL = Date.UTC(2026, 11, 1, 14, 32, 0), UTC = new LocalTime("UTC");
let time, truth, model;

beforeEach(() => {
  time = clock(0);
  truth = new Truth();
  model = new Model();
  model.snapshot({ ...structuredClone(said.states[0]), wall: WALL, store: store() });
  model.health.feeds = [];
  model.health.last_event = null;
});

const store = (more = {}) => ({ state: "ok", since: null, last_commit: null, said: "", ...more });
const feed = (more = {}) => ({ name: "cad", state: "ok", last_word: WALL, usual_s: 8, trouble: null, retry_at: null, events: 1, refused: 0, ...more });
const age = (played = false) => truth.age(model, played);
const seconds = () => Math.round(age().s);

/** Goes on for so long, as the page's own beat does. */
function pass(ms, step = 250) {
  for (const end = time.at + ms; time.at < end;) {
    time.at = Math.min(end, time.at + step);
    age();
  }
}

test("without a word it is as old as its last word, to the tick from 15 s", () => {
  truth.heard(WALL);
  pass(14_750);
  assert.equal(isOld(age()), false);
  pass(250);
  assert.deepEqual([isOld(age()), age().why, age().since], [true, "way", WALL]);
  truth.heard(WALL + time.at);
  assert.equal(seconds(), 0);
});

test("the viewer's clock may say what it likes", () => {
  for (const day of [0, 1e12, 4e12, NaN]) {
    time = clock(0, day);
    truth = new Truth();
    truth.heard(WALL);
    pass(20_000);
    assert.equal(seconds(), 20, "a clock that says " + day);
  }
});

test("a viewer's clock that is set back, or runs slowly, changes nothing", () => {
  truth.heard(WALL);
  pass(5000);
  time.day -= 3_600_000;
  pass(5000);
  for (let i = 0; i < 40; i++) {
    time.day -= 100;
    pass(250);
  }
  assert.equal(seconds(), 20);
});

test("the machine was asleep, its running clock too: the time of day tells", () => {
  truth.heard(WALL);
  pass(1000);
  time.day += 8 * 3_600_000;
  assert.equal(seconds(), 8 * 3600 + 1);
  truth.heard(WALL + time.at + 8 * 3_600_000);
  assert.equal(seconds(), 0);
  truth.heard(WALL + 900); // one that lay in a queue meanwhile
  assert.equal(seconds(), 8 * 3600);
});

test("a viewer's clock that is set forward looks like sleep until the server has said what time it is", () => {
  truth.heard(WALL);
  pass(1000);
  time.day += 3_600_000;
  age();
  assert.equal(truth.passing.leaps, 1);
  truth.heard(WALL + time.at);
  assert.equal(truth.late, true); // the page asks
  truth.server.asked(WALL + time.at, truth.passing.now());
  assert.equal(seconds(), 0);
});

test("a tab that was put to sleep gets all that came at once, and knows which of it is old", () => {
  truth.heard(WALL);
  time.at += 600_000; // no beat, no message
  for (let i = 1; i <= 100; i++) truth.heard(WALL + 1000 * i);
  assert.equal(seconds(), 500);
  truth.heard(WALL + 600_000);
  assert.equal(seconds(), 0);
});

test("messages that are held up on their way are old when they come", () => {
  truth.heard(WALL);
  for (let i = 0; i < 60; i++) {
    pass(1000);
    truth.heard(WALL + time.at - Math.min(40_000, time.at));
  }
  assert.equal(seconds(), 40);
  assert.equal(truth.late, true);
});

test("a page that is opened on a service that hangs knows by the date of an answer", () => {
  truth.server.asked(WALL + 95_000, 0);
  truth.heard(WALL);
  assert.equal(seconds(), 95);
  assert.equal(isOld(age()), true);
});

test("a server's clock that is set forward or back is followed", () => {
  let server = WALL;
  const go = (n) => {
    for (let i = 0; i < n; i++) {
      pass(1000);
      server += 1000;
      truth.heard(server);
    }
  };
  go(10);
  server += 7_200_000;
  go(2);
  assert.equal(seconds(), 0);
  server -= 3_600_000;
  go(1);
  assert.equal(truth.late, true);
  truth.server.asked(Math.floor(server / 1000) * 1000, truth.passing.now() - 40);
  go(1);
  assert.ok(seconds() <= 1);
});

test("clocks that drift do not make it old in a month", () => {
  let server = WALL;
  for (let i = 0; i < 30 * 24 * 60; i++) {
    time.at += 60_000;
    server += 60_000 * (1 - 1e-4);
    truth.heard(server);
  }
  assert.ok(seconds() < 1);
});

test("whatever the delays, it is never told younger than it is by more than the quickest message took", () => {
  const draw = drawn(5);
  for (let round = 0; round < 200; round++) {
    time = clock(0);
    truth = new Truth();
    const ahead = WALL + draw() * 1e9;
    let quickest = Infinity, newest = -Infinity;
    for (let i = 0; i < 30; i++) {
      time.at += draw() * 5000;
      const delay = draw() < 0.5 ? draw() * 200 : draw() * 60_000, was = Math.max(newest, time.at - delay);
      quickest = Math.min(quickest, time.at - was);
      newest = was;
      truth.heard(ahead + was);
      assert.ok(age().s * 1000 >= time.at - was - quickest - 60, "round " + round);
      assert.ok(age().s * 1000 <= time.at - was + 1e-3, "round " + round);
    }
  }
});

test("a store that hangs makes it as old as its last commit, though updates come", () => {
  for (let i = 0; i < 20; i++) {
    pass(1000);
    model.store = store({ state: i > 3 ? "slow" : "ok", since: WALL + 3000, last_commit: WALL + 2000 });
    truth.heard(WALL + time.at);
  }
  assert.deepEqual([age().why, seconds(), age().since], ["store", 18, WALL + 2000]);
  assert.equal(age(true).why, "way"); // of a history that is played nothing gets lost
  assert.equal(isOld(age(true)), false);
});

test("a store that says it is well but keeps nothing is not believed", () => {
  truth.heard(WALL);
  model.store = store({ last_commit: WALL - 60_000 });
  assert.deepEqual([age().why, seconds()], ["store", 60]);
});

test("a store that is gone and never kept anything: how old is not known", () => {
  truth.heard(WALL);
  model.store = store({ state: "gone", since: WALL });
  assert.equal(age().s, Infinity);
  assert.equal(ageWords(age()), "How old what you see is, is not known");
  model.store = store();
  assert.equal(seconds(), 0);
});

test("feeds: a silent one makes it old by its last word, one that is well does not, however long it is silent", () => {
  truth.heard(WALL);
  model.health.feeds = [feed({ last_word: WALL - 600_000, usual_s: 900 })];
  assert.equal(seconds(), 0);
  for (const state of ["quiet", "troubled", "ended"]) {
    model.health.feeds = [feed({ state, last_word: WALL - 600_000 })];
    assert.deepEqual([age().why, age().name, seconds(), age().part], ["feed", "cad", 600, false]);
    assert.equal(isOld(age(true)), false);
  }
  model.health.feeds = [feed({ state: "none", last_word: null })];
  assert.equal(seconds(), 0);
});

test("what the way keeps back is not laid to a store that was well, nor taken from one that was not", () => {
  truth.heard(WALL);
  model.store = store({ last_commit: WALL - 2500 });
  pass(13_000, 1000);
  assert.deepEqual([age().why, isOld(age()), age().since], ["way", true, WALL]);
  pass(40_000, 1000);
  assert.deepEqual([age().why, age().since], ["way", WALL]);
  model.store = store({ state: "full", last_commit: WALL - 2500 });
  assert.equal(age().why, "store");
});

test("feeds: where none has said anything yet it is as old as the last event that was kept; without one nothing is known", () => {
  truth.heard(WALL);
  model.health.feeds = [feed({ state: "none", last_word: null }), feed({ name: "avl", state: "none", last_word: null })];
  assert.deepEqual([seconds(), isSupposed(model)], [0, true]);
  model.health.last_event = WALL - 3_600_000;
  assert.deepEqual([age().why, age().name, seconds(), age().part, isSupposed(model)], ["feed", "cad, avl", 3600, false, false]);
  assert.equal(isOld(age(true)), false);
  model.health.feeds[1].state = "ok";
  assert.deepEqual([seconds(), isSupposed(model)], [0, false]);
  model.health.feeds = [];
  model.health.last_event = null;
  assert.equal(isSupposed(model), false);
});

test("feeds: one without a last word is as old as the last event there is, or of no known age", () => {
  truth.heard(WALL);
  model.health.feeds = [feed({ state: "troubled", last_word: null })];
  assert.equal(age().s, Infinity);
  model.health.last_event = WALL - 30_000;
  assert.equal(seconds(), 30);
});

test("feeds: where another is well a part is old, and what makes all of it old goes before", () => {
  truth.heard(WALL);
  model.health.feeds = [feed(), feed({ name: "avl", state: "troubled", last_word: WALL - 600_000 })];
  assert.deepEqual([age().name, age().part], ["avl", true]);
  assert.equal(ageWords(age()), "Part of what you see is 10 min old");
  pass(20_000);
  assert.deepEqual([age().why, seconds()], ["way", 20]);
});

test("it is told in seconds, minutes and hours", () => {
  const told = (s) => ageWords({ s, why: "way", since: null, name: "", part: false });
  assert.deepEqual([15.9, 59.9, 60, 600, 7500, 3 * 86400].map(told), [
    "What you see is 15 s old", "What you see is 59 s old", "What you see is 60 s old", "What you see is 10 min old", "What you see is 2 h 5 min old",
    "What you see is 3 days old"]);
});

test("it is said aloud at 15 s, at a minute, and then less and less often, and when it is over", () => {
  const aloud = [];
  let before = null;
  for (let s = 15; s < 7300; s += 0.25) {
    const after = { s, why: "way", since: null, name: "", part: false };
    if (sayAgain(before, after)) aloud.push(s);
    before = after;
  }
  assert.deepEqual(aloud, [15, 60, 300, 900, 3600, 7200]);
  assert.equal(sayAgain(before, null), "What you see is up to date again");
  assert.equal(sayAgain(null, null), null);
});

test("the reason names what is missing and since when", () => {
  const reason = (one, more = {}) => reasonWords({ s: 20, since: WALL, name: "", part: false, ...one }, { time: UTC, at: "since" in one ? one.since : WALL, now: WALL + 20_000, lost: false, late: false, store: null, ...more });
  assert.equal(reason({ why: "way" }), "The service has said nothing since 14:32:00");
  assert.equal(reason({ why: "way" }, { lost: true }), "No connection since 14:32:00");
  assert.equal(reason({ why: "way" }, { late: true }), "What comes is late: it was so at 14:32:00");
  assert.equal(reason({ why: "feed", name: "avl" }), "Nothing usable has come from the feed “avl” since 14:32:00");
  assert.equal(reason({ why: "feed", name: "avl", since: null }), "Nothing usable has come from the feed “avl”");
  assert.equal(reason({ why: "store" }, { store: store({ state: "full" }) }), "Nothing could be kept since 14:32:00: the store is full");
  assert.equal(reason({ why: "store", since: WALL - 2 * 86400000 }), "Nothing could be kept since 14:32 on 29 November 2026");
  assert.equal(storeWords(store({ state: "locked" }), UTC, WALL, WALL), "The store is locked by another program, since 14:32. No event is taken");
  assert.equal(storeWords(store({ state: "slow" }), UTC, WALL, WALL), "The store has not answered yet, since 14:32");
});

test("figures are put in the past with the moment they were known at", () => {
  assert.equal(tenseOf(WALL, UTC, WALL, false).at, ", known at 14:32");
  assert.equal(tenseOf(WALL, UTC, WALL, true).at, ", in part known at 14:32");
  assert.equal(tenseOf(WALL, UTC, WALL + 86400000, false).at, ", known at 14:32 yesterday");
  assert.equal(tenseOf(null, UTC, WALL, false).at, ", of a time that is not known");
});

test("the clock of what is shown stands at the moment it was known, and runs on from the present", () => {
  const live = { ...structuredClone(said.states[0]), speed: 1, paused: false, live: true };
  model.snapshot(live);
  time.at += 20_000;
  model.hold(live.now);
  assert.deepEqual([model.now(), model.present(), model.running], [live.now, live.now + 20_000, false]);
  model.update({ ...said.updates[0], rev: live.rev + 1, now: live.now + 20_000, speed: 1, paused: false });
  assert.equal(model.now(), live.now); // words that come do not set it going while they are old
  model.hold(null);
  assert.equal(model.now(), live.now + 20_000);
});

test("a whole state that was longer on its way than another is passed over; of a service that ended too", () => {
  const first = { ...said.states[3], boot: "a" };
  assert.equal(new Model().older(first), false);
  model.snapshot({ ...first, rev: 30 });
  assert.deepEqual([29, 30, 31].map((rev) => model.older({ ...first, rev })), [true, false, false]);
  model.snapshot({ ...first, boot: "b", rev: 1 });
  assert.equal(model.older({ ...first, rev: 99 }), true);
  assert.equal(model.older({ ...first, boot: "b", rev: 2 }), false);
  assert.equal(model.older({ ...first, boot: "c", rev: 0 }), false);
});

test("an update that is missing is noticed", () => {
  model.snapshot({ ...said.states[0], rev: 5 });
  model.update({ ...said.updates[0], rev: 6 });
  assert.equal(model.whole, true);
  model.update({ ...said.updates[0], rev: 8 });
  model.update({ ...said.updates[0], rev: 9 });
  assert.equal(model.whole, false);
  model.snapshot({ ...said.states[0], rev: 9 });
  assert.equal(model.whole, true);
});

test("time that passes never goes back", () => {
  const passing = new Passing(), server = new ServerClock(passing);
  time.at = 1000;
  assert.equal(passing.now(), 1000);
  time.at = 500;
  assert.equal(passing.now(), 1000);
  assert.ok(Number.isNaN(server.now()));
  server.asked(NaN, 0);
  assert.ok(Number.isNaN(server.now()));
});
