"""An attacker who knows where everybody lives tries to say whose incident it was, on 10,000 invented households."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import demand
from fireplan.disclosure import disclosive, public_cells
from fireplan.disclosure._public_cells import published
from fireplan.disclosure._publication_scope import Slice, combinations, month_number

HOUSEHOLDS, EVENTS, K = 10_000, 6_000, 11
KNOWN = 0.2  # share of the events of which the attacker knows household and month
RESOLUTION = 9
YEAR, LONGER = ("2024-01", "2024-12"), ("2024-01", "2025-06")


@pytest.fixture(scope="module")
def households():
    """Place and hexagon of each: half in a town, a third in a suburb, the rest on single farms."""
    rng = np.random.default_rng(6)
    town = rng.normal(0, 0.012, (HOUSEHOLDS // 2, 2))
    suburb = rng.normal((0.05, 0.02), 0.03, (HOUSEHOLDS // 3, 2))
    farms = rng.uniform(-0.2, 0.2, (HOUSEHOLDS - len(town) - len(suburb), 2))
    xy = np.vstack([town, suburb, farms]) + np.array([-140.0, 30.0])
    cells = [h3.latlng_to_cell(y, x, RESOLUTION) for x, y in xy]
    return pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "cell": cells})


@pytest.fixture(scope="module")
def events(households):
    """Who called when; some households call often."""
    rng = np.random.default_rng(7)
    rate = rng.gamma(0.5, 1, HOUSEHOLDS)
    who = rng.choice(HOUSEHOLDS, EVENTS, p=rate / rate.sum())
    days = pd.to_timedelta(rng.uniform(0, 546, EVENTS), unit="D")
    received = pd.Timestamp("2024-01-01", tz="UTC") + days
    kind = rng.choice(["ems", "fire", "other"], EVENTS, p=[0.7, 0.1, 0.2])
    home = households.iloc[who]
    return gpd.GeoDataFrame(
        {"household": who, "received": received, "category": kind, "cell": home["cell"].to_numpy(),
         "month": 12 * received.year + received.month - 1, "known": rng.random(EVENTS) < KNOWN},
        geometry=shapely.points(home[["x", "y"]].to_numpy()), crs=4326,
    )  # fmt: skip


def raw(events, months):
    """A map of hexagons with nothing held back, in the form of a publication."""
    first, last = map(month_number, months)
    cells = demand.hexagons(events[events["month"].between(first, last)], resolution=RESOLUTION)
    table = cells.assign(cells=cells.index)
    table.attrs = {"months": list(months), "categories": None, "resolution": RESOLUTION}
    return table


def inside(events, part: Slice):
    flags = np.ones(len(events), dtype=bool)
    if part.months:
        flags &= events["month"].between(*map(month_number, part.months)).to_numpy()
    return flags & events["category"].isin(part.categories) if part.categories else flags


def attack(households, events, *publications, small_only=False):
    """
    Name a household for every incident that the tables, added and subtracted, show and that is not known already.

    The attacker leaves out households whose incident there is known, and has no better guess than one of the others.
    Returns how many names are right, how many were given, and the right ones per attack on the fewest households.
    """
    rng = np.random.default_rng(8)
    read = [published(p) for p in publications]
    living = households.reset_index().groupby("cell")["index"].agg(list).to_dict()
    here = events.groupby("cell").indices
    flags = np.column_stack([inside(events, p.part) for p in read]).astype(int)
    rows = []
    for signs in combinations([p.part for p in read]):
        counted = flags @ signs == 1
        shown = [p.counts for p, sign in zip(read, signs, strict=True) if sign]
        for area in sorted(set.intersection(*(set(c) for c in shown))):
            count = sum(sign * p.counts.get(area, 0) for p, sign in zip(read, signs, strict=True))
            at = [row for cell in area for row in here.get(cell, []) if counted[row]]
            assert count == len(at)  # what is published, and what follows, is the truth
            if small_only and not 0 < count < K:
                continue
            told = events.iloc[at]
            homes = [home for cell in area for home in living.get(cell, [])]
            left = sorted(set(homes) - set(told["household"][told["known"]])) or homes
            hidden = told["household"][~told["known"]].to_numpy()
            right = int((rng.choice(left, len(hidden)) == hidden).sum())
            rows.append((len(homes), len(hidden), right))
    table = pd.DataFrame(rows, columns=["homes", "named", "right"])
    easiest = table.sort_values("homes", kind="stable").head(max(1, len(table) // 10))
    return table["right"].sum(), table["named"].sum(), easiest["right"].sum() / max(1, easiest["named"].sum())


@pytest.fixture(scope="module")
def year(events):
    return public_cells(events, months=YEAR, resolution=RESOLUTION)


@pytest.fixture(scope="module")
def longer(events, year):
    return public_cells(events, months=LONGER, resolution=RESOLUTION, earlier=[year])


def test_one_publication_links_under_one_in_k(households, events, year):
    right, named, easiest = attack(households, events, year)
    assert named > 1000
    assert right / named < 1 / K
    assert easiest < 1 / K


def test_with_nothing_held_back_the_same_attack_succeeds(households, events):
    right, named, easiest = attack(households, events, raw(events, YEAR))
    assert right / named > 1 / K
    assert easiest > 0.9


def test_subtracting_two_publications_links_under_one_in_k(households, events, year, longer):
    emergency = public_cells(events, months=YEAR, categories=["ems"], resolution=RESOLUTION, earlier=[year, longer])
    right, named, easiest = attack(households, events, year, longer, emergency)
    assert len(longer) > 20
    assert right / named < 1 / K
    assert easiest < 1 / K
    assert attack(households, events, year, longer, emergency, small_only=True)[1] == 0


def test_two_maps_made_without_each_other_give_small_counts_away(households, events, year):
    careless = public_cells(events, months=LONGER, resolution=RESOLUTION)
    _, named, _ = attack(households, events, year, careless, small_only=True)
    assert named > 100
    assert len(disclosive(year, careless)) > 20


def test_subtracting_raw_maps_links_more_than_one_in_k(households, events):
    right, named, easiest = attack(households, events, raw(events, YEAR), raw(events, LONGER), small_only=True)
    assert right / named > 1 / K
    assert easiest > 0.9


def test_what_is_shown_and_what_is_left_out_is_safe_with_all_totals_known(events, year, longer):
    totals = [int(inside(events, published(p).part).sum()) for p in (year, longer)]
    assert disclosive(year, longer, totals=totals).empty
    shown = year.attrs["n"] / totals[0]
    assert shown > 0.5
    assert year.attrs["left_out_percent_at_most"] == int(np.ceil(100 * (1 - shown)))
