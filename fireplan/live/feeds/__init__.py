"""
Feeds: where events come from.

`TailedFile` reads JSON lines appended to a file, `PolledView` asks an SQL table or view, and `check_feed` tries whether
an adapter of one's own keeps what `Feed` promises.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fireplan.live.feeds._adapter_check import FeedFault, check_feed
    from fireplan.live.feeds._feed import Batch, Feed
    from fireplan.live.feeds._file_tail import TailedFile
    from fireplan.live.feeds._polled_view import PolledView

__all__ = ["Batch", "Feed", "FeedFault", "PolledView", "TailedFile", "check_feed"]

# Imported when first asked for: a polled view needs SQLAlchemy, and the others do not.
_MODULES = {
    "Batch": "feed",
    "Feed": "feed",
    "FeedFault": "checking",
    "PolledView": "polling",
    "TailedFile": "tailing",
    "check_feed": "checking",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
