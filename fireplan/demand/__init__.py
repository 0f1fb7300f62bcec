"""Where help is needed: zones read from layers, made from outlines or incidents, as hexagons, or along the roads."""

from fireplan.demand._along_roads import along_roads
from fireplan.demand._read_demand import read_incidents, read_zones
from fireplan.demand._spread import spread_along_streets, spread_over_places
from fireplan.demand._zones import from_incidents, from_polygons, hexagons, people_per_mi2, zone_of

__all__ = [
    "along_roads",
    "from_incidents",
    "from_polygons",
    "hexagons",
    "people_per_mi2",
    "read_incidents",
    "read_zones",
    "spread_along_streets",
    "spread_over_places",
    "zone_of",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
