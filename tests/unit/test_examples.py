"""The street town by hand, and the sample city as it was planted."""

import tomllib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.examples import marisol_folder


@pytest.fixture(scope="session")
def city():
    return sample_city(calibrated=False)


@pytest.fixture(scope="session")
def assessed(city):
    """Today and with Station 8."""
    return [fp.assess(s, standard=city.standard) for s in (city.today, city.scenarios[0])]


@pytest.fixture(scope="session")
def planted():
    return tomllib.loads((marisol_folder() / "truth.toml").read_text(encoding="utf-8"))["gap"]


# --- Line Street


def test_line_town_by_hand():
    town = fp.examples.line_town()
    assert (town.roads.n_nodes, town.roads.n_streets, len(town.zones)) == (41, 40, 40)
    assert town.zones["population"].sum() == 400
    assert town.roads.length_m == pytest.approx(110.852, abs=0.01)
    assert town.roads.there_s == pytest.approx(town.roads.length_m / 10)
    assert (town.roads.there_s == town.roads.back_s).all()
    assert town.stations.loc["S1", "geometry"].equals(shapely.Point(-140, 30))
    assert town.units["station_id"].to_dict() == {"E1": "S1"}


def test_line_town_is_the_same_each_time_and_nobody_elses():
    one, two = fp.examples.line_town(), fp.examples.line_town()
    assert one.roads.fingerprint == two.roads.fingerprint
    assert one is not two
    assert one.memo is not two.memo


def test_example_in_the_package_description_holds():
    town = fp.examples.line_town()
    new = town.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="Station 2")
    share = fp.compare(town, new, standard=fp.standards.NFPA_1710).summary()["share"]
    assert share.round(2).loc["Station 2", "first_engine"].to_dict() == {"population": 1.0, "road_km": 1.0}


# --- Marisol


def test_city_is_read_whole(city):
    assert [s.name for s in (city.today, *city.scenarios)] == ["today", "Station 8", "Close Station 3"]
    assert (len(city.today.stations), len(city.today.units), len(city.today.zones)) == (7, 13, 1709)
    assert city.today.zones[["population", "dwellings"]].sum().tolist() == [115_000, 46_000]
    assert city.history.rows_in == 52_890
    assert city.today.provenance == "invented"
    assert city.title == "Marisol"


def test_city_is_held_to_its_growth_rule(assessed):
    before, after = (a.summary().loc[("growth_rule", "dwellings")] for a in assessed)
    assert before["at_most_outside"] == 1500
    assert before["met"] is False
    assert after["met"] is True


def test_heaviest_gap_is_the_planted_one(assessed, planted):
    gap = gpd.GeoSeries([fp.gaps(assessed[0]).geometry.iloc[0]], crs=assessed[0].zones.crs).to_crs("EPSG:4326").iloc[0]
    outline = shapely.Polygon(planted["outline"])
    assert outline.contains(shapely.Point(planted["centroid"]))
    assert gap.intersects(shapely.Point(planted["centroid"]).buffer(0.003))
    assert gap.intersection(outline).area > 0.9 * gap.area
    found = fp.gaps(assessed[0]).loc[1]
    assert found["population"] == pytest.approx(planted["population"], rel=0.05)


def inside(assessment, planted):
    """Zones of the planted gap."""
    points = assessment.zones.geometry.representative_point().to_crs("EPSG:4326")
    return assessment.zones[points.within(shapely.Polygon(planted["outline"])).to_numpy()]


def share_within(zones, limit_s):
    return zones.loc[zones["first_due_s"] <= limit_s, "population"].sum() / zones["population"].sum()


def test_station_8_covers_the_planted_gap(assessed, planted):
    before, after = (inside(a, planted) for a in assessed)
    assert before["population"].sum() == pytest.approx(planted["population"], rel=0.05)
    assert share_within(before, 240) < 0.1
    assert share_within(after, 240) >= 0.9
    assert set(after.loc[after["first_due_s"] <= 240, "first_due"]) == {"S8"}


def test_closing_station_3_leaves_people_outside(city, assessed):
    key = ("first_engine", "population")
    after = fp.assess(city.scenarios[1], standard=city.standard).summary().loc[key]
    assert after["share"] < assessed[0].summary().loc[key, "share"] - 0.03
    assert after["n"] == 115_000


def test_true_times_are_not_far_from_the_planned_ones(assessed, planted):
    # Planned on posted and class speeds, without delays at junctions; true ones were drawn with them.
    median_s = np.median(inside(assessed[0], planted)["first_due_s"])
    assert 0.7 * planted["first_due_s_today"][1] < median_s < 1.1 * planted["first_due_s_today"][1]


def test_speeds_are_called_planned_only_where_they_are(city):
    said = "class speeds are planning figures until calibrated"
    assert any(note.startswith(said) for note in city.notes)
    assert not any(note.startswith(said) for note in sample_city().notes)
