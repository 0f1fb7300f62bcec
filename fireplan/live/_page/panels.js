// The panels of what is so: cover, drawdown, today's performance, the hours, the units and the feed.

import { byId, fill, h, keyed, said, show, write } from "./dom.js";
import { hoursChart } from "./hours.js";
import { chipMark } from "./incidents.js";
import { family, sign } from "./look.js";
import { SUPPOSED } from "./tense.js";
import {
  clock, count, counted, goalVerdict, isNumber, percentile, share, shareInterval, sharesApart, timeInterval,
} from "./words.js";

/** @type {<T>(x: T[] | null | undefined) => T[]} */
const list = (x) => (Array.isArray(x) ? x : []);
const known = (/** @type {Parts.Tense} */ tense) => tense.at.replace(/^, /, "");
const p = (name, ...children) => h("p", { class: name }, ...children);

/** The goal that shares under an objective are told by. @param {Live.ObjectiveState} objective */
const heldTo = (objective) => ({ goal: objective?.share ?? NaN });

/**
 * The figures at the head of the page, the largest on it.
 *
 * @param {Parts.Model} model
 * @param {Parts.Counts} counts
 * @param {Parts.Tense} tense
 */
export function headline(model, counts, tense) {
  const cover = model.cover, first = cover && list(cover.measures)[0];
  if (first) {
    const [now, home] = sharesApart(first.now, first.home, heldTo(cover.objective));
    write(byId("now-share"), tense.was + now);
    const gone = isNumber(first.home) && isNumber(first.now) ? first.home - first.now : NaN;
    fill(byId("now-of"), h("span", { class: "line" }, "of " + count(first.n) + " ", said(first.unit), tense.was || tense.now === SUPPOSED.now ? "" : " " + tense.now), isNumber(first.home) && !tense.was ? h("span", { class: "line" }, "all home: " + home) : null);
    byId("now").classList.toggle("short", gone >= 0.05 && !tense.was);
  } else {
    write(byId("now-share"), "\u2013");
    write(byId("now-of"), "cover not known");
  }
  const free = cover ? list(cover.free) : [], main = free[0];
  const then = tense.was ? tense.at : tense.now === "now" ? "" : " " + tense.now;
  write(byId("now-title"), "Covered" + (then || " now"));
  write(byId("free-title"), "Free" + then);
  write(byId("open-title"), "Incidents" + (tense.now === SUPPOSED.now ? ", none heard of yet" : then));
  fill(byId("free-main"), main ? [tense.were, h("b", {}, count(main.free)), " of " + count(main.of) + " ", said(main.title)] : "\u2013");
  fill(byId("free-rest"), free.slice(1).map((f, i) => [i ? ", " : "", count(f.free) + " of " + count(f.of) + " ", said(f.title)]));
  const level = cover && cover.drawdown ? cover.drawdown.level : 0;
  byId("free").classList.toggle("short", level > 0 && !tense.was);
  fill(byId("open-main"), tense.were, h("b", {}, count(counts.open)), " open");
  fill(byId("open-rest"), tense.was ? "" : counts.late ? [sign("warning"), counted(counts.late, "incident late", "incidents late")] : counts.open ? "none late" : "no open incidents");
  byId("open").classList.toggle("short", counts.late > 0 && !tense.was);
}

const noted = (/** @type {Parts.Tense} */ tense) => (tense.was ? p("known", sign("pause"), "Not now: " + known(tense)) : null);

/**
 * @param {Parts.Model} model
 * @param {Parts.Tense} tense
 */
export function cover(model, tense) {
  const box = byId("cover-body"), now = model.cover;
  if (!now) return fill(box, p("none", "No cover known yet"));
  /**
   * @param {Array<Live.ForceMeasureState & Partial<Live.MeasureState>>} measures
   * @param {{ goal: number }} held
   */
  const told = (measures, held) => (measures.length ? [measure(measures[0], held, tense), lesser(measures.slice(1), held, tense)] : p("none", "No measure of cover"));
  return fill(box, noted(tense), now.objective ? p("lead", said(now.objective.title)) : null, told(list(now.measures), heldTo(now.objective)),
    now.force ? [h("h3", {}, said(now.force.title)), told(list(now.force.measures), heldTo(now.force))] : null, now.basis ? p("note", said(now.basis)) : null);
}

