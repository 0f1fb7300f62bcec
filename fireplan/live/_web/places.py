"""Places for connections: there are so many, and when they run out, whoever has shown no token gives one up first."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN_SOURCE = "unknown"
LONGEST_SOURCE = 64
NETWORK_BITS = 64
AT_ONCE = 32
"""One in so many of those that have shown no token gives up its place at once, so that a flood is not sorted again and
again."""

NEVER = 4
UNKNOWN = 0


class Holder(Protocol):
    """A connection, as far as its place goes."""

    source: str
    role: Role | None
    came: int

    @property
    def is_answered(self) -> bool:
        """Whether a request of it is being answered."""

    def cut(self) -> None:
        """Break it off."""

    def sweep(self, now_s: float) -> None:
        """Break it off if it has kept us waiting."""


class ConnectionPlaces:
    """
    Connections that are open.

    A new connection always gets in: another one goes for it. Those that have shown no right token go first, of the
    source with most of them the oldest; then those of viewers and of others that ask for nothing just now; then those
    of viewers. Whatever is being answered to an operator or a feed is never broken off.

    Parameters
    ----------
    most
        How many there may be.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: dict[Holder, None] = {}
        self._came = 0

    def __len__(self) -> int:
        """How many are taken."""
        return len(self._held)

    def __iter__(self) -> Iterator[Holder]:
        """Yield who holds one."""
        return iter(tuple(self._held))

    def take(self, holder: Holder) -> bool:
        """Give a connection a place; False: there is none, and it was broken off."""
        if len(self._held) >= self.most and not self._make_room():
            holder.cut()
            return False
        self._came += 1
        holder.came = self._came
        self._held[holder] = None
        return True

    def give_up(self, holder: Holder) -> None:
        """Take the place of a connection that has gone."""
        self._held.pop(holder, None)

    def _make_room(self) -> bool:
        ranked = {holder: _rank(holder) for holder in self._held}
        first = min(ranked.values(), default=NEVER)
        if first == NEVER:
            return False
        of_source = Counter(holder.source for holder, rank in ranked.items() if rank == first)
        going = [holder for holder, rank in ranked.items() if rank == first]
        going.sort(key=lambda holder: (-of_source[holder.source], holder.came))
        for holder in going[: max(1, len(going) // AT_ONCE) if first == UNKNOWN else 1]:
            self.give_up(holder)
            holder.cut()
        return True


def _rank(holder: Holder) -> int:
    """Tell how soon a connection gives up its place; `NEVER`: not at all."""
    if holder.role is None:
        return UNKNOWN
    reads = holder.role is Role.VIEWER
    if holder.is_answered:
        return 3 if reads else NEVER
    return 1 if reads else 2


def source_of(said: str) -> str:
    """
    Give the source that an address stands for, by which wrong tokens and connections are counted.

    Whoever has one address of IPv6 has the 2^64 beside it: they are one source.

    Parameters
    ----------
    said
        An address, with its port or without.
    """
    text = said.strip()[:LONGEST_SOURCE]
    bare = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return text or UNKNOWN_SOURCE
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
    return str(address)
