// Hour by hour: calls received as bars, and under them the fewest units that were free.

import { h, svg } from "./dom.js";
import { count, isNumber } from "./words.js";

const W = 288, TOP = 46, LOW = 30, GAP = 14, LEFT = 22;

/**
 * @param {Live.HourState[]} hours
 * @param {string} words
 */
export function hoursChart(hours, words) {
  const by = new Map(hours.map((row) => [row.hour, row])), step = (W - LEFT) / 24;
  const most = Math.max(1, ...hours.map((r) => r.incidents || 0)), most_free = Math.max(1, ...hours.map((r) => r.free_least || 0));
  const x = (hour) => LEFT + hour * step, parts = [];
  const base = TOP + 4, base_free = base + GAP + LOW;
  for (const [y, name] of [[base, "axis"], [base_free, "axis"]]) parts.push(svg("line", { class: name, x1: LEFT, x2: W, y1: y, y2: y }));
  const steps = [];
  for (let hour = 0; hour < 24; hour++) {
    const row = by.get(hour);
    if (!row) continue;
    const tall = ((row.incidents || 0) / most) * TOP;
    parts.push(svg("rect", { class: "calls", x: (x(hour) + 1).toFixed(1), y: (base - tall).toFixed(1), width: (step - 2).toFixed(1), height: tall.toFixed(1) },
      svg("title", {}, hour + ":00: " + count(row.incidents) + " calls; fewest free: " + count(row.free_least))));
    if (isNumber(row.free_least)) {
      const y = base_free - (row.free_least / most_free) * LOW;
      steps.push((steps.length ? "L" : "M") + x(hour).toFixed(1) + " " + y.toFixed(1) + "H" + x(hour + 1).toFixed(1));
    }
  }
  parts.push(svg("path", { class: "free-line", d: steps.join("") || "M0 0" }));
  const say = (text, at_x, y, anchor = "middle") => parts.push(svg("text", { x: at_x, y, "text-anchor": anchor }, text));
  say(count(most), LEFT - 4, base - TOP + 8, "end");
  say("0", LEFT - 4, base, "end");
  say(count(most_free), LEFT - 4, base_free - LOW + 7, "end");
  say("0", LEFT - 4, base_free, "end");
  for (const hour of [0, 6, 12, 18, 24]) say(String(hour), x(hour), base_free + 12, hour === 24 ? "end" : "middle");
  const total = hours.reduce((sum, row) => sum + (row.incidents || 0), 0);
  const label = count(total) + " calls today by local hour, at most " + count(most) + " in one hour; fewest " + words + " free in an hour: " +
    count(Math.min(...hours.map((r) => r.free_least ?? Infinity).filter(Number.isFinite), Infinity));
  return h("figure", { class: "hours" },
    svg("svg", { viewBox: "0 0 " + W + " " + (base_free + 15), role: "img", "aria-label": label }, parts),
    h("figcaption", {}, h("span", {}, h("i", { class: "key calls-key", "aria-hidden": "true" }), "calls received, " + count(total) + " so far"),
      h("span", {}, h("i", { class: "key free-key", "aria-hidden": "true" }), "fewest " + words + " free")));
}
