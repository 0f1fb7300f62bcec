"""Choosing sites so that places are served at the least cost: exchanges of sites, and prices that bound them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 1e-10
"""A change by less than this part of the total is none: sums are not exact."""


@dataclass(frozen=True, eq=False)
class Service:
    """
    What it costs to serve each place from each site, filed both ways; what is not filed cannot serve.

    Attributes
    ----------
    start, place, cost
        By site: its places and costs are at `start[j]:start[j + 1]`.
    first, site, dear
        By place, the cheapest first: its sites and costs are at `first[i]:first[i + 1]`.
    base
        What each place costs when no site serves it; every cost filed is below that of its place.
    """

    start: NDArray[np.int64]
    place: NDArray[np.int32]
    cost: NDArray[np.float64]
    first: NDArray[np.int64]
    site: NDArray[np.int32]
    dear: NDArray[np.float64]
    base: NDArray[np.float64]

    @property
    def n_sites(self) -> int:
        """How many sites there are."""
        return len(self.start) - 1


@dataclass(frozen=True, eq=False)
class ExchangeRules:
    """
    Which sites may be chosen together.

    Attributes
    ----------
    group, quota
        Group of each site, and how many may be chosen of each group.
    price, budget
        What each site costs, and what there is to spend.
    pair_start, pair_other
        Sites that exclude site j: `pair_other[pair_start[j]:pair_start[j + 1]]`.
    """

    group: NDArray[np.int64]
    quota: NDArray[np.int64]
    price: NDArray[np.float64]
    budget: float
    pair_start: NDArray[np.int64]
    pair_other: NDArray[np.int64]


def file_costs(
    start: NDArray[np.int64], place: NDArray[np.int32], cost: NDArray[np.float64], base: NDArray[np.float64]
) -> Service:
    """File costs given by site by place as well."""
    owner = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
    order = np.lexsort((cost, place))
    first = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(base)))]).astype(np.int64)
    return Service(start, place, cost, first, owner[order], cost[order], base)


class Team:
    """Sites chosen under rules, and moves that better them: one at a time is added, or exchanged for another."""

    def __init__(self, service: Service, rules: ExchangeRules) -> None:
        n, m, most = service.n_sites, len(service.base), int(rules.quota.sum())
        self.service, self.rules = service, rules
        self._chosen = np.empty(most + 1, dtype=np.int64)
        self._count = 0
        self._slot = np.full(n, -1, dtype=np.int64)
        self._near, self._next = service.base.copy(), service.base.copy()
        self._owner = np.full(m, -1, dtype=np.int64)
        self._loss, self._scratch = np.zeros(most + 1), np.zeros(most + 1)
        self._none = np.zeros(n, dtype=np.bool_)
        self.serve(np.empty(0, dtype=np.int64))

    @property
    def chosen(self) -> NDArray[np.int64]:
        """The sites chosen now."""
        return self._chosen[: self._count].copy()

    @property
    def near(self) -> NDArray[np.float64]:
        """Cost of each place now."""
        return self._near

    @property
    def next(self) -> NDArray[np.float64]:
        """Cost of each place if its site were closed."""
        return self._next

    @property
    def total(self) -> float:
        """Cost of all places now."""
        return float(self._near.sum())

    def serve(self, chosen: NDArray[np.int64]) -> None:
        """Serve the places from these sites, which must keep the rules."""
        self._slot[self._chosen[: self._count]] = -1
        self._count = len(chosen)
        self._chosen[: self._count] = chosen
        self._slot[chosen] = np.arange(self._count)
        s, rules = self.service, self.rules
        _serve(
            s.start, s.place, s.cost, s.base, self._chosen, self._count, self._near, self._next, self._owner, self._loss
        )
        self._room = rules.quota - np.bincount(rules.group[chosen], minlength=len(rules.quota))
        self._left = rules.budget - float(rules.price[chosen].sum()) + 1e-9 * max(1.0, abs(rules.budget))

    def move(self, barred: NDArray[np.bool_] | None = None, *, exchange: bool = True, idle: bool = False) -> bool:
        """
        Make the best move, and say whether there was one (Whitaker 1983: fast interchange).

        Parameters
        ----------
        barred
            Sites not to be added.
        exchange
            Whether a site chosen may leave for the new one.
        idle
            Whether to add a site even if it serves nobody better.
        """
        s, rules = self.service, self.rules
        limit = 1e-300 if idle else -LEAST * self.total
        j, r = _best_move(
            s.start, s.place, s.cost, self._near, self._next, self._owner, self._loss, self._scratch,
            rules.group, self._room, rules.price, self._left, rules.pair_start, rules.pair_other,
            self._none if barred is None else barred, self._slot, self._chosen, self._count, exchange, limit,
        )  # fmt: skip
        if j < 0:
            return False
        chosen = self._chosen[: self._count].copy()
        if r < 0:
            chosen = np.append(chosen, j)
        else:
            chosen[r] = j
        self.serve(chosen)
        return True


def reduced(service: Service, price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give, by site, what opening it would save at these prices of serving the places (zero or less)."""
    out = np.zeros(service.n_sites)
    _reduced(service.first, service.site, service.dear, price, out)
    return out


