"""
Maps: what the measures say, on one offline page.

Each function draws one view and gives back its page, which saves itself as one file and shows itself in a notebook.
`OfflineMap`, `SyncedMaps` and `SwipeMap` are the pages, for maps of one's own: `layers` are drawn on them, and
`Legend`, `Entry` and `Footer` say beside them what is seen.

Inside, three floors, each knowing those below it alone: `_views` over `_pages` over `_layers`.
"""

from fireplan.maps import layers
from fireplan.maps._layers.legend import Entry, Legend
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import Footer
from fireplan.maps._pages.swipe_map import SwipeMap
from fireplan.maps._pages.synced_maps import SyncedMaps
from fireplan.maps._views.compare import compare
from fireplan.maps._views.coverage import coverage
from fireplan.maps._views.erf import erf
from fireplan.maps._views.first_due import first_due
from fireplan.maps._views.gains import difference
from fireplan.maps._views.gaps import gaps
from fireplan.maps._views.grid import grid
from fireplan.maps._views.incidents import incidents
from fireplan.maps._views.isochrones import isochrones
from fireplan.maps._views.performance import performance
from fireplan.maps._views.siting import siting
from fireplan.maps._views.swipe import swipe

Page = OfflineMap | SwipeMap | SyncedMaps
"""Whatever page a view gives back."""

__all__ = [
    "Entry",
    "Footer",
    "Legend",
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
    "layers",
    "performance",
    "siting",
    "swipe",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
