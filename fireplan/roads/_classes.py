"""OSM's classes of road (`highway`) by what they are for. Their speeds stand in `speeds.csv`."""

from __future__ import annotations

FREEWAYS = ("motorway", "motorway_link")
"""Roads that no door opens on."""

NOT_DRIVEN = frozenset(
    {"footway", "path", "steps", "cycleway", "pedestrian", "bridleway", "corridor", "elevator", "platform", "track",
     "construction", "proposed", "raceway", "via_ferrata", "no", "abandoned", "razed"}
)  # fmt: skip
"""Classes that lead no engine anywhere; any other that is not known counts as a local street."""

LANES = frozenset({"track", "footway", "pedestrian", "cycleway", "path", "bridleway", "emergency_access"})
"""Classes without a speed of their own that are driven where their tags open them."""

MAIN = ("motorway", "trunk", "primary")
THROUGH = ("secondary", "tertiary")

MAIN_ROADS = frozenset(MAIN) | {f"{name}_link" for name in MAIN}
"""Main roads with their ramps."""

THROUGH_ROADS = frozenset(THROUGH) | {f"{name}_link" for name in THROUGH}
"""Streets that carry traffic through, with theirs; all others are local."""
