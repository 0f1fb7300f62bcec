"""
Layers over tables of one's own, to be added to an `OfflineMap`: areas, streets, stations and points.

They are the parts of a map of one's own, with colours and words chosen by hand. A layer with classes, cards and a
legend made for it, on any page and from any CRS, is `OfflineMap.add_layer`.

>>> import geopandas as gpd
>>> calls = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-140.0, -139.99], [30.0, 30.01]), crs="EPSG:4326")
>>> page = fp.maps.OfflineMap(title="Calls")
>>> layer = fp.maps.layers.points(calls, name="Calls").add_to(page)
>>> page.save("calls.html").name
'calls.html'
"""

from fireplan.maps._layers.vector_layers import lines, points, polygons, station_markers

__all__ = ["lines", "points", "polygons", "station_markers"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
