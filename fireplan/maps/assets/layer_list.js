// The list in which layers are switched on and off.

import { h } from "../../_page_kit/browser/elements.js";
import { plain } from "./cards.js";
import { narrow } from "./furnishing.js";

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
        sets.set(group, h("fieldset", { class: "fp-group" }, h("legend", { class: same && "fp-heard" }, plain(group))));
        this._overlaysList.append(sets.get(group));
      }
      sets.get(group).append(label);
    });
    return this;
  },
});

// One entry is its group, its name and its layers: several where one box switches both sides of a curtain.
export function list(map, entries) {
  const one = entries.map(([group, name, layers]) => {
    if (layers.length === 1) return [group, name, layers[0]];
    const both = L.layerGroup(layers);
    if (layers.some((layer) => map.hasLayer(layer))) both.addTo(map);
    return [group, name, both];
  });
  new Grouped(one, { collapsed: narrow(map), autoZIndex: true }).addTo(map);
}
