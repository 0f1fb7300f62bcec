// A day of units and calls, unpacked, and what it was like at any second of it (maps/_layers/day_of_units.py).

import { coordinates, integers } from "../../_page_kit/browser/packed_coordinates.js";
import { wayAlong } from "../../_page_kit/browser/way_along.js";

export const QUARTERS = 0;
export const DISPATCHED = 1;
export const EN_ROUTE = 2;
export const AT_CALL = 3;
export const OFF_DUTY = 5;
const OUT = new Set([DISPATCHED, EN_ROUTE, AT_CALL]);
const SPELL = 9, CALL = 7;

/** The row of the last of rising numbers that is not above a value; -1: none. */
function lastUpTo(rising, value) {
  let low = 0, high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Day {
  /**
   * `place` brings longitude and latitude into the coordinates of a sheet.
   *
   * @param {any} data
   * @param {(lon: number, lat: number) => [number, number]} place
   */
  constructor(data, place) {
    const pairs = (text) => {
      const { x, y, n } = coordinates(text, place);
      return Array.from({ length: n }, (_, i) => /** @type {[number, number]} */ ([x[i], y[i]]));
    };
    this.start = data.start;
    this.length = data.length;
    this.clocks = data.clocks;
    this.stations = pairs(data.stations.points);
    this.places = pairs(data.places);
    /** @type {Playback.Unit[]} */
    this.units = data.units.names.map((name, i) => ({
      name, type: data.units.types[i], station: data.units.stations[i], own: i < data.own, begins: [], spells: [],
    }));
    const counts = integers(data.ways.counts), along = pairs(data.ways.points);
    let from = 0;
    this.ways = counts.map((n) => {
      from += n;
      return wayAlong(along.slice(from - n, from));
    });
    const told = integers(data.spells);
    for (let i = 0; i < told.length; i += SPELL) {
      const [unit, begins, lasts, state, call, at, way, out, there] = told.slice(i, i + SPELL);
      this.units[unit].begins.push(begins);
      this.units[unit].spells.push({ begins, ends: begins + lasts, state, call, at, way, out: begins + out, there: begins + there });
    }
    const calls = integers(data.calls);
    /** @type {Playback.Call[]} */
    this.calls = [];
    for (let i = 0; i < calls.length; i += CALL) {
      const [begins, lasts, at, category, priority, reached, late] = calls.slice(i, i + CALL);
      const since = (seconds) => (seconds < 0 ? Infinity : begins + seconds);
      this.calls.push({
        begins, ends: begins + lasts, at: at < 0 ? null : this.places[at], category: data.categories[category] ?? "",
        priority: data.priorities[priority] ?? "", reached: since(reached), late: since(late),
      });
    }
    this.received = this.calls.map((call) => call.begins).sort((a, b) => a - b);
    const [at, n] = data.out;
    this.out = at.map((second, i) => [second, n[i]]);
    this.most = Math.max(1, ...n);
    this.ownUnits = data.own;
    this.due = data.due;
  }

  /**
   * Where every unit is, and which calls are open, at a second of the day.
   *
   * @param {number} t
   * @returns {Playback.Moment}
   */
  at(t) {
    const units = [];
    this.units.forEach((unit, row) => {
      const spell = unit.spells[lastUpTo(unit.begins, t)];
      if (!spell || (t >= spell.ends && !(t >= this.length && spell.ends === this.length))) return;
      const way = spell.way < 0 ? null : this.ways[spell.way];
      const share = way ? Math.min(1, Math.max(0, (t - spell.out) / Math.max(1, spell.there - spell.out))) : 0;
      const at = way ? way.at(share) : spell.at < 0 ? null : this.places[spell.at];
      units.push({ unit, row, state: spell.state, call: spell.call, at, way, share });
    });
    const calls = [];
    this.calls.forEach((call, row) => {
      if (t < call.begins || t >= call.ends) return;
      calls.push({ call, row, state: t >= call.late ? "late" : t >= call.reached ? "reached" : "waiting" });
    });
    const own = units.filter((one) => one.unit.own);
    return { t, units, calls, out: own.filter((one) => OUT.has(one.state)).length, own: own.length };
  }

  /** Stations with units that can be first due, and of these the ones where none is in. */
  away(/** @type {Playback.Moment} */ moment) {
    const there = new Set(this.due.units.map((row) => this.units[row].station)), home = new Set();
    for (const one of moment.units) {
      if (one.state === QUARTERS && this.due.units.includes(one.row)) home.add(one.unit.station);
    }
    const away = [...there].filter((station) => station >= 0 && !home.has(station)).sort((a, b) => a - b);
    const weight = away.reduce((sum, station) => sum + (this.due.weights[station] || 0), 0);
    return { away, of: there.size, weight };
  }

  /** The second at which the next call came in, or the one before; null: there is none. */
  callFrom(t, step) {
    if (step > 0) return this.received.find((at) => at > t) ?? null;
    return this.received.findLast((at) => at < t && at >= 0) ?? null;
  }

  /** Local time of a second of the day, as a date whose UTC is read. */
  local(t) {
    const [, minutes, zone] = this.clocks.findLast(([from]) => from <= t) ?? this.clocks[0];
    return { date: new Date(this.start + t * 1000 + minutes * 60000), zone };
  }
}
