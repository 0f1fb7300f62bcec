"""An attacker who keeps every public page of a city subtracts them from one another, and looks for single calls."""

import datetime as dt
import itertools
import os

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan.disclosure import Publication, Publications, TableScope, publishable
from fireplan.disclosure._cells_series import cells_in_series

K = 11
FIRST = dt.date(2026, 1, 1)
KINDS = ("ems", "fire", "other")
THOROUGH = bool(os.environ.get("FIREPLAN_THOROUGH"))
DAYS, CALLS = (400, 9_000) if THOROUGH else (240, 2_000)
OF = Publication(dt.date(2026, 12, 1), "incidents", "Calls", "hexagons 9")


@pytest.fixture(scope="module")
def calls():
    """Calls of an invented town: most in its middle, of three kinds, one in eight late."""
    rng = np.random.default_rng(19)
    days = rng.integers(0, DAYS, CALLS)
    x = np.where(rng.random(CALLS) < 0.8, rng.normal(0, 0.006, CALLS), rng.normal(0.03, 0.01, CALLS))
    y = rng.normal(0, 0.006, CALLS)
    kind = rng.choice(KINDS, CALLS, p=[0.6, 0.1, 0.3])
    travel_s = rng.lognormal(5.6, 0.35, CALLS)
    received = pd.Timestamp(FIRST, tz="UTC") + pd.to_timedelta(days * 24 + 12, unit="h")
    return gpd.GeoDataFrame(
        {"received": received, "category": kind, "day": days, "travel_s": travel_s, "zone": rng.integers(0, 6, CALLS)},
        geometry=shapely.points(-140 + x, 30 + y), crs=4326,
    )  # fmt: skip


def windows():
    """Sixty publications: growing day by day, the last ninety days by day, and by week, of all calls and of kinds."""
    made = [(0, DAYS - 20 + i, KINDS) for i in range(20)]
    made += [(DAYS - 110 + i, DAYS - 20 + i, KINDS) for i in range(12)]
    made += [(0, DAYS - 70 + 7 * i, ("ems",)) for i in range(10)]
    made += [(0, DAYS - 70 + 7 * i, ("ems", "other")) for i in range(9)]
    made += [(DAYS - 160 + 7 * i, DAYS - 70 + 7 * i, ("fire",)) for i in range(9)]
    return sorted(made, key=lambda w: (w[1], w[0], w[2]))


def areas_of(published):
    """List the areas of a series, each by its hexagons."""
    return {tuple(f.area.split()) for entry in published.entries for f in entry.figures}


def publish(calls, *, ledger: bool):
    """Draw all of them, one after the other; give what a reader sees, as (area, first day, end, kinds, count)."""
    published, seen = Publications(), []
    for start, end, kinds in windows():
        part = calls[(calls["day"] >= start) & (calls["day"] < end) & calls["category"].isin(kinds)]
        cells, entry = cells_in_series(part, of=OF, published=published if ledger else None)
        published = published.adding([entry])
        cells_of = {f"{c[0]}+{len(c) - 1}".removesuffix("+0"): " ".join(c) for c in areas_of(published)}
        for name, n, days in zip(cells.index, cells["incidents"], cells["days"], strict=True):
            area = cells_of[name]
            first, last = (dt.date.fromisoformat(day) for day in days.split(" to "))
            seen.append((area, (first - FIRST).days, (last - FIRST).days + 1, kinds, int(n)))
    return seen


def found_by(seen, *, most: int):
    """Make all sums and differences of up to so many figures of an area that count calls once; list the small ones."""
    small = []
    for area in sorted({row[0] for row in seen}):
        figures = sorted({row[1:] for row in seen if row[0] == area})
        sets = np.zeros((len(figures), DAYS, len(KINDS)), dtype=np.int8)
        for at, (start, end, kinds, _) in enumerate(figures):
            for kind in kinds:
                sets[at, start:end, KINDS.index(kind)] = 1
        counts = [f[3] for f in figures]
        # days on which every figure agrees with the day before add nothing
        step = np.r_[True, (np.diff(sets, axis=1) != 0).any(axis=(0, 2))]
        sets = sets[:, step].reshape(len(figures), -1)
        for many in range(1, most + 1):
            for chosen in itertools.combinations(range(len(figures)), many):
                for signs in itertools.product((1, -1), repeat=many - 1):
                    signed = (1, *signs)
                    made = sum(s * sets[c] for s, c in zip(signed, chosen, strict=True))
                    if np.abs(made).max() > 1 or (made.max() > 0 and made.min() < 0):
                        continue
                    n = sum(s * counts[c] for s, c in zip(signed, chosen, strict=True))
                    if 0 < abs(n) < K:
                        small.append((area, n, [figures[c] for c in chosen], signed))
    return small