/**
 * @param {Live.ForceMeasureState & Partial<Live.MeasureState>} m
 * @param {{ goal: number }} held
 * @param {Parts.Tense} tense
 */
function measure(m, held, tense) {
  const fillNow = h("span", { class: "now-bar" }), home = h("span", { class: "home-bar" });
  fillNow.style.width = 100 * clamp(m.now) + "%";
  home.style.width = 100 * clamp(m.home) + "%";
  const missing = isNumber(m.home) && isNumber(m.now) ? Math.max(0, m.home - m.now) * m.n : NaN;
  const [now, all_home] = sharesApart(m.now, m.home, held), back = list(m.soon).some((s) => s.within - m.now > 5e-7);
  const soon = back && !tense.was ? list(m.soon).map((s) => sharesApart(s.within, m.now, held)[0] + " in " + clock(s.in_s)) : [];
  return h("div", { class: "measure" },
    h("p", { class: "measure-line" }, h("strong", {}, tense.was + now), " of " + count(m.n) + " ", said(m.unit), " " + tense.now),
    h("div", { class: "cover-bar", "aria-hidden": "true" }, home, fillNow),
    p("detail", isNumber(m.home) ? all_home + " with all units at home" : "with all at home: not known",
      missing >= 0.5 ? [": ", h("strong", {}, count(missing), " ", said(m.unit)), " lost " + tense.now] : ""),
    m.left_out >= 0.5 ? p("detail", count(m.left_out) + " more lie in no zone and are left out") : null,
    soon.length ? p("detail", "As units come back: " + soon.join(", ")) : null);
}

/**
 * The measures beside the first: a line for each.
 *
 * @param {Live.ForceMeasureState[]} measures
 * @param {{ goal: number }} held
 * @param {Parts.Tense} tense
 */
function lesser(measures, held, tense) {
  if (!measures.length) return null;
  return h("table", { class: "lesser" }, h("thead", {}, h("tr", {}, ["Share of", tense.now, "all home"].map((word) => h("th", { scope: "col" }, word)))),
    h("tbody", {}, measures.map((m) => {
      const [now, home] = sharesApart(m.now, m.home, held);
      const left = m.left_out >= 0.5 ? " (" + count(m.left_out) + " more in no zone)" : "";
      return h("tr", {}, h("th", { scope: "row" }, count(m.n) + " ", said(m.unit), left), h("td", {}, h("b", {}, now)), h("td", {}, home));
    })));
}

const clamp = (x) => (isNumber(x) ? Math.min(1, Math.max(0, x)) : 0);

/**
 * @param {Parts.Model} model
 * @param {Parts.Tense} tense
 */
export function drawdown(model, tense) {
  const box = byId("drawdown-body"), now = model.cover;
  if (!now) return fill(box, p("none", "No units known yet"));
  const level = now.drawdown;
  return fill(box, noted(tense),
    level ? h("p", { class: "lead" + (level.level > 0 ? " short" : "") }, level.level > 0 ? sign("warning") : sign("tick"),
      tense.was, h("strong", {}, "Level " + count(level.level) + " of " + count(level.of)), ": ", said(level.title)) : null,
    h("ul", { class: "pips" }, list(now.free).map((f) => h("li", {}, h("span", { class: "pip-name" }, said(f.title)),
      h("span", { class: "pip-row", "aria-hidden": "true" }, f.of <= 16 ? Array.from({ length: Math.max(0, f.of) }, (_, i) => h("i", { class: i < f.free ? "pip on" : "pip" })) : ratio(f.free / f.of)),
      h("span", { class: "pip-figure" }, tense.were + count(f.free) + " of " + count(f.of) + " free")))),
    level && level.level > 0 && level.usual ? p("note", said(level.usual)) : null);
}

function ratio(part) {
  const inner = h("span", { class: "now-bar" });
  inner.style.width = 100 * clamp(part) + "%";
  return h("span", { class: "cover-bar" }, inner);
}

const FEWEST = 10;  // records; fewer are not told, as in response performance
const METHOD = "p90: 90th percentile by inverted distribution; in brackets 95 % intervals.";

