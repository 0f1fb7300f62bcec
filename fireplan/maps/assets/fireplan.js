// Draws fireplan's packed layers with Leaflet. Every text it is given is escaped HTML.
window.fireplan = (() => {
  "use strict";
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const VALUE = new Uint8Array(128);
  for (let i = 0; i < 64; i++) VALUE[ALPHABET.charCodeAt(i)] = i;

  function integers(text) {
    const out = [];
    let value = 0, shift = 0;
    for (let i = 0; i < text.length; i++) {
      const digit = VALUE[text.charCodeAt(i)];
      value |= (digit & 31) << shift;
      shift += 5;
      if (digit < 32) {
        out.push((value >>> 1) ^ -(value & 1));
        value = shift = 0;
      }
    }
    return out;
  }

  // A function that gives the next point as [latitude, longitude] each time it is called.
  function points(text) {
    const steps = integers(text);
    let at = 0, x = 0, y = 0;
    const next = () => {
      x += steps[at++];
      y += steps[at++];
      return [y / 1e5, x / 1e5];
    };
    next.count = steps.length / 2;
    return next;
  }

  const times = (n, make) => Array.from({ length: n }, make);

  // Text without its entities, for what is no HTML: titles and labels read aloud.
  function plain(html) {
    return new DOMParser().parseFromString(html, "text/html").documentElement.textContent;
  }

  function card(layer, row) {
    let caption = "", rows = "";
    layer.labels.forEach((label, i) => {
      const value = layer.cells[i][row];
      if (label === "") caption = "<caption>" + value + "</caption>";
      else rows += '<tr><th scope="row">' + label + "</th><td>" + value + "</td></tr>";
    });
    return '<table class="fp-card">' + caption + "<tbody>" + rows + "</tbody></table>";
  }

  function describe(shape, layer, row, options) {
    if (layer.labels.length) {
      shape.fireplan = { layer, card: () => card(layer, row), side: options.side };
      shape.bindPopup((opened) => window.fireplan.cards(opened), { maxWidth: options.side ? options.wide : 340 });
    }
    if (layer.tooltip) shape.bindTooltip(layer.tooltip[row], options);
  }

  const sideOf = (map) => ({ side: map.fireplanSide, wide: Math.max(240, Math.min(680, map.getSize().x - 70)) });

  // Sheets of their own, by height: streets, areas, streets drawn over areas, dots, stations. Only areas and stations
  // answer the pointer. What is drawn for one side of a curtain hangs on the sheet of that side.
  function pane(map, name, order, { opacity = 1, answers = false } = {}) {
    const side = map.fireplanSide, own = side ? name + "-" + side : name;
    if (!map.getPane(own)) {
      const made = map.createPane(own, side ? map.getPane("fp-side-" + side) : undefined);
      made.style.zIndex = order;
      made.style.opacity = opacity;
      if (!answers) made.style.pointerEvents = "none";
    }
    return own;
  }

  function polygons(map, layer) {
    const structure = integers(layer.structure), next = points(layer.points), group = L.featureGroup();
    const sheet = pane(map, "fp-areas", 395, { opacity: layer.opacity, answers: true });
    let at = 0;
    for (let row = 0; row < layer.rows; row++) {
      const shape = times(structure[at++], () => times(structure[at++], () => times(structure[at++], next)));
      const colour = layer.palette[layer.fills[row]];
      // Opaque within the sheet, which is translucent as a whole: no seams where areas meet.
      const area = L.polygon(shape, {
        pane: sheet, fill: Boolean(colour), fillColor: colour, fillOpacity: 1, stroke: Boolean(layer.outline || colour),
        color: layer.outline || colour, weight: layer.weight, opacity: 1, smoothFactor: 0.5,
        interactive: layer.labels.length > 0 || Boolean(layer.tooltip),
      });
      describe(area, layer, row, { sticky: true, ...sideOf(map) });
      group.addLayer(area);
    }
    return group;
  }

  function lines(map, layer) {
    const group = L.featureGroup();
    for (const kind of layer.kinds) {
      const counts = integers(kind.structure), next = points(kind.points);
      const streets = counts.map((n) => times(n, next));
      group.addLayer(L.polyline(streets, {
        color: kind.colour, weight: kind.weight, opacity: 1, smoothFactor: 1, interactive: false,
        pane: pane(map, layer.above ? "fp-above" : "fp-below", layer.above ? 450 : 390),
      }));
    }
    return group;
  }

  // Many points as one path on the canvas: one object, not one for each point.
  const Dots = L.Path.extend({
    initialize(next, options) {
      L.setOptions(this, options);
      this._lat_lngs = times(next.count, next);
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

  function dots(map, layer) {
    const group = L.featureGroup();
    for (const kind of layer.kinds) {
      const next = points(kind.points);
      if (!next.count) continue;
      group.addLayer(new Dots(next, {
        fillColor: kind.colour, fillOpacity: layer.opacity, radius: layer.radius, weight: 0, interactive: false,
        pane: pane(map, "fp-dots", 460),
      }));
    }
    return group;
  }

  function stations(map, layer) {
    const next = points(layer.points), group = L.featureGroup();
    for (let row = 0; row < layer.rows; row++) {
      const label = layer.names[row], status = layer.statuses[row];
      const said = plain(label) + (status === "existing" ? "" : " (" + status + ")");
      const marker = L.marker(next(), {
        title: said, alt: said, riseOnHover: true, zIndexOffset: status === "existing" ? 0 : 500,
        pane: map.fireplanSide ? pane(map, "fp-stations", 600, { answers: true }) : "markerPane",
        icon: L.divIcon({
          className: "fp-station fp-" + status, iconSize: [22, 22],
          html: '<svg viewBox="0 0 22 22" aria-hidden="true">' + layer.signs[status] + "</svg>" +
            (layer.labelled ? "<b>" + label + "</b>" : ""),
        }),
      });
      describe(marker, layer, row, { direction: "top", offset: [0, -10], ...sideOf(map) });
      const full = layer.tooltip ? plain(layer.tooltip[row]) : said;
      marker.on("add", () => asButton(marker, full === said || full === plain(label) ? said : said + ": " + full));
      group.addLayer(marker);
    }
    const side = map.fireplanSide;
    group.on("add remove", () => window.fireplan.settle(map));
    (map.fireplanStations ||= []).push({ group, side });
    return group;
  }

  // Leaflet makes a button of a marker and opens its card on Enter; a button has a name and answers the space bar too.
  function asButton(marker, said) {
    const element = marker.getElement();
    element.setAttribute("aria-label", said);
    L.DomEvent.on(element, "keydown", (e) => {
      if (e.key !== " ") return;
      L.DomEvent.stop(e);
      marker.openPopup();
    });
  }

  // Folium builds popups with `$(html)[0]`; that much of it is enough for them.
  window.$ = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.children;
  };

  return { polygons, lines, dots, stations, plain };
})();
