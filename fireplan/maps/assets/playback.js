// A map on which a day goes by: the clock, the slider and its keys, and the panel that says what the map shows.

import { Frame, Sheet } from "../../_page_kit/browser/canvas_sheet.js";
import { h } from "../../_page_kit/browser/elements.js";
import { CATEGORIES, readColours, sign } from "../../_page_kit/browser/unit_signs.js";
import { plain } from "./cards.js";
import { fitFirst } from "./furnishing.js";
import { OPAQUE } from "./layers.js";
import { Day, OFF_DUTY } from "./playback_day.js";
import { DaySigns, LOOKS } from "./playback_sheet.js";
import { drawStrip } from "./playback_strip.js";

const SPEEDS = [1, 10, 60, 300, 900], USUAL_SPEED = 300;
const PANEL_MS = 200, STILL_MS = 1000, STEP_S = 60;
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const CALLS = [
  { state: "waiting", word: "nobody there yet" },
  { state: "reached", word: "a unit is there" },
  { state: "late", word: "late by the objective" },
];
const still = matchMedia("(prefers-reduced-motion: reduce)");
const two = (n) => String(n).padStart(2, "0");
const count = (n) => Math.round(n).toLocaleString("en-US");
const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

const kindOf = (call) => CATEGORIES.get(call.category) || call.category || "call";

/** Every text of the data is escaped: it is shown as it was typed. */
function unescaped(data) {
  const all = (texts) => texts.map(plain);
  return {
    ...data,
    stations: { ...data.stations, names: all(data.stations.names), labels: all(data.stations.labels) },
    units: { ...data.units, names: all(data.units.names), types: all(data.units.types) },
    categories: all(data.categories), priorities: all(data.priorities),
    clocks: data.clocks.map(([from, minutes, zone]) => [from, minutes, plain(zone)]),
    due: { ...data.due, unit: plain(data.due.unit), kind: plain(data.due.kind) },
    basis: plain(data.basis), objective: plain(data.objective), strip: plain(data.strip),
  };
}

class Player {
  constructor(map, given) {
    const data = unescaped(given), bounds = map.fireplanFirst;
    this.map = map;
    this.data = data;
    this.frame = new Frame([[bounds.getSouth(), bounds.getWest()], [bounds.getNorth(), bounds.getEast()]]);
    this.day = new Day(data, this.frame.place);
    this.signs = new DaySigns(this.day, data.stations.labels);
    this.signs.covered = (view) => this._covered(view);
    this.sheet = new Sheet(this.frame, (ctx, view) => this.signs.draw(ctx, view), { sheet: "fp-playback", order: 610, padding: 0.1, opacity: OPAQUE });
    this.t = 0;
    this.playing = false;
    this.speed = USUAL_SPEED;
    this.colours = new Map();
    this._panelAt = -Infinity;
    this._build();
    map.invalidateSize({ animate: false, pan: false });
    fitFirst(map);
    this.sheet.addTo(map);
    this._listen();
    this.go(Math.max(0, this.day.received.find((at) => at >= 0) ?? 0));
  }

  // The parts of the canvas where nothing would be seen: beyond the edges of the map, and under Leaflet's controls.
  _covered(/** @type {Parts.View} */ view) {
    const edge = this.map.getContainer().getBoundingClientRect(), { x, y } = view.inset, { width, height } = view;
    /** @type {Array<[number, number, number, number]>} */
    const beyond = [[0, 0, width, y], [0, height - y, width, y], [0, 0, x, height], [width - x, 0, x, height]];
    const under = [...this.map.getContainer().querySelectorAll(".leaflet-control")].map((control) => {
      const r = control.getBoundingClientRect();
      return /** @type {[number, number, number, number]} */ ([r.left - edge.left + x, r.top - edge.top + y, r.width, r.height]);
    });
    return [...beyond, ...under];
  }

