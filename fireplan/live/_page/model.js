// What the server said, kept by id, and the feed's own clock running on between two messages.

import { bytes } from "./packed.js";
import { lastWithin } from "./words.js";

/** @type {Array<keyof Live.State & keyof Live.Update & keyof Model>} */
const PARTS = ["cover", "advice", "alerts", "today", "hours", "health", "store", "range"];
/** @type {<T>(x: T[] | null | undefined) => T[]} */
const list = (x) => (Array.isArray(x) ? x : []);
const finite = (x, other) => (typeof x === "number" && Number.isFinite(x) ? x : other);

export class Model {
  constructor() {
    this.ready = false;
    /** Whether all that was said since the last whole state has come. */
    this.whole = true;
    this.boot = null;
    this.rev = -1;
    this.role = "viewer";
    /** @type {Map<string, Live.UnitState>} */
    this.units = new Map();
    /** @type {Map<string, Live.IncidentState>} */
    this.incidents = new Map();
    this.zones = new Uint8Array(0);
    /** @type {Parts.FirstDue | null} */
    this.first = null;
    /** @type {Live.CoverNews | null} */
    this.cover = null;
    /** @type {Live.MoveState[] | null} */
    this.advice = null;
    /** @type {Live.AlertState[] | null} */
    this.alerts = null;
    /** @type {Live.TodayState | null} */
    this.today = null;
    /** @type {Live.HourState[] | null} */
    this.hours = null;
    /** @type {Live.HealthState | null} */
    this.health = null;
    /** @type {Live.StoreState | null} */
    this.store = null;
    /** @type {number[] | null} */
    this.range = null;
    this.paused = false;
    this.speed = 1;
    this._now = 0;
    this._at = 0;
    this._rate = 0;
    this._stopped = null;
    /** @type {number | null} */
    this._held = null;
    /** @type {Set<string>} services that have ended: what is still on its way from them is passed over */
    this._former = new Set();
  }

  /** The feed's clock; it stands where what is shown is old. [ms since 1970, UTC] */
  now() {
    return this._held ?? this.present();
  }

  /** The feed's clock as it runs, also where what is shown is old. [ms since 1970, UTC] */
  present() {
    if (this._stopped !== null) return this._stopped;
    return this._now + Math.max(0, performance.now() - this._at) * this._rate;
  }

  /** The feed's clock as the last message had it. [ms] */
  get said() {
    return this._now;
  }

  /** Whether its clock runs. */
  get running() {
    return this._rate > 0 && this._stopped === null && this._held === null;
  }

  /** Seconds since an instant on the feed's clock; never below nothing. */
  age(since, until = null) {
    if (!Number.isFinite(since)) return NaN;
    return Math.max(0, (until ?? this.now()) - since) / 1000;
  }

  /** While nothing is heard the clock stands: what is shown is the last moment that is known. */
  stop() {
    if (this._stopped === null && this.ready) this._stopped = this.present();
  }

  /**
   * A picture that stays as it is while news of the service go on: of an old state the desk works out what would have
   * become of it since, which was never known.
   *
   * @returns {Model}
   */
  still() {
    const { zones, first, cover, advice, today, hours } = this;
    return Object.assign(Object.create(this), { units: new Map(this.units), incidents: new Map(this.incidents), zones, first, cover, advice, today, hours });
  }

  /** What is shown is old: its clock stands at that moment; null: it is not, or only in part. @param {number | null} at */
  hold(at) {
    this._held = at;
  }

  /** Heard again: the clock runs on from where it would be. */
  resume() {
    this._stopped = null;
  }

  /** Whether a whole state is older than what is there: it was on its way for longer. @param {Live.State} data */
  older(data) {
    if (!this.ready) return false;
    return data.boot === this.boot ? finite(data.rev, -1) < this.rev : this._former.has(data.boot);
  }

  /** @param {Live.State} data */
  snapshot(data) {
    if (this.ready && this.boot !== data.boot) this._former.add(this.boot);
    this.boot = data.boot ?? null;
    this.rev = finite(data.rev, -1);
    this.whole = true;
    this.role = data.role === "operator" ? "operator" : "viewer";
    this.units = new Map(list(data.units).map((u) => [String(u.unit_id), u]));
    this.incidents = new Map(list(data.incidents).map((i) => [String(i.incident_id), i]));
    for (const part of PARTS) this._put(part, data[part] ?? null);
    this.zones = new Uint8Array(0);
    this.first = null;
    this._zones(data.cover);
    this._clock(data, data.live);
    this.ready = true;
    return new Set([...PARTS, "units", "incidents", "clock", "all"]);
  }

