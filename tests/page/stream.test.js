// The stream: what is heard is handed on; silence and a lost line are told once, and asked about.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Stream } from "../../fireplan/live/_page/stream.js";
import { clock, page, settled, timers } from "./support.js";

class FakeSource {
  static CLOSED = 2;
  static all = [];

  constructor(address) {
    this.address = address;
    this.readyState = 1;
    this.listeners = new Map();
    FakeSource.all.push(this);
  }

  addEventListener(name, act) {
    this.listeners.set(name, act);
  }

  say(name, data) {
    this.listeners.get(name)({ data: typeof data === "string" ? data : JSON.stringify(data) });
  }

  fail(closed = false) {
    this.readyState = closed ? 2 : 0;
    this.listeners.get("error")({});
  }

  close() {
    this.readyState = 2;
  }
}

let heard, time, waits, window, answers, asked;

beforeEach(() => {
  FakeSource.all = [];
  globalThis.EventSource = FakeSource;
  time = clock(0);
  waits = timers();
  window = page();
  heard = [];
  asked = [];
  answers = [];
  globalThis.fetch = async (address) => {
    asked.push(address);
    const next = answers.shift();
    if (!next) throw new TypeError("Failed to fetch");
    return { ok: next.status === 200, status: next.status, json: async () => next.body };
  };
});

function listening() {
  const note = (name) => (data) => heard.push(data === undefined ? name : [name, data]);
  new Stream({ snapshot: note("snapshot"), update: note("update"), checked: note("checked"), lost: note("lost"), found: note("found"), out: note("out") });
  return FakeSource.all.at(-1);
}

test("snapshots and updates are handed on in order", () => {
  const source = listening();
  assert.equal(source.address, "/api/stream");
  source.say("snapshot", { rev: 1 });
  source.say("update", { rev: 2 });
  assert.deepEqual(heard, [["snapshot", { rev: 1 }], ["update", { rev: 2 }]]);
});

test("a message that was cut off is passed over", () => {
  const source = listening();
  source.say("update", '{"rev": 2, "un');
  source.say("update", { rev: 3 });
  assert.deepEqual(heard, [["update", { rev: 3 }]]);
});

test("a line that breaks is told once, and once that it is there again", () => {
  const source = listening();
  source.fail();
  source.fail();
  source.say("open", "");
  source.say("update", { rev: 2 });
  assert.deepEqual(heard, ["lost", "found", ["update", { rev: 2 }]]);
});

test("a stream that the browser gave up is opened anew once the service answers", async () => {
  const source = listening();
  source.fail(true);
  assert.deepEqual([...waits.waiting.values()].map((w) => w.wait_ms), [3000]);
  await waits.run(); // no answer: later again
  assert.equal(FakeSource.all.length, 1);
  answers = [{ status: 503 }, { status: 200, body: {} }];
  await waits.run();
  assert.equal(FakeSource.all.length, 1);
  await waits.run();
  assert.equal(FakeSource.all.length, 2);
  source.say("update", { rev: 2 }); // the old one has nothing to say any more
  FakeSource.all[1].say("update", { rev: 3 });
  assert.deepEqual(heard, ["lost", "found", ["update", { rev: 3 }]]);
});

test("whoever is no longer logged in is told, and asks no more", async () => {
  listening().fail(true);
  answers = [{ status: 403 }];
  await waits.run();
  assert.deepEqual(heard, ["lost", "out"]);
  assert.equal(waits.waiting.size, 0);
});

test("a stream that is open but silent is asked about", async () => {
  const source = listening();
  time.at = 11_999;
  await waits.tick();
  assert.deepEqual(asked, []);
  time.at = 12_000;
  answers = [{ status: 200, body: { rev: 7 } }];
  await waits.tick();
  assert.deepEqual(asked, ["/api/state"]);
  assert.deepEqual(heard, [["checked", { rev: 7 }]]);
  time.at = 20_000; // heard again at 12 s
  await waits.tick();
  assert.equal(asked.length, 1);
  time.at = 24_000;
  await waits.tick(); // no answer
  assert.deepEqual(heard.at(-1), "lost");
  assert.equal(source.readyState, FakeSource.CLOSED);
  assert.equal(waits.waiting.size, 1);
});

test("a browser that is off the net is lost at once", async () => {
  const source = listening();
  window.fire("offline", {});
  assert.deepEqual(heard, ["lost"]);
  source.close();
  answers = [{ status: 200, body: {} }];
  window.fire("online", {});
  await settled();
  assert.equal(FakeSource.all.length, 2);
});
