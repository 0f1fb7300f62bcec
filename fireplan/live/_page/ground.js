// The ground: zones in the colours of what covers them now, and the roads under them. Each is one canvas, and each
// class of zones a few paths, so that a change of cover is one pass over the zones.

import { colours } from "./look.js";
import { coordinates, integers } from "./packed.js";
import { CATEGORIES } from "./palette.js";

export const NEVER = 0, LOST = 1, ONE = 2, TWO = 3;
const CLASSES = ["never", "lost", "one", "two"];
export const GROUND_WORDS = new Map([
  ["two", "in time, two or more units"],
  ["one", "in time, one unit"],
  ["lost", "lost now: in time when all are home"],
  ["never", "never in time"],
]);

/** A path takes the longer to add to the longer it is: many short ones are built in a hundredth of the time of one. */
const MOST_POINTS = 256;
const SEAM = 0.6; // pixels of outline, so that no ground shines through between two paths of one class

export class Zones {
  constructor(packed, frame) {
    const structure = integers(packed.structure), { x, y } = coordinates(packed.points, frame.place);
    this.x = x;
    this.y = y;
    this.n = packed.n;
    this.ids = packed.ids || [];
    this.weights = packed.weights || [];
    const rings = [], first = new Uint32Array(this.n + 1);
    let at = 0, point = 0;
    for (let zone = 0; zone < this.n; zone++) {
      for (let polygons = structure[at++]; polygons > 0; polygons--) {
        for (let count = structure[at++], ring = 0; ring < count; ring++) {
          const length = structure[at++];
          this._turn(point, length, ring === 0);
          rings.push(point);
          point += length;
        }
      }
      first[zone + 1] = rings.length;
    }
    rings.push(point);
    this.rings = Uint32Array.from(rings);
    this.first = first;
    this._boxes();
    this.paths = null;
  }

  // Outlines turn one way and holes the other, so that one path of many zones fills rightly.
  _turn(start, length, outer) {
    const { x, y } = this;
    let twice = 0;
    for (let i = 0, j = length - 1; i < length; j = i++) twice += x[start + j] * y[start + i] - x[start + i] * y[start + j];
    if (twice > 0 === outer) return;
    x.subarray(start, start + length).reverse();
    y.subarray(start, start + length).reverse();
  }

  _boxes() {
    const n = this.n;
    this.box = new Float32Array(4 * n);
    for (let zone = 0; zone < n; zone++) {
      let low_x = Infinity, low_y = Infinity, high_x = -Infinity, high_y = -Infinity;
      for (let i = this.rings[this.first[zone]]; i < this.rings[this.first[zone + 1]]; i++) {
        low_x = Math.min(low_x, this.x[i]);
        high_x = Math.max(high_x, this.x[i]);
        low_y = Math.min(low_y, this.y[i]);
        high_y = Math.max(high_y, this.y[i]);
      }
      this.box.set([low_x, low_y, high_x, high_y], 4 * zone);
    }
  }

  trace(path, zone) {
    const { x, y, rings } = this;
    for (let r = this.first[zone]; r < this.first[zone + 1]; r++) {
      const start = rings[r], end = rings[r + 1];
      if (end === start) continue;
      path.moveTo(x[start], y[start]);
      for (let i = start + 1; i < end; i++) path.lineTo(x[i], y[i]);
      path.closePath();
    }
  }

  /** The zone at a place of the sheet, or -1. */
  at(px, py) {
    for (let zone = 0; zone < this.n; zone++) {
      const b = 4 * zone;
      if (px < this.box[b] || py < this.box[b + 1] || px > this.box[b + 2] || py > this.box[b + 3]) continue;
      if (this._holds(zone, px, py)) return zone;
    }
    return -1;
  }

  _holds(zone, px, py) {
    const { x, y, rings } = this;
    let inside = false;
    for (let r = this.first[zone]; r < this.first[zone + 1]; r++) {
      for (let i = rings[r], j = rings[r + 1] - 1; i < rings[r + 1]; j = i++) {
        if (y[i] > py !== y[j] > py && px < ((x[j] - x[i]) * (py - y[i])) / (y[j] - y[i]) + x[i]) inside = !inside;
      }
    }
    return inside;
  }

  /** Sorts the zones into paths by class; `classes` holds one byte for each zone. */
  colour(classes, count) {
    this.paths = Array.from({ length: count }, () => []);
    const room = new Int32Array(count);
    for (let zone = 0; zone < this.n; zone++) {
      const own = zone < classes.length ? classes[zone] : 0, paths = this.paths[own];
      if (!paths) continue;
      if (room[own] <= 0) {
        paths.push(new Path2D());
        room[own] = MOST_POINTS;
      }
      this.trace(paths[paths.length - 1], zone);
      room[own] -= this.rings[this.first[zone + 1]] - this.rings[this.first[zone]];
    }
  }

  /** Draws what the last `colour` sorted: the cover, or who is first due. */
  draw(ctx, view, fills) {
    if (!this.paths) return;
    const k = view.k * view.dpr;
    ctx.lineWidth = SEAM / view.k;
    ctx.lineJoin = "bevel";
    this.paths.forEach((paths, i) => {
      const fill = fills[i];
      if (!fill || !paths.length) return;
      ctx.setTransform(k, 0, 0, k, view.tx * view.dpr, view.ty * view.dpr);
      ctx.fillStyle = ctx.strokeStyle = fill.colour;
      for (const path of paths) {
        ctx.fill(path);
        ctx.stroke(path);
      }
      if (!fill.mark) return;
      const pattern = ctx.createPattern(fill.mark, "repeat");
      pattern.setTransform(new DOMMatrix([1 / k, 0, 0, 1 / k, 0, 0]));
      ctx.fillStyle = pattern;
      for (const path of paths) ctx.fill(path);
    });
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

const WIDTHS = new Map([["major", ["road-1", 2.4]], ["middle", ["road-2", 1.4]], ["minor", ["road-3", 0.7]]]);

export class Roads {
  constructor(kinds, frame) {
    this.kinds = ["minor", "middle", "major"].flatMap((name) => kinds.filter((kind) => kind.class === name)).map((kind) => {
      const counts = integers(kind.counts), { x, y } = coordinates(kind.points, frame.place), paths = [];
      let at = 0, room = 0;
      for (const count of counts) {
        if (room <= 0) {
          paths.push(new Path2D());
          room = MOST_POINTS;
        }
        const path = paths[paths.length - 1];
        path.moveTo(x[at], y[at]);
        for (let i = at + 1; i < at + count; i++) path.lineTo(x[i], y[i]);
        at += count;
        room -= count;
      }
      return { paths, look: WIDTHS.get(kind.class) };
    });
  }

  draw(ctx, view) {
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
