// The map: roads, ground and signs in three sheets; cards on a click or by keyboard.

import { Frame, Sheet } from "../../_page_kit/browser/canvas_sheet.js";
import { incidentCard, stationCard, unitCard, zoneCard } from "./cards.js";
import { byId, fill, h, show } from "./dom.js";
import { CLASSES, coverFills, ownFills, Roads, Zones } from "./ground.js";
import { Signs } from "./signs.js";

const DRIVING_MS = 66;

export class MapView {
  /**
   * @param {HTMLElement} element
   * @param {Live.Ground} ground
   * @param {Parts.Context} context
   */
  constructor(element, ground, context) {
    this.context = context;
    this.ground = ground;
    this.element = element;
    this.map = L.map(element, {
      attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 0.5, minZoom: 3, maxZoom: 19, wheelPxPerZoomLevel: 120,
    });
    L.control.zoom({ position: "topright" }).addTo(this.map);
    L.control.scale({ position: "bottomright", maxWidth: 110 }).addTo(this.map);
    this.frame = new Frame(ground.bounds);
    this.zones = new Zones(ground.zones, this.frame);
    this.roads = new Roads(ground.roads || [], this.frame);
    this.signs = new Signs(ground, this.frame);
    this.signs.covered = (view) => {
      const legend = byId("legend"), wide = this._legendWidth();
      return wide ? [legend.offsetLeft + view.inset.x, legend.offsetTop + view.inset.y, wide, legend.offsetHeight] : [0, 0, 0, 0];
    };
    this.byFirstDue = false;
    /** @type {Parts.Model | null} */
    this.model = null;
    /** @type {Live.MoveState | null} */
    this._shownMove = null;
    /** @type {Parts.Picked | null} */
    this._open = null;
    this._fills = [];
    this.fit();
    this.sheets = {
      roads: new Sheet(this.frame, (ctx, view) => this.roads.draw(ctx, view), { sheet: "fp-roads", order: 390 }),
      ground: new Sheet(this.frame, (ctx, view) => this.zones.draw(ctx, view, this._fills), { sheet: "fp-ground", order: 395, opacity: 0.68 }),
      signs: new Sheet(this.frame, (ctx, view) => this._drawSigns(ctx, view), { sheet: "fp-signs", order: 600, padding: 0.1 }),
    };
    for (const sheet of Object.values(this.sheets)) sheet.addTo(this.map);
    this._listen();
  }

  fit() {
    const size = this.map.getSize(), beside = this._legendWidth() + 44;
    this.map.fitBounds(this.ground.bounds, { animate: false, paddingTopLeft: [Math.min(beside, size.x * 0.42), 16], paddingBottomRight: [46, 30] });
    this._first = this.map.getCenter();
  }

  // How much of the map's left an open legend covers.
  _legendWidth() {
    const legend = byId("legend"), over = getComputedStyle(legend).position === "absolute";
    return over && legend.open && this.map.getSize().x > 560 ? legend.offsetWidth : 0;
  }

  _drawSigns(ctx, view) {
    if (this.signs.draw(ctx, view)) this._again();
  }

  // Units that glide ask for every frame; those that drive for as many as their way is seen to grow.
  _again() {
    if (this.signs.gliding) {
      requestAnimationFrame(() => this.sheets.signs.redraw());
    } else if (!this._driving) {
      this._driving = setTimeout(() => {
        this._driving = 0;
        this.sheets.signs.redraw();
      }, DRIVING_MS);
    }
  }

  /**
   * Takes in what changed.
   *
   * @param {Parts.Model} model
   * @param {Set<string>} changed
   * @param {{ glide: boolean }} how
   */
  take(model, changed, { glide }) {
    const fresh = this.model !== model;
    this.model = model;
    if (fresh || changed.has("cover")) this.recolour();
    if (fresh || changed.has("units") || changed.has("incidents")) this.signs.take(model, { glide: glide && !fresh });
    const move = (model.advice || [])[0] || null;
    this.signs.move = this._shownMove || move;
    this.sheets.signs.redraw();
    if (this._open) this._refresh();
  }

  recolour() {
    if (!this.model) return;
    const first = this.firstDue();
    if (this.byFirstDue && first) {
      this._fills = ownFills(first.units);
      this.zones.colour(first.zones, first.units.length);
    } else {
      this._fills = coverFills(Math.min(2, devicePixelRatio || 1));
      this.zones.colour(this.model.zones, this.model.zones.length ? CLASSES.length : 0);
    }
    this.sheets.ground.redraw();
  }

  /** Who is first due where, if the server says it: `units`, and one byte for each zone that counts in them. */
  firstDue() {
    return this.model ? this.model.first : null;
  }

  /** Rings run on and late ones grow, without a message. */
  tick() {
    this.signs._arranged = null;
    this.sheets.signs.redraw();
    if (this._open) this._refresh();
  }

