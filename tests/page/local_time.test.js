// Figures and times as the page says them: what holds whatever the wording is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, count, isNumber, LocalTime, NOT_KNOWN, NOT_REACHED, passed, percentile, share, sharesApart } from "../../fireplan/live/_page/words.js";

const HOUR = 3600_000;
const utc = (...parts) => Date.UTC(...parts);
const figure = (text) => Number(/[\d.]+/.exec(text)[0]);

test("what is no number is said not to be known, and never NaN", () => {
  for (const x of [NaN, null, undefined, "5"]) {
    assert.ok(!isNumber(x));
    for (const say of [count, clock, percentile, passed, share]) assert.equal(say(/** @type {any} */ (x)), NOT_KNOWN);
  }
  assert.equal(clock(Infinity), NOT_REACHED);
});

test("a share that misses its goal never looks as if it met it, nor one that meets it as if it did not", () => {
  for (const goal of [0.8, 0.9, 0.95]) {
    for (const under of [0.004, 0.001, 0.0004, 0.00004]) assert.ok(figure(share(goal - under, { goal })) < 100 * goal);
    for (const over of [0, 0.0004, 0.004]) assert.ok(figure(share(goal + over, { goal })) >= 100 * goal - 1e-9);
  }
  assert.notEqual(share(0.9996), share(1));
  assert.notEqual(share(0.0004), share(0));
});

test("two shares side by side look alike only where they are as far as four decimals can tell", () => {
  for (const a of [0.1, 0.8958, 0.8999, 0.90004, 0.9, 0.99994, 1]) {
    for (const b of [0.1, 0.8958, 0.8999, 0.90004, 0.9, 0.99994, 1]) {
      const [one, other] = sharesApart(a, b);
      assert.equal(one === other, Math.abs(a - b) < 5e-7, one + " and " + other);
    }
  }
});

test("a clock that runs counts whole seconds that have passed", () => {
  assert.equal(passed(151.9), "2:31");
  assert.equal(passed(0), "0:00");
  assert.equal(passed(-3), "0:00");
  assert.equal(passed(3751), "1:02:31");
});

test("local time is the agency's, whatever this machine's is", () => {
  const time = new LocalTime("America/Los_Angeles"), at = utc(2025, 6, 1, 21, 32, 5);
  assert.equal(time.seconds(at), "14:32:05");
  assert.equal(time.time(at), "14:32");
  assert.match(time.weekday(at), /Tue.* 1 Jul.* 2025/);
  assert.match(time.zoneName(at), /^(PDT|GMT-7)$/);
  assert.equal(time.time(null), NOT_KNOWN);
});

test("midnight is hour 0 of the day that begins", () => {
  const time = new LocalTime("UTC");
  assert.equal(time.seconds(utc(2025, 0, 1)), "00:00:00");
  assert.equal(time.field(utc(2025, 0, 1)), "2025-01-01T00:00");
});

test("on the day that clocks go forward an hour is left out", () => {
  const time = new LocalTime("America/Los_Angeles"), before = utc(2025, 2, 9, 9, 59);
  assert.equal(time.time(before), "01:59");
  assert.equal(time.time(before + 60_000), "03:00");
  // A reading that no clock shows is taken as the one an hour later.
  assert.equal(time.fromField("2025-03-09T02:30"), utc(2025, 2, 9, 10, 30));
  assert.equal(time.fromField("2025-03-09T03:30"), utc(2025, 2, 9, 10, 30));
  assert.equal(time.fromField("2025-03-09T01:59"), before);
});

test("on the night that clocks go back an hour comes twice, and a reading is one of the two", () => {
  const time = new LocalTime("America/Los_Angeles"), first = utc(2025, 10, 2, 8, 30);
  assert.equal(time.time(first), "01:30");
  assert.equal(time.time(first + HOUR), "01:30");
  assert.ok([first, first + HOUR].includes(time.fromField("2025-11-02T01:30")));
  assert.equal(time.fromField("2025-11-02T02:00"), utc(2025, 10, 2, 10));
});

test("an instant is found again from its wall clock in every hour of a year, in zones of all kinds", () => {
  for (const zone of ["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"]) {
    const time = new LocalTime(zone);
    for (let at = utc(2025, 0, 1, 0, 15); at < utc(2026, 0, 1); at += 13 * HOUR) {
      const again = time.fromField(time.field(at));
      assert.equal(time.field(again), time.field(at), zone + " " + new Date(at).toISOString());
      assert.ok(Math.abs(again - at) <= HOUR && again % 60_000 === at % 60_000);
    }
  }
});

test("a day is called today or yesterday by the agency's midnight", () => {
  const time = new LocalTime("America/Los_Angeles"), now = utc(2025, 2, 10, 6, 50); // 23:50 on the 9th, a day of 23 hours
  assert.equal(time.spoken(now, now), "23:50 today");
  assert.equal(time.spoken(now - 23 * HOUR, now), "23:50 yesterday");
  assert.equal(time.spoken(now + 20 * 60_000, now + 20 * 60_000), "00:10 today");
  assert.equal(time.spoken(now, now + 20 * 60_000), "23:50 yesterday");
  assert.equal(time.spoken(utc(2025, 0, 5, 20), now), "12:00 on 5 January 2025");
});

test("a zone that is none is UTC, and said to be not known", () => {
  const time = new LocalTime("Mars/Olympus");
  assert.equal(time.known, false);
  assert.equal(time.seconds(utc(2025, 0, 1, 1, 2, 3)), "01:02:03");
});

test("a field that is empty or no instant is none", () => {
  assert.equal(new LocalTime("UTC").fromField(""), null);
  assert.equal(new LocalTime("UTC").fromField("yesterday"), null);
});
