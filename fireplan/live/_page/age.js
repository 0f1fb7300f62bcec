// How old what is seen is. The page has a clock of its own and measures by how much the server's is ahead of it: nothing
// here trusts what the viewer's machine says the time is.

import { isNumber } from "./words.js";

export const OLD_S = 15;

const SLEPT_MS = 2000; // the time of day ran so far ahead of the running clock: the machine was asleep, or its clock was set
const HEADER_MS = 2000; // the date of an answer is in whole seconds, and worked out once a second
const DRIFT = 2e-4; // two clocks drift apart by no more than this
const LATE_MS = 5000;

/** @type {<T>(x: T[] | null | undefined) => T[]} */
const list = (x) => (Array.isArray(x) ? x : []);

/** The time that has passed since the page began, also while the machine was asleep; it never goes back. */
export class Passing {
  constructor() {
    this._ran = performance.now();
    this._day = Date.now();
    this._at = 0;
    /** How often the time of day ran ahead: what is known of the server's clock is then in doubt. */
    this.leaps = 0;
  }

  /** [ms] */
  now() {
    const ran = performance.now(), day = Date.now(), by = ran - this._ran, by_day = day - this._day;
    const slept = by_day - by > SLEPT_MS;
    this._ran = ran;
    this._day = day;
    this._at += Math.max(0, slept ? by_day : by);
    this.leaps += Number(slept);
    return this._at;
  }
}

/**
 * The server's wall clock. What it says in a message was so when that was written, at the latest when it came: of all
 * that was said the one that hurried most on its way is nearest. So a message that was held up on its way is known by it.
 */
export class ServerClock {
  /** @param {Passing} passing */
  constructor(passing) {
    this.passing = passing;
    /** @type {number | null} by how much it is ahead of the page's own, at the least [ms] */
    this._ahead = null;
    this._since = 0;
  }

  /** @param {number} wall what a message says that it is [ms] */
  heard(wall) {
    const at = this.passing.now();
    this._ahead = Math.max(this._least(at), wall - at);
    this._since = at;
  }

  /**
   * The date of an answer lies between asking and answer. A clock that was set back is known by it.
   *
   * @param {number} wall [ms]
   * @param {number} sent when it was asked, by the page's own clock [ms]
   */
  asked(wall, sent) {
    if (!isNumber(wall)) return;
    const at = this.passing.now(), least = this._least(at), most = wall + HEADER_MS - sent;
    this._ahead = least > most + HEADER_MS ? wall - at : Math.max(least, wall - at);
    this._since = at;
  }

  /** What it says now; NaN: nothing was heard of it. [ms since 1970, UTC] */
  now() {
    const at = this.passing.now();
    return this._ahead === null ? NaN : at + this._ahead;
  }

  _least(at) {
    return this._ahead === null ? -Infinity : this._ahead - DRIFT * (at - this._since);
  }
}

/** The date that an answer carries; NaN: none. [ms] @param {Response} answer */
export const dateOf = (answer) => Date.parse(answer.headers?.get("date") ?? "");

/** What is known of when the state that is shown was true. */
export class Truth {
  constructor() {
    this.passing = new Passing();
    this.server = new ServerClock(this.passing);
    /** @type {number | null} */
    this.wall = null;
    this.came = 0;
  }

  /** The state that is shown was true at this instant of the server's clock. @param {number | undefined} wall */
  heard(wall) {
    this.came = this.passing.now();
    this.wall = isNumber(wall) ? wall : null;
    if (this.wall !== null) this.server.heard(this.wall);
  }

  /** Whether messages come, but say of themselves that they are late: on their way, or because a clock was set. */
  get late() {
    return this.wall !== null && this.passing.now() - this.came < LATE_MS && this.server.now() - this.wall > LATE_MS;
  }

  /**
   * How old what is seen is, by what makes it oldest.
   *
   * @param {Parts.Model} model
   * @param {boolean} played a history is played: then only the way from the server can make it old
   * @returns {Parts.Age}
   */
  age(model, played) {
    const now = this.server.now(), since_ms = (/** @type {number | null} */ at) => (isNumber(at) && isNumber(now) ? Math.max(0, now - at) : NaN);
    const way_ms = Math.max(this.passing.now() - this.came, since_ms(this.wall) || 0);
    /** @type {Parts.Age[]} */
    const found = [{ s: way_ms / 1000, why: "way", since: this.wall, name: "", part: false }];
    const { store } = model, at = model.health?.last_event ?? null;
    if (store && !played) {
      const ms = since_ms(store.last_commit), well = store.state === "ok" || store.state === "slow";
      // A store that was well when it was last heard of is not to blame for what the way keeps back.
      if (well && way_ms > ms / 2) found.push({ s: ms / 1000, why: "way", since: this.wall, name: "", part: false });
      else if (isNumber(ms) || !well) found.push({ s: isNumber(ms) ? ms / 1000 : Infinity, why: "store", since: store.last_commit, name: "", part: false });
    }
    const feeds = played ? [] : list(model.health?.feeds), alive = feeds.some((feed) => feed.state === "ok");
    for (const feed of feeds) {
      if (feed.state !== "quiet" && feed.state !== "troubled" && feed.state !== "ended") continue;
      const since = feed.last_word ?? at, ms = since_ms(since);
      found.push({ s: isNumber(ms) ? ms / 1000 : Infinity, why: "feed", since, name: String(feed.name), part: alive });
    }
    if (unheard(feeds) && isNumber(at)) {
      const s = since_ms(at) / 1000;
      found.push({ s: isNumber(s) ? s : Infinity, why: "feed", since: at, name: feeds.map((feed) => String(feed.name)).join(", "), part: false });
    }
    // What leaves nothing certain goes before what concerns a part; of those alike the oldest.
    const old = found.filter((one) => one.s >= OLD_S), whole = old.filter((one) => !one.part);
    return (whole.length ? whole : old.length ? old : found).reduce((a, b) => (b.s > a.s ? b : a));
  }
}

/** Whether feeds are there and none of them has said anything yet. @param {Live.FeedLineState[]} feeds */
const unheard = (feeds) => feeds.length > 0 && feeds.every((feed) => feed.state === "none");

/** Whether nothing ever happened: then what is shown supposes every unit free and at home. @param {Parts.Model} model */
export const isSupposed = (model) => unheard(list(model.health?.feeds)) && !isNumber(model.health?.last_event);

/** Whether something this old is no longer taken for the present. @param {Parts.Age} age */
export const isOld = (age) => age.s >= OLD_S;