  look() {
    this.recolour();
    this.signs._arranged = null;
    for (const sheet of Object.values(this.sheets)) sheet.redraw();
  }

  /** @param {Live.MoveState | null} advice */
  showMove(advice) {
    this._shownMove = advice;
    this.signs.move = advice || (this.model && this.model.advice ? this.model.advice[0] : null);
    this.sheets.signs.redraw();
  }

  _listen() {
    const { map, element } = this, tip = byId("tip"), aim = h("div", { class: "aim", "aria-hidden": "true" });
    element.append(aim);
    const place = (p) => p.subtract(map.layerPointToContainerPoint(this.sheets.signs._corner));
    map.on("click", (e) => {
      const p = place(e.containerPoint), hit = this.signs.hit(p.x, p.y);
      if (hit) this.pick(hit.kind, hit.id, { pan: false });
      else this._pickZone(e.latlng);
    });
    map.on("mousemove", (e) => {
      const p = place(e.containerPoint), hit = this.signs.hit(p.x, p.y, 1);
      element.style.cursor = hit ? "pointer" : "";
      show(tip, Boolean(hit));
      if (!hit) return;
      fill(tip, this._short(hit));
      const left = Math.min(e.containerPoint.x + 14, map.getSize().x - tip.offsetWidth - 4);
      tip.style.transform = "translate(" + Math.max(0, left) + "px," + (e.containerPoint.y + 16) + "px)";
    });
    map.on("mouseout movestart zoomstart", () => show(tip, false));
    map.on("popupclose", () => {
      this._open = null;
      this.signs.picked = null;
      this.sheets.signs.redraw();
    });
    element.addEventListener("keydown", (e) => {
      if (e.key === "Escape") map.closePopup();
      if (e.key !== "Enter" || e.target !== element) return;
      const middle = map.getSize().divideBy(2), p = place(middle), hit = this.signs.nearest(p.x, p.y, 40);
      if (hit) this.pick(hit.kind, hit.id, { pan: false });
      else this._pickZone(map.getCenter());
    });
    new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(element);
  }

  /** @param {Parts.Hit} hit */
  _short(hit) {
    const { model, context } = this;
    if (hit.kind === "unit") {
      const unit = model.units.get(hit.id), tense = context.tense();
      return unit ? hit.id + ": " + tense.was + context.status(unit.status) + tense.at : hit.id;
    }
    if (hit.kind === "incident") {
      const incident = model.incidents.get(hit.id);
      return incident ? [incident.call_type, incident.address].filter(Boolean).join(", ") || hit.id : hit.id;
    }
    return this.signs.stations.find((s) => s.id === hit.id).name;
  }

  _pickZone(latlng) {
    const [x, y] = this.frame.place(latlng.lng, latlng.lat), zone = this.zones.at(x, y);
    if (zone < 0 || !this.model) return this.map.closePopup();
    return this._show({ kind: "zone", id: zone }, latlng);
  }

  /**
   * Opens the card of a unit, an incident or a station, and tells the lists.
   *
   * @param {Parts.Hit["kind"]} kind
   * @param {string} id
   */
  pick(kind, id, { pan = true } = {}) {
    const mark = kind === "unit" ? this.signs.units.get(id) : (kind === "incident" ? this.signs.incidents : this.signs.stations).find((m) => m.id === id);
    if (!mark) return false;
    const at = this.frame.latLng(mark.x, mark.y);
    if (pan && !this.map.getBounds().pad(-0.1).contains(at)) this.map.panTo(at);
    this._show({ kind, id }, at);
    if (kind === "incident" && !pan) this.context.onPick(id);
    return true;
  }

  /** @param {Parts.Picked} what */
  _show(what, latlng) {
    this.map.closePopup();
    const content = this._card(what);
    if (!content) return;
    this._popup = L.popup({ maxWidth: 320, minWidth: 180, offset: [0, what.kind === "zone" ? 4 : -6], autoPanPaddingTopLeft: [this._legendWidth() + 12, 12], autoPanPaddingBottomRight: [12, 12] })
      .setLatLng(latlng).setContent(content).openOn(this.map);
    this._open = what;
    this.signs.picked = what;
    this.sheets.signs.redraw();
  }

  /** @param {Parts.Picked} what */
  _card(what) {
    const { model, context } = this;
    if (what.kind === "zone") return zoneCard(this.zones, what.id, model, context);
    if (what.kind === "station") return stationCard(this.signs.stations.find((s) => s.id === what.id), model, context);
    if (what.kind === "unit") return model.units.has(what.id) ? unitCard(model.units.get(what.id), model, context) : null;
    return model.incidents.has(what.id) ? incidentCard(model.incidents.get(what.id), model, context) : null;
  }

  _refresh() {
    const content = this._card(this._open);
    if (!content) this.map.closePopup();
    else if (content.textContent !== this._popup.getContent().textContent) this._popup.setContent(content);
  }
}
