// What stands on and around fireplan's maps: first view, scale, list of layers, labels, cards, keyboard, print, and
// several maps or scenarios in step. Every text it is given is escaped HTML.
(() => {
  "use strict";
  const { plain } = window.fireplan;
  const maps = [];
  const MOST_CARDS = 3;

  const narrow = (map) => map.getContainer().offsetWidth < 900;

  function made(tag, name, html) {
    const element = document.createElement(tag);
    element.className = name;
    if (html) element.innerHTML = html;
    return element;
  }

  const North = L.Control.extend({
    options: { position: "bottomright" },
    onAdd() {
      const arrow = '<svg viewBox="0 0 10 14" aria-hidden="true"><path d="M5 0L10 14L5 11L0 14Z" fill="currentColor"/></svg>';
      return made("div", "fp-north", arrow + "<b>N<span>orth is up</span></b>");
    },
  });

  function furnish(map, options) {
    maps.push(map);
    map.attributionControl.setPrefix(false);
    L.control.scale({ position: "bottomright", metric: true, imperial: true, maxWidth: 110 }).addTo(map);
    new North().addTo(map);
    if (options.icons) {
      L.Icon.Default.imagePath = "";
      L.Icon.Default.mergeOptions(options.icons);
    }
    answerKeys(map);
    map.on("zoomend moveend resize", () => settle(map));
    const fitCards = () => map.getContainer().style.setProperty("--fp-card", map.getSize().y - 80 + "px");
    map.on("resize", fitCards);
    fitCards();
    map.getContainer().parentElement.addEventListener("toggle", () => settle(map), true);
    if (!options.bounds) return;
    map.fireplanFirst = L.latLngBounds(options.bounds);
    // The first view leaves free what the legends and the list of layers cover, where there is room for that.
    const legends = map.getContainer().parentElement.querySelector(".fp-legends");
    const over = legends && getComputedStyle(legends).position === "absolute" && !narrow(map);
    const list = narrow(map) ? 14 : 210;
    map.fitBounds(options.bounds, {
      paddingTopLeft: [over ? legends.offsetWidth + 30 : options.curtain ? list : 14, 14],
      paddingBottomRight: [list, map.getSize().y < 320 ? 24 : 46],
      animate: false,
    });
  }

  // Leaflet's list of layers, in groups with headings.
  const Grouped = L.Control.Layers.extend({
    initialize(entries, options) {
      L.Control.Layers.prototype.initialize.call(this, null, null, options);
      this._group = new Map();
      for (const [group, name, layer] of entries) {
        this._group.set(L.stamp(layer), group);
        this._addLayer(layer, name, true);
      }
    },
    onAdd(map) {
      const box = L.Control.Layers.prototype.onAdd.call(this, map);
      this._section.setAttribute("role", "group");
      this._section.setAttribute("aria-label", "Layers of the map");
      this._layersLink.setAttribute("aria-label", "Layers");
      L.DomEvent.on(box, "keydown", (e) => {
        if (e.key !== "Escape" || !this.options.collapsed) return;
        this.collapse();
        this._layersLink.focus();
      });
      return box;
    },
    _update() {
      L.Control.Layers.prototype._update.call(this);
      if (!this._container) return this;
      const labels = [...this._overlaysList.children], sets = new Map();
      labels.forEach((label, i) => {
        const group = this._group.get(this._layerControlInputs[i].layerId);
        if (!sets.has(group)) {
          const same = this._layers.every((layer) => this._group.get(L.stamp(layer.layer)) !== group || layer.name === group);
          sets.set(group, made("fieldset", "fp-group", "<legend" + (same ? ' class="fp-heard"' : "") + ">" + group + "</legend>"));
          this._overlaysList.append(sets.get(group));
        }
        sets.get(group).append(label);
      });
      return this;
    },
  });

  // One entry is its group, its name and its layers: several where one box switches both sides of a curtain.
  function list(map, entries) {
    const one = entries.map(([group, name, layers]) => {
      if (layers.length === 1) return [group, name, layers[0]];
      const both = L.layerGroup(layers);
      if (layers.some((layer) => map.hasLayer(layer))) both.addTo(map);
      return [group, name, both];
    });
    new Grouped(one, { collapsed: narrow(map), autoZIndex: true }).addTo(map);
  }

  const settling = new Set();
  function settle(map) {
    if (settling.has(map)) return;
    settling.add(map);
    requestAnimationFrame(() => {
      settling.delete(map);
      const stations = map.fireplanStations || [];
      new Set(stations.map((s) => s.side)).forEach((side) => settleLabels(map, stations.filter((s) => s.side === side)));
    });
  }

  // A label that would cover a station, another label or a control, or leave the map, stands on another side, or waits
  // until there is room. What changes comes first.
  function settleLabels(map, stations) {
    const box = map.getContainer(), edge = box.getBoundingClientRect();
    const shown = stations.flatMap(({ group }) => group.getLayers()).filter((m) => m.getElement());
    const rank = (m) => (m.options.zIndexOffset ? 0 : 1);
    const over = [...box.querySelectorAll(".leaflet-control"), ...box.parentElement.querySelectorAll(".fp-legends .fp-legend")];
    const taken = [...shown.map((m) => m.getElement().querySelector("svg")), ...over].map((e) => e.getBoundingClientRect());
    const clear = (label) => label.left >= edge.left && label.right <= edge.right && label.top >= edge.top &&
      label.bottom <= edge.bottom && !taken.some((other) => label.left < other.right - 2 && other.left + 2 < label.right &&
        label.top < other.bottom - 2 && other.top + 2 < label.bottom);
    shown.slice().sort((a, b) => rank(a) - rank(b)).forEach((marker) => {
      const label = marker.getElement().querySelector("b");
      if (!label) return;
      const side = ["right", "left", "below", "above"].find((s) => {
        label.dataset.side = s;
        return clear(label.getBoundingClientRect());
      });
      if (side) taken.push(label.getBoundingClientRect());
      else label.dataset.side = "none";
    });
  }

  // The areas with a card that lie under a place, the uppermost first, one of each layer.
  function places(map, where, side) {
    const found = new Map(), at = map.latLngToLayerPoint(where);
    map.eachLayer((shape) => {
      const own = shape.fireplan;
      if (own && own.side === side && shape instanceof L.Polygon && shape._containsPoint(at)) found.set(own.layer, shape);
    });
    return [...found.values()].reverse();
  }

  // What a click says: the cards of what was clicked and of what else lies there, filled areas before mere outlines; on
  // both sides of a curtain.
  function cards(shape) {
    const map = shape._map, where = shape.getPopup().getLatLng(), own = shape.fireplan;
    if (!map || !where || !(shape instanceof L.Polygon)) return own.card();
    const of = (side) => {
      const there = places(map, where, side);
      const first = own.side === side ? [shape, ...there.filter((s) => s.fireplan.layer !== own.layer)] : there;
      const outline = (s) => (s.options.fill ? 0 : 1);
      return first.slice(0, MOST_CARDS).sort((a, b) => outline(a) - outline(b)).map((s) => s.fireplan.card()).join("");
    };
    if (!map.fireplanSides) return of(own.side);
    const both = Object.entries(map.fireplanSides).map(([side, name]) =>
      '<div><h3 class="fp-side">' + name + "</h3>" + (of(side) || "<p>nothing drawn here</p>") + "</div>");
    return '<div class="fp-both">' + both.join("") + "</div>";
  }

  // By keyboard: Enter opens the cards of what lies in the middle of the map, Escape closes them.
  function answerKeys(map) {
    const box = map.getContainer();
    let opener = null;
    box.append(made("div", "fp-aim"));
    box.addEventListener("keydown", (e) => {
      if (e.key === "Escape") map.closePopup();
      if (e.key !== "Enter" || e.target !== box) return;
      const middle = map.getCenter(), side = map.fireplanSides && (map.fireplanAt > 0.5 ? "left" : "right");
      const shape = places(map, middle, side || undefined)[0];
      if (!shape) return;
      opener = box;
      shape.openPopup(middle);
    });
    map.on("popupopen", ({ popup }) => {
      const element = popup.getElement(), active = document.activeElement;
      const caption = element.querySelector("caption");
      element.setAttribute("role", "dialog");
      element.setAttribute("aria-label", caption ? caption.textContent : "What lies here");
      if (active && active.classList.contains("fp-station") && active.matches(":focus-visible")) opener = active;
      if (!opener) return;
      const content = element.querySelector(".leaflet-popup-content");
      content.tabIndex = -1;
      content.focus({ preventScroll: true });
    });
    map.on("popupclose", () => {
      if (opener) opener.focus({ preventScroll: true });
      opener = null;
    });
  }

  // Keeps maps in step: each follows the one that is moved, shows where the pointer is on it, and what a click there
  // would say.
  function sync(all) {
    let leader = null, telling = false;
    const ring = { interactive: false, keyboard: false, icon: L.divIcon({ className: "fp-cursor", iconSize: [16, 16] }) };
    const cursors = all.map(() => L.marker([0, 0], ring));
    const tell = (act) => {
      if (telling) return;
      telling = true;
      act();
      telling = false;
    };
    all.forEach((map) => {
      const others = (act) => all.forEach((other, i) => { if (other !== map) act(other, i); });
      map.on("move", () => {
        if (leader) return;
        leader = map;
        others((other) => other.setView(map.getCenter(), map.getZoom(), { animate: false }));
        leader = null;
      });
      map.on("mousemove", (e) => others((other, i) => cursors[i].setLatLng(e.latlng).addTo(other)));
      map.on("mouseout", () => others((other, i) => cursors[i].remove()));
      map.on("popupopen", ({ popup }) => tell(() => {
        const where = popup.getLatLng();
        others((other) => {
          const shape = popup._source instanceof L.Polygon && places(other, where)[0];
          if (!shape) return other.closePopup();
          const own = shape.getPopup();
          own.options.autoPan = false;
          shape.openPopup(where);
          own.options.autoPan = true;
          return other;
        });
      }));
      map.on("popupclose", () => tell(() => others((other) => other.closePopup())));
    });
    all[0].fire("move");
  }

  // From here on, what is drawn on the map stands on that side of its curtain.
  function side(map, name) {
    map.fireplanSide = name;
    map.createPane("fp-side-" + name).style.zIndex = 400;
  }

  // The divider of a curtain, with the mouse, the finger and the keyboard.
  function swipe(map, options) {
    const STEPS = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
    const box = map.getContainer(), bar = made("div", "fp-divider", "<span></span>");
    const left = plain(options.left), right = plain(options.right);
    map.fireplanSide = undefined;
    map.fireplanSides = { left: options.left, right: options.right };
    map.fireplanAt = options.at;
    const said = {
      role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-valuemin": "0", "aria-valuemax": "100",
      "aria-controls": box.id, "aria-label": "Divider: " + left + " on its left, " + right + " on its right",
    };
    Object.entries(said).forEach(([name, value]) => bar.setAttribute(name, value));
    function draw() {
      const size = map.getSize(), low = map.containerPointToLayerPoint([0, 0]);
      const x = low.x + size.x * map.fireplanAt, ends = { left: [low.x, x], right: [x, low.x + size.x] };
      for (const [name, [from, to]] of Object.entries(ends)) {
        const corners = [[from, low.y], [to, low.y], [to, low.y + size.y], [from, low.y + size.y]];
        map.getPane("fp-side-" + name).style.clipPath = "polygon(" + corners.map(([a, b]) => a + "px " + b + "px").join() + ")";
      }
      Object.assign(bar.style, { left: x + "px", top: low.y + "px", height: size.y + "px" });
      // What the curtain hides cannot be reached with the keyboard either.
      (map.fireplanStations || []).forEach((stations) => stations.group.eachLayer((marker) => {
        if (!marker.getElement()) return;
        const at = map.latLngToLayerPoint(marker.getLatLng()).x, hidden = stations.side === "left" ? at > x + 11 : at < x - 11;
        marker.getElement().style.visibility = hidden ? "hidden" : "";
      }));
    }
    function move(to) {
      map.fireplanAt = Math.min(1, Math.max(0, to));
      const percent = Math.round(100 * map.fireplanAt);
      bar.setAttribute("aria-valuenow", percent);
      bar.setAttribute("aria-valuetext", percent + " % of the width shows " + left + ", the rest " + right);
      draw();
    }
    bar.addEventListener("keydown", (e) => {
      if (!(e.key in STEPS)) return;
      L.DomEvent.stop(e);
      move(map.fireplanAt + STEPS[e.key]);
    });
    bar.addEventListener("pointerdown", (e) => {
      bar.setPointerCapture(e.pointerId);
      bar.focus();
      e.preventDefault();
    });
    bar.addEventListener("pointermove", (e) => {
      const edge = box.getBoundingClientRect();
      if (bar.hasPointerCapture(e.pointerId)) move((e.clientX - edge.left) / edge.width);
    });
    ["mousedown", "touchstart", "pointerdown", "click", "dblclick"].forEach((name) => bar.addEventListener(name, (e) => e.stopPropagation()));
    map.createPane("fp-divider").style.zIndex = 650;
    map.getPane("fp-divider").append(bar);
    map.on("move zoom viewreset resize layeradd", draw);
    move(options.at);
  }

  // Leaflet puts the focus on a map that is clicked; only who uses the keyboard is shown where it is.
  addEventListener("pointerdown", () => document.documentElement.classList.add("fp-pointer"), true);
  addEventListener("keydown", () => document.documentElement.classList.remove("fp-pointer"), true);

  // On paper: legends open, and each map drawn anew for its place on the page.
  let kept = null;
  function printing(on) {
    if (on === Boolean(kept)) return;
    if (on) {
      const folded = [...document.querySelectorAll("details:not([open])")];
      kept = { folded, views: maps.map((map) => [map.getCenter(), map.getZoom(), map.getBounds()]) };
    }
    const { folded, views } = kept;
    folded.forEach((details) => { details.open = on; });
    document.documentElement.classList.toggle("fp-printing", on);
    maps.forEach((map) => map.invalidateSize({ animate: false, pan: false }));
    maps.forEach((map, i) => {
      const first = map.fireplanFirst, all = first && views[i][2].contains(first);
      if (on) map.fitBounds(all ? first : views[i][2], { animate: false, padding: [20, 20] });
      else map.setView(views[i][0], views[i][1], { animate: false });
    });
    if (!on) kept = null;
  }
  addEventListener("beforeprint", () => printing(true));
  addEventListener("afterprint", () => printing(false));
  matchMedia("print").addEventListener("change", (e) => printing(e.matches));
  if (document.documentElement.dataset.theme === "print") {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
  }

  Object.assign(window.fireplan, { furnish, list, settle, cards, sync, side, swipe });
})();
