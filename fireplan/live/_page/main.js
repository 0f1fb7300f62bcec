// Puts the page together: asks for the ground, listens to the stream, and draws what changed once in a frame.

import { dateOf, isOld, isSupposed, Truth } from "./age.js";
import { byId, fill, h, post, said, show, write } from "./dom.js";
import { Alerts, Moves } from "./duties.js";
import * as feeds from "./feeds.js";
import { ELSEWHERE, GROUND_WORDS, ownColour, swatch } from "./ground.js";
import { Incidents } from "./incidents.js";
import { listen } from "./keys.js";
import { CATEGORIES, FAMILIES, readColours, sign, statusWord } from "./look.js";
import { MapView } from "./mapview.js";
import { Model } from "./model.js";
import * as panels from "./panels.js";
import { chipMark } from "./incidents.js";
import { Stream } from "./stream.js";
import { ageWords, PRESENT, reasonWords, sayAgain, storeWords, SUPPOSED, tenseOf, THEN } from "./tense.js";
import { TimeBar } from "./timebar.js";
import { LocalTime } from "./words.js";

const root = document.documentElement;
const TICK_MS = 250;
const CLOCK_MS = 300000; // the server's clock is asked for so often
const DOUBT_MS = 10000; // and no more often than this where it is in doubt
const SLOW_MS = 5000; // a commit that takes so long is told
const MOST_FIRST = 24; // units in the legend of who is first due; a click on the ground names any

class Page {
  /**
   * @param {Live.Ground} ground
   * @param {Truth} truth
   */
  constructor(ground, truth) {
    this.ground = ground;
    this.live = new Model();
    this.truth = truth;
    /** @type {Parts.Age | null} */
    this.old = null;
    this._clockAt = -Infinity;
    this.names = new Map((ground.stations || []).map((s) => [String(s.station_id), String(s.name ?? s.station_id)]));
    this.words = new Map(Object.entries(ground.statuses || {}).map(([key, word]) => [key, String(word).toLowerCase()]));
    /** @type {Parts.Context} */
    this.context = {
      ground,
      time: new LocalTime(ground.timezone),
      status: (key) => this.words.get(key) ?? statusWord(key),
      station: (id) => (id === null || id === undefined ? null : this.names.get(String(id)) ?? String(id)),
      mayAct: () => this.live.role === "operator" && this.bar.at === null && !this.lost,
      tense: () => this._tense(),
      old: () => (this.bar.at === null ? this.old : null),
      announce: (text, bad) => this._announce(text, bad),
      shown: () => this._dirtyAll(),
      onPick: (id) => this.incidents.reveal(id),
      firstDue: (zone) => this._firstDue(zone),
      showIncident: (id) => this._reveal("incident", id),
      showUnit: (id) => this._reveal("unit", id),
      showMove: (advice) => this.map.showMove(advice),
    };
    this.dirty = new Set();
    this._fixed();
    this.map = new MapView(byId("map"), ground, this.context);
    this.incidents = new Incidents(this.context);
    this.alerts = new Alerts(this.context);
    this.moves = new Moves(this.context);
    this.bar = new TimeBar(this.context, this.live);
    this._buttons();
    this.stream = new Stream({
      snapshot: (data) => this._snapshot(data),
      update: (data) => this._update(data),
      checked: (data) => this._checked(data),
      lost: () => this._lose(),
      found: () => this._find(),
      out: () => this._out(),
    }, this.truth);
    setInterval(() => this._tick(), TICK_MS);
    // A page that was out of sight or asleep is right before it is looked at.
    for (const name of ["visibilitychange", "resume"]) document.addEventListener(name, () => this._wake());
    for (const name of ["pageshow", "focus"]) addEventListener(name, () => this._wake());
  }

  get model() {
    return this.bar.at !== null && this.bar.past ? this.bar.past : this.live;
  }

  /** @param {Live.State} data */
  _snapshot(data) {
    if (this.live.older(data)) return;
    const first = !this.live.ready;
    this.live.snapshot(data);
    this.truth.heard(data.wall);
    if (first) write(byId("waiting-words"), "Nothing has come from any feed yet: what you see supposes every unit free and at home");
    this._dirty(["all"]);
    this._ageing();
  }

  /** @param {Live.Update} data */
  _update(data) {
    const changed = this.live.update(data);
    if (!changed) return;
    if (this.live.whole) this.truth.heard(data.wall);
    else this.stream.ask();
    this._dirty(changed);
    this._ageing();
  }

  /** The whole state, asked for; true: the stream had not said it. @param {Live.State} data */
  _checked(data) {
    const { live, truth } = this, same = live.whole && data.boot === live.boot && data.rev === live.rev, news = !same && !live.older(data);
    if (news || (same && data.wall > (truth.wall ?? Infinity))) this._snapshot(data);
    this._ageing();
    return news;
  }

