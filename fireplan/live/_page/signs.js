// Stations, units and incidents on one canvas. Units glide from place to place; those at one place stand in rows, and
// where there is no room for their names they are small marks.

import { Room } from "../../_page_kit/browser/label_room.js";
import { beside, block } from "../../_page_kit/browser/placing.js";
import { wayAlong } from "../../_page_kit/browser/way_along.js";
import { category, chipPath, colours, family, FAMILIES, guessedOutline, outline, signPath } from "./look.js";
import { pressing } from "./model.js";

const GLIDE_MS = 900;
const MOST_OF_WAY = 0.97; // until it is said that a unit has arrived
const NEAR = 1.5; // of the sheet's coordinates: about 50 m
const still = matchMedia("(prefers-reduced-motion: reduce)");
const clipped = (text, most) => ([...text].length > most ? [...text].slice(0, most - 1).join("") + "\u2026" : text);
const ease = (t) => 1 - (1 - t) ** 3;
const isPlace = (at) => Array.isArray(at) && Number.isFinite(at[0]) && Number.isFinite(at[1]);

export class Signs {
  /**
   * @param {Live.Ground} ground
   * @param {Parts.Frame} frame
   */
  constructor(ground, frame) {
    this.frame = frame;
    /** @type {Parts.StationMark[]} */
    this.stations = ground.stations.filter((s) => isPlace(s.at)).map((s) => {
      const [x, y] = frame.place(s.at[0], s.at[1]);
      return { id: String(s.station_id), name: String(s.name ?? s.station_id), open: s.open !== false, x, y };
    });
    /** @type {Map<string, Parts.UnitMark>} */
    this.units = new Map();
    /** @type {Parts.IncidentMark[]} */
    this.incidents = [];
    /** @type {Parts.Hit[]} */
    this.hits = [];
    /** @type {Live.MoveState | null} */
    this.move = null;
    /** @type {Parts.Picked | null} */
    this.picked = null;
    this.gliding = false;
    /** @type {((view: Parts.View) => [number, number, number, number]) | null} */
    this.covered = null; // gives the part of the canvas that something lies over: [x, y, width, height]
    this._widths = new Map();
    /** @type {WeakMap<Live.WayState, Parts.Way>} */
    this._ways_kept = new WeakMap();
    this.s = 1;
    /** @type {Parts.View | null} */
    this._arranged = null;
  }

  /**
   * Takes in where everything is now. Without `glide`, units are at once where they are.
   *
   * @param {Parts.Model} model
   * @param {{ glide: boolean }} how
   */
  take(model, { glide }) {
    const now = performance.now(), left = new Map(this.units), moving = glide && !still.matches;
    this.model = model;
    this.incidents = [];
    /** @type {Map<string, Parts.IncidentMark>} */
    const places = new Map();
    for (const incident of model.incidents.values()) {
      if (incident.open === false || !isPlace(incident.at)) continue;
      const [x, y] = this.frame.place(incident.at[0], incident.at[1]);
      const mark = { id: String(incident.incident_id), incident, x, y };
      this.incidents.push(mark);
      places.set(mark.id, mark);
    }
    for (const unit of model.units.values()) {
      const way = this._way(unit.way), place = way ? way.at(model.now()) : this._place(unit);
      if (!place) continue;
      const id = String(unit.unit_id), [x, y] = place;
      let mark = left.get(id);
      left.delete(id);
      if (!mark) {
        mark = { id, x, y, fx: x, fy: y, ox: 0, oy: 0, fox: 0, foy: 0, since: -Infinity, fresh: true };
        this.units.set(id, mark);
      } else if (way && mark.way && way.key === mark.way.key) {
        Object.assign(mark, { x, y }); // drives on
      } else if (Math.abs(mark.x - x) + Math.abs(mark.y - y) > 1e-6) {
        const at = moving ? this._between(mark, now) : { x, y, ox: mark.ox, oy: mark.oy };
        Object.assign(mark, { fx: at.x, fy: at.y, fox: at.ox, foy: at.oy, x, y, since: moving ? now : -Infinity });
      }
      mark.unit = unit;
      mark.way = way;
      mark.family = family(unit.status);
      mark.outline = outline(unit.type);
      mark.to = places.get(String(unit.incident_id)) || null;
    }
    for (const id of left.keys()) this.units.delete(id);
    this._arranged = null;
  }

