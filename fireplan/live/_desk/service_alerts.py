"""Alerts of what the picture rests on: the store, and each feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fireplan import wording
from fireplan.operations._advice.alerts import SERIOUS, WARNING, Alert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.operations.live_state import FeedLineState, StoreState

STORE_TITLES = {
    "slow": "The store is slow",
    "unreachable": "The store cannot be reached: nothing is kept",
    "full": "The store is full: nothing is kept",
    "locked": "The store is locked: nothing is kept",
    "corrupt": "The store is damaged: nothing is kept",
    "gone": "The store is gone: nothing is kept",
}
LINE_TITLES = {"quiet": "is silent", "troubled": "cannot be read", "ended": "has ended"}


class ServiceState(NamedTuple):
    """
    How the service itself is.

    Attributes
    ----------
    wall
        The wall clock. [ms since 1970, UTC]
    store, feeds
        How the store and each feed are.
    replay
        Whether a history is played: that it comes to its end is no trouble.
    """

    wall: int
    store: StoreState
    feeds: Sequence[FeedLineState]
    replay: bool = False


def service_alerts(service: ServiceState, now_us: int) -> list[Alert]:
    """
    Gather what has to be told of the store and of each feed.

    Parameters
    ----------
    service
        How they are.
    now_us
        The feed's clock, on which alerts are told; that of a replay is not the wall clock. [us since 1970, UTC]
    """

    def told_us(wall_ms: int | None) -> int:
        return now_us if wall_ms is None else now_us - max(0, service.wall - wall_ms) * 1000

    found = []
    store = service.store
    if store["state"] in STORE_TITLES:
        level = WARNING if store["state"] == "slow" else SERIOUS
        title = STORE_TITLES[store["state"]]
        found.append(Alert(f"store:{store['state']}", "store", level, told_us(store["since"]), title, store["said"]))
    for line in service.feeds:
        found += _line(line, told_us(line["last_word"]), service)
    return found


def _line(line: FeedLineState, since_us: int, service: ServiceState) -> list[Alert]:
    name, trouble = line["name"], line["trouble"]
    state = line["state"]
    key = f"feed:{state}:{name}"[:200]
    if state in LINE_TITLES and not (state == "ended" and service.replay):
        silent_s = 0.0 if line["last_word"] is None else (service.wall - line["last_word"]) / 1000
        text = trouble or ""
        if state == "quiet":
            usual_s = line["usual_s"]
            text = f"nothing usable has come for {wording.roughly(silent_s)}"
            text += f"; at this hour every second silence is under {wording.roughly(usual_s)}" if usual_s else ""
            text += f"; {trouble}" if trouble else ": is it up?"
        return [Alert(key, "feed", SERIOUS, since_us, f"Feed {name} {LINE_TITLES[state]}", text)]
    if trouble and not service.replay:
        return [Alert(key, "feed", WARNING, since_us, f"Feed {name}: {trouble}", "what it says is not in the picture")]
    return []
