"""The view of gains and losses."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

import fireplan as fp
from fireplan import maps
from fireplan.colours import ELSEWHERE, NO_CHANGE, UNKNOWN
from fireplan.errors import FireplanError, UnknownIdError
from fireplan.maps._layers import attribute_tables
from fireplan.maps._layers.scenario_layers import CHANGE_BANDS
from tests.support.map_pages import areas, cells, colours, layer_data, shown

TWO = fp.OpenStation("S2", at=(-140.0, 30.03), name="Station 2", units=("E2",))


@pytest.fixture(scope="module")
def comparison():
    town = fp.examples.line_town()
    new = town.apply(TWO, name="new")
    return fp.compare(new, town, new.apply(fp.SetTurnout(90.0), name="slow"), standard=fp.standards.NFPA_1710)


def test_change_is_after_less_before_and_its_colours_part_faster_from_slower(comparison):
    page = maps.difference(comparison)
    change = areas(page)[0]
    assert cells(change, "Change")[0] == "no change"
    # The middle of the last zone is 39.5 blocks from Station 1 and 9.5 from Station 2: 30 blocks at 11.09 s.
    assert cells(change, "Change")[-1] == "5:33 slower"
    assert colours(change)[0] == NO_CHANGE
    assert colours(change)[-1] == CHANGE_BANDS[-1].colour


def test_totals_are_those_of_the_comparison(comparison):
    text = shown(maps.difference(comparison))
    gains = comparison.gains().loc[("line town", "first_engine", "population")]
    assert gains["lost"] == 180
    assert "180 lost (n = 400)" in text
    assert f"later for {gains['slower']:.0f} (" in text
    assert "sooner for 0 (0 %)" in text
    assert "n = 400 people in 40 zones" in text


def test_zones_that_fall_out_are_outlined_and_the_station_is_shown_closed(comparison):
    page = maps.difference(comparison, against="line town")
    _, lost = areas(page)
    assert lost["outline"]
    assert lost["rows"] == 1
    (stations,) = [data for kind, data in layer_data(page) if kind == "stations"]
    assert stations["rows"] == 1  # line town does not know the other
    assert "falls out of it 180" in shown(page)


def test_each_scenario_has_its_due_stations_and_the_third_is_brief(comparison):
    change = areas(maps.difference(comparison))[0]
    assert change["labels"].count("First due") == 2
    first = change["labels"].index("First due")
    assert change["cells"][first][-1].startswith("Station 2, ")
    assert cells(change, "In time")[-1] == "yes, limit 4:00"
    assert "first due Station 2" in cells(change, "slow")[-1]


def test_a_force_newly_complete_and_one_never_complete_have_their_own_marks():
    town = fp.examples.line_town()
    crews = [fp.AddUnit(f"T{i}", to="S1", type="truck", crew=8) for i in range(2)]
    both = fp.compare(town, town.apply(*crews, name="crews"), standard=fp.standards.NFPA_1710)
    gained = areas(maps.difference(both, objective="full_alarm"))[0]
    assert set(colours(gained)) == {attribute_tables.NEWLY_COLOUR}
    assert set(cells(gained, "Change")) == {"newly reached"}
    back = fp.compare(town.apply(*crews, name="crews"), town, standard=fp.standards.NFPA_1710)
    assert set(colours(areas(maps.difference(back, objective="full_alarm"))[0])) == {attribute_tables.NO_LONGER_COLOUR}
    same = fp.compare(town, town.apply(fp.SetTurnout(90.0), name="slow"), standard=fp.standards.NFPA_1710)
    never = maps.difference(same, objective="full_alarm")
    assert set(colours(areas(never)[0])) == {UNKNOWN}
    assert "reached neither before nor after 400" in shown(never)


def test_unknown_scenarios_are_refused(comparison):
    with pytest.raises(UnknownIdError, match="unknown scenario 'elsewhere'"):
        maps.difference(comparison, against="elsewhere")
    with pytest.raises(UnknownIdError):
        maps.difference(comparison, against="new")
    with pytest.raises(FireplanError, match="second scenario"):
        maps.difference(type(comparison)(comparison.assessments[:1]))


def test_a_change_table_joins_what_does_not_change_and_what_is_never_reached():
    squares = [shapely.box(i, 0, i + 1, 1) for i in range(6)]
    changes = gpd.GeoDataFrame(
        {
            "change_s": [0.0, 5.0, np.nan, 90.0, -np.inf, 90.0],
            "before_s": [1.0, 1.0, np.inf, 30.0, np.inf, 30.0],
            "after_s": [1.0, 6.0, np.inf, 120.0, 60.0, 120.0],
        },
        geometry=squares,
        index=list("abcdef"),
        crs=4326,
    )
    asked = np.array([True] * 5 + [False])
    table = attribute_tables.change_table(changes, bands=CHANGE_BANDS, asked=asked)
    never, off = attribute_tables.NEVER, attribute_tables.NOT_ASKED
    assert table["said"].tolist() == ["1:30 slower", "newly reached", "no change", never, off]
    assert table["zone"].tolist() == ["Zone d", "Zone e", "2 zones", "1 zone", "1 zone"]
    assert table["before"].tolist()[:2] == ["0:30", "not reached"]
    held = attribute_tables.change_table(
        changes.assign(after_s=[1.0, 6, np.inf, 240.3, 60, 120]), bands=CHANGE_BANDS, asked=asked, limit_s=240
    )
    assert held["after"].tolist()[:2] == ["4:01", "1:00"]  # over its limit a time looks it
    assert table["colour"].tolist()[1:] == [attribute_tables.NEWLY_COLOUR, NO_CHANGE, UNKNOWN, ELSEWHERE]
    assert shapely.area(table.geometry.array).tolist() == [1, 1, 2, 1, 1]
