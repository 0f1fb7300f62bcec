"""OSM's classes of road (`highway`) by what they are for. Their speeds stand in `speeds.csv`."""

from __future__ import annotations

FREEWAYS = ("motorway", "motorway_link")
"""Roads that no door opens on."""

MAIN = ("motorway", "trunk", "primary")
THROUGH = ("secondary", "tertiary")

MAIN_ROADS = frozenset(MAIN) | {f"{name}_link" for name in MAIN}
"""Main roads with their ramps."""

THROUGH_ROADS = frozenset(THROUGH) | {f"{name}_link" for name in THROUGH}
"""Streets that carry traffic through, with theirs; all others are local."""
