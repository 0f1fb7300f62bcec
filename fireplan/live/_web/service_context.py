"""What the guard and all routes of the web service share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fireplan.live._desk.interfaces import DeskLike
    from fireplan.live._web.limits_and_headers import Failures, Limits
    from fireplan.live._web.logs import Log
    from fireplan.live._web.page_files import PageFiles
    from fireplan.live._web.sessions import Sessions
    from fireplan.live._web.streaming import Hub
    from fireplan.live._web.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Web:
    """
    What the routes share.

    Attributes
    ----------
    desk
        Where events go, and the state comes from.
    tokens, sessions, failures
        Who is known, and who tried to be.
    hub
        The streams.
    files
        The page.
    limits
        How much is taken.
    log
        Where it is written down.
    secure
        Cookies are for https only.
    behind_proxy
        Callers are told apart by what the proxy says of them.
    """

    desk: DeskLike
    tokens: Tokens
    sessions: Sessions
    failures: Failures
    hub: Hub
    files: PageFiles
    limits: Limits
    log: Log
    secure: bool
    behind_proxy: bool = False