  // A unit that was sent and has not said that it left is still at its station.
  /** @param {Live.UnitState} unit */
  _place(unit) {
    if (isPlace(unit.at)) return this.frame.place(unit.at[0], unit.at[1]);
    const post = String(unit.post ?? unit.station_id), station = unit.status === "dispatched" && this.stations.find((one) => one.id === post);
    return station ? [station.x, station.y] : null;
  }

  // The way that a unit is taken to drive: where on it the unit is at an instant of the feed.
  /**
   * @param {Live.WayState | null} way
   * @returns {Parts.Way | null}
   */
  _way(way) {
    if (!way || !Array.isArray(way.points) || way.points.length < 2 || !way.points.every(isPlace) || !(way.to > way.from)) return null;
    const kept = this._ways_kept.get(way);
    if (kept) return kept;
    const points = way.points.map((p) => this.frame.place(p[0], p[1])), driven = wayAlong(points);
    const share = (/** @type {number} */ ms) => Math.min(MOST_OF_WAY, (ms - way.from) / (way.to - way.from));
    const index = (/** @type {number} */ ms) => driven.index(share(ms));
    const at = (/** @type {number} */ ms) => driven.at(share(ms));
    const key = [way.from, way.to, points.length, points.at(-1).join()].join(" ");
    const made = /** @type {Parts.Way} */ ({ points, key, to: way.to, index, at });
    this._ways_kept.set(way, made);
    return made;
  }

  /**
   * @param {Parts.UnitMark} mark
   * @param {number} now
   */
  _between(mark, now) {
    if (mark.way) [mark.x, mark.y] = mark.way.at(this.model.now());
    const t = ease(Math.min(1, Math.max(0, (now - mark.since) / GLIDE_MS)));
    const mix = (a, b) => a + (b - a) * t;
    return { x: mix(mark.fx, mark.x), y: mix(mark.fy, mark.y), ox: mix(mark.fox, mark.ox), oy: mix(mark.foy, mark.oy), done: t >= 1 };
  }

