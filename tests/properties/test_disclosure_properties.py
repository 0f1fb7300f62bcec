"""No small count can be found in what is published, however it is added and subtracted."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fireplan.disclosure import disclosive, public_cells, public_table
from fireplan.disclosure._public_cells import published
from fireplan.disclosure._publication_scope import month_number

MONTHS = [("2024-01", "2024-12"), ("2024-01", "2025-06"), ("2025-01", "2025-12"), ("2024-07", "2025-06")]
KINDS = [None, ["ems"], ["ems", "fire"]]
SMALLEST = 4  # so that small examples hold both kinds of area


@st.composite
def histories(draw):
    """Incidents about a town, thick and thin, some at one place."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(30, 400))
    spread = draw(st.sampled_from([0.002, 0.01, 0.03]))
    xy = rng.normal(0, spread, (n, 2)).round(draw(st.sampled_from([3, 6]))) + np.array([-140, 30])
    received = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 730, n), unit="D")
    kind = rng.choice(["ems", "fire", "other"], n, p=[0.6, 0.2, 0.2])
    return gpd.GeoDataFrame({"received": received, "category": kind}, geometry=shapely.points(xy), crs=4326)


def counted(incidents, table):
    part = published(table).part
    month = 12 * incidents["received"].dt.year + incidents["received"].dt.month - 1
    inside = month.between(*map(month_number, part.months))
    return incidents[inside & incidents["category"].isin(part.categories or ["ems", "fire", "other"])]


@settings(max_examples=tries(25))
@given(histories(), st.lists(st.tuples(st.sampled_from(MONTHS), st.sampled_from(KINDS)), min_size=1, max_size=4))
def test_publications_one_after_another_give_nothing_small_away(incidents, plan):
    made = []
    for months, wanted in plan:
        kinds = [k for k in wanted or [] if (incidents["category"] == k).any()] or None
        options = {"months": months, "categories": kinds, "smallest": SMALLEST, "earlier": made}
        made.append(public_cells(incidents, **options))
    totals = [len(counted(incidents, table)) for table in made]
    assert disclosive(*made, totals=totals, smallest=SMALLEST).query("area_id != 'elsewhere'").empty
    for table, total in zip(made, totals, strict=True):
        assert (table["incidents"] >= SMALLEST).all()
        rest = total - table["incidents"].sum()
        assert len(table) == 0 or rest == 0 or rest >= SMALLEST
        here = counted(incidents, table).geometry
        cells = pd.Series([h3.latlng_to_cell(p.y, p.x, 9) for p in here], dtype=object).value_counts()
        for area, n in zip(table["cells"], table["incidents"], strict=True):
            assert cells.reindex(area.split()).sum() == n


@given(histories())
@settings(max_examples=tries(15))
def test_order_of_the_rows_changes_nothing(incidents):
    one = public_cells(incidents, smallest=SMALLEST)
    other = public_cells(incidents.sample(frac=1, random_state=1), smallest=SMALLEST)
    assert one.equals(other)
    assert one.attrs == other.attrs


COUNTS = st.sampled_from([0, 1, 2, 3, 5, 9, 10, 11, 12, 20, 60])


@settings(max_examples=tries(60))
@given(st.integers(2, 5).flatmap(lambda c: st.lists(st.lists(COUNTS, min_size=c, max_size=c), min_size=2, max_size=5)))
def test_no_small_count_of_a_table_follows_from_the_rest(rows):
    values = np.array(rows, dtype=float)
    r, c = np.indices(values.shape)
    table = pd.DataFrame(
        {"station": [f"s{i}" for i in r.ravel()], "kind": [f"k{j}" for j in c.ravel()], "n": values.ravel()}
    )
    safe = public_table(table, by=["station", "kind"])
    hidden = safe["n"].isna().to_numpy().reshape(values.shape)
    small = (values > 0) & (values < 11)
    assert hidden[small].all()
    assert (values[~hidden] == safe["n"].dropna().to_numpy(float)).all()
    assert not hidden[values == 0].any()
    # the reader knows every total that need not be withheld, and solves for the least and most each count can be
    lines = {"all": np.ones(values.shape, dtype=bool)}
    lines |= {f"s{i}": r == i for i in range(values.shape[0])} | {f"k{j}": c == j for j in range(values.shape[1])}
    known = [line for name, line in lines.items() if name not in safe.attrs["small_totals"]]
    if not hidden.any() or not known:
        return
    equations = np.array([line[hidden] for line in known], dtype=float)
    sums = np.array([values[line & hidden].sum() for line in known])
    assert all(s == 0 or s >= 11 for s in sums)
    for at in np.flatnonzero(small[hidden]):
        aim = np.eye(hidden.sum())[at]
        ends = [linprog(sign * aim, A_eq=equations, b_eq=sums, bounds=(0, None)) for sign in (1, -1)]
        low, high = (ends[0].fun, np.inf if ends[1].status == 3 else -ends[1].fun)
        assert high - low >= 1 - 1e-6


@given(st.lists(COUNTS, min_size=1, max_size=8))
def test_small_counts_of_a_list_are_hidden_with_enough_others(values):
    table = pd.DataFrame({"kind": [f"k{i}" for i in range(len(values))], "n": values})
    safe = public_table(table, by="kind")
    gone = np.array(values)[safe["n"].isna().to_numpy()]
    if sum(values) >= 11:
        assert len(gone) == 0 or (len(gone) > 1 and gone.sum() >= 11)
    assert set(np.array(values)[(np.array(values) > 0) & (np.array(values) < 11)]) <= set(gone)
