"""What may be shown: areas, tables, marks, and the check on what is published already."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan.disclosure import RESTRICTED, disclosive, mark_of, public_cells, public_table
from fireplan.disclosure._publication_scope import Slice, combinations
from fireplan.errors import InputError

PARENT = h3.latlng_to_cell(30.0, -140.0, 8)
CHILDREN = sorted(h3.cell_to_children(PARENT, 9))
CANARY = "FPCANARY 555-0100"


def at(*counts, month="2024-03", category="ems", cells=CHILDREN):
    """So many incidents in each hexagon, every one at a place of its own."""
    points = []
    for cell, n in zip(cells, counts, strict=False):
        lat, lon = h3.cell_to_latlng(cell)
        points += [shapely.Point(lon + i * 2e-5, lat) for i in range(n)]
    ids = pd.Index([f"{CANARY} {i}" for i in range(len(points))], name="incident_id")
    columns = {"received": pd.Timestamp(f"{month}-15 12:34:56", tz="UTC"), "category": category, "narrative": CANARY}
    return gpd.GeoDataFrame(columns, geometry=points, index=ids, crs=4326)


def counts(table):
    return dict(zip(table["hexagons"], table["incidents"], strict=True))


def test_a_hexagon_with_enough_stands_alone_and_the_small_ones_are_joined():
    table = public_cells(at(30, 5, 6, 2))
    assert counts(table) == {1: 30, 6: 13}
    joined = table[table["hexagons"] == 6]
    assert set(joined["cells"].iloc[0].split()) == set(CHILDREN[1:])  # the empty ones too: they tell nothing
    assert table.geometry.is_valid.all()
    assert table.geometry.iloc[0].intersection(table.geometry.iloc[1]).area < 1e-9


def test_too_few_are_left_out_with_enough_of_the_others_to_hide_them():
    far = h3.latlng_to_cell(31.0, -140.0, 9)
    one_too_few = public_cells(at(30, 20, 10, cells=[*CHILDREN[:2], far]))
    assert sorted(one_too_few["incidents"]) == [30]  # were 20 shown, 60 in all would give the 10 away
    assert one_too_few.attrs["n"] == 30
    assert one_too_few.attrs["left_out_percent_at_most"] == 50
    enough = public_cells(at(30, 20, 11, cells=[*CHILDREN[:2], far]))
    assert sorted(enough["incidents"]) == [11, 20, 30]


def test_nothing_is_shown_where_nothing_may_be():
    assert len(public_cells(at(10))) == 0
    empty = public_cells(at())
    assert len(empty) == 0
    assert (empty.attrs["n"], empty.crs, list(empty)) == (
        0,
        "EPSG:4326",
        ["incidents", "hexagons", "cells", "geometry"],
    )


def test_many_incidents_at_one_place_are_as_few():
    same = at(11)
    same = same.set_geometry([same.geometry.iloc[0]] * len(same), crs=4326)
    assert len(public_cells(pd.concat([same] * 5))) == 0


def test_areas_of_saturated_hexagons_are_joined_further():
    # five shown alone leave two, which hold 10 or fewer each: 20 together would mean 10 in each
    table = public_cells(at(11, 11, 11, 11, 11, 10, 10))
    assert counts(table) == {1: 11, 44: 20}


def test_nothing_personal_is_in_a_public_table():
    table = public_cells(at(30, 5, 6, 2))
    text = table.to_json() + repr(table.attrs)
    assert CANARY not in text
    assert "12:34" not in text
    assert "-15" not in repr(table.attrs)
    assert set(shapely.get_type_id(table.geometry.to_numpy())) <= {3, 6}
    assert table.attrs["months"] == ["2024-03", "2024-03"]


def test_the_callers_table_stays_as_it_is():
    mine = at(30, 5, 6, 2)
    before = mine.copy()
    public_cells(mine)
    assert mine.equals(before)


def test_a_later_map_leaves_out_what_subtraction_would_give_away():
    first, more = at(30, 20, 25), at(5, 12, month="2024-04")
    both = pd.concat([first, more])
    march = public_cells(both, months=("2024-03", "2024-03"))
    assert sorted(march["incidents"]) == [20, 25, 30]
    careless = public_cells(both, months=("2024-03", "2024-04"))
    assert sorted(careless["incidents"]) == [25, 32, 35]
    found = disclosive(march, careless)
    assert found["count"].tolist() == [5.0]
    assert found["how"].iloc[0] == "all incidents, 2024-03 to 2024-04, less all incidents, 2024-03 to 2024-03"
    careful = public_cells(both, months=("2024-03", "2024-04"), earlier=[march])
    assert sorted(careful["incidents"]) == [25]  # the 5 and, to hide them, the 12 are left out
    assert disclosive(march, careful, totals=[75, 92]).empty


def test_categories_and_their_total_are_checked_together():
    both = pd.concat([at(30, 20, 25), at(4, 15, 16, category="fire")])
    everything = public_cells(both)
    ems = public_cells(both, categories=["ems"], earlier=[everything])
    assert disclosive(everything, ems, totals=[110, 75]).empty
    assert sorted(ems["incidents"]) == [25]
    assert not disclosive(everything, public_cells(both, categories=["ems"])).empty


def test_a_correction_of_one_incident_is_not_given_away():
    first = public_cells(at(30, 20))
    again = public_cells(at(31, 20), earlier=[first])
    assert sorted(again["incidents"]) in ([], [20])
    assert disclosive(first, public_cells(at(31, 20)))["count"].abs().tolist() == [1.0, 1.0]


def test_maps_on_other_areas_are_noticed():
    one, other = public_cells(at(30, 5, 6, 2)), public_cells(at(30, 25, 6, 6, 2))
    found = disclosive(one, other)
    assert found["count"].isna().any()
    with pytest.raises(InputError, match="resolution 9, not 8"):
        public_cells(at(30), resolution=8, earlier=[one])
    with pytest.raises(InputError, match="earlier publications overlap"):
        public_cells(at(30), earlier=[one, other])


def test_a_published_small_count_or_a_point_is_found():
    table = public_cells(at(30, 25))
    table.loc[table.index[0], "incidents"] = 3
    assert disclosive(table)["count"].tolist() == [3.0]
    assert disclosive(public_cells(at(30, 25)), totals=[60])["area_id"].tolist() == ["elsewhere"]
    with pytest.raises(InputError, match="holds points"):
        disclosive(table.set_geometry(table.geometry.representative_point()))
    with pytest.raises(InputError, match="holds narrative"):
        disclosive(table.assign(narrative="x"))


def test_what_can_be_made_of_two_years_and_their_sum():
    year, next_year = Slice(("2024-01", "2024-12")), Slice(("2025-01", "2025-12"))
    both = Slice(("2024-01", "2025-12"))
    made = {tuple(int(s) for s in row) for row in combinations([year, next_year, both])}
    assert {(1, 0, 0), (1, 1, 0), (-1, 0, 1), (0, -1, 1)} <= made
    assert (1, 0, 1) not in made  # counts 2024 twice
    fire = Slice(("2024-01", "2024-12"), ("fire",))
    assert (-1, 1) in {tuple(int(s) for s in row) for row in combinations([fire, year])}
    assert (1, -1) not in {tuple(int(s) for s in row) for row in combinations([fire, next_year])}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smallest": 1}, "choose 2 or more"),
        ({"resolution": 5}, "6 to 12"),
        ({"months": ("2024-13", "2024-14")}, "'2024-13' is no month"),
        ({"months": ("2024-02", "2024-01")}, "the first comes first"),
        ({"categories": ["fires"]}, "no incident is of category 'fires': there are ems"),
        ({"earlier": [gpd.GeoDataFrame({"n": [1]}, geometry=[None])]}, "no table of `public_cells`"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        public_cells(at(30), **options)


def test_incidents_without_the_columns_are_counted_whole_only():
    bare = at(30)[["geometry"]]
    assert public_cells(bare).attrs["months"] is None
    with pytest.raises(InputError, match="no column 'received'"):
        public_cells(bare, months=("2024-01", "2024-02"))


# --- tables


def test_one_small_count_takes_a_rectangle_with_it():
    n = [30, 3, 40, 22, 50, 17, 60, 12, 13]
    table = pd.DataFrame({"station": list("AAABBBCCC"), "kind": [*"xyz"] * 3, "n": n, "p90_s": 300.0})
    safe = public_table(table, by=["station", "kind"])
    assert safe["n"].isna().tolist() == [True, True, False, False, False, False, True, True, False]
    assert safe["p90_s"].isna().tolist() == safe["n"].isna().tolist()
    assert safe["station"].tolist() == table["station"].tolist()
    assert (safe.attrs["left_out"], safe.attrs["small_totals"]) == (4, [])
    assert table["n"].tolist() == n


def test_two_small_counts_that_are_small_together_take_a_third():
    safe = public_table(pd.DataFrame({"kind": list("abcd"), "n": [2, 3, 40, 50]}), by="kind")
    assert safe["n"].isna().tolist() == [True, True, True, False]


def test_met_and_missed_are_hidden_together():
    table = pd.DataFrame({"station": ["A", "B", "C"], "met": [90, 80, 70], "missed": [4, 30, 20]})
    safe = public_table(table, by="station", counts=["met", "missed"])
    assert safe.loc[0, ["met", "missed"]].isna().all()
    assert safe["met"].isna().sum() == 2
    assert safe["missed"].isna().sum() == 2


def test_zero_and_large_counts_stay():
    table = pd.DataFrame({"n": [0, 11, 200]}, index=pd.Index(["a", "b", "c"], name="kind"))
    assert public_table(table, by="kind")["n"].tolist() == [0, 11, 200]


def test_a_total_that_is_small_is_named_and_so_is_the_one_that_gives_it_away():
    table = pd.DataFrame({"station": ["A", "A", "B", "B"], "kind": [*"xy"] * 2, "n": [3, 4, 50, 60]})
    assert public_table(table, by=["station", "kind"]).attrs["small_totals"] == ["A", "B"]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ({"k": ["a"], "n": [1]}, {"by": "kind"}, "column 'kind' is missing"),
        ({"k": ["a", "a"], "n": [1, 2]}, {"by": "k"}, "stands in two rows"),
        ({"k": ["a"], "n": [1.5]}, {"by": "k"}, "whole numbers"),
        ({"k": ["a"], "n": [np.nan]}, {"by": "k"}, "whole numbers"),
        ({"k": ["a"], "n": [1]}, {"by": []}, "give 1 to 3"),
    ],
)
def test_tables_that_cannot_be_made_safe_are_refused(table, options, message):
    with pytest.raises(InputError, match=message):
        public_table(pd.DataFrame(table), **options)


def test_marks():
    assert mark_of("internal") == RESTRICTED
    assert mark_of("public") == ""
    with pytest.raises(InputError, match="known are public, internal"):
        mark_of("secret")
