// What is said of a state that is no longer the present: when it was, how old it is, and why.

import { OLD_S } from "./age.js";
import { NOT_KNOWN, roughly } from "./words.js";

/** @type {Parts.Tense} */
export const PRESENT = { now: "now", was: "", were: "", at: "" };

/** Nothing has come yet: what is shown is how it would be. @type {Parts.Tense} */
export const SUPPOSED = { now: "if all are home", was: "", were: "", at: "" };

/** A moment of the past that was asked for. @type {Parts.Tense} */
export const THEN = { now: "then", was: "", were: "", at: "" };

/** Ages at which it is said aloud again, and not every second. [s] */
const ALOUD_S = [OLD_S, 60, 300, 900, 3600];

/** @type {Map<Live.StoreState["state"], string>} */
const STORE = new Map([
  ["slow", "The store has not answered yet"], ["unreachable", "The store cannot be reached"], ["full", "The store is full"], ["locked", "The store is locked by another program"],
  ["corrupt", "The store is damaged"], ["gone", "The store is gone: its file was deleted or replaced"],
]);

const onDay = (text) => text.replace(/ today$/, "");

/**
 * A moment as it is named beside a figure: 14:32; 14:32 yesterday
 *
 * @param {number | null} ms
 * @param {Parts.LocalTime} time
 * @param {number} now
 */
function named(ms, time, now) {
  if (!Number.isFinite(ms)) return NOT_KNOWN;
  return Number.isFinite(now) ? onDay(time.spoken(ms, now)) : time.time(ms);
}

/**
 * Instants here and below are told on the clock that the page shows.
 *
 * @param {number | null} at when what is shown was known
 * @param {Parts.LocalTime} time
 * @param {number} now [ms]
 * @param {boolean} part whether other parts of it are younger
 * @returns {Parts.Tense}
 */
export function tenseOf(at, time, now, part) {
  return { now: "then", was: "was ", were: "were ", at: (part ? ", in part " : ", ") + (Number.isFinite(at) ? "known at " + named(at, time, now) : "of a time that is not known") };
}

/** How old: What you see is 23 s old @param {Parts.Age} age */
export function ageWords(age) {
  const what = age.part ? "Part of what you see is " : "What you see is ";
  return Number.isFinite(age.s) ? what + (age.s < 60 ? Math.floor(age.s) + " s" : roughly(age.s)) + " old" : "How old what you see is, is not known";
}

/**
 * Why, in a sentence.
 *
 * @param {Parts.Age} age
 * @param {{ time: Parts.LocalTime, at: number | null, now: number, lost: boolean, late: boolean, store: Live.StoreState | null }} known
 */
export function reasonWords(age, { time, at, now, lost, late, store }) {
  const when = Number.isFinite(at) ? (now - at < 86400000 ? time.seconds(at) : named(at, time, now)) : null;
  const since = when ? " since " + when : "";
  if (age.why === "feed") return "Nothing usable has come from the feed \u201c" + age.name + "\u201d" + since;
  if (age.why === "store") return "Nothing could be kept" + since + (store && STORE.has(store.state) ? ": " + STORE.get(store.state).replace(/^The/, "the") : "");
  if (lost) return "No connection" + since;
  return late ? "What comes is late: it was so at " + when : "The service has said nothing" + since;
}

/**
 * What is wrong with the store.
 *
 * @param {Live.StoreState} store
 * @param {Parts.LocalTime} time
 * @param {number | null} since [ms]
 * @param {number} now [ms]
 */
export function storeWords(store, time, since, now) {
  return (STORE.get(store.state) ?? "The store: " + String(store.state)) + (Number.isFinite(since) ? ", since " + named(since, time, now) : "") +
    (store.state === "slow" ? "" : ". No event is taken");
}

/**
 * What is said aloud when an age is reached, or when it is over; null: nothing.
 *
 * @param {Parts.Age | null} before
 * @param {Parts.Age | null} after
 */
export function sayAgain(before, after) {
  if (!after) return before ? "What you see is up to date again" : null;
  const step = (/** @type {Parts.Age | null} */ age) => (age ? ALOUD_S.filter((s) => age.s >= s).length + Math.floor(Math.min(age.s, 1e9) / 3600) : 0);
  return step(after) > step(before) ? ageWords(after) : null;
}