  _build() {
    const panel = document.querySelector(".fp-now"), bar = document.querySelector(".fp-time"), { data, day } = this;
    this.clock = h("strong", { class: "fp-clock" });
    this.date = h("span", { class: "fp-date" });
    this.states = LOOKS.map((look, i) => ({ state: i, number: h("td", {}, "0"), look }));
    this.callStates = CALLS.map((one) => ({ ...one, number: h("td", {}, "0") }));
    this.out = h("strong", { class: "fp-big" });
    this.open = h("strong", { class: "fp-big" });
    this.away = h("p", { class: "fp-away" });
    this.list = h("ul", { role: "list", "aria-label": "Calls open now" });
    this.unseen = h("p", { class: "fp-soft" });
    const row = (chip, one) => h("tr", {}, h("th", { scope: "row" }, chip, " ", one.word), one.number);
    panel.replaceChildren(
      h("p", { class: "fp-when" }, this.clock, this.date),
      h("p", { class: "fp-basis" }, data.basis),
      h("div", { class: "fp-counts" },
        h("section", {}, h("h2", {}, "Units out: ", this.out),
          h("table", {}, h("tbody", {}, this.states.map((one) => row(this._chip(one.state), { word: one.look.word, number: one.number })))),
          this.away),
        h("section", {}, h("h2", {}, "Calls open: ", this.open),
          h("table", {}, h("tbody", {}, this.callStates.map((one) => row(h("i", { class: "fp-call", "data-state": one.state, "aria-hidden": "true" }), one)))),
          h("p", { class: "fp-soft" }, data.objective))),
      this.list, this.unseen,
      h("p", { class: "fp-soft" }, "Shapes: engine square, truck with cut corners, ambulance round, chief pointed, others slanted. A broken line around a unit: its place is estimated."),
    );
    this.strip = h("canvas", { role: "img", "aria-label": data.strip });
    this.mark = h("div", { class: "fp-mark", "aria-hidden": "true" });
    this.slider = h("input", { type: "range", min: 0, max: day.length, step: STEP_S, value: 0, "aria-label": "Time of the day shown" });
    this.button = h("button", { type: "button", class: "fp-play" }, "Play");
    this.before = h("button", { type: "button" }, "Previous call");
    this.next = h("button", { type: "button" }, "Next call");
    this.pace = h("select", {}, SPEEDS.map((n) => h("option", { value: n }, n === 1 ? "real time" : n < 60 ? n + " s in a second" : n / 60 + " min in a second")));
    this.pace.value = String(this.speed);
    this.now = h("output", { class: "fp-output", "aria-hidden": "true" });
    this.said = h("p", { class: "fp-heard", role: "status" });
    bar.replaceChildren(
      h("div", { class: "fp-strip-line" }, h("span", { class: "fp-strip-head" }, "Units out, at most " + day.most + " of " + day.ownUnits),
        h("div", { class: "fp-units-out" }, this.strip, this.mark)),
      this.slider,
      h("div", { class: "fp-controls" }, this.button, this.before, this.next, h("label", {}, "Speed ", this.pace), this.now,
        h("span", { class: "fp-soft fp-keys" }, "Space plays and pauses, arrows move a minute (with Shift ten), N and B go to the next call and back.")),
      this.said,
    );
  }

  _chip(state) {
    const look = LOOKS[state];
    return h("i", { class: "fp-chip", "data-state": state, "aria-hidden": "true" }, look.sign ? sign(look.sign) : null);
  }

  _listen() {
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.button.addEventListener("click", () => this.play(!this.playing));
    this.before.addEventListener("click", () => this.toCall(-1));
    this.next.addEventListener("click", () => this.toCall(1));
    this.pace.addEventListener("change", () => { this.speed = Number(this.pace.value); });
    const box = this.strip.parentElement;
    const seek = (e) => this.go(((e.clientX - box.getBoundingClientRect().left - 8) / (box.clientWidth - 16)) * this.day.length);
    box.addEventListener("pointerdown", (e) => {
      box.setPointerCapture(e.pointerId);
      seek(e);
    });
    box.addEventListener("pointermove", (e) => { if (box.hasPointerCapture(e.pointerId)) seek(e); });
    new ResizeObserver(() => this._paint()).observe(box);
    addEventListener("keydown", (e) => this._key(e));
    this.map.on("click", (e) => this._pick(e));
    // On paper it is the light page, whatever the screen shows.
    const root = document.documentElement, theme = root.dataset.theme;
    addEventListener("beforeprint", () => {
      this.play(false);
      if (theme === "dark") root.dataset.theme = "light";
      this._paint();
    });
    addEventListener("afterprint", () => {
      root.dataset.theme = theme;
      this._paint();
    });
    matchMedia("print").addEventListener("change", () => this._paint());
  }

