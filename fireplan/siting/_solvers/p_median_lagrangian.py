"""Prices of serving places: a bound for every choice of sites, and branches where the bound is not the optimum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.location.p_median import Service, Team, reduced, unserved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._solvers.p_median_local_search import Hunt

STEPS = 25
"""Changes of the prices between two looks at what they suggest."""

BRANCH_STEPS = 60
"""Changes of the prices in each branch."""

BEYOND = 0.003
"""Prices aim at a bound higher than needed by this part: one aimed at exactly is approached ever more slowly."""

MOST_BYTES = 400e6
"""Prices of waiting branches may fill this; from then on the newest branch is next, not the most promising."""

NEAR = 1.005
"""What the prices of a branch suggest is bettered by exchanges if it costs no more than this times the best."""


class Prices:
    """
    Prices of serving each place: a bound for every choice, and what better choices must have or cannot have.

    Attributes
    ----------
    best, bound
        The prices that gave the highest bound, and that bound.
    closed, opened
        Sites that no choice worth looking for has, and those that every such choice has.
    scale
        How far the next change goes.
    """

    def __init__(
        self,
        service: Service,
        members: list[tuple[int, NDArray[np.int64]]],
        price: NDArray[np.float64],
        closed: NDArray[np.bool_],
        opened: NDArray[np.bool_],
    ) -> None:
        self.service, self.members = service, members
        self.price = self.best = price
        self.closed, self.opened = closed.copy(), opened.copy()
        self.bound, self.scale, self.patience = -math.inf, 1.0, 20
        self.often = np.zeros(service.n_sites)
        self._direction, self._stale = np.zeros_like(price), 0

    @classmethod
    def of(cls, team: Team, must: NDArray[np.bool_]) -> Prices:
        """Begin between what each place costs by its site and by the second best."""
        service, rules = team.service, team.rules
        dearest = np.zeros(len(service.base))
        some = np.diff(service.first) > 0
        dearest[some] = service.dear[service.first[1:][some] - 1]
        price = np.minimum((team.near + team.next) / 2, np.where(must, dearest, service.base))
        members = [(int(quota), np.flatnonzero(rules.group == g)) for g, quota in enumerate(rules.quota)]
        none = np.zeros(service.n_sites, dtype=np.bool_)
        return cls(service, members, price, none, none)

    def step(self, worth: float, *, aim: float | None = None) -> tuple[NDArray[np.bool_], float]:
        """
        Change the prices once.

        Parameters
        ----------
        worth
            Choices that cost more are not looked for.
        aim
            The bound to go for; left out: a little more than `worth`.

        Returns
        -------
        The sites the old prices suggest, and what these cost.
        """
        saving = reduced(self.service, self.price)
        picked = self._pick(saving)
        bound = float(self.price.sum() + saving[picked].sum())
        lack, total = unserved(self.service, self.price, picked)
        self._rule_out(saving, picked, bound, worth)
        self.often += 0.1 * (picked - self.often)
        self._stale = 0 if bound > self.bound + 1e-5 * abs(worth - self.bound) else self._stale + 1
        if bound > self.bound:
            self.best, self.bound = self.price, bound
        # Subgradient optimisation (Held, Wolfe and Crowder 1974) along a direction that remembers the last ones, with
        # Polyak's step towards `aim`. `bound` and `best` keep the highest bound and its prices; when it stands still,
        # steps are halved from there. A direction of length zero ends it: no price should change.
        self._direction = lack + 0.5 * self._direction
        length = float(self._direction @ self._direction)
        if self._stale >= self.patience:
            self.scale, self._stale = self.scale / 2, 0
            self._direction = np.zeros_like(self.price)
            self.price = self.best
        elif length:
            height = (worth + BEYOND * abs(worth) if aim is None else aim) - bound
            far = self.scale * max(height, BEYOND * abs(worth)) / length
            self.price = np.clip(self.price + far * self._direction, 0.0, self.service.base)
        else:
            self.scale = 0.0
        return picked, total

    def _pick(self, saving: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Pick of each group the sites that save most, those that must be open first."""
        picked = self.opened.copy()
        rank = np.where(self.closed | self.opened, 0.0, saving)
        for quota, members in self.members:
            free = quota - int(self.opened[members].sum())
            mine = members
            if 0 < free < len(members):
                mine = members[np.argpartition(rank[members], free - 1)[:free]]
            if free > 0:
                picked[mine[rank[mine] < 0]] = True
        return picked

    def _rule_out(self, saving: NDArray[np.float64], picked: NDArray[np.bool_], bound: float, worth: float) -> None:
        """Mark the sites that every choice below `worth` has, and those that none has."""
        # A site left that is taken in would push out the last one taken, or fill a free place; a site taken that is
        # left would give way to the best one left, or to none. If the bound then is above `worth`, no better choice
        # does so.
        for quota, members in self.members:
            inside = members[picked[members] & ~self.opened[members]]
            outside = members[~picked[members] & ~self.closed[members]]
            full = int(picked[members].sum()) >= quota
            last = saving[inside].max(initial=-math.inf) if full else 0.0
            then = saving[outside].min(initial=0.0)
            self.closed[outside[bound + saving[outside] - last > worth]] = True
            self.opened[inside[bound - saving[inside] + then > worth]] = True
            if self.opened[members].sum() > quota:
                self.bound = math.inf  # these would all be needed: no choice is below `worth`

    def branch(self, site: int, *, opened: bool) -> Prices:
        """Give the same prices where a site is open, or closed."""
        out = Prices(self.service, self.members, self.best, self.closed, self.opened)
        (out.opened if opened else out.closed)[site] = True
        out.scale, out.patience = 0.25, 5
        out.often = self.often.copy()
        return out

    def rest(self, bound: float) -> None:
        """Keep only what later branches need; a branch's bound is no lower than that of the branch it comes from."""
        self.bound = max(self.bound, bound)
        self.price = self._direction = self.best

    def trimmed(self, worth: float) -> Prices:
        """Give the same prices without what no choice below `worth` uses: closed sites, and ways that are too dear."""
        s = self.service
        m = len(s.base)
        owner = np.repeat(np.arange(m), np.diff(s.first))
        keep = self.useful(worth)
        first = np.concatenate([[0], np.cumsum(np.bincount(owner[keep], minlength=m))]).astype(np.int64)
        service = Service(s.start, s.place, s.cost, first, s.site[keep], s.dear[keep], s.base)
        out = Prices(service, self.members, self.best, self.closed, self.opened)
        out.bound, out.often = self.bound, self.often
        return out

    def limit(self, worth: float) -> NDArray[np.float64]:
        """
        Cost above which no choice below `worth` serves each place.

        Serving a place at more than its price costs the difference more than the bound.
        """
        return self.best + max(0.0, worth - self.bound)

    def useful(self, worth: float) -> NDArray[np.bool_]:
        """Mark the ways (as filed by place) that a choice below `worth` can use."""
        s = self.service
        owner = np.repeat(np.arange(len(s.base)), np.diff(s.first))
        limit = self.limit(worth)
        forced = self.opened[s.site]
        np.minimum.at(limit, owner[forced], s.dear[forced])
        return np.asarray(~self.closed[s.site] & (s.dear <= limit[owner]))

    @property
    def undecided(self) -> NDArray[np.int64]:
        """Sites neither closed nor open."""
        return np.flatnonzero(~self.closed & ~self.opened)