  // What is seen may be old; then nothing on the page claims to be so now.
  _ageing() {
    const { live, truth, ground } = this;
    if (!live.ready) return;
    const age = truth.age(live, ground.replay === true), was = this.old, now = isOld(age) ? age : null;
    this.old = now;
    const stands = now && !now.part && now.why !== "way";
    this.still = stands ? this.still ?? live.still() : null;
    const { time } = this.context, at = truth.server.now(), looking = this.bar.at !== null;
    // Not before the last event: clocks of incidents that began since would run backwards.
    live.hold(now && !now.part ? Math.min(live.said, Math.max(this._shownAt(now.since) ?? -Infinity, live.health?.last_event ?? -Infinity)) : null);
    show(byId("old"), Boolean(now) && !looking);
    root.toggleAttribute("data-old", Boolean(now) && !looking);
    if (now) {
      write(byId("old-age"), ageWords(now) + ".");
      const known = { time, at: this._shownAt(now.since), now: this._shownAt(at), lost: this.lost === true, late: truth.late, store: live.store };
      write(byId("old-why"), reasonWords(now, known) + ".");
    }
    show(byId("lost"), this.lost === true && (!now || looking || this.out === true));
    show(byId("waiting"), this._supposed() && !now && !looking);
    this._kept(at);
    const again = sayAgain(was, now);
    if (again && !looking) this.context.announce(again);
    const tense = this._tense(), told = tense.now + tense.was + tense.at + Boolean(now && now.part);
    if (told !== this._told) {
      this._told = told;
      document.title = (tense.was ? "Old: " : "") + String(ground.title) + " live";
      write(byId("stale"), tense.was ? "Not now" + tense.at : "");
      show(byId("stale"), Boolean(tense.was));
      this._legend();
      this._dirtyAll();
    }
    this._clock();
  }

  // An instant of the server's clock on the clock that the page shows: another one while a history is played.
  _shownAt(ms) {
    return Number.isFinite(ms) ? this.live.said + ms - (this.truth.wall ?? ms) : null;
  }

  // What is wrong with the store; its mend is for those who can do it.
  _kept(at) {
    const { live, context } = this, store = live.store, wrong = store && store.state !== "ok";
    const told = wrong && (store.state !== "slow" || at - store.since > SLOW_MS);
    show(byId("store"), Boolean(told));
    if (!told) return;
    write(byId("store-what"), storeWords(store, context.time, this._shownAt(store.since), this._shownAt(at)) + ".");
    write(byId("store-said"), live.role === "operator" ? store.said.slice(0, 1).toUpperCase() + store.said.slice(1) : "");
  }

  // The server's clock is asked for now and then, and where what is known of it is in doubt.
  _clock() {
    const { passing } = this.truth, at = passing.now(), doubt = this.truth.late || passing.leaps !== this._leaps;
    if (at - this._clockAt < (doubt ? DOUBT_MS : CLOCK_MS)) return;
    this._clockAt = at;
    this._leaps = passing.leaps;
    this.stream.setClock();
    if (this.truth.late) this.stream.ask(); // what is held up in the stream may come another way
  }

  _supposed() {
    return this.ground.replay !== true && this.live.ready && isSupposed(this.live);
  }

  /** @returns {Parts.Tense} */
  _tense() {
    if (this.bar.at !== null) return THEN;
    return this.old ? tenseOf(this._shownAt(this.old.since), this.context.time, this._shownAt(this.truth.server.now()), this.old.part) : this._supposed() ? SUPPOSED : PRESENT;
  }

  _wake() {
    this._tick();
    if (this._wanted && !document.hidden) {
      this._wanted = false;
      this._draw();
    }
  }

  _dirtyAll() {
    this._dirty(["all"]);
  }

  _dirty(parts) {
    for (const part of parts) this.dirty.add(part);
    if (this._wanted) return;
    this._wanted = true;
    const draw = () => {
      if (!this._wanted) return;
      this._wanted = false;
      this._draw();
    };
    // A page that is not in sight gets no frames, but is to be right when it is looked at.
    if (document.hidden) setTimeout(draw, 500);
    else requestAnimationFrame(draw);
  }