  _key(/** @type {KeyboardEvent} */ e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const at = /** @type {Element} */ (e.target), on = (selector) => Boolean(at.closest && at.closest(selector));
    if (e.key === " " && !on("button, select, summary, a, .leaflet-marker-icon, .leaflet-control")) {
      this.play(!this.playing);
    } else if (on("select")) {
      return;
    } else if (e.key === "n" || e.key === "N") {
      this.toCall(1);
    } else if (e.key === "b" || e.key === "B") {
      this.toCall(-1);
    } else if ((e.key === "ArrowLeft" || e.key === "ArrowRight") && !on(".fp-map")) {
      const step = (e.key === "ArrowLeft" ? -1 : 1) * STEP_S * (e.shiftKey ? 10 : 1);
      this.go((step < 0 ? Math.ceil(this.t / STEP_S) : Math.floor(this.t / STEP_S)) * STEP_S + step);
    } else {
      return;
    }
    e.preventDefault();
  }

  toCall(step) {
    const at = this.day.callFrom(this.t, step);
    if (at === null) this.said.textContent = step > 0 ? "There is no later call." : "There is no earlier call.";
    else this.go(at);
  }

  /** Shows a second of the day. */
  go(t) {
    this.t = Math.min(this.day.length, Math.max(0, t));
    this._show(true);
  }

  play(on) {
    if (on === this.playing) return;
    this.playing = on;
    this.button.textContent = on ? "Pause" : "Play";
    this.button.setAttribute("aria-pressed", String(on));
    if (!on) {
      this._show(true);
      return;
    }
    if (this.t >= this.day.length) this.t = 0;
    this._last = performance.now();
    requestAnimationFrame((now) => this._frame(now));
  }

  _frame(now) {
    if (!this.playing) return;
    const passed = now - this._last;
    // Who wants no motion sees a new picture each second.
    if (!still.matches || passed >= STILL_MS) {
      this.t = Math.min(this.day.length, this.t + (Math.min(passed, 2 * STILL_MS) / 1000) * this.speed);
      this._last = now;
      this._show(false);
      if (this.t >= this.day.length) this.play(false);
    }
    requestAnimationFrame((next) => this._frame(next));
  }

