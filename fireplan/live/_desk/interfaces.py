"""What the web service needs of the desk: the one place where events come in and the state goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from fireplan.operations import live_state
    from fireplan.operations._events.event import Event
    from fireplan.operations._events.refusal import Refusal


class Receipt(NamedTuple):
    """
    What became of events that were handed in, once that is durable.

    Attributes
    ----------
    new
        Events that were not known before.
    duplicates
        Events that were known, and said the same.
    refused
        What was set aside: the refusals handed in, and events whose id is known with other content.
    row
        How many events the store held when these were in it. An update whose `upto` is as great shows them.
    conflicts
        Ids of the events that were set aside because the same id is known with other content.
    """

    new: int
    duplicates: int
    refused: int
    row: int = 0
    conflicts: tuple[str, ...] = ()


class DeskUpdate(NamedTuple):
    """
    What changed since the revision before.

    Attributes
    ----------
    rev
        The revision it leads to.
    data
        As JSON.
    """

    rev: int
    data: live_state.Update


class ReplayControl(Protocol):
    """The clock of a replay."""

    def change(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Play faster or slower, stop or go on; None: as it is."""


class DeskLike(Protocol):
    """The desk, as far as the web service knows it. Every method may be called from any thread."""

    title: str
    ground: live_state.Ground

    @property
    def replay(self) -> ReplayControl | None:
        """The replay that is played; None: the feed is live."""

    def submit(
        self, events: Sequence[Event], refusals: Sequence[Refusal] = (), *, position: tuple[str, str] | None = None
    ) -> Future[Receipt]:
        """Take events in; the future is done when they are durable, and raises if they are not."""

    def snapshot(self) -> live_state.DeskState:
        """Give the whole state. It is not modified by anyone."""

    def moment(self, at_us: int) -> live_state.DeskState:
        """Give the whole state as it was at an instant. [us since 1970, UTC]"""

    def subscribe(self, listener: Callable[[DeskUpdate], None]) -> Callable[[], None]:
        """Have every update told, in the desk's own thread, in order; what is returned ends that."""

    def events_between(self, start_us: int | None, end_us: int | None) -> Iterator[Event]:
        """Yield the events of a span, in order of their instants; the end is exclusive; None: open."""

    def acknowledge(self, key: str, who: str) -> bool:
        """Note that someone has seen an alert; False: there is no such alert now."""

    def project_zip(self) -> bytes:
        """Give the project as a zip file, for a notebook."""
