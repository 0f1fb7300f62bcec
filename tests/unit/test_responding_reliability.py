"""Station reliability in both definitions: by hand on one street, and by a loop over the sample city."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError
from fireplan.examples import line_town, marisol_folder
from fireplan.incidents import read_cad
from fireplan.response_performance import Policy, attend
from fireplan.response_performance._reliability import reliability
from fireplan.response_performance._statistics import share_interval
from fireplan.travel import first_due

ZONE = "America/Los_Angeles"
START = pd.Timestamp("2025-06-02 10:00", tz="UTC")
SOUTH, NORTH = 30.005, 30.035

# incident: latitude, priority, then unit: dispatched, arrived [s after the call]
CASES = {
    "served": (SOUTH, "1", {"E1": (60, 200)}),
    "beaten": (SOUTH, "1", {"E1": (60, 300), "E2": (60, 200)}),
    "away": (SOUTH, "1", {"E2": (60, 300)}),
    "late": (SOUTH, "1", {"M2": (60, None), "E1": (121, 300)}),
    "in time": (SOUTH, "1", {"M2": (60, 100), "E1": (120, 300)}),
    "cancelled": (SOUTH, "1", {"E1": (60, None)}),
    "neighbour": (SOUTH, "1", {"OCN E9": (60, 400)}),
    "neighbour first": (SOUTH, "1", {"OCN E9": (60, 300), "E1": (60, 400)}),
    "ambulance alone": (SOUTH, "1", {"M2": (60, 300), "OCN M9": (60, 200)}),
    "slow": (SOUTH, "3", {"E2": (60, 300)}),
    "nowhere": (None, "1", {"E2": (60, 300)}),
    "north": (NORTH, "2", {"E2": (60, 100)}),
}
POLICY = Policy(first_types=("engine",), emergency_priorities=("1", "2"))


def history(cases, *, times=1):
    rows, calls = [], []
    for again in range(times):
        for name, (latitude, priority, units) in cases.items():
            at = START + pd.Timedelta(hours=again)
            incident = f"{name} {again}"
            point = None if latitude is None else shapely.Point(-140.0, latitude)
            calls.append((incident, priority, at, point))
            rows += [
                (incident, u, at, *(pd.NaT if s is None else at + pd.Timedelta(seconds=s) for s in stamps))
                for u, stamps in units.items()
            ]
    incidents = gpd.GeoDataFrame(
        calls, columns=["incident_id", "priority", "received", "geometry"], geometry="geometry", crs="EPSG:4326"
    ).set_index("incident_id")
    responses = pd.DataFrame(rows, columns=["incident_id", "unit_id", "received", "dispatched", "arrived"])
    responses = responses.assign(enroute=pd.NaT, cancelled=False, turnout_s=np.nan, travel_s=np.nan)
    return SimpleNamespace(incidents=incidents, responses=responses, timezone=ZONE)


@pytest.fixture(scope="module")
def town():
    two = line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",)), fp.AddUnit("M2", to="S2"))
    zones = two.zones.assign(station_area=["S1"] * 20 + ["S2"] * 20, side="south")
    return fp.Scenario(two.roads, two.stations, two.units, zones)


@pytest.fixture(scope="module")
def city():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module")
def cad():
    return read_cad(marisol_folder() / "cad.csv.gz", timezone=ZONE)


def test_both_definitions_by_hand(town):
    table = reliability(history(CASES), scenario=town, policy=POLICY)
    assert table.loc["S1", ["n", "n_first", "served_first", "n_initial", "served_initial"]].tolist() == [8, 7, 3, 8, 5]
    assert table.loc["S2", ["n", "n_first", "served_first", "n_initial", "served_initial"]].tolist() == [1] * 5
    assert table["share_first"].isna().all()
    assert table["note"].tolist() == ["n too small (below 10)"] * 2
    assert table.attrs == {
        "area": "modelled first due", "not_placed": 1, "nobody_eligible": 1, "window_s": 60.0, "basis": "observed"
    }  # fmt: skip


def test_shares_and_their_intervals(town):
    table = reliability(history(CASES, times=10), scenario=town, policy=POLICY)
    south = table.loc["S1"]
    assert south[["n_first", "served_first", "n_initial", "served_initial"]].tolist() == [70, 30, 80, 50]
    assert south[["share_first", "share_first_low", "share_first_high"]].tolist() == list(share_interval(30, 70))
    assert south[["share_initial", "share_initial_low", "share_initial_high"]].tolist() == list(share_interval(50, 80))
    assert table.loc["S2", "share_first"] == 1.0
    assert table["note"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("served", "cancelled", "note"),
    [(9, 3, "n too small (below 10)"), (10, 3, ""), (10, 0, "")],
)
def test_a_share_of_fewer_than_ten_in_either_definition_is_noted(town, served, cancelled, note):
    # A unit that was cancelled was dispatched and never arrived: it counts in the second definition alone.
    cases = {f"{name} {i}": CASES[name] for name, n in (("served", served), ("cancelled", cancelled)) for i in range(n)}
    row = reliability(history(cases), scenario=town, policy=POLICY).loc["S1"]
    assert row[["n_first", "n_initial", "note"]].tolist() == [served, served + cancelled, note]
    assert np.isnan(row["share_first"]) == (served < 10)
    assert row["share_initial"] == 1


def test_how_long_after_the_first_dispatch_is_the_callers_choice(town):
    served = [
        reliability(history(CASES), scenario=town, policy=POLICY, window_s=s).loc["S1", "served_initial"]
        for s in (0, 59, 60, 61, 600)
    ]
    assert served == [4, 4, 5, 6, 6]
    with pytest.raises(InputError, match="window_s"):
        reliability(history(CASES), scenario=town, window_s=-1)


def test_any_unit_that_stops_the_clock(town):
    table = reliability(history(CASES), scenario=town, policy=Policy(emergency_priorities=("1", "2")))
    assert table.loc["S1", ["n", "n_first", "served_first", "served_initial"]].tolist() == [9, 8, 2, 5]


def test_areas_from_a_column(town):
    modelled = reliability(history(CASES), scenario=town, policy=POLICY)
    drawn = reliability(history(CASES), scenario=town, policy=POLICY, area="station_area")
    assert drawn.attrs["area"] == "column 'station_area'"
    assert drawn.drop(columns="note").equals(modelled.drop(columns="note"))
    told = history(CASES)
    told.responses["first_due"] = "S2"
    whole = reliability(told, scenario=town, policy=POLICY, area="first_due")
    assert whole.index.tolist() == ["S2"]
    assert whole.loc["S2", ["n", "served_first"]].tolist() == [10, 4]
    assert whole.attrs["not_placed"] == 0
    without = reliability(attend(told, scenario=town, policy=POLICY), area="first_due")
    assert without.equals(whole)


def test_by_hour_by_a_column_and_all_together(town):
    calls = history(CASES, times=3)
    by_hour = reliability(calls, scenario=town, policy=POLICY, by=("station_id", "hour"))
    assert by_hour.loc["S1"]["n"].to_dict() == {3: 8, 4: 8, 5: 8}
    assert reliability(calls, scenario=town, policy=POLICY, by="priority")["n"].to_dict() == {"1": 24, "2": 3}
    assert reliability(calls, scenario=town, policy=POLICY, by=()).loc[0, ["n", "served_first"]].tolist() == [27, 12]


def test_questions_that_cannot_be_asked(town):
    calls = history(CASES)
    with pytest.raises(InputError, match="stations of the units are not known"):
        reliability(calls)
    with pytest.raises(InputError, match="whose area an incident lies in"):
        reliability(attend(calls, scenario=town))
    with pytest.raises(UnknownIdError, match="unknown column of the area 'statoin_area': did you mean 'station_area'"):
        reliability(calls, scenario=town, area="statoin_area")
    with pytest.raises(UnknownIdError, match=r"unknown station in column 'side': 'south'. Known: S1, S2"):
        reliability(calls, scenario=town, area="side")
    with pytest.raises(UnknownIdError, match="unknown group"):
        reliability(calls, scenario=town, by="moon")
    alone = SimpleNamespace(
        incidents=calls.incidents,
        responses=calls.responses.drop(columns="unit_id").drop_duplicates("incident_id"),
        timezone=ZONE,
    )
    with pytest.raises(InputError, match="no units: it holds one row per incident"):
        reliability(alone, scenario=town)


def test_the_city_by_a_loop(cad, city):
    policy = Policy(first_types=("engine",), emergency_priorities=("1", "2"))
    attendance = attend(cad, scenario=city, policy=policy)
    table = reliability(attendance, scenario=city)
    located = attendance.incidents[~attendance.incidents.geometry.isna()]
    placed = fp.Scenario(city.roads, city.stations, city.units, city.zones, incidents=located[["geometry"]])
    home = first_due(placed, to="incidents")["first_due"].to_dict()
    units = city.units
    sent = {}
    for row in cad.responses[["incident_id", "unit_id", "dispatched", "arrived"]].itertuples(index=False):
        sent.setdefault(row.incident_id, []).append(row)
    counts = {s: [0, 0, 0, 0] for s in city.stations.index}
    for incident, priority in attendance.incidents["priority"].items():
        area = home.get(incident)
        if priority == "3" or area is None or not attendance.incidents["inside"][incident]:
            continue
        engines = [r for r in sent[incident] if r.unit_id.startswith(("E", "OCN E"))]
        if not engines:
            continue
        began = min(r.dispatched for r in sent[incident])
        arrived = sorted((r.arrived, r.unit_id) for r in engines if not pd.isna(r.arrived))
        ours = {u for u in units.index if units.loc[u, "station_id"] == area}
        soon = {r.unit_id for r in engines if (r.dispatched - began).total_seconds() <= 60}
        counts[area][0] += 1
        counts[area][1] += bool(arrived)
        counts[area][2] += bool(arrived) and arrived[0][1] in ours
        counts[area][3] += bool(soon & ours)
    found = table[["n", "n_first", "served_first", "served_initial"]]
    assert found.T.to_dict("list") == counts


def test_nothing_is_changed(cad, city):
    attendance = attend(cad, scenario=city)
    before = attendance.responses.copy(), attendance.incidents.copy()
    reliability(attendance, scenario=city)
    pd.testing.assert_frame_equal(attendance.responses, before[0])
    pd.testing.assert_frame_equal(attendance.incidents, before[1])
