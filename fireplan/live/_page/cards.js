// What a click on the map says: a small table for a unit, a station, an incident or a zone.

import { h, said } from "./dom.js";
import { CLASSES, GROUND_WORDS } from "./ground.js";
import { stateOf, statusWord } from "./look.js";
import { reading } from "./model.js";
import { clock as asClock, count, isNumber, NOT_KNOWN, passed, roughly } from "./words.js";

/** What a clock shows: while it runs the seconds that have passed, then how long it took. */
const timed = (now) => (!Number.isFinite(now.passed) ? "" : " " + (now.running ? passed(now.passed) : asClock(now.passed, { limit_s: now.limit })));

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** That what a card says is old, and of when it is. @param {Parts.Context} context */
function known(context) {
  const { was, at } = context.tense();
  return was ? ["Not now", at.replace(/^, /, "")] : null;
}

export function table(caption, rows) {
  return h("table", { class: "card" }, h("caption", {}, said(caption)),
    h("tbody", {}, rows.filter((r) => r && r[1] !== null && r[1] !== undefined && r[1] !== "").map(([label, value]) =>
      h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, value instanceof Node || Array.isArray(value) ? value : said(value))))));
}

/**
 * @param {Live.UnitState} unit
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
export function unitCard(unit, model, context) {
  return table(String(unit.unit_id), [
    known(context),
    ["Type", unit.type],
    ["Status", context.status(unit.status)],
    ["Since", since(unit.since, model, context)],
    ["Incident", unit.incident_id],
    ["Place", unit.way ? "estimated along its way" : null],
    ["Stands by at", context.station(unit.post ?? unit.station_id)],
    ["Home", unit.post && unit.post !== unit.station_id ? context.station(unit.station_id) : null],
    ["Home by", unit.home_by > model.now() ? "about " + context.time.time(unit.home_by) : null],
    ["Known", unit.known === false ? "no: not in the list of units" : null],
    ["Note", (unit.flags || []).join("; ")],
  ]);
}

/**
 * @param {Live.IncidentState} incident
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
export function incidentCard(incident, model, context) {
  const clocks = (incident.clocks || []).map((clock) => {
    const now = reading(clock, model);
    return h("div", {}, said(clock.title), ": ", stateOf(now.state).word, timed(now),
      Number.isFinite(now.limit) ? " (limit " + asClock(now.limit) + ")" : "");
  });
  return table(incident.call_type || "call type " + NOT_KNOWN, [
    known(context),
    ["Incident", incident.incident_id],
    ["Address", incident.address],
    ["Priority", incident.priority],
    ["Received", since(incident.received, model, context)],
    ["Zone", incident.zone_id],
    ["District", context.station(incident.district)],
    ["Units", (incident.units || []).map((u) => u.unit_id).join(", ")],
    ["Clocks", clocks.length ? clocks : null],
    ["Note", (incident.flags || []).join("; ")],
  ]);
}

/**
 * @param {Parts.StationMark} station
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
export function stationCard(station, model, context) {
  const here = [...model.units.values()].filter((u) => String(u.post ?? u.station_id) === station.id);
  const rows = here.map((u) => [said(u.unit_id), context.status(u.status)]);
  return table(station.name, [
    known(context),
    station.open ? null : ["Station", "closed"],
    ...(rows.length ? rows : [["Units", "none stand by here"]]),
  ]);
}

/**
 * @param {Parts.Zones} zones
 * @param {number} zone
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
export function zoneCard(zones, zone, model, context) {
  const byte = model.zones[zone], first = context.firstDue(zone), near = zones.ids[zone], weight = context.ground.weight?.unit;
  return table("Zone " + String(near ?? zone + 1), [
    known(context),
    [capital(context.tense().now), (GROUND_WORDS.get(CLASSES[byte]) || NOT_KNOWN).replace("lost now", "lost " + context.tense().now)],
    [weight ? capital(String(weight)) : "Weight", isNumber(zones.weights[zone]) ? count(zones.weights[zone]) : null],
    ["First due " + context.tense().now, model.first ? first ?? "nobody" : null],
    ["Objective", model.cover && model.cover.objective ? model.cover.objective.title : null],
  ]);
}

/**
 * @param {number | null} ms
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
function since(ms, model, context) {
  return Number.isFinite(ms) ? context.time.time(ms) + ", " + roughly(model.age(ms)) + " ago" : null;
}

export { statusWord };
