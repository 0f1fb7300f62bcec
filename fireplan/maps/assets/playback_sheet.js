// Units and calls of one moment on a canvas. What stands keeps its place from moment to moment; what drives lies over it.

import { Room } from "../../_page_kit/browser/label_room.js";
import { beside, block } from "../../_page_kit/browser/placing.js";
import { category, chipPath, guessedOutline, outline, readColours, signPath } from "../../_page_kit/browser/unit_signs.js";
import { AT_CALL, EN_ROUTE } from "./playback_day.js";

const NAMES = ["ink", "soft", "card", "label", "paper", "accent", "free", "on-free", "near", "near-wash", "going", "on-going", "work", "on-work", "two", "late", "on-late"];
const WIDEST = 8;

/** How a unit looks in each state: no two of them by colour alone. */
export const LOOKS = [
  { word: "in quarters", fill: "free", ink: "on-free", edge: "card", sign: "" },
  { word: "dispatched", fill: "near-wash", ink: "ink", edge: "near", sign: "ring" },
  { word: "en route", fill: "going", ink: "on-going", edge: "card", sign: "play" },
  { word: "at the call", fill: "work", ink: "on-work", edge: "card", sign: "dot" },
  { word: "returning", fill: "two", ink: "ink", edge: "card", sign: "arrow" },
  { word: "off duty", fill: "card", ink: "soft", edge: "soft", sign: "cross" },
];

/** Signs of their own widths in rows of so many: where each begins, and how large all are together. */
function rowsOf(widths, columns, h, gap) {
  const x = [], y = [];
  let left = 0, wide = 0;
  widths.forEach((w, i) => {
    if (i % columns === 0) left = 0;
    x.push(left);
    y.push(Math.floor(i / columns) * (h + gap));
    left += w + gap;
    wide = Math.max(wide, left - gap);
  });
  return { x, y, w: wide, h: Math.ceil(widths.length / columns) * (h + gap) - gap };
}

export class DaySigns {
  /**
   * @param {import("./playback_day.js").Day} day
   * @param {string[]} labels
   */
  constructor(day, labels) {
    this.day = day;
    this.labels = labels;
    this.colours = new Map();
    this.widths = new Map();
    this.sides = new Map();
    /** @type {Playback.Hit[]} */
    this.hits = [];
    /** @type {Playback.Moment | null} */
    this.moment = null;
    /** @type {((view: Parts.View) => Array<[number, number, number, number]>) | null} */
    this.covered = null;
    this.look();
  }

  /** Reads the colours anew. */
  look() {
    readColours(this.colours, NAMES);
    this.s = this.colours.get("rem") / 16;
    this.widths.clear();
  }

