"""One station more, one less, one moved: 100,000 incidents covered again, with the shares and the 90th percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

from benchmarks.measuring import Contest, Way
from benchmarks.tasks.shared import SAME_S, demand
from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from benchmarks.networks import Place

LIMITS_S = np.array([240.0, 480.0])
PERCENT = 90.0
CLOSED = 7


class Kept:
    """Field and arrivals of the stations that stand, all of them on nodes; each question is undone after it."""

    def __init__(self, place: Place, stations, points) -> None:
        roads = place.roads
        self.stations = stations
        self.field = kernel.Field(roads.graph)
        self.field.fill(self._seeds(np.arange(len(stations))))
        streets = kernel.Streets(roads.first, roads.last, roads.there_s, roads.back_s)
        self.served = kernel.Served(self.field, streets, street=points[0], along=points[1])
        self.nobody = kernel.Sources(np.empty(0, dtype=np.int32), np.empty(0))
        self.served.refresh(self.nobody)

    def ask(self, *, opens: int | None, closes: int | None):
        """Share within each limit and the percentile, after a change."""
        rows = np.delete(np.arange(len(self.stations)), [] if closes is None else [closes])
        changes = []
        if closes is not None:
            changes.append(self._follow(self.field.withdraw(closes, left=self._seeds(rows))))
        if opens is not None:
            new = kernel.Seeds(np.array([opens], dtype=np.int32), np.zeros(1), np.array([len(self.stations)], np.int32))
            changes.append(self._follow(self.field.spread(new)))
        arrival_s = self.served.arrival_s
        counts, percentile_s = kernel.count_within(arrival_s, LIMITS_S, percent=PERCENT)
        for change, points, stood_s in reversed(changes):
            self.field.roll_back(change)
            self.served.arrival_s[points] = stood_s
        return counts / len(arrival_s), percentile_s

    def _follow(self, change):
        return change, *self.served.follow(change.node, self.nobody, also=np.empty(0, dtype=np.int32))

    def _seeds(self, rows):
        return kernel.Seeds(self.stations[rows], np.zeros(len(rows)), rows.astype(np.int32))


def contests(place: Place):
    roads = place.roads
    drawn = place.draw_nodes(51)
    stations, new = drawn[:-1], int(drawn[-1])
    rng = np.random.default_rng(12)
    n_points = 5_000 if place.quick else 100_000
    street, along = rng.integers(roads.n_streets, size=n_points).astype(np.int32), rng.random(n_points)
    kept = Kept(place, stations, (street, along))

    def by_scipy(sources):
        node_s = dijkstra(place.matrix, indices=sources, min_only=True)
        there_s = node_s[roads.first[street]] + along * roads.there_s[street]
        back_s = node_s[roads.last[street]] + (1 - along) * roads.back_s[street]
        arrival_s = np.minimum(there_s, back_s)
        shares = [(arrival_s <= limit).mean() for limit in LIMITS_S]
        return np.array(shares), np.quantile(arrival_s, PERCENT / 100, method="inverted_cdf")

    def check(ours, theirs):
        shares, percentile_s = theirs["scipy"]
        demand(np.abs(ours[0] - shares).max() <= 1e-4, f"scipy: shares {shares}, not {ours[0]}")
        demand(abs(ours[1] - percentile_s) <= SAME_S, f"scipy: 90th percentile {percentile_s:.3f} s, not {ours[1]:.3f}")
        return f"{ours[0][0]:.1%} within 240 s", True

    for title, opens, closes in (
        ("open a station", new, None),
        ("close a station", None, CLOSED),
        ("move a station", new, CLOSED),
    ):
        left = stations if closes is None else np.delete(stations, closes)
        sources = left if opens is None else np.append(left, opens)
        yield Contest(
            task="stations",
            title=f"{title} of 50: {n_points:,} incidents covered again, shares and 90th percentile",
            place=place.name,
            ours=Way("fireplan", lambda opens=opens, closes=closes: kept.ask(opens=opens, closes=closes)),
            peers=(Way("scipy", lambda sources=sources: by_scipy(sources), prepare=lambda: place.matrix),),
            check=check,
            judged=place.judged,
        )