def branch_and_bound(hunt: Hunt, prices: Prices) -> None:
    """
    Open and close sites, the branch with the lowest bound first, until none can hold a better choice.

    It ends by itself, having proven the best choice, or through `Search.check`.
    """
    search = hunt.search
    waiting = [prices.trimmed(hunt.worth)]
    most = MOST_BYTES / prices.best.nbytes
    # Best first. Invariant: a choice that costs less than the best one known lies in a branch that waits, so the lowest
    # bound among them is a bound for all. When they fill the memory allowed, the newest comes first, and few are added.
    while waiting:
        bounds = [w.bound for w in waiting]
        lowest = min(bounds)
        if lowest > hunt.worth:
            return
        search.tighten(lowest)
        search.check()
        now = waiting.pop(bounds.index(lowest) if len(waiting) < most else -1)
        if now.bound > hunt.worth:
            continue
        free = now.undecided
        site = int(free[np.argmin(np.abs(now.often[free] - 0.5))])
        for opened in (True, False):
            then = now.branch(site, opened=opened)
            _raise_prices(hunt, then)
            then.rest(now.bound)
            if then.bound > hunt.worth:
                continue
            if len(then.undecided):
                waiting.append(then)
            else:
                _look_at(hunt, then.opened)


def _raise_prices(hunt: Hunt, prices: Prices) -> None:
    """Raise the prices of a branch, and look at the best choice they suggest."""
    best_total, best = math.inf, prices.opened
    # Few steps from the prices of the branch above, which are nearly right here; ended as soon as the branch is closed.
    for _ in range(BRANCH_STEPS):
        picked, total = prices.step(hunt.worth)
        if total < best_total:
            best_total, best = total, picked
        if prices.bound > hunt.worth or prices.scale < 0.01 or not len(prices.undecided):
            break
        if hunt.search.left_s <= 0:
            hunt.search.check()
    if best_total < NEAR * hunt.best_total:
        _look_at(hunt, best)


def _look_at(hunt: Hunt, chosen: NDArray[np.bool_]) -> None:
    hunt.team.serve(np.flatnonzero(chosen))
    hunt.settle()