/** @param {Parts.Model} model */
export function today(model) {
  const box = byId("today-body"), now = model.today, rows = now ? list(now.rows) : [];
  write(byId("today-basis"), now && now.basis ? now.basis : "");
  // A note that many rows share is said once, under them; rows that are held to a limit come first.
  const held = (/** @type {Live.PerformanceRow} */ row) => isNumber(row.limit_s), notes = rows.map((row) => row.note);
  const often = new Set(notes.filter((note, i) => note && notes.indexOf(note) !== i));
  if (!rows.length) return fill(box, p("none", "Nothing measured yet today"));
  return fill(box, h("table", { class: "today" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Interval"), h("th", { scope: "col" }, "p90"), h("th", { scope: "col" }, "Within the limit"))),
    h("tbody", {}, [...rows.filter(held), ...rows.filter((r) => !held(r))].map((row) => todayRow(row, often)))),
    [...often].map((note) => p("note", said(note))), now.note ? p("note", said(now.note)) : null, p("note", now.method ? ["p90: ", said(now.method)] : METHOD));
}

/**
 * @param {Live.PerformanceRow} row
 * @param {Set<string>} often
 */
function todayRow(row, often) {
  const few = !(row.n > 0);
  const unsure = isNumber(row.p90_low_s) || isNumber(row.p90_high_s) ? "(" + timeInterval(row.p90_low_s, row.p90_high_s) + ")" : "";
  const goal = isNumber(row.goal) ? row.goal : NaN;
  const held = few || row.met === null || row.met === undefined || !isNumber(goal) ? null :
    h("span", { class: "verdict " + (row.met ? "met" : "missed") }, sign(row.met ? "tick" : "cross"), goalVerdict(row.met, { goal }));
  const shares = isNumber(row.share_low) && isNumber(row.share_high) ? " (" + shareInterval(row.share_low, row.share_high) + ")" : "";
  return h("tr", {},
    h("th", { scope: "row" }, said(row.title), row.verified === false ? h("span", { class: "unseen" }, "limit not seen in its source") : null,
      row.note && !often.has(row.note) ? h("span", { class: "unseen" }, said(row.note)) : null),
    h("td", {}, few ? "no calls" : isNumber(row.p90_s) ? h("b", {}, percentile(row.p90_s)) : row.n < FEWEST ? "too few to say" : "not known", few ? null : h("span", { class: "sub" }, unsure),
      h("span", { class: "sub" }, "n = " + count(row.n))),
    h("td", {}, few || !isNumber(row.share) ? null : h("b", {}, share(row.share, { goal })), few || !isNumber(row.share) ? null : h("span", { class: "sub" },
      "of " + count(row.n) + (isNumber(row.limit_s) ? " in " + clock(row.limit_s) : "") + shares), held));
}

/** @param {Parts.Model} model */
export function hours(model) {
  const rows = list(model.hours), box = byId("hours-body"), main = model.cover && list(model.cover.free)[0];
  if (!rows.length) return fill(box, p("none", "No hour of today yet"));
  return fill(box, hoursChart(rows, main ? String(main.title) : "units"));
}

/**
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
export function units(model, context) {
  const all = [...model.units.values()].sort((a, b) => String(a.unit_id).localeCompare(String(b.unit_id), "en", { numeric: true }));
  const tense = context.tense();
  write(byId("units-count"), all.length ? tense.were + count(all.filter((u) => u.free).length) + " of " + count(all.length) + " free" + tense.at : "none known");
  if (!byId("units").open) return;
  show(byId("units-none"), all.length === 0);
  keyed(byId("units-list"), all, (u) => String(u.unit_id), (first) => {
    const name = h("button", { class: "unit-button", type: "button" }, said(first.unit_id)), look = h("td", {}), where = h("td", {}), element = h("tr", {}, h("td", {}, name), look, where);
    name.addEventListener("click", () => context.showUnit(String(first.unit_id)));
    return {
      element,
      /** @param {Live.UnitState} unit */
      update(unit) {
        if (element.fireplanOf === unit) return;
        element.fireplanOf = unit;
        const kind = family(unit.status);
        fill(look, h("span", { class: "chip " + kind }, chipMark(kind), h("span", { class: "chip-status" }, context.status(unit.status))));
        fill(where, unit.incident_id ? said(unit.incident_id) : said(context.station(unit.post ?? unit.station_id) ?? ""),
          Number.isFinite(unit.since) ? h("span", { class: "soft" }, " since " + context.time.time(unit.since)) : "",
          list(unit.flags).map((flag) => h("strong", { class: "flag" }, " ", said(flag))));
      },
    };
  });
}