  _draw() {
    const { context } = this, past = this.model !== this.live, dirty = this.dirty, model = past ? this.model : this.still ?? this.live;
    if (past && !dirty.has("all")) {
      dirty.clear(); // the present goes on unseen
      return;
    }
    this.dirty = new Set();
    if (!model.ready) return;
    const all = dirty.has("all"), any = (...names) => all || names.some((name) => dirty.has(name));
    if (any("units", "incidents")) this.counts = this.incidents.take(model);
    if (any("units", "incidents", "cover", "advice")) this.map.take(model, all ? new Set(["cover", "units", "incidents"]) : dirty, { glide: !all });
    if (any("cover", "incidents")) panels.headline(model, this.counts, context.tense());
    if (any("cover")) {
      panels.cover(model, context.tense());
      panels.drawdown(model, context.tense());
    }
    if (any("today")) panels.today(model);
    if (any("hours")) panels.hours(model);
    if (any("health")) feeds.health(model, context);
    if (any("units")) panels.units(model, context);
    if (any("alerts")) this.alerts.take(model);
    if (any("advice")) this.moves.take(model);
    if (any("cover")) this._dueChoice();
    if (all) this._legend();  // which ground the objective speaks of is known with the first state
    this._tick();
  }

  _tick() {
    this._ageing();
    const { model } = this;
    if (!model.ready) return;
    const now = model.now(), { time } = this.context;
    write(byId("clock"), time.seconds(now));
    write(byId("day"), time.weekday(now));
    const pace = model !== this.live || !this.ground.replay ? "" : this.live.paused ? ", replay paused" : ", replay " + this.live.speed + "\u00d7";
    write(byId("pace"), time.zoneName(now) + pace + (model === this.live && !model.running && !model.paused ? ", stands" : ""));
    if (this.incidents.tick(model) && model === this.live) this._dirty(["incidents"]);
    this.alerts.tick(model);
    this.bar.tick();
    this._ticks = (this._ticks || 0) + 1;
    if (this._ticks % 2 === 0 && !document.hidden && model.now() !== this._mapTime) {
      this._mapTime = model.now();
      this.map.tick();
    }
    if (this._ticks % 4 === 0) this._wall();
  }

  // A wall display cannot be scrolled: rows that do not fit whole are left out, and their number is said.
  _wall() {
    if (!root.hasAttribute("data-wall")) return;
    /** @type {Array<[string, HTMLElement, string | null]>} */
    const lists = [["incident-list", byId("incidents"), "incident-count"], ["move-list", byId("moves"), "move-count"], ["alert-list", byId("alerts"), "alert-count"], ["facts", byId("facts"), null]];
    for (const [list, box, count] of lists) {
      const bottom = box.getBoundingClientRect().bottom + 1, rows = [...byId(list).children];
      let left = 0;
      for (const row of rows) {
        const edge = row.getBoundingClientRect(), cut = edge.height > 0 && edge.bottom > bottom;
        row.classList.toggle("cut", cut);
        left += Number(cut);
      }
      if (count) byId(count).dataset.left = left ? ", " + left + " not shown" : "";
    }
  }

  _lose() {
    this.live.stop();
    this.lost = true;
    // When the last word was true, by the clock that the page shows.
    const when = this.live.ready ? this.context.time.seconds(this.live.said) : null;
    write(byId("lost-words"), when ? "No connection since " + when + " \u2013 what you see is old" : "No connection to the server \u2013 trying again");
    show(byId("lost"), true);
    root.toggleAttribute("data-lost", true);
    this._ageing();
    this._acts();
  }

  _find() {
    this.live.resume();
    this.lost = false;
    show(byId("lost"), false);
    root.toggleAttribute("data-lost", false);
    this._ageing();
    this._acts();
  }

  // What an operator may do is shown only while it can be done.
  _acts() {
    this._dirty(["alerts", "advice"]);
  }

  _out() {
    this.out = true;
    this._lose();
    write(byId("lost-words"), "You are no longer logged in \u2013 what you see is old");
    show(byId("log-in-again"), true);
  }

  _announce(text, bad = false) {
    write(byId("aloud"), text);
    if (!bad) return;
    write(byId("trouble-words"), text);
    show(byId("trouble"), true);
    clearTimeout(this._quiet);
    this._quiet = setTimeout(() => show(byId("trouble"), false), 8000);
  }

  _reveal(kind, id) {
    const found = this.map.pick(kind, id);
    if (kind === "incident") this.incidents.reveal(id);
    if (!found) this._announce("Its place is not known: it is not on the map", true);
  }

  _firstDue(zone) {
    const first = this.map.firstDue();
    return first && first.zones[zone] < first.units.length ? first.units[first.zones[zone]] : null;
  }

