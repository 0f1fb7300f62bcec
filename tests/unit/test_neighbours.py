"""A neighbour's stations count in cover, and are told apart wherever stations are counted or listed."""

import pandas as pd
import pytest

import fireplan as fp
from fireplan.stations import own_stations, read_stations
from fireplan.stations._agencies import neighbours_said


def table(*agencies):
    n = len(agencies)
    return pd.DataFrame(
        {"station_id": [f"S{i + 1}" for i in range(n)], "name": "N", "latitude": 30.0 + 0.02 * pd.RangeIndex(n),
         "longitude": -140.0, "agency": agencies}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("agencies", "home", "own", "told"),
    [
        (
            ["", "", "County"],
            None,
            [True, True, False],
            "2 stations of the department are its own; those of 'County' (1)",
        ),
        (
            ["City", "City", "County"],
            None,
            [True, True, False],
            "2 stations of 'City' are its own; those of 'County' (1)",
        ),
        (["City", "City", "County"], "county", [False, False, True], "1 stations of the department are its own"),
        (
            ["City", "County"],
            None,
            [True, True],
            "cannot be told, so all count so: 'City' (1), 'County' (1); name home",
        ),
        (["City", "City"], None, [True, True], ""),
        (["", ""], None, [True, True], ""),
    ],
)
def test_whose_stations_they_are(agencies, home, own, told):
    stations, _ = read_stations(table(*agencies), home=home)
    assert own_stations(stations).tolist() == own
    notes = " ".join(n for n in stations.attrs["notes"] if "own" in n)
    assert told in notes
    assert bool(notes) == bool(told)


def test_without_a_column_all_are_its_own():
    stations, _ = read_stations(table("", "").drop(columns="agency"))
    assert own_stations(stations).all()
    assert neighbours_said(stations, pd.DataFrame()) == []


@pytest.fixture(scope="module")
def both():
    """Line Street with the station there is, and a neighbour's at its other end."""
    town = fp.examples.line_town()
    ends = town.roads.nodes
    far = ends.loc[ends.distance(town.stations.geometry.iloc[0]).idxmax()] if len(ends) else None
    more = town.stations.assign(agency="").reset_index()
    away = more.assign(station_id="N1", name="Next Town", agency="County", geometry=[far.geometry])
    stations = pd.concat([more, away], ignore_index=True)
    units = pd.concat([town.units, town.units.iloc[:1].rename({"E1": "E99"}).assign(station_id="N1")])
    return town, fp.Scenario(town.roads, stations, units, town.zones)


@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_they_count_in_cover_and_not_among_the_departments_own(both):
    town, with_aid = both
    alone, helped = (fp.assess(s, standard="NFPA_1710") for s in both)
    key = ("first_engine", "population")
    assert helped.summary().loc[key, "within"] > alone.summary().loc[key, "within"]
    assert "own" not in alone.stations.columns
    assert helped.stations["own"].groupby("station_id").first().to_dict() == {"S1": True, "N1": False}
    told = "1 open stations and 1 units of neighbours count in cover, and are told apart in tables by station"
    assert f"{told}: 'County' (1)" in helped.notes()
    assert not any("neighbours" in n for n in alone.notes())
    assert "2 open stations (1 of neighbours)" in repr(with_aid)
    assert "neighbours" not in repr(town)


@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_a_station_that_is_opened_is_the_departments_own(both):
    _, with_aid = both
    opened = with_aid.apply(fp.OpenStation("S9", at=(-140.0, 30.03), units=("E9",)))
    assert own_stations(opened.stations).to_dict() == {"S1": True, "N1": False, "S9": True}


@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_a_neighbours_station_is_not_asked_to_move(both):
    _, with_aid = both
    sites = fp.siting.grid_sites(with_aid, spacing_m=1000)
    found = fp.siting.relocate(with_aid, stations=1, candidates=sites, within_s=240)
    shut = [change.station_id for change in found.plan if isinstance(change, fp.CloseStation)]
    assert shut == ["S1"]
