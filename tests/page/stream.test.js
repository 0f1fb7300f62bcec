// The stream: what is heard is handed on; silence and a lost line are told once, and asked about.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Truth } from "../../fireplan/live/_page/age.js";
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

let heard, time, waits, window, answers, asked, news, truth, stream;

beforeEach(() => {
  FakeSource.all = [];
  globalThis.EventSource = FakeSource;
  time = clock(0);
  waits = timers();
  window = page();
  heard = [];
  asked = [];
  answers = [];
  news = true;
  truth = new Truth();
  globalThis.fetch = async (address, { method = "GET", cache }) => {
    assert.equal(cache, "no-store");
    asked.push(method === "GET" ? address : method + " " + address);
    const next = answers.shift();
    if (!next) throw new TypeError("Failed to fetch");
    return { ok: next.status === 200, status: next.status, headers: new Headers(next.date ? { date: next.date } : {}), json: async () => next.body };
  };
});

function listening() {
  const note = (name) => (data) => heard.push(data === undefined ? name : [name, data]);
  const checked = (data) => {
    note("checked")(data);
    return news;
  };
  stream = new Stream({ snapshot: note("snapshot"), update: note("update"), checked, lost: note("lost"), found: note("found"), out: note("out") }, truth);
  return FakeSource.all.at(-1);
}

test("snapshots and updates are handed on in order", () => {
  const source = listening();
  assert.equal(source.address, "/api/stream");
  source.say("snapshot", { rev: 1 });
  source.say("update", { rev: 2 });
  assert.deepEqual(heard, [["snapshot", { rev: 1 }], ["update", { rev: 2 }]]);
});

test("a message that was cut off is not passed over: the whole state is asked for", async () => {
  const source = listening();
  answers = [{ status: 200, body: { rev: 2 } }];
  source.say("update", '{"rev": 2, "un');
  await settled();
  assert.deepEqual(heard, [["checked", { rev: 2 }]]);
  source.say("update", { rev: 3 });
  assert.deepEqual(heard.at(-1), ["update", { rev: 3 }]);
  assert.equal(FakeSource.all.length, 1); // the stream itself does speak
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
  time.at = 5999;
  await waits.tick();
  assert.deepEqual(asked, []);
  time.at = 6000;
  source.say("open", ""); // that it is open says nothing
  news = false;
  answers = [{ status: 200, body: { rev: 7 } }];
  await waits.tick();
  assert.deepEqual(asked, ["/api/state"]);
  assert.deepEqual(heard, [["checked", { rev: 7 }]]);
  time.at = 10_000; // heard again at 6 s
  await waits.tick();
  assert.equal(asked.length, 1);
  time.at = 12_000;
  await waits.tick(); // no answer
  assert.deepEqual(heard.at(-1), "lost");
  assert.equal(source.readyState, FakeSource.CLOSED);
  assert.equal(waits.waiting.size, 1);
});

test("a stream that had something to say and did not is opened anew, but not again and again", async () => {
  listening();
  for (const [at, streams] of [[6000, 2], [12_000, 2], [18_000, 2], [36_000, 3]]) {
    time.at = at;
    answers = [{ status: 200, body: { rev: at } }];
    await waits.tick();
    assert.equal(FakeSource.all.length, streams, "after " + at);
  }
  FakeSource.all[0].say("update", { rev: 1 }); // what is still on its way by the old one
  assert.deepEqual(heard.at(-1), ["checked", { rev: 36_000 }]);
});

test("a stream that the browser closed without a word is opened anew", async () => {
  listening().close();
  await waits.tick();
  answers = [{ status: 200, body: {} }];
  await waits.run();
  assert.equal(FakeSource.all.length, 2);
});

test("every answer tells of the server's clock", async () => {
  listening();
  assert.ok(Number.isNaN(truth.server.now()));
  time.at = 6000;
  answers = [{ status: 200, body: {}, date: "Tue, 01 Dec 2026 16:00:00 GMT" }];
  await waits.tick();
  assert.equal(truth.server.now(), Date.UTC(2026, 11, 1, 16));
  answers = [{ status: 403, date: "Tue, 01 Dec 2026 16:00:10 GMT" }];
  await stream.setClock();
  assert.equal(asked.at(-1), "HEAD /");
  assert.equal(truth.server.now(), Date.UTC(2026, 11, 1, 16, 0, 10));
  await stream.setClock(); // no answer
  assert.equal(truth.server.now(), Date.UTC(2026, 11, 1, 16, 0, 10));
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
