// The keyboard on a map: what lies in its middle is told, and closed again.

import { h } from "../../_page_kit/browser/elements.js";
import { places } from "./cards.js";

// By keyboard: Enter opens the cards of what lies in the middle of the map, Escape closes them.
export function answerKeys(map) {
  const box = map.getContainer();
  let opener = null;
  box.append(h("div", { class: "fp-aim" }));
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

// Leaflet puts the focus on a map that is clicked; only who uses the keyboard is shown where it is.
addEventListener("pointerdown", () => document.documentElement.classList.add("fp-pointer"), true);
addEventListener("keydown", () => document.documentElement.classList.remove("fp-pointer"), true);