def unserved(
    service: Service, price: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """
    Compare what a relaxed choice does with what it should.

    Returns
    -------
    By place, 1 less the number of open sites that would serve it at its price (those whose price is that of doing
    without never lack); and the cost of the choice.
    """
    out = np.ones(len(price))
    total = _unserved(service.first, service.site, service.dear, service.base, price, chosen, out)
    return out, total


def thinned(
    start: NDArray[np.int64], place: NDArray[np.int32], n_places: int, group: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """
    Leave out of a covering problem what follows from the rest.

    Parameters
    ----------
    start, place
        By site, the places it covers, ascending, as in `Service`.
    n_places
        How many places there are.
    group
        Group of each site: one that covers no more than another of its group is left with no place. None: every site
        is kept.

    Returns
    -------
    The same for the places left (Toregas and ReVelle 1972): one that is covered whenever another is, is left out.
    """
    start, place, n_places = _fewer_places(start, place, n_places)
    if group is None:
        return start, place, n_places
    first, site = _turned(start, place, n_places)
    drop = np.zeros(len(start) - 1, dtype=np.bool_)
    _nested(start, place, first, site, np.argsort(np.diff(start), kind="stable"), group, False, drop)  # noqa: FBT003
    keep = np.repeat(~drop, np.diff(start))
    start = np.concatenate([[0], np.cumsum(np.where(drop, 0, np.diff(start)))])
    return _fewer_places(start, place[keep], n_places)


def _fewer_places(start, place, n_places):
    first, site = _turned(start, place, n_places)
    drop = np.zeros(n_places, dtype=np.bool_)
    alike = np.zeros(n_places, dtype=np.int64)
    _nested(first, site, start, place, np.argsort(np.diff(first), kind="stable"), alike, True, drop)  # noqa: FBT003
    number = (np.cumsum(~drop) - 1).astype(np.int32)
    keep = ~drop[place]
    return np.concatenate([[0], np.cumsum(keep)])[start], number[place[keep]], int((~drop).sum())


def _turned(start, place, n_places):
    """File by place what is filed by site."""
    first = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=n_places))])
    site = np.empty(len(place), dtype=np.int32)
    _fill(start, place, first[:-1].copy(), site)
    return first, site


@compiled
def _fill(start, place, next_, site):
    # A counting sort: `next_` is where the next site of each place goes. Sites come in ascending order, so those of a
    # place do too.
    for j in range(len(start) - 1):
        for e in range(start[j], start[j + 1]):
            site[next_[place[e]]] = j
            next_[place[e]] += 1


@compiled
def _nested(start, item, first, owner, order, group, larger, drop):
    """Of any two sets of a group of which one holds the other, drop the `larger` one, or the smaller."""
    # A set that holds b holds b's rarest item, so only that item's owners are asked. Items ascend: each look-up begins
    # where the last one ended. A set once dropped is passed over: whatever it could have dropped, the set that dropped
    # it drops too, for holding is transitive.
    for o in range(len(order)):
        b = order[o]
        if drop[b] or start[b] == start[b + 1]:
            continue
        rare = item[start[b]]
        for e in range(start[b], start[b + 1]):
            if first[item[e] + 1] - first[item[e]] < first[rare + 1] - first[rare]:
                rare = item[e]
        for w in range(first[rare], first[rare + 1]):
            a = owner[w]
            if a == b or drop[a] or group[a] != group[b] or start[a + 1] - start[a] < start[b + 1] - start[b]:
                continue
            at, end, inside = start[a], start[a + 1], True
            for e in range(start[b], start[b + 1]):
                low, high = at, end
                while low < high:
                    middle = (low + high) // 2
                    if item[middle] < item[e]:
                        low = middle + 1
                    else:
                        high = middle
                if low == end or item[low] != item[e]:
                    inside = False
                    break
                at = low + 1
            if inside and larger:
                drop[a] = True
            elif inside:
                drop[b] = True
                break


