"""Ambulances that take patients to hospital, wait there, and drive home from there."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from histories import history, went
from regular_calls import MONDAY

import fireplan as fp
from fireplan.errors import InputError
from fireplan.simulation import Hospitals, simulate

TOWN = fp.examples.line_town()
TOWN = fp.Scenario(
    TOWN.roads,
    TOWN.stations,
    fp.stations.complete_units(TOWN.units.rename({"E1": "M1"}).assign(type="ambulance", crew=2)),
    TOWN.zones,
)
PLACES = gpd.GeoDataFrame(
    {"hospital_id": ["North", "South"]},
    geometry=[shapely.Point(-140.0, 30.035), shapely.Point(-140.0, 29.9999)],
    crs=4326,
)
NORTH = PLACES.iloc[:1]
CALL = (-140.0, 30.02)
STAY_S, DAYS, EVERY_H = 3000.0, 28, 6


def calls(*, stay_s=STAY_S, days=DAYS, transported=None, at=CALL):
    """An ambulance to one place every six hours: a medical call, and every other one stays 1000 s longer."""
    n = days * 24 // EVERY_H
    rows = [
        went(
            f"c{i:03d}",
            "M1",
            0,
            60,
            120,
            300,
            300 + stay_s + 1000 * (i % 2),
            at=MONDAY + pd.Timedelta(hours=EVERY_H * i),
        )
        for i in range(n)
    ]
    if transported is not None:
        rows = [{**row, "transported": transported(i)} for i, row in enumerate(rows)]
    return history(*rows, category="ems", points=[at] * n)


def drive_s(a, b):
    """Between two places on the street."""
    town = TOWN.apply(fp.OpenStation("X", at=a, units=("M9",)))
    there = gpd.GeoDataFrame(
        {"x": ["p"]}, index=pd.Index(["p"], name="incident_id"), geometry=[shapely.Point(b)], crs=4326
    )
    one = fp.Scenario(town.roads, town.stations, town.units, town.zones, incidents=there)
    found = fp.first_due(one.apply(fp.CloseStation("S1")), to="incidents", needs={"ambulance": 1})
    return float(found["first_due_s"].iloc[0])


def asked(**more):
    return {"days": 14, "replications": 1, "assignable": False, "queue": True, **more}


def out_s(found):
    came = found.responses
    return (came["cleared"] - came["arrived"]).dt.total_seconds().to_numpy()


def test_the_history_as_it_was_is_not_counted_twice():
    """The trip is part of the stays: with the wall time of the history they are as long as before."""
    plain = simulate(TOWN, calls(), **asked())
    taken = simulate(TOWN, calls(), **asked(hospitals=Hospitals(NORTH, transports={"ems": 1.0}, wall_time_s=900.0)))
    np.testing.assert_allclose(out_s(taken), out_s(plain), atol=1e-3)
    assert taken.utilisation().loc["M1", "utilisation"] == pytest.approx(plain.utilisation().loc["M1", "utilisation"])
    assert any("their stays are parted into" in note for note in taken.notes)
    row = taken.summary()
    assert row.loc["transports", "mean"] == row.loc["calls", "mean"] == 56
    assert row.loc["wall_h", "mean"] == pytest.approx(56 * 900 / 3600)
    assert "wall_h" not in plain.summary().index


def test_a_longer_wall_keeps_ambulances_as_much_longer():
    before = Hospitals(NORTH, transports={"ems": 0.5}, wall_time_s=900.0)
    longer = Hospitals(NORTH, transports={"ems": 0.5}, wall_time_s=2700.0, in_history_s=900.0)
    today, later = (simulate(TOWN, calls(), **asked(hospitals=h)) for h in (before, longer))
    added = later.utilisation().loc["M1", "utilisation"] - today.utilisation().loc["M1", "utilisation"]
    n = later.summary().loc["transports", "mean"]
    assert n == 28  # those of the longer stays
    assert added == pytest.approx(n * 1800 / (14 * 86_400))
    assert later.summary().loc["wall_h", "mean"] == pytest.approx(n * 2700 / 3600)
    stays = out_s(later)
    assert set(stays.round()) == {STAY_S, STAY_S + 1000 + 1800}


def test_it_drives_home_from_the_hospital():
    """Out from the dispatch until it is home: a call that finds it out waits for just that."""
    rows = [
        row
        for i in range(28)
        for at in [MONDAY + pd.Timedelta(hours=6 * i)]
        for row in (
            went(f"a{i:02d}", "M1", 0, 60, 120, 300, 3300, at=at),
            went(f"b{i:02d}", "M1", 0, 60, 120, 300, 3300, at=at + pd.Timedelta(minutes=5)),
        )
    ]
    past = history(*rows, category="ems", points=[CALL] * 56)
    home = simulate(TOWN, past, **asked(days=6)).responses
    away = simulate(TOWN, past, **asked(days=6, hospitals=Hospitals(NORTH, transports={"ems": 1.0}))).responses
    station = (-140.0, 30.0)

    def back(came):
        came = came.sort_values("dispatched").reset_index(drop=True)
        return (came["dispatched"].shift(-1) - came["cleared"]).dt.total_seconds().iloc[0]

    assert back(home) == pytest.approx(drive_s(station, CALL), abs=0.5)
    assert back(away) == pytest.approx(drive_s(station, (-140.0, 30.035)), abs=0.5)
    assert away["hospital_id"].eq("North").all()


def test_the_leg_is_the_drive_to_the_nearest_hospital_or_by_shares():
    near = Hospitals(PLACES, transports={"ems": 1.0}, wall_time_s=0.0, in_history_s=0.0)
    found = simulate(TOWN, calls(at=(-140.0, 30.03)), **asked(hospitals=near))
    assert found.responses["hospital_id"].eq("North").all()
    shared = Hospitals(PLACES, transports={"ems": 1.0}, wall_time_s=60.0, shares={"North": 0.25, "South": 0.75})
    found = simulate(TOWN, calls(days=56), **asked(days=56, hospitals=shared, replications=4))
    every = found.all_responses()
    assert every["hospital_id"].eq("North").mean() == pytest.approx(0.25, abs=0.05)
    legs = {name: drive_s(xy, CALL) for name, xy in (("North", (-140.0, 30.035)), ("South", (-140.0, 29.9999)))}
    stay = (every["cleared"] - every["arrived"]).dt.total_seconds()
    by_call = stay.groupby(every["hospital_id"]).min()
    assert by_call["South"] - by_call["North"] == pytest.approx(legs["South"] - legs["North"], abs=0.01)


def test_wall_times_have_their_distribution_and_the_same_luck_in_every_scenario():
    law = Hospitals(NORTH, transports={"ems": 1.0}, wall_time_s=(1200.0, 2400.0))
    runs = [simulate(town, calls(), **asked(days=200, hospitals=law)) for town in (TOWN, TOWN.apply(fp.SetTurnout(90)))]
    walls = [run.responses["wall_s"].to_numpy() for run in runs]
    np.testing.assert_array_equal(*walls)
    assert np.median(walls[0]) == pytest.approx(1200, rel=0.08)
    assert np.quantile(walls[0], 0.9) == pytest.approx(2400, rel=0.12)
    assert law.mean_s("North") == pytest.approx(np.mean(walls[0]), rel=0.06)


def test_the_history_may_say_who_took_a_patient():
    told = calls(transported=lambda i: i % 4 == 0)
    found = simulate(TOWN, told, **asked(hospitals=Hospitals(NORTH, wall_time_s=600.0)))
    assert found.summary().loc["transports", "mean"] == 14
    with pytest.raises(InputError, match="nothing says who takes patients"):
        simulate(TOWN, calls(), **asked(hospitals=Hospitals(NORTH)))


def test_a_stay_too_short_for_the_trip_keeps_a_least_time_at_the_scene():
    found = simulate(TOWN, calls(stay_s=400.0), **asked(hospitals=Hospitals(NORTH, transports={"ems": 1.0})))
    leg = drive_s((-140.0, 30.035), CALL)
    assert out_s(found).min() == pytest.approx(300.0 + leg + 1200.0, abs=0.01)
    assert any("the stay was too short for that, and is longer here" in note for note in found.notes)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"wall_time_s": -1.0}, "give seconds"),
        ({"wall_time_s": (1200.0, 600.0)}, "no less than it"),
        ({"wall_time_s": {"North": 60.0}}, "says nothing of 'South'"),
        ({"transports": {"ems": 1.2}}, "share from 0 to 1"),
        ({"shares": {"East": 1.0}}, "no hospital"),
        ({"shares": {"North": 0.5}}, "add up to 0.5"),
        ({"types": ("ambulence",)}, "types names 'ambulence', which is no type of unit"),
        ({"places": PLACES.assign(hospital_id=["North", None])}, "a hospital has no id"),
        ({"places": PLACES.assign(hospital_id=pd.Series([1, "1"], dtype=object))}, "hospital '1' stands twice"),
        ({"places": PLACES.set_geometry([shapely.Point(), PLACES.geometry[1]], crs=4326)}, "without coordinates"),
    ],
)
def test_hospitals_that_cannot_be_are_refused(given, match):
    with pytest.raises(InputError, match=match):
        Hospitals(**{"places": PLACES, **given})


def test_what_does_not_fit_the_history_is_refused():
    with pytest.raises(InputError, match="transports names 'fire'"):
        simulate(TOWN, calls(), **asked(hospitals=Hospitals(NORTH, transports={"fire": 0.5})))
    with pytest.raises(InputError, match="no call of the history asks"):
        simulate(TOWN, calls(), **asked(hospitals=Hospitals(NORTH, transports={"ems": 1.0}, types=("rescue",))))
    with pytest.raises(InputError, match="points with a CRS"):
        Hospitals(NORTH.set_crs(None, allow_override=True))


def test_a_hospital_that_no_road_leads_to_is_refused_rather_than_driven_to_for_ever():
    away = NORTH.set_geometry([shapely.Point(-139.99, 30.02)], crs=4326)
    with pytest.raises(InputError, match="hospital 'North' lies farther than 200 m from every road"):
        simulate(TOWN, calls(), **asked(hospitals=Hospitals(away, transports={"ems": 0.5})))
