"""
Maps: what the measures say, on one offline page.

`escape` is the one way text from data reaches a page, and the guard behind it. `page` and `panes` are the pages, made
of `furniture`, `legend` and `basemaps` by way of `rendering` and `document`. `layers` draws tables, with `cells`,
`packing` and `packed`; `style` holds colours, words and figures. `views` are the maps people ask for first, over
`tables` made ready to be drawn and what `drawing` draws for several of them; `territories` (first due), `depth`
(effective response force), `shifts` (differences), `observed` (performance), `crowds` (incidents) and `siting_view` are
one view each; `swiping` and `gridding` put several scenarios on one page.
"""

from fireplan.maps.crowds import incidents
from fireplan.maps.depth import erf
from fireplan.maps.gridding import grid
from fireplan.maps.observed import performance
from fireplan.maps.page import OfflineMap
from fireplan.maps.panes import SyncedMaps
from fireplan.maps.shifts import difference
from fireplan.maps.siting_view import siting
from fireplan.maps.swiping import SwipeMap, swipe
from fireplan.maps.territories import first_due
from fireplan.maps.views import compare, coverage, gaps, isochrones

Page = OfflineMap | SwipeMap | SyncedMaps

__all__ = [
    "OfflineMap",
    "Page",
    "SwipeMap",
    "SyncedMaps",
    "compare",
    "coverage",
    "difference",
    "erf",
    "first_due",
    "gaps",
    "grid",
    "incidents",
    "isochrones",
    "performance",
    "siting",
    "swipe",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