  _show(whole) {
    const moment = this.day.at(this.t), now = performance.now();
    this.moment = moment;
    this.signs.moment = moment;
    this.sheet.drawNow();
    this.mark.style.transform = "translateX(" + (8 + (this.t / this.day.length) * (this.strip.parentElement.clientWidth - 16)) + "px)";
    const { date } = this.day.local(this.t), clock = two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());
    write(this.clock, clock);
    write(this.now, clock);
    if (!whole && now - this._panelAt < PANEL_MS) return;
    this._panelAt = now;
    if (document.activeElement !== this.slider || this.playing || Number(this.slider.value) !== Math.round(this.t)) this.slider.value = String(Math.round(this.t));
    this._panel(moment, clock);
  }

  _panel(/** @type {Playback.Moment} */ moment, clock) {
    const { day, data } = this, { date, zone } = day.local(this.t), own = moment.units.filter((one) => one.unit.own);
    write(this.date, WEEKDAYS[date.getUTCDay()] + " " + date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear() + (zone ? " (" + zone + ")" : ""));
    const duty = own.filter((one) => one.state !== OFF_DUTY).length;
    write(this.out, moment.out + " of " + duty);
    for (const one of this.states) write(one.number, String(own.filter((u) => u.state === one.state).length));
    write(this.open, String(moment.calls.length));
    for (const one of this.callStates) write(one.number, String(moment.calls.filter((c) => c.state === one.state).length));
    const { away, of, weight } = day.away(moment), labels = away.map((i) => data.stations.labels[i]).join(", ");
    const ground = data.due.total ? "; nearest to " + count(weight) + " of " + count(data.due.total) + " " + data.due.unit : "";
    const stations = of === 1 ? "1 station" : of + " stations";
    const gone_from = away.length ? "no " + data.due.kind + " in at " + away.length + " of " + stations + " (" + labels + ")" + ground : "none of " + stations;
    write(this.away, of ? "First due away: " + gone_from : "");
    const others = moment.units.length - own.length, unseen = moment.units.filter((one) => !one.at), gone = moment.calls.filter((one) => !one.call.at).length;
    write(this.unseen, [
      others ? "Units of others at calls: " + others + "." : "",
      unseen.length ? "Not on the map, their place is not known: " + unseen.map((one) => one.unit.name).join(", ") + "." : "",
      gone ? "Calls without a place: " + gone + "." : "",
    ].filter(Boolean).join(" "));
    this._calls(moment);
    const text = this.date.textContent + ", " + clock + ": " + moment.out + " of " + duty + " units out, " + moment.calls.length + (moment.calls.length === 1 ? " call open" : " calls open");
    this.slider.setAttribute("aria-valuetext", text);
    if (!this.playing) write(this.said, text);
  }

  _calls(/** @type {Playback.Moment} */ moment) {
    const at = (t) => {
      const { date } = this.day.local(t);
      return two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());
    };
    const rows = moment.calls.map(({ call, row, state }) => {
      const units = moment.units.filter((one) => one.call === row).map((one) => one.unit.name).join(", ");
      const kind = [kindOf(call), call.priority ? "priority " + call.priority : ""].filter(Boolean).join(", ");
      const minutes = Math.floor((this.t - call.begins) / 60), word = CALLS.find((one) => one.state === state).word;
      return { state, kind, told: "since " + at(call.begins) + " (" + minutes + " min), " + word, units: units ? "Units: " + units : state === "waiting" ? "No unit is sent yet" : "No unit is drawn at it" };
    });
    const key = JSON.stringify(rows);
    if (key === this._listed) return;
    this._listed = key;
    this.list.replaceChildren(...rows.map((row) => h("li", {}, h("i", { class: "fp-call", "data-state": row.state, "aria-hidden": "true" }),
      h("span", {}, h("b", {}, row.kind), " ", row.told, h("br"), row.units))));
    if (!rows.length) this.list.replaceChildren(h("li", { class: "fp-soft" }, "No call is open."));
  }

  _pick(e) {
    const corner = this.map.layerPointToContainerPoint(this.sheet._corner), p = e.containerPoint.subtract(corner), hit = this.signs.hit(p.x, p.y);
    if (!hit) return;
    const content = hit.kind === "unit" ? this._ofUnit(hit.row) : this._ofCall(hit.row);
    L.popup({ maxWidth: 300 }).setLatLng(e.latlng).setContent(content).openOn(this.map);
  }

  _ofUnit(row) {
    const one = this.moment.units.find((u) => u.row === row), home = one.unit.station;
    return h("div", {}, h("b", {}, one.unit.name), " ", one.unit.type, h("br"), LOOKS[one.state].word, one.way ? " (place estimated)" : "",
      h("br"), home < 0 ? "not of this department" : "from " + this.data.stations.names[home]);
  }

  _ofCall(row) {
    const call = this.day.calls[row];
    return h("div", {}, h("b", {}, kindOf(call)), call.priority ? ", priority " + call.priority : "");
  }

  // Colours may be others now, and the size of everything.
  _paint() {
    this.signs.look();
    readColours(this.colours, ["accent", "soft", "line", "ink", "late"]);
    drawStrip(this.strip, this.day, this.colours);
    this._show(true);
  }
}

export function playback(map, data) {
  map.fireplanPlayer = new Player(map, data);
}
