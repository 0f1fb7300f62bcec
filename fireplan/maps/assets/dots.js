// Dots on a canvas: incidents by the hundred thousand.

// Many points as one path on the canvas: one object, not one for each point.
export const Dots = L.Path.extend({
  initialize(next, options) {
    L.setOptions(this, options);
    this._lat_lngs = Array.from({ length: next.count }, next);
    this._bounds = L.latLngBounds(this._lat_lngs);
  },
  getBounds() { return this._bounds; },
  onAdd(map) {
    const unit = this._lat_lngs.map((p) => map.options.crs.latLngToPoint(L.latLng(p), 0));
    this._unit_x = Float64Array.from(unit, (p) => p.x);
    this._unit_y = Float64Array.from(unit, (p) => p.y);
    this._x = new Float32Array(unit.length);
    this._y = new Float32Array(unit.length);
    L.Path.prototype.onAdd.call(this, map);
  },
  _project() {
    const scale = this._map.options.crs.scale(this._map.getZoom()) / this._map.options.crs.scale(0);
    const origin = this._map.getPixelOrigin();
    for (let i = 0; i < this._x.length; i++) {
      this._x[i] = this._unit_x[i] * scale - origin.x;
      this._y[i] = this._unit_y[i] * scale - origin.y;
    }
    this._pxBounds = L.bounds(
      this._map.latLngToLayerPoint(this._bounds.getNorthWest()),
      this._map.latLngToLayerPoint(this._bounds.getSouthEast()),
    );
  },
  _update() { if (this._map) this._updatePath(); },
  _updatePath() {
    const draw = this._renderer, ctx = draw._ctx, r = this.options.radius;
    if (!draw._drawing) return;
    const low = draw._bounds.min, high = draw._bounds.max, dot = this._dot || (this._dot = this._draw_dot());
    // After so many dots on one pixel another one changes nothing to be seen.
    const wide = Math.ceil(high.x - low.x) + 1, here = new Uint8Array(wide * (Math.ceil(high.y - low.y) + 1));
    const enough = Math.ceil(-4 / Math.log(1 - Math.min(this.options.fillOpacity, 0.98)));
    const seen = [];
    for (let i = 0; i < this._x.length; i++) {
      const x = this._x[i] - low.x, y = this._y[i] - low.y;
      if (x < 0 || x > high.x - low.x || y < 0 || y > high.y - low.y) continue;
      const pixel = Math.floor(x) + wide * Math.floor(y);
      if (here[pixel] < enough) {
        here[pixel]++;
        seen.push(i);
      }
    }
    // In a crowd squares look like dots, and are drawn three times as fast.
    const crowd = seen.length > 20000, side = (crowd ? 1.77 : 2) * r;
    ctx.globalAlpha = crowd ? this.options.fillOpacity : 1;
    ctx.fillStyle = this.options.fillColor;
    for (const i of seen) {
      if (crowd) ctx.fillRect(this._x[i] - side / 2, this._y[i] - side / 2, side, side);
      else ctx.drawImage(dot, this._x[i] - r, this._y[i] - r, side, side);
    }
    ctx.globalAlpha = 1;
  },
  _draw_dot() {
    const dot = document.createElement("canvas"), ctx = dot.getContext("2d"), r = 4 * this.options.radius;
    dot.width = dot.height = 2 * r;
    ctx.globalAlpha = this.options.fillOpacity;
    ctx.fillStyle = this.options.fillColor;
    ctx.arc(r, r, r, 0, 2 * Math.PI);
    ctx.fill();
    return dot;
  },
  _containsPoint() { return false; },
});
