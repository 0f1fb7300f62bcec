// A browser as far as the page's parts ask for one: elements that keep what is put on them, and a clock that is set.

import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

/** A small town's ground, states and updates, as the service makes them. */
export const recorded = () => JSON.parse(read("recorded.json"));

/** The clock that the page tells how long ago something was. [ms] */
export function clock(at = 1000, day = 1_780_000_000_000) {
  const time = { at, day: day - at };
  performance.now = () => time.at;
  Date.now = () => time.day + time.at;
  return time;
}

class FakeText {
  constructor(data) {
    this.data = String(data);
    this.nodeType = 3;
  }

  get textContent() {
    return this.data;
  }
}

class FakeElement {
  constructor(tag) {
    this.tag = tag;
    this.nodeType = 1;
    this.children = [];
    this.attributes = new Map();
    this.listeners = new Map();
    this.dataset = {};
    this.style = {};
    this.hidden = false;
    this.value = "";
    const names = new Set();
    this.classList = { toggle: (name, on = !names.has(name)) => (on ? names.add(name) : names.delete(name)), contains: (name) => names.has(name) };
  }

  get firstChild() {
    return this.children[0] ?? null;
  }

  get lastChild() {
    return this.children.at(-1) ?? null;
  }

  get options() {
    return this.children.filter((child) => child.tag === "option");
  }

  get textContent() {
    return this.children.map((child) => child.textContent).join("");
  }

  set textContent(text) {
    this.children = [new FakeText(text)];
  }

  append(...nodes) {
    this.children.push(...nodes);
  }

  replaceChildren(...nodes) {
    this.children = nodes;
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  toggleAttribute(name, on) {
    if (on) this.attributes.set(name, "");
    else this.attributes.delete(name);
  }

  addEventListener(name, act) {
    this.listeners.set(name, act);
  }

  fire(name, event = {}) {
    return this.listeners.get(name)(event);
  }

  closest() {
    return null;
  }
}

/** Puts a document in place whose elements come into being when they are asked for; gives a way to them. */
export function page() {
  const elements = new Map(), heard = new Map();
  const byId = (id) => {
    if (!elements.has(id)) elements.set(id, new FakeElement(id));
    return elements.get(id);
  };
  const root = new FakeElement("html");
  globalThis.Node = Object.assign(class {}, { TEXT_NODE: 3 });
  Object.defineProperty(globalThis.Node, Symbol.hasInstance, { value: (x) => x instanceof FakeElement || x instanceof FakeText });
  globalThis.document = {
    documentElement: root,
    activeElement: null,
    getElementById: byId,
    createElement: (tag) => new FakeElement(tag),
    createElementNS: (_space, tag) => new FakeElement(tag),
    createTextNode: (text) => new FakeText(text),
    querySelector: () => null,
  };
  globalThis.addEventListener = (name, act) => heard.set(name, act);
  return { byId, root, fire: (name, event) => heard.get(name)(event) };
}

/** Timers that run when they are told to. */
export function timers() {
  const waiting = new Map(), repeated = [];
  let count = 0;
  globalThis.setTimeout = (act, wait_ms) => {
    count += 1;
    waiting.set(count, { act, wait_ms });
    return count;
  };
  globalThis.clearTimeout = (id) => waiting.delete(id);
  globalThis.setInterval = (act) => repeated.push(act);
  return {
    waiting,
    async run() {
      const due = [...waiting.values()];
      waiting.clear();
      for (const { act } of due) act();
      await settled();
    },
    async tick() {
      for (const act of repeated) act();
      await settled();
    },
  };
}

/** Waits until promises that are kept have had their say. */
export async function settled() {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Numbers that look drawn, the same ones each time. */
export function drawn(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export { FakeElement };
