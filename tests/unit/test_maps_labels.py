"""What stands beside a station on a map, and what the legend of arrival lists."""

import geopandas as gpd
import pandas as pd
import pytest

import fireplan as fp
from fireplan import maps
from fireplan.maps._layers.station_labels import station_labels
from tests.support.map_pages import cells, layer_data, shown

NFPA = fp.standards.NFPA_1710


def town(ids, names, **more):
    line = fp.examples.line_town()
    y = [30.0 + 0.03 * i for i in range(len(ids))]
    stations = gpd.GeoDataFrame(
        {"station_id": ids, "name": names}, geometry=gpd.points_from_xy([-140.0] * len(ids), y), crs=4326
    )
    units = pd.DataFrame({"unit_id": [f"E{i}" for i in ids], "station_id": ids, "type": "engine"})
    return fp.Scenario(line.roads, stations, units, more.get("zones", line.zones), name="town", timezone="UTC")


def marks(page):
    return next(data for kind, data in layer_data(page) if kind == "stations")


@pytest.mark.parametrize(
    ("ids", "names", "labels"),
    [
        (["692", "698"], ["Fire Station #10", "Fire Station #7 - Division 3 Headquarters"], ["10", "7"]),
        (["1", "02"], ["Station 1", "Station 2"], ["1", "02"]),  # the id says it as it is
        (["S8", "FS-12"], ["Station 9", "Harbour"], ["S8", "FS-12"]),  # ids with letters are somebody's own
        (["100", "200"], ["Harbour", "The old brewery by the river"], ["Harbour", "200"]),
        (["100", "200"], ["", "7th Street"], ["100", "7th Street"]),
        (["100"], ["450 Main Street"], ["100"]),  # a number of a house, and too long
        (["100"], ["Feuerwache 2b"], ["2B"]),
        (["100", "200"], ["Station 4", "Old Station 4"], ["100", "200"]),  # two alike
        (["2", "3"], ["Station 3", "Headquarters on the hill"], ["2", "3"]),  # the 3 of one is the id of the other
    ],
)
def test_stations_are_labelled_as_people_speak_of_them(ids, names, labels):
    assert station_labels(pd.DataFrame({"name": names}, index=ids)) == labels


def test_maps_show_the_number_of_the_name_and_the_card_has_the_id():
    numbered = town(["691", "692"], ["Fire Station #1", "Fire Station #10"])
    arrival = marks(maps.coverage(fp.assess(numbered, standard=NFPA)))
    assert arrival["names"] == ["1", "10"]
    assert cells(arrival, "Id") == ["691", "692"]
    ground = maps.first_due(numbered)
    assert marks(ground)["names"] == ["1", "10"]
    assert "1: Fire Station #1 37.5 % 10: Fire Station #10 62.5 %" in shown(ground)


def test_ids_that_are_labels_are_not_said_twice():
    own = marks(maps.coverage(fp.assess(town(["S1", "S2"], ["Station 1", "Station 2"]), standard=NFPA)))
    assert own["names"] == ["S1", "S2"]
    assert "Id" not in own["labels"]


def test_the_legend_lists_gaps_only_where_some_are_drawn():
    far = fp.assess(town(["S1"], ["Station 1"]), standard=NFPA)
    assert "gap: demand outside the limit" in shown(maps.coverage(far))
    # Line Street's south half alone is within four minutes of its station.
    near = fp.assess(town(["S1"], ["Station 1"], zones=fp.examples.line_town().zones.iloc[:10]), standard=NFPA)
    assert "gap:" not in shown(maps.coverage(near))
    both = fp.compare(near.scenario, near.scenario.apply(name="same"), standard=NFPA)
    assert "gap:" not in shown(maps.compare(both))
    empty = fp.examples.line_town().zones[["geometry"]]  # kilometres of road have no gaps on the map
    bare = fp.assess(town(["S1"], ["Station 1"], zones=empty), standard=NFPA)
    assert "gap:" not in shown(maps.coverage(bare))


def test_the_legend_of_a_comparison_lists_gaps_that_one_pane_has():
    two = town(["S1", "S2"], ["Station 1", "Station 2"])
    both = fp.compare(two, two.apply(fp.CloseStation("S2"), name="without"), standard=NFPA)
    assert "gap: demand outside the limit" in shown(maps.compare(both))
