// Made by fireplan.colours; a test holds it to that.

/** Custom properties of the style sheet. */
export const NAMES = ["ink", "soft", "line", "edge", "paper", "card", "desk", "stripe", "accent", "on-accent", "veil", "label", "glass", "shade", "shadow", "curtain", "alarm", "on-alarm", "note", "note-edge", "late", "on-late", "late-wash", "near", "near-wash", "good", "past", "on-past", "free", "on-free", "going", "on-going", "work", "on-work", "care", "on-care", "out", "on-out", "two", "one", "lost", "lost-mark", "never", "never-mark", "elsewhere", "road-1", "road-2", "road-3"];

/** Kinds of anything, in no order. */
export const CATEGORIES = ["#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#8a5a2b", "#4b3f8f", "#f0e442", "#7d8590", "#a3195b", "#00a1a7"];
