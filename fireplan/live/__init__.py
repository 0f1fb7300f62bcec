"""The live view: events of a dispatch feed kept, shown and served; `connect` reads a running one, `play` starts one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fireplan.live import feeds as feeds
    from fireplan.live._assemble import open_desk as open_desk
    from fireplan.live._client import Connection as Connection
    from fireplan.live._client import connect as connect
    from fireplan.live._replay_session import Played as Played
    from fireplan.live._replay_session import play as play

_MODULES = {
    "Connection": "_client",
    "connect": "_client",
    "Played": "_replay_session",
    "play": "_replay_session",
    "open_desk": "_assemble",
}
__all__ = ["Connection", "Played", "connect", "feeds", "open_desk", "play"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import what is asked for when it is: the service needs the extra `live`, a connection does not."""
    if name == "feeds":
        return import_module("fireplan.live.feeds")
    if name in _MODULES:
        return getattr(import_module(f"fireplan.live.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
