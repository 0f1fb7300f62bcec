// Colours as the style sheet names them, for what is drawn on canvas; families and words of states.

import { readColours as readFrom } from "../../_page_kit/browser/unit_signs.js";
import { NAMES } from "./palette.js";
import { verdict } from "./words.js";

export { CATEGORIES, category, chipPath, guessedOutline, outline, sign, signPath } from "../../_page_kit/browser/unit_signs.js";

export const colours = new Map();

export const readColours = () => readFrom(colours, NAMES);

/** The families of statuses: what a duty chief asks first is whether a unit can be sent. */
export const FAMILIES = new Map([
  ["free", { word: "free", mark: "" }],
  ["going", { word: "on the way", mark: "play" }],
  ["work", { word: "at the scene", mark: "dot" }],
  ["care", { word: "with a patient", mark: "plus" }],
  ["out", { word: "out of service or not known", mark: "cross" }],
]);

const FAMILY = new Map([
  ["in_quarters", "free"], ["available", "free"], ["returning", "free"], ["moved_up", "free"],
  ["dispatched", "going"], ["enroute", "going"], ["staged", "work"], ["on_scene", "work"],
  ["transporting", "care"], ["at_hospital", "care"],
]);
export const family = (status) => FAMILY.get(status) || "out";

const WORDS = new Map([
  ["in_quarters", "in quarters"], ["available", "available on the road"], ["returning", "returning"], ["moved_up", "moved up"],
  ["dispatched", "dispatched"], ["enroute", "en route"], ["staged", "staged"], ["on_scene", "on scene"],
  ["transporting", "transporting"], ["at_hospital", "at hospital"], ["out_of_service", "out of service"], ["unknown", "not known"],
]);
export const statusWord = (status) => WORDS.get(status) || String(status ?? "not known");

/** States of a clock: shape and word, so that none is told by its colour alone. */
export const STATES = /** @type {Map<string, { sign: string, word: string }>} */ (new Map([
  ["waiting", { sign: "ring", word: "not started" }],
  ["running", { sign: "play", word: "running" }],
  ["late", { sign: "warning", word: "late" }],
  ["met", { sign: "tick", word: verdict(true) }],
  ["missed", { sign: "cross", word: verdict(false) }],
]));
export const stateOf = (/** @type {string} */ state) => STATES.get(state) || { sign: "ring", word: String(state ?? "not known") };
