// The ground: zones in the colours of what covers them now, and the roads under them. Each is one canvas, and each
// class of zones a few paths, so that a change of cover is one pass over the zones.

import { PackedAreas } from "../../_page_kit/browser/packed_areas.js";
import { linePaths } from "../../_page_kit/browser/packed_lines.js";
import { colours } from "./look.js";
import { CATEGORIES } from "./palette.js";

export const NEVER = 0, LOST = 1, ONE = 2, TWO = 3, ELSEWHERE = 4;
/** What a zone is now, in the order of the bytes that say so. */
export const CLASSES = ["never", "lost", "one", "two", "elsewhere"];
export const GROUND_WORDS = new Map([
  ["two", "in time, two or more units"],
  ["one", "in time, one unit"],
  ["lost", "lost now: in time when all are home"],
  ["never", "never in time"],
  ["elsewhere", "not asked of here"],
]);

/** The zones: areas with ids and with what they weigh. */
export class Zones extends PackedAreas {
  /**
   * @param {Live.ZonesState} packed
   * @param {Parts.Frame} frame
   */
  constructor(packed, frame) {
    super(packed, frame);
    this.ids = packed.ids || [];
    this.weights = packed.weights || [];
  }
}

/** Marks that tell the ground without colour: strokes where cover is lost, dots where there is none. */
function mark(kind, colour, dpr, rem) {
  const side = Math.round((kind === "lost" ? 7 : 8) * dpr * (rem / 16)), canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const ctx = canvas.getContext("2d");
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = side / 5;
  if (kind === "lost") {
    ctx.beginPath();
    for (const shift of [-side, 0, side]) {
      ctx.moveTo(shift - 1, side + 1);
      ctx.lineTo(shift + side + 1, -1);
    }
    ctx.stroke();
  } else {
    ctx.beginPath();
    ctx.arc(side / 2, side / 2, side / 9, 0, 2 * Math.PI);
    ctx.fill();
  }
  return canvas;
}

export function coverFills(dpr) {
  const rem = colours.get("rem");
  return CLASSES.map((name) => ({
    colour: colours.get(name),
    mark: name === "lost" || name === "never" ? mark(name, colours.get(name + "-mark"), dpr, rem) : null,
  }));
}

/** The colour of a unit's ground: its own whoever else is there, so that it stays when others come and go. */
export function ownColour(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 65521;
  return CATEGORIES[sum % CATEGORIES.length];
}

export const ownFills = (names) => names.map((name) => ({ colour: ownColour(name), mark: null }));

/** A swatch of the legend, drawn as the map draws it. */
export function swatch(name) {
  const canvas = document.createElement("canvas"), dpr = Math.min(2, devicePixelRatio || 1), rem = colours.get("rem") / 16;
  canvas.width = 22 * dpr * rem;
  canvas.height = 15 * dpr * rem;
  canvas.className = "swatch";
  canvas.setAttribute("aria-hidden", "true");
  const ctx = canvas.getContext("2d"), fill = coverFills(dpr)[CLASSES.indexOf(name)];
  ctx.fillStyle = fill.colour;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  if (fill.mark) {
    ctx.fillStyle = ctx.createPattern(fill.mark, "repeat");
    ctx.fillRect(0, 0, canvas.width, canvas.height);
  }
  return canvas;
}

/** @type {Map<Live.RoadsState["class"], [string, number]>} */
const WIDTHS = new Map([["major", ["road-1", 2.4]], ["middle", ["road-2", 1.4]], ["minor", ["road-3", 0.7]]]);

export class Roads {
  /**
   * @param {Live.RoadsState[]} kinds
   * @param {Parts.Frame} frame
   */
  constructor(kinds, frame) {
    this.kinds = ["minor", "middle", "major"].flatMap((name) => kinds.filter((kind) => kind.class === name)).map((kind) => (
      { paths: linePaths(kind.counts, kind.points, frame), look: WIDTHS.get(kind.class) }));
  }

  draw(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Parts.View} */ view) {
    const k = view.k * view.dpr;
    ctx.setTransform(k, 0, 0, k, view.tx * view.dpr, view.ty * view.dpr);
    ctx.lineJoin = ctx.lineCap = "round";
    for (const { paths, look } of this.kinds) {
      ctx.strokeStyle = colours.get(look[0]);
      ctx.lineWidth = (look[1] * (colours.get("rem") / 16)) / view.k;
      for (const path of paths) ctx.stroke(path);
    }
  }
}