  /** Finds room for everything in this view. */
  arrange(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Parts.View} */ view) {
    const s = colours.get("rem") / 16, room = new Room(), now = performance.now();
    this._arranged = view;
    this.s = s;
    ctx.font = this._font(11.5);
    const px = (mark) => [mark.x * view.k + view.tx, mark.y * view.k + view.ty];
    const crowd = this.incidents.length > 80 ? 0.8 : 1;
    this.incidents.forEach((mark) => {
      const worst = pressing(mark.incident, this.model);
      mark.state = worst ? worst.state : "none";
      mark.r = s * crowd * (mark.state === "late" ? 15 : mark.state === "running" ? 12 : 9);
    });
    this.incidents.sort((a, b) => a.r - b.r);
    if (this.covered) room.take(...this.covered(view));
    for (const mark of this.incidents) {
      const [x, y] = px(mark);
      room.take(x - mark.r, y - mark.r, 2 * mark.r, 2 * mark.r);
    }
    for (const station of this.stations) {
      const [x, y] = px(station), r = 8 * s;
      room.take(x - r, y - r, 2 * r, 2 * r);
    }
    this._labels(ctx, room, px, s);
    for (const group of this._groups()) this._settle(ctx, room, group, view, s, now);
  }

  _labels(ctx, /** @type {Room} */ room, px, s) {
    for (const station of this.stations) {
      const [x, y] = px(station), text = clipped(station.id.length <= 6 ? station.id : station.name, 16), w = this._width(ctx, text) + 8 * s, h = 16 * s;
      const spots = [[x + 9 * s, y - h / 2], [x - 9 * s - w, y - h / 2], [x - w / 2, y - 9 * s - h]];
      const spot = spots.find(([left, top]) => room.free(left, top, w, h));
      station.label = spot ? { text, dx: spot[0] - x, dy: spot[1] - y, w, h } : null;
      if (spot) room.take(spot[0], spot[1], w, h);
    }
  }

  _groups() {
    /** @type {Map<string, Parts.Group>} */
    const groups = new Map();
    const add = (/** @type {string} */ key, /** @type {number} */ rank, /** @type {number} */ away, /** @type {Parts.UnitMark} */ mark) => {
      if (!groups.has(key)) groups.set(key, { rank, away, marks: [], x: mark.x, y: mark.y });
      groups.get(key).marks.push(mark);
    };
    const near = (/** @type {{ x: number, y: number }} */ a, /** @type {{ x: number, y: number }} */ b) => Math.abs(a.x - b.x) < NEAR && Math.abs(a.y - b.y) < NEAR;
    for (const mark of this.units.values()) {
      const station = this.stations.find((one) => near(one, mark));
      if (mark.way) add("w" + mark.id, 1, 0, mark);
      else if (mark.to && near(mark.to, mark)) add("i" + mark.to.id, 0, mark.to.r, mark);
      else if (station) add("s" + station.id, 2, 9 * this.s, mark);
      else add("p" + Math.round(mark.x * 2) + "," + Math.round(mark.y * 2), 1, 0, mark);
    }
    const order = (/** @type {Parts.UnitMark} */ a, /** @type {Parts.UnitMark} */ b) => a.id.localeCompare(b.id, "en", { numeric: true });
    for (const group of groups.values()) group.marks.sort(order);
    return [...groups.values()].sort((a, b) => a.rank - b.rank || order(a.marks[0], b.marks[0]));
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {Room} room
   * @param {Parts.Group} group
   * @param {Parts.View} view
   * @param {number} s
   * @param {number} now
   */
  _settle(ctx, room, group, view, s, now) {
    const { marks } = group, x = group.x * view.k + view.tx, y = group.y * view.k + view.ty, gap = 2 * s;
    for (const mark of marks) {
      mark.text = clipped(mark.id, 8);
      mark.w = this._width(ctx, mark.text) + (FAMILIES.get(mark.family).mark ? 20 : 10) * s;
    }
    const w = Math.max(...marks.map((m) => m.w)), h = 17 * s;
    let size = block(marks.length, w, h, gap), small = false, spot;
    const alone = !group.away && marks.length === 1;
    if (alone) spot = room.free(x - w / 2, y - h / 2, w, h) ? [x - w / 2, y - h / 2] : beside(room, x, y, 3 * s, size) || beside(room, x, y, 15 * s, size);
    else [spot, size] = this._spot(room, x, y, group.away + 2 * s, [size, { columns: 1, rows: marks.length, w, h: marks.length * (h + gap) - gap }]);
    if (!spot) {
      small = true;
      const d = 8 * s;
      size = block(marks.length, d, d, gap, 6);
      spot = alone ? [x - d / 2, y - d / 2] : beside(room, x, y, group.away + s, size) || [x - size.w / 2, y + group.away];
    }
    room.take(spot[0], spot[1], size.w, size.h);
    const cell = { w: small ? 8 * s : w, h: small ? 8 * s : h };
    marks.forEach((mark, i) => {
      const column = i % size.columns, row = Math.floor(i / size.columns);
      const ox = spot[0] - x + column * (cell.w + gap) + cell.w / 2 + (group.x - mark.x) * view.k;
      const oy = spot[1] - y + row * (cell.h + gap) + cell.h / 2 + (group.y - mark.y) * view.k;
      const done = this._between(mark, now).done;
      if (mark.fresh || done) Object.assign(mark, { fox: ox, foy: oy });
      Object.assign(mark, { ox, oy, small, fresh: false, cw: cell.w, ch: cell.h });
    });
  }

  // Room beside a place for units in rows, or else in one column; a little farther off where it is crowded.
  _spot(/** @type {Room} */ room, x, y, away, sizes) {
    for (const more of [0, 10]) {
      for (const size of sizes) {
        const spot = beside(room, x, y, away + more * this.s, size);
        if (spot) return [spot, size];
      }
    }
    return [null, sizes[0]];
  }

  /** Draws everything; tells whether there is more to draw soon, as units glide or drive. */
  draw(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Parts.View} */ view) {
    if (!this.model) return false;
    ctx.setTransform(view.dpr, 0, 0, view.dpr, 0, 0);
    if (this._arranged !== view) this.arrange(ctx, view);
    this.hits = [];
    const now = performance.now();
    /** @type {(mark: { x: number, y: number }) => [number, number]} */
    const px = (mark) => [mark.x * view.k + view.tx, mark.y * view.k + view.ty];
    let driving = false;
    this.gliding = false;
    /** @type {Map<Parts.UnitMark, [number, number]>} */
    const at = new Map();
    for (const mark of this.units.values()) {
      const b = this._between(mark, now);
      this.gliding ||= !b.done;
      driving ||= Boolean(mark.way) && this.model.running && this.model.now() < mark.way.to;
      at.set(mark, [b.x * view.k + view.tx + b.ox, b.y * view.k + view.ty + b.oy]);
    }
    this._ways(ctx, view, at, px);
    for (const station of this.stations) this._station(ctx, station, ...px(station));
    for (const mark of this.incidents) this._incident(ctx, mark, ...px(mark));
    ctx.font = this._font(11.5);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    this._leaders(ctx, at, px);
    if (this.move) this._advice(ctx, at, px);
    for (const [mark, [x, y]] of at) this._unit(ctx, mark, x, y);
    return this.gliding || driving;
  }

  _font(size) {
    return "650 " + size * (colours.get("rem") / 16) + "px " + colours.get("font");
  }

  _width(ctx, text) {
    const key = ctx.font + "|" + text;
    if (!this._widths.has(key)) {
      if (this._widths.size > 5000) this._widths.clear();
      this._widths.set(key, ctx.measureText(text).width);
    }
    return this._widths.get(key);
  }

  _ways(ctx, /** @type {Parts.View} */ view, /** @type {Map<Parts.UnitMark, [number, number]>} */ at, /** @type {(mark: { x: number, y: number }) => number[]} */ px) {
    ctx.lineWidth = 1.6 * this.s;
    ctx.strokeStyle = colours.get("ink");
    ctx.setLineDash([5 * this.s, 4 * this.s]);
    ctx.globalAlpha = 0.75;
    ctx.beginPath();
    const now = this.model.now();
    for (const [mark, [x, y]] of at) {
      if (mark.way) {
        ctx.moveTo(x, y);
        for (let [i] = mark.way.index(now); i < mark.way.points.length; i++) {
          ctx.lineTo(mark.way.points[i][0] * view.k + view.tx, mark.way.points[i][1] * view.k + view.ty);
        }
        continue;
      }
      if (mark.family !== "going" || !mark.to) continue;
      const [to_x, to_y] = px(mark.to);
      if (Math.hypot(to_x - x, to_y - y) < 24 * this.s) continue;
      ctx.moveTo(x, y);
      ctx.lineTo(to_x, to_y);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  // From a scene to those of its units that found no room close by.
  _leaders(ctx, /** @type {Map<Parts.UnitMark, [number, number]>} */ at, /** @type {(mark: { x: number, y: number }) => number[]} */ px) {
    ctx.beginPath();
    for (const [mark, [x, y]] of at) {
      if (mark.way || mark.family === "going" || !mark.to) continue;
      const [from_x, from_y] = px(mark);
      if (Math.hypot(x - from_x, y - from_y) < 40 * this.s) continue;
      ctx.moveTo(from_x, from_y);
      ctx.lineTo(x, y);
    }
    ctx.lineWidth = 1.2 * this.s;
    ctx.strokeStyle = colours.get("ink");
    ctx.stroke();
  }

  _station(ctx, /** @type {Parts.StationMark} */ station, x, y) {
    const s = this.s, r = 6 * s;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.fillStyle = colours.get(station.open ? "ink" : "card");
    ctx.strokeStyle = colours.get(station.open ? "card" : "ink");
    ctx.lineWidth = 2 * s;
    ctx.fill();
    ctx.stroke();
    const label = station.label;
    if (label) {
      ctx.fillStyle = colours.get("label");
      ctx.beginPath();
      ctx.roundRect(x + label.dx, y + label.dy, label.w, label.h, 4 * s);
      ctx.fill();
      ctx.font = this._font(11.5);
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      ctx.fillStyle = colours.get("ink");
      ctx.fillText(label.text, x + label.dx + 4 * s, y + label.dy + label.h / 2 + 0.5 * s);
    }
    this.hits.push({ kind: "station", id: station.id, x: x - 10 * s, y: y - 10 * s, w: 20 * s, h: 20 * s, cx: x, cy: y });
  }

  _incident(ctx, /** @type {Parts.IncidentMark} */ mark, x, y) {
    const r = mark.r, worst = pressing(mark.incident, this.model), late = worst && worst.state === "late", s = this.s;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.fillStyle = late ? colours.get("late") : colours.get("card");
    ctx.fill();
    ctx.lineWidth = 1.5 * s;
    ctx.strokeStyle = late ? colours.get("card") : colours.get(worst ? "ink" : "soft");
    ctx.stroke();
    if (worst && worst.limit > 0) {
      ctx.beginPath();
      ctx.arc(x, y, r + (late ? 2.5 : 0) * s, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.min(1, worst.passed / worst.limit));
      ctx.lineWidth = (late ? 3 : 3.5) * s;
      ctx.strokeStyle = colours.get(late ? "late" : "ink");
      ctx.stroke();
    }
    const side = r * 1.25;
    ctx.save();
    ctx.translate(x - side / 2, y - side / 2);
    ctx.scale(side / 24, side / 24);
    ctx.fillStyle = late ? colours.get("card") : colours.get(worst ? "ink" : "soft");
    ctx.fill(signPath(category(mark.incident.category)), "evenodd");
    ctx.restore();
    if (this.picked && this.picked.kind === "incident" && this.picked.id === mark.id) this._ring(ctx, x, y, r + 6 * s);
    this.hits.push({ kind: "incident", id: mark.id, x: x - r, y: y - r, w: 2 * r, h: 2 * r, cx: x, cy: y });
  }

  _unit(ctx, /** @type {Parts.UnitMark} */ mark, x, y) {
    const s = this.s, look = mark.family, w = mark.small ? mark.cw : mark.w, h = mark.ch, left = x - w / 2, top = y - h / 2;
    chipPath(ctx, mark.outline, left, top, w, h);
    ctx.fillStyle = colours.get(look);
    ctx.fill();
    ctx.lineWidth = (mark.small ? 0.8 : 1.2) * s;
    ctx.strokeStyle = colours.get("card");
    ctx.stroke();
    if (mark.way) guessedOutline(ctx, colours, mark.outline, left, top, w, h, s);
    if (!mark.small) {
      ctx.fillStyle = colours.get("on-" + look);
      ctx.fillText(mark.text, left + 5 * s, y + 0.5 * s);
      const sign = FAMILIES.get(look).mark;
      if (sign) {
        ctx.save();
        ctx.translate(left + w - 14 * s, y - 4.5 * s);
        ctx.scale((9 * s) / 24, (9 * s) / 24);
        ctx.fill(signPath(sign));
        ctx.restore();
      }
    }
    if (this.picked && this.picked.kind === "unit" && this.picked.id === mark.id) this._ring(ctx, x, y, w / 2 + 4 * s);
    this.hits.push({ kind: "unit", id: mark.id, x: left, y: top, w, h, cx: x, cy: y });
  }

  _ring(ctx, x, y, r) {
    for (const [colour, width] of /** @type {Array<[string, number]>} */ ([["card", 5], ["accent", 3]])) {
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      ctx.lineWidth = width * this.s;
      ctx.strokeStyle = colours.get(colour);
      ctx.stroke();
    }
  }

  /** The move that is advised: an arrow from the unit to the station where it would stand by. */
  _advice(ctx, /** @type {Map<Parts.UnitMark, [number, number]>} */ at, /** @type {(mark: { x: number, y: number }) => number[]} */ px) {
    const mark = this.units.get(String(this.move.unit_id)), station = this.stations.find((one) => one.id === String(this.move.to));
    if (!mark || !station || !at.has(mark)) return;
    const [x, y] = at.get(mark), [to_x, to_y] = px(station), s = this.s, long = Math.hypot(to_x - x, to_y - y);
    if (long < 30 * s) return;
    const ux = (to_x - x) / long, uy = (to_y - y) / long, end = long - 11 * s, start = 14 * s;
    for (const [colour, width] of /** @type {Array<[string, number]>} */ ([["card", 6], ["accent", 3]])) {
      ctx.strokeStyle = ctx.fillStyle = colours.get(colour);
      ctx.lineWidth = width * s;
      ctx.lineCap = "butt";
      ctx.beginPath();
      ctx.moveTo(x + ux * start, y + uy * start);
      ctx.lineTo(x + ux * (end - 8 * s), y + uy * (end - 8 * s));
      ctx.stroke();
      const back = (width + 8) * s, half = (width + 4) * s * 0.8;
      ctx.beginPath();
      ctx.moveTo(x + ux * end, y + uy * end);
      ctx.lineTo(x + ux * (end - back) - uy * half, y + uy * (end - back) + ux * half);
      ctx.lineTo(x + ux * (end - back) + uy * half, y + uy * (end - back) - ux * half);
      ctx.closePath();
      ctx.fill();
    }
  }

  /** What lies at a place of the canvas, the uppermost first. */
  hit(x, y, slack = 3) {
    for (let i = this.hits.length - 1; i >= 0; i--) {
      const t = this.hits[i];
      if (x >= t.x - slack && x <= t.x + t.w + slack && y >= t.y - slack && y <= t.y + t.h + slack) return t;
    }
    return null;
  }

  nearest(x, y, within) {
    /** @type {Parts.Hit | null} */
    let best = null, far = within;
    for (const t of this.hits) {
      const d = Math.hypot(t.cx - x, t.cy - y);
      if (d < far) [best, far] = [t, d];
    }
    return best;
  }
}