@compiled
def _serve(start, place, cost, base, chosen, count, near, next_, owner, loss):
    """Find the cheapest and second cheapest of the sites chosen, and what closing each would lose."""
    # One pass over the sites chosen. Invariant: near and next_ are the least two costs so far, the base standing for
    # every site not seen. Closing a site sends its places to their second: the sum of that is its loss (Whitaker 1983).
    for i in range(len(base)):
        near[i] = base[i]
        next_[i] = base[i]
        owner[i] = -1
    for r in range(count):
        loss[r] = 0.0
        j = chosen[r]
        for e in range(start[j], start[j + 1]):
            i, c = place[e], cost[e]
            if c < near[i]:
                next_[i] = near[i]
                near[i] = c
                owner[i] = r
            elif c < next_[i]:
                next_[i] = c
    for i in range(len(base)):
        if owner[i] >= 0:
            loss[owner[i]] += next_[i] - near[i]


@compiled
def _best_move(
    start, place, cost, near, next_, owner, loss, scratch, group, room, price, left, pair_start, pair_other,
    barred, slot, chosen, count, exchange, limit,
):  # fmt: skip
    """Find the site to add and the slot it takes (-1: a free one); site -1: no move changes the total below `limit`."""
    # Fast interchange (Whitaker 1983; Resende and Werneck 2007): one pass over the places of j prices it against every
    # site chosen. Loss counts what closing r costs without j; where j is cheaper than a place's second, the place goes
    # to j instead, and scratch takes that off. Invariant: scratch[r] - gain is the change of the total by j for r.
    best, best_j, best_r = limit, -1, -1
    for j in range(len(start) - 1):
        if barred[j] or slot[j] >= 0:
            continue
        only, clashes = -1, 0
        for e in range(pair_start[j], pair_start[j + 1]):
            if slot[pair_other[e]] >= 0:
                clashes += 1
                only = slot[pair_other[e]]
        free = room[group[j]] > 0
        if clashes > 1 or (not exchange and (clashes or not free)):
            continue
        for r in range(count):
            scratch[r] = loss[r]
        gain = 0.0
        for e in range(start[j], start[j + 1]):
            i, c = place[e], cost[e]
            if c < near[i]:
                gain += near[i] - c
                if owner[i] >= 0:
                    scratch[owner[i]] -= next_[i] - near[i]
            elif c < next_[i] and owner[i] >= 0:
                scratch[owner[i]] -= next_[i] - c
        if free and not clashes and price[j] <= left and -gain < best:
            best, best_j, best_r = -gain, j, -1
        if not exchange:
            continue
        for r in range(count):
            if scratch[r] - gain >= best or (clashes and r != only):
                continue
            out = chosen[r]
            if (free or group[out] == group[j]) and price[j] <= left + price[out]:
                best, best_j, best_r = scratch[r] - gain, j, r
    return best_j, best_r


@compiled
def _reduced(first, site, dear, price, out):
    # Sites of a place stand cheapest first: the first that is no cheaper than the price is the last to be looked at.
    for i in range(len(price)):
        for e in range(first[i], first[i + 1]):
            if dear[e] >= price[i]:
                break
            out[site[e]] += dear[e] - price[i]


@compiled
def _unserved(first, site, dear, base, price, chosen, out):
    # The cheapest open site serves; every open one below the price wants to. One less their number is the slope of the
    # bound in this price (a subgradient): above zero the price should rise, below it fall.
    total = 0.0
    for i in range(len(price)):
        found = False
        for e in range(first[i], first[i + 1]):
            cheap = dear[e] < price[i]
            if found and not cheap:
                break
            if chosen[site[e]]:
                if not found:
                    total += dear[e]
                    found = True
                if cheap:
                    out[i] -= 1.0
        if not found:
            total += base[i]
        if out[i] > 0.0 and price[i] >= base[i]:
            out[i] = 0.0
    return total
