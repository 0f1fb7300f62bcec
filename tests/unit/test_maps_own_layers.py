"""Layers of one's own: classes as they are printed, any CRS, faults named, and one legend."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from map_pages import layer_data, shown

from fireplan.errors import InputError, UnknownIdError
from fireplan.maps._layers.own_layers import MOST_CARDS, own_layer
from fireplan.maps._layers.value_classes import KINDS, OTHERS, classed
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.swipe_map import SwipeMap
from fireplan.maps._pages.synced_maps import SyncedMaps


def hydrants(**columns):
    n = len(next(iter(columns.values()))) if columns else 3
    at = gpd.points_from_xy(np.arange(n) / 100, np.arange(n) / 100)
    return gpd.GeoDataFrame(columns, geometry=at, crs=4326)


def words(values, **how):
    return [(label, n) for label, _, n in classed(pd.Series(values), name="x", **how).classes]


def blank(title="a"):
    return OfflineMap(title=title, bounds=(0, 0, 1, 1))


def test_quantiles_hold_as_many_rows_each_and_print_their_bounds():
    assert words([float(v) for v in range(1, 11)]) == [
        ("1 to 2", 2), ("over 2 to 4", 2), ("over 4 to 6", 2), ("over 6 to 8", 2), ("over 8 to 10", 2),
    ]  # fmt: skip


def test_classes_of_equal_width():
    assert words([0, 1, 2, 100], classes="equal", count=4) == [("0 to 25", 3), ("over 75 to 100", 1)]


def test_given_bounds_are_kept_and_what_lies_outside_is_named():
    assert words([1, 2, 3, 10], classes=[2, 3]) == [("under 2", 1), ("2 to 3", 2), ("over 3", 1)]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([3, 3], [("3", 2)]),
        ([1.5, np.inf, np.nan], [("1.5", 1), ("without end", 1), ("no value", 1)]),
        ([None, np.nan], [("no value", 2)]),
        ([True, False, None], [("no", 1), ("yes", 1), ("no value", 1)]),
        (["b", "a", None, "a"], [("a", 2), ("b", 1), ("no value", 1)]),
    ],
)
def test_few_endless_and_missing_values(values, said):
    assert words(values) == said


def test_numbers_by_value_keep_their_order_and_stay_apart():
    assert words([10.12, 2, 10.14], classes="categories") == [("2", 1), ("10.12", 1), ("10.14", 1)]


def test_ordered_categories_keep_their_order():
    ages = pd.Categorical(["old", "new", "old"], categories=["new", "used", "old"], ordered=True)
    assert words(ages) == [("new", 1), ("old", 2)]


def test_the_commonest_have_a_colour_and_the_others_stand_together():
    found = classed(pd.Series([*"aabbccddeeffgghhiijkl"]), name="x")
    assert [label for label, _, _ in found.classes] == [*"abcdefghi", "other (3 values)"]
    colours = [colour for _, colour, _ in found.classes]
    assert colours == [*KINDS, OTHERS]
    assert len(set(colours)) == len(colours)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.sampled_from(["quantiles", "equal"]), st.integers(1, 9)
)
@settings(max_examples=60, deadline=None)
def test_what_the_legend_says_is_what_was_done(values, way, count):
    found = classed(pd.Series(values), classes=way, count=count, name="x")
    assert sum(n for _, _, n in found.classes) == len(values)
    assert len({label for label, _, _ in found.classes}) == len(found.classes)
    low = dict.fromkeys((c for _, c, _ in found.classes), np.inf)
    order = list(low)
    by = [order.index(c) for c in found.colours]
    assert all(a <= b for a, b in zip(np.array(by)[np.argsort(values)], np.sort(by), strict=True))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"classes": "jenks"}, "unknown classes 'jenks': known are quantiles, equal, categories"),
        ({"classes": [3, 2]}, "bounds that rise"),
        ({"classes": [1]}, "2 to 8 bounds"),
        ({"count": 0}, "1 to 9 classes"),
        ({"colour": "#ff0000"}, "or in one colour, not both"),
        ({"name": " "}, "needs a name"),
        ({"name": 3}, "name is the number 3"),
    ],
)
def test_faults_say_what_to_write(how, said):
    with pytest.raises(InputError, match=said):
        blank().add_layer(hydrants(flow=[1, 2, 3]), **({"name": "H", "column": "flow"} | how))


def test_a_column_that_is_not_there_says_which_was_meant():
    with pytest.raises(UnknownIdError, match="unknown column of the layer 'H' 'flw': did you mean 'flow'"):
        blank().add_layer(hydrants(flow=[1, 2]), name="H", column="flw")
    with pytest.raises(UnknownIdError, match="did you mean 'flow'"):
        blank().add_layer(hydrants(flow=[1, 2]), name="H", popup=["flow", "fow"])


def test_tables_that_cannot_be_placed_are_refused():
    no_crs = hydrants(flow=[1, 2]).set_crs(None, allow_override=True)
    with pytest.raises(InputError, match="does not say its CRS"):
        blank().add_layer(no_crs, name="H")
    with pytest.raises(InputError, match="none of its 2 rows has a place"):
        blank().add_layer(gpd.GeoDataFrame({"a": [1, 2]}, geometry=[None, None], crs=4326), name="H")
    mixed = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), shapely.box(0, 0, 1, 1)], crs=4326)
    with pytest.raises(InputError, match="points and areas: add each"):
        blank().add_layer(mixed, name="H")
    with pytest.raises(InputError, match="gdf is a DataFrame: give a GeoDataFrame"):
        blank().add_layer(pd.DataFrame({"a": [1]}), name="H")
    twice = hydrants(a=[1, 2], b=[1, 2]).set_axis(["a", "a", "geometry"], axis=1)
    with pytest.raises(InputError, match="column 'a' stands twice"):
        blank().add_layer(twice, name="H")


def test_any_crs_gives_the_same_layer_and_the_table_stays_as_it_is():
    table = hydrants(flow=[1.0, 2.0, None])
    moved = table.to_crs(32631)
    kept = moved.copy()
    pages = [blank().add_layer(t, name="H", column="flow") for t in (table, moved)]
    assert pages[0].to_html() == pages[1].to_html()
    pd.testing.assert_frame_equal(moved, kept)


def test_each_kind_of_geometry_is_drawn_with_cards_and_legend():
    boxes = gpd.GeoDataFrame({"d": ["N", None]}, geometry=[shapely.box(i, 0, i + 1, 1) for i in (0, 1)], crs=4326)
    ways = shapely.MultiLineString([[(0, 0), (1, 1)], [(1, 0), (0, 1)]])
    page = blank().add_layer(boxes, name="Districts", column="d").add_layer(boxes, name="Outlines")
    page.add_layer(gpd.GeoDataFrame({"bus": ["7"]}, geometry=[ways], crs=4326), name="Buses")
    page.add_layer(hydrants(flow=[5, 6, 7]), name="Hydrants", popup=["flow"])
    (kind, areas), (_, outlines), (line_kind, buses), (_, discs) = layer_data(page)
    assert (kind, line_kind) == ("polygons", "marks")
    assert [areas["palette"][i] for i in areas["fills"]] == [KINDS[0], "#c9cdd2"]
    assert (outlines["fills"], bool(outlines["outline"])) == ([], True)
    assert buses["row"] == [0, 0]
    assert (buses["labels"], buses["cells"]) == (["bus"], [["7"]])
    assert (discs["labels"], discs["cells"], discs["row"]) == (["flow"], [["5", "6", "7"]], [0, 1, 2])
    said = shown(page)
    assert "Districts: d N 1 no value 1 2 areas" in said
    assert "Buses Buses 1 line" in said


def test_the_list_of_layers_has_a_heading_for_them():
    page = blank().add_layer(hydrants(a=[1]), name="Mine")
    assert '["Own layers","Mine"' in page.to_html()
    with pytest.raises(InputError, match="there is a layer 'Mine' on this map already"):
        page.add_layer(hydrants(a=[1]), name="Mine")


def test_hostile_text_is_escaped_everywhere():
    text = "</script><b>${1}{{7*7}}"
    page = blank().add_layer(hydrants(**{text: [text, "b"]}), name=text, column=text, legend=text)
    html = page.to_html()
    assert text not in html
    assert "49" not in shown(page)
    assert shown(page).count("</script><b>${1}{{7*7}}") == 2


def test_rows_without_a_place_and_crowds_are_told():
    table = hydrants(a=[1, 2, 3])
    table.loc[1, "geometry"] = None
    assert "1 row without a place: not drawn." in own_layer(table, name="H").legend.note
    many = gpd.GeoDataFrame(
        {"a": ["x"] * (MOST_CARDS + 1)}, geometry=gpd.points_from_xy(*np.zeros((2, MOST_CARDS + 1))), crs=4326
    )
    made = own_layer(many, name="H")
    assert "without cards" in made.legend.note
    assert made.make().data["labels"] == []


def test_on_several_maps_it_stands_on_all_or_one_with_one_legend():
    pair = SyncedMaps([blank("Today"), blank("New")], title="x")
    pair.add_layer(hydrants(a=["u", "v"]), name="H", column="a").add_layer(hydrants(a=[1]), name="One", pane="New")
    assert [kind for kind, _ in layer_data(pair)] == ["marks"] * 3
    assert shown(pair).count("H: a") == 1
    assert "On New alone." in shown(pair)
    with pytest.raises(UnknownIdError, match="unknown pane 'Nw': did you mean 'New'"):
        pair.add_layer(hydrants(a=[1]), name="Two", pane="Nw")
    with pytest.raises(InputError, match="a layer 'One' on this map already"):
        pair.add_layer(hydrants(a=[1]), name="One")
    assert len(layer_data(pair)) == 3
    with pytest.raises(InputError, match="several maps of this page are called 'T'"):
        SyncedMaps([blank("T"), blank("T")], title="x").add_layer(hydrants(a=[1]), name="Two", pane="T")


def test_under_a_curtain_it_stands_on_both_sides_or_one():
    curtain = SwipeMap(blank("Today"), blank("New"), title="x")
    curtain.add_layer(hydrants(a=["u", "v"]), name="H").add_layer(hydrants(a=[1]), name="One", pane="right")
    assert [kind for kind, _ in layer_data(curtain)] == ["marks"] * 3
    assert "On right alone." in shown(curtain)
