"""The live view: events of a dispatch feed kept, shown and served; `connect` reads one from a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fireplan.live.client import Connection as Connection
    from fireplan.live.client import connect as connect

__all__ = ["Connection", "connect"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import the client when it is first asked for: the rest needs the extra `live`."""
    if name in __all__:
        from fireplan.live import client  # noqa: PLC0415 - see above

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
