// Time: now, or a moment of the past that is asked from the server; and the controls of a replay.

import { byId, post, show, write } from "./dom.js";
import { Model } from "./model.js";

const WINDOW_MS = 24 * 3600 * 1000;
const STEP_MS = 60000;

export class TimeBar {
  /**
   * @param {Parts.Context} context
   * @param {Parts.Model} live
   */
  constructor(context, live) {
    this.context = context;
    this.live = live;
    /** @type {Parts.Model | null} */
    this.past = null;
    /** @type {number | null} */
    this.at = null;
    /** @type {AbortController | null} */
    this._asking = null;
    this.slider = byId("slider");
    this.field = byId("moment");
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.field.addEventListener("change", () => {
      const at = context.time.fromField(this.field.value);
      if (at !== null) this.go(at);
    });
    byId("to-now").addEventListener("click", () => this.now());
    byId("pause").addEventListener("click", () => this.pause());
    byId("speed").addEventListener("change", () => this._replay({ speed: Number(byId("speed").value) }));
  }

  get range() {
    const now = this.live.now(), said = Array.isArray(this.live.range) ? this.live.range : [now, now];
    return [Math.min(said[0] ?? now, now), now];
  }

  /** One step back or forward; forward past the end is back to now. */
  step(minutes) {
    if (!this.live.ready) return;
    this.go((this.at ?? Math.floor(this.live.now() / STEP_MS) * STEP_MS) + minutes * STEP_MS);
  }

  go(ms) {
    const [first, last] = this.range;
    if (ms >= last) {
      this.now();
      return;
    }
    this.at = Math.max(first, ms);
    this._field();
    this._said();
    clearTimeout(this._soon);
    this._soon = setTimeout(() => this._ask(), this._asking ? 120 : 10);
  }

  now() {
    clearTimeout(this._soon);
    if (this._asking) this._asking.abort();
    const was = this.at;
    this.at = this.past = null;
    this._said();
    this.tick();
    if (was !== null) this.context.shown();
  }

  async _ask() {
    if (this._asking) this._asking.abort();
    const own = new AbortController(), at = this.at;
    this._asking = own;
    try {
      const answer = await fetch("/api/state?at=" + Math.round(at), { credentials: "same-origin", signal: own.signal });
      if (!answer.ok) throw new Error("the server answered " + answer.status);
      /** @type {Live.State} */
      const data = await answer.json();
      if (own.signal.aborted || this.at !== at) return;
      const past = new Model();
      past.snapshot({ ...data, live: false });
      past.role = "viewer";
      this.past = past;
      write(byId("past-trouble"), "");
      this._said();
      this.context.shown();
    } catch (error) {
      if (own.signal.aborted) return;
      write(byId("past-trouble"), "This moment could not be had: " + (error.message || "no connection"));
      this._said();
    } finally {
      if (this._asking === own) this._asking = null;
    }
  }

  _said() {
    const on = this.at !== null;
    document.documentElement.toggleAttribute("data-past", on);
    show(byId("past"), on);
    show(byId("to-now"), on);
    if (!on) return;
    write(byId("past-when"), "You are looking at " + this.context.time.spoken(this.at, this.live.now()) + (this.past && this.past.now() === this.at ? "" : this.past ? "" : " \u2013 asking\u2026"));
  }

  _field() {
    if (document.activeElement !== this.field) this.field.value = this.context.time.field(this.at ?? this.live.now());
  }

  tick() {
    if (!this.live.ready) return;
    const [first, last] = this.range, low = Math.max(first, Math.min(this.at ?? Infinity, last - WINDOW_MS));
    this.slider.min = String(Math.floor(low / STEP_MS) * STEP_MS);
    this.slider.max = String(Math.ceil(last / STEP_MS) * STEP_MS);
    this.slider.step = String(STEP_MS);
    if (this.at === null) this.slider.value = this.slider.max;
    else if (document.activeElement !== this.slider) this.slider.value = String(this.at);
    this.slider.setAttribute("aria-valuetext", this.at === null ? "now" : this.context.time.spoken(this.at, last));
    const low_text = this.context.time.spoken(Number(this.slider.min), last);
    write(byId("slider-low"), low_text);
    write(byId("slider-high"), this.context.old() ? "last known" : "now");
    this.slider.disabled = last - first < STEP_MS;
    if (this.at === null) this._field();
    this._controls();
  }

  _controls() {
    const on = this.context.ground.replay === true && this.live.role === "operator" && this.at === null;
    show(byId("replay"), on);
    if (!on) return;
    write(byId("pause"), this.live.paused ? "Go on" : "Pause");
    const speed = byId("speed"), value = String(this.live.speed);
    if (document.activeElement === speed) return;
    if (![...speed.options].some((o) => o.value === value)) {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = value + "\u00d7";
      speed.append(option);
    }
    speed.value = value;
  }

  pause() {
    if (this.context.ground.replay && this.live.role === "operator") this._replay({ paused: !this.live.paused });
  }

  async _replay(wish) {
    try {
      await post("/api/replay", wish);
    } catch (error) {
      this.context.announce("The replay was not changed: " + error.message, true);
    }
  }
}
