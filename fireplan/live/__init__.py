"""The live view: events of a dispatch feed kept, shown and served; `connect` reads a running one, `play` starts one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fireplan.live._client import Connection as Connection
    from fireplan.live._client import connect as connect
    from fireplan.live._replay_session import Played as Played
    from fireplan.live._replay_session import play as play

_MODULES = {"Connection": "client", "connect": "client", "Played": "playing", "play": "playing"}
__all__ = ["Connection", "Played", "connect", "play"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import what is asked for when it is: the service needs the extra `live`, a connection does not."""
    if name in _MODULES:
        return getattr(import_module(f"fireplan.live.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
