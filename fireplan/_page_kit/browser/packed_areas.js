// Areas drawn on a canvas from packed coordinates: each class of areas is a few paths, so that a change of colour is one
// pass over the areas.

import { coordinates, integers } from "./packed_coordinates.js";
import { MOST_POINTS } from "./packed_lines.js";

const SEAM = 0.6; // pixels of outline, so that no ground shines through between two paths of one class

export class PackedAreas {
  /**
   * `packed` is as coordinate_codec.pack_polygons writes it.
   *
   * @param {{ n: number, structure: string, points: string }} packed
   */
  constructor(packed, frame) {
    const structure = integers(packed.structure), { x, y } = coordinates(packed.points, frame.place);
    this.x = x;
    this.y = y;
    this.n = packed.n;
    const rings = [], first = new Uint32Array(this.n + 1);
    let at = 0, point = 0;
    for (let area = 0; area < this.n; area++) {
      for (let polygons = structure[at++]; polygons > 0; polygons--) {
        for (let count = structure[at++], ring = 0; ring < count; ring++) {
          const length = structure[at++];
          this._turn(point, length, ring === 0);
          rings.push(point);
          point += length;
        }
      }
      first[area + 1] = rings.length;
    }
    rings.push(point);
    this.rings = Uint32Array.from(rings);
    this.first = first;
    this._boxes();
    this.paths = null;
  }

  // Outlines turn one way and holes the other, so that one path of many areas fills rightly.
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
    for (let area = 0; area < n; area++) {
      let low_x = Infinity, low_y = Infinity, high_x = -Infinity, high_y = -Infinity;
      for (let i = this.rings[this.first[area]]; i < this.rings[this.first[area + 1]]; i++) {
        low_x = Math.min(low_x, this.x[i]);
        high_x = Math.max(high_x, this.x[i]);
        low_y = Math.min(low_y, this.y[i]);
        high_y = Math.max(high_y, this.y[i]);
      }
      this.box.set([low_x, low_y, high_x, high_y], 4 * area);
    }
  }

  trace(path, area) {
    const { x, y, rings } = this;
    for (let r = this.first[area]; r < this.first[area + 1]; r++) {
      const start = rings[r], end = rings[r + 1];
      if (end === start) continue;
      path.moveTo(x[start], y[start]);
      for (let i = start + 1; i < end; i++) path.lineTo(x[i], y[i]);
      path.closePath();
    }
  }

  /** The area at a place of the sheet, or -1. */
  at(px, py) {
    for (let area = 0; area < this.n; area++) {
      const b = 4 * area;
      if (px < this.box[b] || py < this.box[b + 1] || px > this.box[b + 2] || py > this.box[b + 3]) continue;
      if (this._holds(area, px, py)) return area;
    }
    return -1;
  }

  _holds(area, px, py) {
    const { x, y, rings } = this;
    let inside = false;
    for (let r = this.first[area]; r < this.first[area + 1]; r++) {
      for (let i = rings[r], j = rings[r + 1] - 1; i < rings[r + 1]; j = i++) {
        if (y[i] > py !== y[j] > py && px < ((x[j] - x[i]) * (py - y[i])) / (y[j] - y[i]) + x[i]) inside = !inside;
      }
    }
    return inside;
  }

  /** Sorts the areas into paths by class; `classes` holds one byte for each area. */
  colour(classes, count) {
    this.paths = Array.from({ length: count }, () => []);
    const room = new Int32Array(count);
    for (let area = 0; area < this.n; area++) {
      const own = area < classes.length ? classes[area] : 0, paths = this.paths[own];
      if (!paths) continue;
      if (room[own] <= 0) {
        paths.push(new Path2D());
        room[own] = MOST_POINTS;
      }
      this.trace(paths[paths.length - 1], area);
      room[own] -= this.rings[this.first[area + 1]] - this.rings[this.first[area]];
    }
  }

  /** Draws what the last `colour` sorted; `fills` holds {colour, mark} for each class, and a mark is a canvas or null. */
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
