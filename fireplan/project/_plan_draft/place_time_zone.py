"""The time zone of a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd


def zone_of(points: gpd.GeoSeries) -> str:
    """
    Find the IANA time zone that is kept where points lie; "" if there are none, or they lie at sea.

    Examples
    --------
    >>> import geopandas as gpd
    >>> zone_of(gpd.GeoSeries.from_xy([-122.42], [37.77], crs=4326))
    'America/Los_Angeles'
    """
    from timezonefinder import TimezoneFinder  # noqa: PLC0415 - slow to import

    here = points[~(points.isna() | points.is_empty)].to_crs(4326)
    if not len(here):
        return ""
    at = here.representative_point()
    found = TimezoneFinder().timezone_at(lng=float(np.median(at.x)), lat=float(np.median(at.y))) or ""
    return "" if found.startswith("Etc/") else found