  // Title, provenance, legend and foot: said once.
  _fixed() {
    const { ground } = this, invented = ground.provenance === "invented";
    document.title = String(ground.title) + " live";
    fill(byId("title"), said(ground.title));
    show(byId("provenance"), invented);
    write(byId("provenance"), "Invented data");
    fill(byId("foot-words"), invented ? h("span", {}, h("strong", {}, "Invented data, for demonstration")) : null, [["Source: ", ground.source], ["Data: ", ground.data_date], ["fireplan ", ground.version]]
      .filter(([, value]) => value).map(([label, value]) => h("span", {}, label, said(value))),
      h("span", {}, "Times along streets, without call processing"),
      this.context.time.known ? null : h("span", {}, h("strong", {}, "Time zone not known: times are UTC")));
    this._legend();
    if (innerWidth < 1000) byId("legend").open = false;
  }

  _legend() {
    const first = this.bar && this.map.byFirstDue ? this.map.firstDue() : null;
    const tense = this.bar ? this._tense() : PRESENT;
    write(byId("ground-title"), (first ? "First due " : "Ground ") + tense.now + tense.at);
    fill(byId("ground-legend"), first
      ? first.units.slice().sort((a, b) => a.localeCompare(b, "en", { numeric: true })).slice(0, MOST_FIRST).map((name) => {
        const key = h("i", { class: "swatch", "aria-hidden": "true" });
        key.style.backgroundColor = ownColour(name);
        return h("li", {}, key, said(name));
      })
      : [...GROUND_WORDS].filter(([name]) => name !== "elsewhere" || this.live.zones.includes(ELSEWHERE)).map(([name, word]) => h("li", {}, swatch(name), word.replace("now", tense.now))));
    fill(byId("unit-legend"), [...FAMILIES].map(([name, look]) => h("li", {}, h("span", { class: "chip " + name }, h("span", {}, "E1"), chipMark(name)), look.word)),
      h("li", {}, h("span", { class: "chip going guessed" }, h("span", {}, "E1"), chipMark("going")), "on its way, place estimated"));
    fill(byId("call-legend"), [...CATEGORIES].map(([name, word]) => h("li", {}, sign(name), word)));
  }

  _dueChoice() {
    show(byId("ground-switch"), Boolean(this.map.firstDue()));
    if (this.map.byFirstDue) this._legend();
  }

  _buttons() {
    const toggle = (name, value, other) => {
      root.dataset[name] = root.dataset[name] === value ? other : value;
      return root.dataset[name];
    };
    const theme = () => {
      const now = toggle("theme", "dark", "light");
      try {
        localStorage.setItem("fireplan-theme", now);
      } catch {
        // storage may be forbidden; the choice then lasts as long as the page
      }
      this._look();
    };
    const wall = () => {
      root.toggleAttribute("data-wall");
      const address = new URL(location.href);
      if (root.hasAttribute("data-wall")) address.searchParams.set("wall", "");
      else address.searchParams.delete("wall");
      history.replaceState(null, "", address);
      this._look();
      requestAnimationFrame(() => {
        this.map.map.invalidateSize({ animate: false, pan: false });
        this.map.fit();
      });
    };
    const ground = () => {
      if (!this.map.firstDue()) return;
      this.map.byFirstDue = !this.map.byFirstDue;
      write(byId("ground-switch"), this.map.byFirstDue ? "Show cover now" : "Show who is first due");
      this.map.recolour();
      this._legend();
    };
    byId("theme").addEventListener("click", theme);
    byId("wall").addEventListener("click", wall);
    byId("ground-switch").addEventListener("click", ground);
    byId("help").addEventListener("click", () => byId("keys").showModal());
    byId("log-in-again").addEventListener("click", () => location.reload());
    byId("log-out").addEventListener("click", () => post("/logout").finally(() => location.assign("/")));
    byId("units").addEventListener("toggle", () => panels.units(this.model, this.context));
    listen({
      theme, wall, ground,
      next: (step) => this.incidents.focus(step),
      map: () => byId("map").focus(),
      fit: () => this.map.fit(),
      now: () => this.bar.now(),
      pause: () => this.bar.pause(),
      step: (minutes) => this.bar.step(minutes),
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this._look());
  }

  _look() {
    readColours();
    this._legend();
    this.map.look();
  }
}

async function start() {
  readColours();
  const truth = new Truth();
  for (;;) {
    try {
      const sent = truth.passing.now();
      const answer = await fetch("/api/ground", { credentials: "same-origin" });
      truth.server.asked(dateOf(answer), sent); // before the first state comes, which may be old already
      if (answer.status === 403) {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      window.fireplanLive = new Page(await answer.json(), truth);
      return;
    } catch (error) {
      if (error instanceof TypeError === false && !/^\d+$/.test(error.message)) throw error;
      write(byId("waiting-words"), "No connection to the server \u2013 trying again");
      await new Promise((again) => setTimeout(again, 3000));
    }
  }
}

start();
