"""A second town on the department's roads stays in the denominator; what is left out of it is said beside it."""

import re
import shutil
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan._cli import main
from fireplan.errors import InputError
from fireplan.incidents import read_cad
from fireplan.incidents._places.coordinates import NEAR_GROUND_M

TWO_TOWNS = Path(__file__).parents[1] / "data" / "cases" / "two_towns"  # 320 calls at home, 80 in a town 150 km off
FIRST = ("first_engine", "incidents")


def headline(folder):
    """The first engine's row of incidents, and the project's notes."""
    project = fp.open_project(folder)
    found = fp.assess(project.today, standard=project.standard)
    return found.summary().loc[FIRST], project.notes, found.notes()


@pytest.fixture
def towns(tmp_path):
    return Path(shutil.copytree(TWO_TOWNS, tmp_path / "towns"))


def with_calls(folder, change):
    """The project with other calls."""
    calls = pd.read_csv(folder / "cad.csv", dtype=str)
    change(calls).to_csv(folder / "cad.csv", index=False)
    return folder


def far_rows(calls):
    return calls["longitude"].astype(float) > -139


def test_a_second_town_on_the_roads_counts(towns):
    row, notes, _ = headline(towns)
    assert (row["n"], row["within"], row["not_located"]) == (400, 320, 0)
    assert row["share"] == 0.8
    assert not row["met"]
    assert not [note for note in notes if "location_" in note]


def test_so_says_the_command(towns, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fireplan", "assess", str(towns), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    said = capsys.readouterr().out
    assert "of 400 incidents " in said
    assert "80.0 %" in said
    assert "without a place" not in said


def test_what_is_left_out_stands_beside_n_in_the_command_s_table(towns, tmp_path, monkeypatch, capsys):
    def nowhere(calls):
        calls.loc[far_rows(calls), ["latitude", "longitude"]] = ["0", "0"]
        return calls

    with_calls(towns, nowhere)
    monkeypatch.setattr(sys, "argv", ["fireplan", "assess", str(towns), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit):
        main()
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(r"of 320 incidents \(fire\) \(80 of 400 without a .*?place, 20\.0 %\)", said)


def test_one_call_in_the_second_town_counts_too(towns):
    def one(calls):
        far = far_rows(calls)
        return pd.concat([calls[~far], calls[far].head(1)])

    row, _, _ = headline(with_calls(towns, one))
    assert (row["n"], row["within"], row["not_located"]) == (321, 320, 0)


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [("-25.0", "-138.44", "location_far"), ("0", "0", "location_zero"), ("29.989", "-138.443", "location_sign_lost")],
)
def test_what_lies_far_from_every_road_is_left_out_and_said_beside_n(towns, latitude, longitude, code):
    def elsewhere(calls):
        calls.loc[far_rows(calls), ["latitude", "longitude"]] = [latitude, longitude]
        return calls

    row, notes, said = headline(with_calls(towns, elsewhere))
    assert (row["n"], row["share"], row["not_located"]) == (320, 1.0, 80)
    assert "80 of 400 without a place, 20.0 %: these incidents are in no share" in said
    assert [n for n in notes if n.startswith(code) and "80 of 400 points, 20.0 %" in n]


def test_half_a_percent_without_a_place_is_not_said_beside_n(towns):
    def two_elsewhere(calls):
        calls.loc[calls.index[far_rows(calls)][:2], ["latitude", "longitude"]] = ["0", "0"]
        return calls

    row, _, said = headline(with_calls(towns, two_elsewhere))
    assert (row["n"], row["not_located"]) == (398, 2)
    assert not [note for note in said if "without a place" in note]


def test_a_town_beyond_the_equator_has_not_lost_its_sign(towns):
    def mirrored(calls):  # the first town at 29.99 S, the second at 29.99 N, on roads that are there
        far = far_rows(calls)
        calls.loc[far, "latitude"] = calls.loc[far, "latitude"].str.removeprefix("-")
        calls.loc[far, "longitude"] = "-139.99"
        return calls

    with_calls(towns, mirrored)
    street = gpd.GeoSeries([shapely.LineString([(-140, 29.98), (-139.9, 30)])], crs=4326)
    alone = read_cad(towns / "cad.csv", timezone="UTC")
    assert alone.incidents.geometry.isna().sum() == 80
    known = read_cad(towns / "cad.csv", timezone="UTC", ground=[street])
    assert known.incidents.geometry.notna().all()


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("share", "kept"), [(0.9, True), (1.5, False)])
def test_near_is_near_across_the_antimeridian_and_in_the_north(tmp_path, side, share, kept):
    up = share * NEAR_GROUND_M / 111_195
    lines = ["incident_id,unit_id,call_type,priority,received,dispatched,enroute,arrived,cleared,latitude,longitude"]
    clock = "2025-01-01 00:00:00,2025-01-01 00:01:00,2025-01-01 00:02:00,2025-01-01 00:06:40,2025-01-01 00:33:20"
    lines += [f"I{n},E1,Fire,1,{clock},{65 + n / 1e4},179.99" for n in range(9)]
    lines += [f"F,E1,Fire,1,{clock},{68 + side * up},-179.99"]
    (tmp_path / "cad.csv").write_text("\n".join(lines))
    road = gpd.GeoSeries([shapely.LineString([(179.9, 68), (179.99, 68)])], crs=4326)
    history = read_cad(tmp_path / "cad.csv", timezone="UTC", ground=[road.to_crs(32660)])
    assert (history.incidents.geometry["F"] is not None) == kept


def test_without_roads_calls_in_company_are_kept_and_noted_and_a_lone_one_is_dropped(towns):
    def lone(calls):
        calls.loc[calls.index[far_rows(calls)][0], ["latitude", "longitude"]] = ["-25.0", "-138.44"]
        return calls

    ledger = read_cad(with_calls(towns, lone) / "cad.csv", timezone="UTC").ledger.set_index("code")
    assert ledger.loc["location_apart", ["rows", "outcome"]].tolist() == [79, "noted"]
    assert "79 of 400 points, 19.8 %" in ledger.loc["location_apart", "meaning"]
    assert ledger.loc["location_far", "rows"] == 1


def test_zones_are_ground_too(towns):
    zone = gpd.GeoDataFrame(geometry=[shapely.box(-138.5, -30.1, -138.4, -29.9)], crs=4326)
    history = read_cad(towns / "cad.csv", timezone="UTC", ground=[zone])
    assert history.incidents.geometry.notna().all()
    assert not history.ledger["code"].str.startswith("location_").any()


def test_ground_without_a_crs_is_refused(towns):
    with pytest.raises(InputError, match="crs"):
        read_cad(towns / "cad.csv", timezone="UTC", ground=[gpd.GeoSeries([shapely.Point(0, 0)])])
