// Several maps that are panned, zoomed and asked as one.

import { places } from "./cards.js";

// Keeps maps in step: each follows the one that is moved, shows where the pointer is on it, and what a click there
// would say.
export function sync(all) {
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
