"""
Maps: what the measures say, on one offline page.

Each function draws one view and gives back its page, which saves itself as one file and shows itself in a notebook.
`OfflineMap`, `SyncedMaps` and `SwipeMap` are the pages, for maps of one's own: `layers` are drawn on them, and
`Legend`, `Entry` and `Footer` say beside them what is seen. `escape` is the one way text from data reaches a page.

Inside, three floors, each knowing those below it alone: `_views` over `_pages` over `_layers`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fireplan._html_escape import escape as escape
from fireplan.maps import layers as layers
from fireplan.maps._layers.legend import Entry as Entry
from fireplan.maps._layers.legend import Legend as Legend
from fireplan.maps._pages.offline_map import OfflineMap as OfflineMap
from fireplan.maps._pages.page_frame import Footer as Footer
from fireplan.maps._pages.swipe_map import SwipeMap as SwipeMap
from fireplan.maps._pages.synced_maps import SyncedMaps as SyncedMaps

if TYPE_CHECKING:
    from fireplan.maps._views.compare import compare as compare
    from fireplan.maps._views.coverage import coverage as coverage
    from fireplan.maps._views.difference import difference as difference
    from fireplan.maps._views.erf import erf as erf
    from fireplan.maps._views.first_due import first_due as first_due
    from fireplan.maps._views.gaps import gaps as gaps
    from fireplan.maps._views.grid import grid as grid
    from fireplan.maps._views.incidents import incidents as incidents
    from fireplan.maps._views.isochrones import isochrones as isochrones
    from fireplan.maps._views.network_parts import network_parts as network_parts
    from fireplan.maps._views.performance import performance as performance
    from fireplan.maps._views.playback import playback as playback
    from fireplan.maps._views.residuals import residuals as residuals
    from fireplan.maps._views.siting import siting as siting
    from fireplan.maps._views.swipe import swipe as swipe

Page = OfflineMap | SwipeMap | SyncedMaps
"""Whatever page a view gives back."""

VIEWS = (
    "compare", "coverage", "difference", "erf", "first_due", "gaps", "grid", "incidents", "isochrones",
    "network_parts", "performance", "playback", "residuals", "siting", "swipe",
)  # fmt: skip
"""Names of the functions that draw a view."""

__all__ = ["Entry", "Footer", "Legend", "OfflineMap", "Page", "SwipeMap", "SyncedMaps", "escape", "layers", *VIEWS]  # noqa: PLE0604 - names from above


def __getattr__(name: str) -> object:
    """Import a view when it is first asked for: a command draws one or two, and none waits for what the others need."""
    if name not in VIEWS:
        raise AttributeError(f"module 'fireplan.maps' has no attribute {name!r}")
    view = getattr(import_module(f"fireplan.maps._views.{name}"), name)
    globals()[name] = view
    return view


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