  draw(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Parts.View} */ view) {
    const { moment, s } = this;
    this.hits = [];
    if (!moment) return;
    ctx.setTransform(view.dpr, 0, 0, view.dpr, 0, 0);
    ctx.font = "650 " + 11.5 * s + "px " + this.colours.get("font");
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    const room = new Room();
    /** @type {(at: [number, number]) => [number, number]} */
    const px = (at) => [at[0] * view.k + view.tx, at[1] * view.k + view.ty];
    for (const part of this.covered ? this.covered(view) : []) room.take(...part);
    const stations = this.day.stations.map(px), calls = moment.calls.filter((one) => one.call.at);
    for (const [x, y] of stations) room.take(x - 9 * s, y - 9 * s, 18 * s, 18 * s);
    const spots = calls.map((one) => {
      const [x, y] = px(one.call.at), r = (one.state === "late" ? 13 : 10) * s;
      room.take(x - r, y - r, 2 * r, 2 * r);
      return { one, x, y, r };
    });
    this._ways(ctx, moment, px);
    this._labels(ctx, room, stations);
    for (const { one, x, y, r } of spots) this._call(ctx, one, x, y, r);
    for (const group of this._groups(moment, px)) this._stand(ctx, room, group);
    for (const one of moment.units) {
      if (one.way) this._driving(ctx, room, one, ...px(one.at));
    }
  }

  _width(ctx, /** @type {Playback.Placed} */ one) {
    const text = this._text(one);
    if (!this.widths.has(text)) this.widths.set(text, ctx.measureText(text).width);
    return this.widths.get(text) + (LOOKS[one.state].sign ? 20 : 10) * this.s;
  }

  _text(/** @type {Playback.Placed} */ one) {
    const letters = [...one.unit.name];
    return letters.length > WIDEST ? letters.slice(0, WIDEST - 1).join("") + "\u2026" : one.unit.name;
  }

  // What is left of the way: to a call in full, home faintly.
  _ways(ctx, /** @type {Playback.Moment} */ moment, px) {
    const { s, colours } = this;
    for (const one of moment.units) {
      if (!one.way) continue;
      const [next] = one.way.index(one.share);
      ctx.beginPath();
      ctx.moveTo(...px(one.at));
      for (let i = next; i < one.way.points.length; i++) ctx.lineTo(...px(one.way.points[i]));
      const answers = one.state === EN_ROUTE;
      ctx.setLineDash(answers ? [5 * s, 4 * s] : [1 * s, 5 * s]);
      ctx.lineCap = answers ? "butt" : "round";
      ctx.lineWidth = (answers ? 2 : 2.2) * s;
      ctx.strokeStyle = colours.get(answers ? "ink" : "soft");
      ctx.globalAlpha = answers ? 0.8 : 0.6;
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.lineCap = "butt";
    ctx.globalAlpha = 1;
  }

  _labels(ctx, /** @type {Room} */ room, stations) {
    const { s, colours } = this;
    stations.forEach(([x, y], i) => {
      const text = this.labels[i], h = 16 * s;
      if (!this.widths.has(text)) this.widths.set(text, ctx.measureText(text).width);
      const w = this.widths.get(text) + 8 * s;
      const spot = beside(room, x, y, 10 * s, { w, h });
      if (!spot) return;
      room.take(spot[0], spot[1], w, h);
      ctx.fillStyle = colours.get("label");
      ctx.beginPath();
      ctx.roundRect(spot[0], spot[1], w, h, 4 * s);
      ctx.fill();
      ctx.fillStyle = colours.get("ink");
      ctx.fillText(text, spot[0] + 4 * s, spot[1] + h / 2 + 0.5 * s);
    });
  }

  // Units that stand at one place, in the order of the table.
  _groups(/** @type {Playback.Moment} */ moment, px) {
    const groups = new Map();
    for (const one of moment.units) {
      if (one.way || !one.at) continue;
      const key = one.at.join();
      if (!groups.has(key)) {
        const [x, y] = px(one.at);
        groups.set(key, { x, y, away: (one.state === AT_CALL ? 13 : 10) * this.s, units: [] });
      }
      groups.get(key).units.push(one);
    }
    return groups.values();
  }

  // In rows beside the place, or in one column, a little farther off where it is crowded; else as small marks.
  _stand(ctx, /** @type {Room} */ room, group) {
    const { s } = this, n = group.units.length, gap = 2 * s, h = 17 * s, widths = group.units.map((one) => this._width(ctx, one));
    const blocks = [n <= 3 ? n : Math.max(3, Math.ceil(Math.sqrt(n))), 1].map((columns) => rowsOf(widths, columns, h, gap));
    for (const more of [0, 8, 18]) {
      for (const tried of blocks) {
        const spot = beside(room, group.x, group.y, group.away + more * s, tried);
        if (!spot) continue;
        room.take(spot[0], spot[1], tried.w, tried.h);
        group.units.forEach((one, i) => this._chip(ctx, one, spot[0] + tried.x[i] + widths[i] / 2, spot[1] + tried.y[i] + h / 2, widths[i], h, false));
        return;
      }
    }
    const d = 9 * s, size = block(n, d, d, gap, 6), spot = beside(room, group.x, group.y, group.away, size) || [group.x - size.w / 2, group.y + group.away];
    room.take(spot[0], spot[1], size.w, size.h);
    group.units.forEach((one, i) => {
      this._chip(ctx, one, spot[0] + (i % size.columns) * (d + gap) + d / 2, spot[1] + Math.floor(i / size.columns) * (d + gap) + d / 2, d, d, true);
    });
  }

  // A point where it is, and its name beside it: above, or where that would hide what stands there, on another side; on
  // the one of the moment before, while that is free.
  _driving(ctx, /** @type {Room} */ room, /** @type {Playback.Placed} */ one, x, y) {
    const { s, colours } = this, w = this._width(ctx, one), h = 17 * s, aside = w / 2 + 9 * s;
    const sides = { above: [0, -17 * s], right: [aside, 0], left: [-aside, 0], below: [0, 17 * s] };
    const free = (side) => room.free(x + sides[side][0] - w / 2, y + sides[side][1] - h / 2, w, h);
    const side = [this.sides.get(one.row) ?? "above", "above", "right", "left", "below"].find(free) ?? "above", [dx, dy] = sides[side];
    this.sides.set(one.row, side);
    for (const [colour, wide] of /** @type {Array<[string, number]>} */ ([["card", 4], ["ink", 2]])) {
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x + dx, y + dy);
      ctx.lineWidth = wide * s;
      ctx.strokeStyle = colours.get(colour);
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.arc(x, y, 4 * s, 0, 2 * Math.PI);
    ctx.fillStyle = colours.get(LOOKS[one.state].fill);
    ctx.fill();
    ctx.lineWidth = 1.6 * s;
    ctx.stroke();
    room.take(x + dx - w / 2, y + dy - h / 2, w, h);
    this._chip(ctx, one, x + dx, y + dy, w, h, false);
  }

  _chip(ctx, /** @type {Playback.Placed} */ one, x, y, w, h, small) {
    const { s, colours } = this, look = LOOKS[one.state], kind = outline(one.unit.type), left = x - w / 2, top = y - h / 2;
    if (one.way) guessedOutline(ctx, colours, kind, left, top, w, h, s);
    chipPath(ctx, kind, left, top, w, h);
    ctx.fillStyle = colours.get(look.fill);
    ctx.fill();
    ctx.lineWidth = (small ? 0.8 : 1.2) * s;
    ctx.strokeStyle = colours.get(look.edge);
    ctx.stroke();
    if (!small) {
      ctx.fillStyle = colours.get(look.ink);
      ctx.fillText(this._text(one), left + 5 * s, y + 0.5 * s);
      if (look.sign) this._sign(ctx, look.sign, left + w - 14 * s, y - 4.5 * s, 9 * s);
    }
    this.hits.push({ kind: "unit", row: one.row, x: left, y: top, w, h });
  }

  _sign(ctx, name, left, top, side) {
    ctx.save();
    ctx.translate(left, top);
    ctx.scale(side / 24, side / 24);
    ctx.fill(signPath(name), "evenodd");
    ctx.restore();
  }

  _call(ctx, /** @type {Playback.Open} */ one, x, y, r) {
    const { s, colours } = this, late = one.state === "late", waits = one.state === "waiting";
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.fillStyle = colours.get(late ? "late" : "card");
    ctx.fill();
    ctx.lineWidth = (waits ? 3 : 1.8) * s;
    ctx.strokeStyle = colours.get(late ? "card" : "ink");
    if (waits) ctx.setLineDash([4 * s, 2.5 * s]);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = colours.get(late ? "on-late" : "ink");
    const side = r * 1.25;
    this._sign(ctx, category(one.call.category), x - side / 2, y - side / 2, side);
    this.hits.push({ kind: "call", row: one.row, x: x - r, y: y - r, w: 2 * r, h: 2 * r });
  }

  /** What lies at a place of the canvas, the uppermost first. */
  hit(x, y, slack = 3) {
    return this.hits.findLast((t) => x >= t.x - slack && x <= t.x + t.w + slack && y >= t.y - slack && y <= t.y + t.h + slack) ?? null;
  }
}