  /**
   * Takes a change in; gives the names of what changed, or null where it is older than what is there. Where one before
   * it is missing the model is not whole until the next whole state: what that one said is in none that follows.
   *
   * @param {Live.Update} data
   */
  update(data) {
    if (!this.ready || finite(data.rev, 0) <= this.rev) return null;
    const changed = new Set(["clock"]);
    if (data.rev > this.rev + 1) this.whole = false;
    this.rev = data.rev;
    for (const unit of list(data.units)) {
      this.units.set(String(unit.unit_id), unit);
      changed.add("units");
    }
    for (const incident of list(data.incidents)) {
      this.incidents.set(String(incident.incident_id), incident);
      changed.add("incidents");
    }
    for (const id of list(data.gone)) {
      if (this.incidents.delete(String(id))) changed.add("incidents");
      else if (this.units.delete(String(id))) changed.add("units");
    }
    for (const part of PARTS) {
      if (!Object.hasOwn(data, part)) continue;
      this._put(part, data[part]);
      changed.add(part);
    }
    if (data.cover) this._zones(data.cover);
    this._clock(data);
    return changed;
  }

  /**
   * @param {keyof Live.State & keyof Live.Update & keyof Model} part
   * @param {any} value
   */
  _put(part, value) {
    /** @type {any} */ (this)[part] = value;
  }

  /** @param {Live.CoverNews} cover */
  _zones(cover) {
    if (!cover) return;
    if (typeof cover.zones === "string") this.zones = bytes(cover.zones);
    const first = cover.first;
    if (first && Array.isArray(first.units) && typeof first.zones === "string") this.first = { units: first.units.map(String), zones: bytes(first.zones) };
  }

  /**
   * @param {Live.State | Live.Update} data
   * @param {boolean} live
   */
  _clock(data, live = true) {
    this.paused = Boolean(data.paused);
    this.speed = finite(data.speed, 1);
    this._now = finite(data.now, this._now);
    this._at = performance.now();
    this._rate = this.paused || live === false ? 0 : this.speed;
    this._stopped = null;
  }
}

/**
 * What a clock of an incident says at this moment; one that ran over its limit since the last message is late.
 *
 * @param {Live.ClockReading} clock
 * @param {Model} model
 * @returns {Parts.Reading}
 */
export function reading(clock, model) {
  const running = clock.state === "running" || clock.state === "late";
  const passed = Number.isFinite(clock.started) ? model.age(clock.started, clock.stopped) : NaN;
  const limit = finite(clock.limit_s, NaN);
  const state = running && passed > lastWithin(limit) ? "late" : clock.state;
  return { state, passed, limit, left: limit - passed, running };
}

/**
 * The clock that presses most: late ones by how late, then running ones by what is left.
 *
 * @param {Live.IncidentState} incident
 * @param {Model} model
 */
export function pressing(incident, model) {
  /** @type {Parts.Reading & { clock: Live.ClockReading } | null} */
  let best = null;
  for (const clock of list(incident.clocks)) {
    const now = reading(clock, model);
    if (now.running && Number.isFinite(now.left) && (!best || now.left < best.left)) best = { ...now, clock };
  }
  return best;
}

const RANK = new Map([["late", 0], ["running", 1], ["waiting", 2]]);

/**
 * Open incidents, late ones first, then those with the least time left, then the newest.
 *
 * @param {Model} model
 */
export function ordered(model) {
  const open = [...model.incidents.values()].filter((i) => i.open !== false);
  const keys = new Map(open.map((i) => {
    const worst = pressing(i, model);
    const state = worst ? worst.state : list(i.clocks).some((c) => c.state === "waiting") ? "waiting" : "none";
    return [i, { rank: RANK.get(state) ?? 3, left: worst ? worst.left : 0, state }];
  }));
  open.sort((a, b) => keys.get(a).rank - keys.get(b).rank || keys.get(a).left - keys.get(b).left ||
    finite(b.received, 0) - finite(a.received, 0) || String(a.incident_id).localeCompare(String(b.incident_id)));
  return { open, late: open.filter((i) => keys.get(i).state === "late").length };
}
