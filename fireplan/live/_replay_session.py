"""A live view of a history, started from a notebook, to look at and to learn with."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pandas as pd

from fireplan.errors import InputError
from fireplan.live._client import Connection, connect
from fireplan.project import Project, open_project

log = logging.getLogger(__name__)


class Played:
    """
    A live view that plays a history; see `play`.

    Attributes
    ----------
    url
        Where the page is, with the token of an operator behind the #.
    clock
        `clock.change(speed=, paused=)` plays faster or slower, or stops.
    """

    def __init__(self, project: Project, *, speed: float, start: str | pd.Timestamp | None, port: int) -> None:
        from fireplan.live._assemble import open_desk, replay_of  # noqa: PLC0415
        from fireplan.live._web.logs import Log  # noqa: PLC0415 - these need the extra
        from fireplan.live._web.server import Binding, Server  # noqa: PLC0415
        from fireplan.live._web.tokens import Tokens  # noqa: PLC0415

        if project.history is None:
            raise InputError("this project has no dispatch history to play: name one in plan.toml, [inputs] cad")
        start_us = None
        if start is not None:
            stamp = pd.Timestamp(start)
            stamp = stamp.tz_localize(project.plan.timezone) if stamp.tzinfo is None else stamp
            start_us = int(stamp.timestamp() * 1_000_000)
        tokens = Tokens()
        feed, self.clock = replay_of(project.history, speed=speed, start_us=start_us)
        self._stack = ExitStack()
        with ExitStack() as stack:
            desk = stack.enter_context(open_desk(project, store=None, feeds=[feed], clock=self.clock, source="replay"))
            server = stack.enter_context(Server(desk, Binding(port=port), tokens=tokens, log=Log(log.debug)))
            self._stack = stack.pop_all()
        self._token = tokens.operator
        self._at = server.url
        self.url = f"{server.url}/#token={tokens.operator}"

    def __repr__(self) -> str:
        """Say where it is."""
        return f"Live view at {self.url}"

    def connect(self) -> Connection:
        """Connect to it as from anywhere else."""
        return connect(self._at, token=self._token)

    def close(self) -> None:
        """End it."""
        self._stack.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End it."""
        self.close()


def play(
    project: Project | str | Path,
    *,
    speed: float = 60.0,
    start: str | pd.Timestamp | None = None,
    port: int = 0,
) -> Played:
    """
    Play a project's history as a live view, on this machine alone.

    Parameters
    ----------
    project
        A project, or its folder.
    speed
        Seconds of history for each second.
    start
        Local time at which it begins; left out: six in the morning of the busiest of the last 90 days.
    port
        Where it listens; 0: any that is free.

    Returns
    -------
    The view; `close` it, or use it in a `with` block. It needs the extra `live`.
    """
    opened = project if isinstance(project, Project) else open_project(Path(project))
    return Played(opened, speed=speed, start=start, port=port)
