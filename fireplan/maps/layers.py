"""
Layers over tables of one's own, to be added to an `OfflineMap`: areas, streets, stations and points.

>>> page = fp.maps.OfflineMap(title="Hydrants")  # doctest: +SKIP
>>> fp.maps.layers.points(hydrants, name="Hydrants").add_to(page)  # doctest: +SKIP
"""

from fireplan.maps._layers.vector_layers import lines, points, polygons, station_markers

__all__ = ["lines", "points", "polygons", "station_markers"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