@pytest.fixture(scope="module")
def seen(calls):
    return publish(calls, ledger=True)


def test_sixty_publications_give_no_count_of_one_to_ten(seen):
    assert len(windows()) == 60
    assert len({row[0] for row in seen}) > 5
    assert len({row[2] for row in seen}) > 8  # figures do change
    assert found_by(seen, most=4 if THOROUGH else 3) == []


def test_what_came_and_what_went_of_a_rolling_window_is_no_small_count_either(calls, seen):
    """Who knows what went, as the town's diary, would learn what came: so neither may be small."""
    cells = np.array([h3.latlng_to_cell(p.y, p.x, 9) for p in calls.geometry])
    day, kind = calls["day"].to_numpy(), calls["category"].to_numpy()

    def counted(figure):
        start, end, kinds, _ = figure
        return (day >= start) & (day < end) & np.isin(kind, kinds)

    crossing = 0
    for area in {row[0] for row in seen}:
        inside = np.isin(cells, area.split())
        figures = sorted({row[1:] for row in seen if row[0] == area})
        for one, other in itertools.permutations(figures, 2):
            came = int((counted(one) & ~counted(other) & inside).sum())
            assert one[3] == (counted(one) & inside).sum()
            assert came == 0 or came >= K
            crossing += one[0] < other[0] < one[1] < other[1]
    assert crossing > 0


def test_without_the_ledger_the_same_pages_give_single_calls_away(calls):
    assert len(found_by(publish(calls, ledger=False), most=2)) > 100


def test_who_knows_place_and_day_of_a_call_does_not_learn_its_kind(seen):
    """Whatever can be made of the pages that holds the call, and in which all calls are of one kind, tells it."""
    told = asked = 0
    by_area = {area: [row[1:] for row in seen if row[0] == area] for area in {row[0] for row in seen}}
    for _, figures in sorted(by_area.items()):
        distinct = sorted(set(figures))
        for one, other in itertools.permutations(distinct, 2):
            asked += 1
            nested = one[0] == other[0] and one[1] == other[1] and set(other[2]) < set(one[2])
            # all calls of these days were of the narrower kinds
            told += nested and one[3] == other[3]
    assert asked > 50
    assert told / asked < 1 / K
    assert told == 0


def table_of(calls, start, end, limit_s, kinds=KINDS):
    part = calls[(calls["day"] >= start) & (calls["day"] < end) & calls["category"].isin(kinds)]
    met = part["travel_s"] <= limit_s
    groups = part.assign(met=met, missed=~met).groupby("zone")[["met", "missed"]].sum().astype(int)
    return groups.reset_index()


def tables(calls, *, ledger: bool):
    """Forty tables of who was reached in time, of two limits that hold each other; what a reader sees of each zone."""
    published, seen = Publications(), []
    for end in range(DAYS - 20, DAYS):
        for limit_s in (240, 300):
            of = TableScope("Reached", FIRST, FIRST + dt.timedelta(days=end), objective=f"{limit_s} s")
            table, entry = publishable(
                table_of(calls, 0, end, limit_s), by="zone", counts=["met", "missed"], of=of,
                published=published if ledger else None,
            )  # fmt: skip
            published = published.adding([entry])
            if not table.attrs["days"]:
                continue
            last = dt.date.fromisoformat(table.attrs["days"].split(" to ")[1])
            for row in table.itertuples():
                for part in ("met", "missed"):
                    n = getattr(row, part)
                    if pd.notna(n):
                        seen.append((row.zone, (last - FIRST).days + 1, limit_s, part, int(n)))
    return seen


def small_of_tables(seen):
    """Find gains from day to day, and calls between the two limits, of one to ten, and gains between the limits."""
    known = {row[:4]: row[4] for row in seen}
    small = []
    for (zone, end, limit_s, part), n in known.items():
        small += [
            (zone, end, then, part)
            for (z, then, limit, p), m in known.items()
            if (z, limit, p) == (zone, limit_s, part) and then < end and 0 < n - m < K
        ]
        other = known.get((zone, end, 300, part))
        if limit_s == 240 and other is not None and 0 < abs(n - other) < K:
            small.append((zone, end, "between limits", part))
    return small


def test_tables_give_no_count_away_over_time_or_between_limits(calls):
    seen = tables(calls, ledger=True)
    assert len({row[1] for row in seen}) > 1
    assert small_of_tables(seen) == []
    assert len(small_of_tables(tables(calls, ledger=False))) > 50
