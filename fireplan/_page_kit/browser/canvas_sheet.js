// A canvas over the map that is drawn in one pass. Shapes are kept in coordinates of their own, pixels at one zoom
// from the middle of the ground, so that single-precision paths stay exact and need not be built again for a new view.

const ZOOM = 12;

/** The coordinates of a sheet: `place(lon, lat)` gives [x, y]. */
export class Frame {
  constructor(bounds) {
    const middle = L.latLngBounds(bounds).getCenter(), beyond = bounds[1][1] > 180;
    this.origin = L.CRS.EPSG3857.latLngToPoint(middle, ZOOM);
    /** @type {(lon: number, lat: number) => [number, number]} */
    this.place = (lon, lat) => {
      // Ground on both sides of the 180th meridian ends beyond 180: the western longitudes lie there.
      const p = L.CRS.EPSG3857.latLngToPoint({ lat, lng: beyond && lon < 0 ? lon + 360 : lon }, ZOOM);
      return [p.x - this.origin.x, p.y - this.origin.y];
    };
  }

  latLng(x, y) {
    return L.CRS.EPSG3857.pointToLatLng(L.point(x + this.origin.x, y + this.origin.y), ZOOM);
  }

  scale(zoom) {
    return 2 ** (zoom - ZOOM);
  }
}

/** @type {any} */
export const Sheet = L.Layer.extend({
  options: { padding: 0.15, opacity: 1, order: 395, sheet: "" },

  /** `draw(ctx, view)` with view {k, tx, ty, width, height, dpr}: pixel = own coordinate * k + t. */
  initialize(frame, draw, options) {
    this._frame = frame;
    this._draw = draw;
    L.setOptions(this, options);
  },

  onAdd(map) {
    const pane = map.getPane(this.options.sheet) || map.createPane(this.options.sheet);
    pane.style.zIndex = this.options.order;
    pane.style.opacity = this.options.opacity;
    pane.style.pointerEvents = "none";
    this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", pane);
    this._canvas.setAttribute("aria-hidden", "true");
    this._ctx = this._canvas.getContext("2d");
    this._reset();
  },

  onRemove() {
    cancelAnimationFrame(this._wanted);
    this._canvas.remove();
  },

  getEvents() {
    return { viewreset: this._reset, moveend: this._reset, resize: this._reset, zoom: this._onZoom, zoomanim: this._onZoomAnim };
  },

  redraw() {
    if (!this._map || this._wanted) return;
    this._wanted = requestAnimationFrame(() => {
      this._wanted = 0;
      this.drawNow();
    });
  },

  /** Draws at once; gives how long it took. [ms] */
  drawNow() {
    if (!this._map) return 0;
    const started = performance.now(), { _ctx: ctx, view } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this._canvas.width, this._canvas.height);
    this._draw(ctx, view);
    return performance.now() - started;
  },

  /** Where a place of the sheet lies, in pixels of the map's container. */
  inContainer(x, y) {
    const { view } = this, corner = this._map.layerPointToContainerPoint(this._corner);
    return L.point(x * view.k + view.tx + corner.x, y * view.k + view.ty + corner.y);
  },

  _reset() {
    const map = this._map, size = map.getSize(), pad = size.multiplyBy(this.options.padding).round();
    const corner = map.containerPointToLayerPoint(pad.multiplyBy(-1)).round(), dpr = Math.min(2, devicePixelRatio || 1);
    const width = size.x + 2 * pad.x, height = size.y + 2 * pad.y, canvas = this._canvas;
    if (canvas.width !== Math.round(width * dpr) || canvas.height !== Math.round(height * dpr)) {
      canvas.width = Math.round(width * dpr);
      canvas.height = Math.round(height * dpr);
      canvas.style.width = width + "px";
      canvas.style.height = height + "px";
    }
    L.DomUtil.setPosition(canvas, corner);
    this._corner = corner;
    this._zoom = map.getZoom();
    this._northWest = map.layerPointToLatLng(corner);
    const k = this._frame.scale(this._zoom), from = this._frame.origin.multiplyBy(k).subtract(map.getPixelOrigin()).subtract(corner);
    this.view = { k, tx: from.x, ty: from.y, width, height, dpr, inset: pad };
    cancelAnimationFrame(this._wanted);
    this._wanted = 0;
    if (this.options.onView) this.options.onView(this.view);
    this.drawNow();
  },

  _onZoom() {
    this._stretch(this._map.getCenter(), this._map.getZoom());
  },

  _onZoomAnim(e) {
    this._stretch(e.center, e.zoom);
  },

  _stretch(center, zoom) {
    const scale = this._map.getZoomScale(zoom, this._zoom);
    L.DomUtil.setTransform(this._canvas, this._map._latLngToNewLayerPoint(this._northWest, zoom, center), scale);
  },
});
