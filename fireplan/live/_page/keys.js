// The keyboard. A key does nothing while something is typed; the map keeps its own arrows.

import { byId, fill, h } from "./dom.js";

export const KEYS = [
  ["?", "Show these keys"],
  ["J / K", "Next, previous incident in the list; Enter shows it on the map"],
  ["M", "To the map; arrows move it, + and \u2212 zoom, Enter tells what lies in its middle"],
  ["F", "Whole area in view"],
  ["\u2190 / \u2192", "One minute back, forward (with Shift: 10 minutes)"],
  ["N or End", "Back to now"],
  ["P", "Pause the replay, or go on (operators)"],
  ["G", "Ground: cover now, or who is first due (where it is known)"],
  ["L", "Light or dark"],
  ["W", "Wall display, or back"],
  ["Escape", "Close what is open"],
];

/** @param {Parts.Acts} act */
export function listen(act) {
  fill(byId("keys-list"), KEYS.map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, text))));
  byId("keys-close").addEventListener("click", () => byId("keys").close());
  const bound = new Map([
    ["?", () => byId("keys").showModal()], ["j", () => act.next(1)], ["k", () => act.next(-1)], ["m", act.map], ["f", act.fit], ["n", act.now],
    ["End", act.now], ["p", act.pause], ["l", act.theme], ["w", act.wall], ["g", act.ground],
    ["ArrowLeft", (e) => act.step(e.shiftKey ? -10 : -1)], ["ArrowRight", (e) => act.step(e.shiftKey ? 10 : 1)],
  ]);
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    const at = /** @type {Element} */ (e.target), arrows = e.key.startsWith("Arrow") || e.key === "End";
    if (at.closest && (at.closest("input, select, textarea") || (arrows && at.closest("#map")))) return;
    const bind = bound.get(e.key.length === 1 ? e.key.toLowerCase() : e.key);
    if (!bind) return;
    e.preventDefault();
    bind(e);
  });
}
