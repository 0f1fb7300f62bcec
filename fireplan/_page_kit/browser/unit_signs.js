// How units and calls look on any page: the outline of a unit by its type, and small signs, on a canvas and as SVG.

import { svg } from "./svg_elements.js";

/** Outline of a unit's chip, by type: engines square, trucks with cut corners, ambulances round, chiefs pointed. */
const OUTLINES = new Map([
  ["engine", "square"], ["quint", "cut"], ["truck", "cut"], ["ladder", "cut"], ["tower", "cut"], ["ambulance", "round"],
  ["medic", "round"], ["rescue_ambulance", "round"], ["battalion", "pointed"], ["chief", "pointed"], ["command", "pointed"],
]);
export const outline = (type) => OUTLINES.get(type) || "slant";

export function chipPath(ctx, kind, x, y, w, h) {
  const r = h / 2;
  ctx.beginPath();
  if (kind === "round") ctx.roundRect(x, y, w, h, r);
  else if (kind === "cut") polygon(ctx, [x + r * 0.55, y, x + w - r * 0.55, y, x + w, y + r * 0.55, x + w, y + h - r * 0.55,
    x + w - r * 0.55, y + h, x + r * 0.55, y + h, x, y + h - r * 0.55, x, y + r * 0.55]);
  else if (kind === "pointed") polygon(ctx, [x + r * 0.75, y, x + w - r * 0.75, y, x + w, y + r, x + w - r * 0.75, y + h, x + r * 0.75, y + h, x, y + r]);
  else if (kind === "slant") polygon(ctx, [x + r * 0.6, y, x + w, y, x + w - r * 0.6, y + h, x, y + h]);
  else ctx.roundRect(x, y, w, h, 2);
}

function polygon(ctx, points) {
  ctx.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) ctx.lineTo(points[i], points[i + 1]);
  ctx.closePath();
}

/** Signs in a box of 24, as paths; all filled. */
const SIGNS = new Map([
  ["fire", "M12.6 2c.9 3.6-1 5.2-2.6 7.2-.3-1.2-.8-2-1.6-2.700C7.600 9.600 5 11.700 5 15.200 5 19 8.100 22 12 22s7-3 7-6.800C19 9.600 14.600 7.600 12.600 2zM12 20c-1.900 0-3.300-1.300-3.300-3.100 0-1.900 1.500-2.800 2.300-4.500.4 1.300 1 1.800 1.800 2.600.4-.5.5-1 .5-1.700 1.200 1 2 2.200 2 3.700C15.300 18.700 13.900 20 12 20z"],
  ["ems", "M9 3h6v6h6v6h-6v6H9v-6H3V9h6z"],
  ["alarm", "M12 2a1.700 1.700 0 0 0-1.700 1.700v.6C7.200 5 5.500 7.500 5.500 10.500v4.700L3.500 18v1h17v-1l-2-2.800v-4.700c0-3-1.700-5.500-4.800-6.200v-.6A1.700 1.700 0 0 0 12 2zM9.500 20a2.500 2.500 0 0 0 5 0z"],
  ["rescue", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 6a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM10.300 4.200h3.400v2.400h-3.400zM10.300 17.400h3.400v2.400h-3.400zM4.200 10.300h2.400v3.400H4.200zM17.400 10.300h2.400v3.400h-2.400z"],
  ["hazmat", "M12 2.500L22.500 21h-21zM10.800 9.500l.5 6h1.400l.5-6zM12 16.700a1.300 1.300 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600z"],
  ["service", "M3 12L12 3.500 21 12h-2.500v8.500h-5V15h-3v5.500h-5V12z"],
  ["other", "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z"],
  ["play", "M6 3.500l14 8.500-14 8.500z"],
  ["dot", "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14z"],
  ["plus", "M9.500 3.500h5v6h6v5h-6v6h-5v-6h-6v-5h6z"],
  ["cross", "M5.800 3L12 9.200 18.200 3 21 5.800 14.800 12l6.200 6.200-2.800 2.800L12 14.800 5.800 21 3 18.200 9.200 12 3 5.800z"],
  ["tick", "M9.300 19.500L2.500 12.700l2.700-2.700 4.100 4.100L18.800 4.600l2.700 2.700z"],
  ["ring", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 3.200a5.800 5.800 0 1 1 0 11.600 5.800 5.800 0 0 1 0-11.600z"],
  ["warning", "M12 2.500L22.500 21h-21zM10.800 9.500l.5 6h1.400l.5-6zM12 16.700a1.300 1.300 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600z"],
  ["pause", "M6 4h4.500v16H6zM13.500 4H18v16h-4.500z"],
  ["arrow", "M13 4l8 8-8 8-2.300-2.300 4.100-4.100H3v-3.200h11.800l-4.100-4.100z"],
]);

export const CATEGORIES = new Map([
  ["fire", "fire"], ["ems", "medical"], ["alarm", "alarm"], ["rescue", "rescue"], ["hazmat", "hazardous material"],
  ["service", "service"], ["other", "other"],
]);
export const category = (name) => (CATEGORIES.has(name) ? name : "other");

const paths = new Map();
export function signPath(name) {
  if (!paths.has(name)) paths.set(name, new Path2D(SIGNS.get(name) || SIGNS.get("other")));
  return paths.get(name);
}

export function sign(name, label = null, extra = "") {
  const attributes = { class: "sign " + extra, viewBox: "0 0 24 24", focusable: "false" };
  if (label) Object.assign(attributes, { role: "img", "aria-label": label });
  else attributes["aria-hidden"] = "true";
  return svg("svg", attributes, svg("path", { d: SIGNS.get(name) || SIGNS.get("other") }));
}

/**
 * Reads colours as the style sheet names them, for what is drawn on a canvas; and the font, and how large its letters are.
 *
 * @param {Map<string, any>} colours
 * @param {string[]} names
 */
export function readColours(colours, names) {
  const style = getComputedStyle(document.documentElement);
  for (const name of names) colours.set(name, style.getPropertyValue("--" + name).trim());
  colours.set("font", getComputedStyle(document.body).fontFamily);
  colours.set("rem", parseFloat(style.fontSize) || 16);
}

/** A broken line around the chip of a unit whose place is estimated; `s` is how large a pixel is. */
export function guessedOutline(/** @type {CanvasRenderingContext2D} */ ctx, colours, kind, left, top, w, h, s) {
  const away = 2.5 * s;
  chipPath(ctx, kind, left - away, top - away, w + 2 * away, h + 2 * away);
  for (const [colour, width, dash] of /** @type {Array<[string, number, number[]]>} */ ([["card", 3, []], ["ink", 1.6, [4 * s, 2.5 * s]]])) {
    ctx.setLineDash(dash);
    ctx.lineWidth = width * s;
    ctx.strokeStyle = colours.get(colour);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}
