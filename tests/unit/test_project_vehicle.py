"""[vehicle] in plan.toml: for whom the roads of a project are read."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import fireplan as fp
from fireplan.errors import ProjectError
from fireplan.project import read_plan, write_project

CASES = Path(__file__).parents[1] / "data" / "cases" / "roads"


@pytest.fixture
def folder(tmp_path):
    """A project whose roads are the extract with a low underpass."""
    folder = write_project(fp.examples.line_town(), tmp_path / "town", timezone="America/Los_Angeles")
    shutil.copy(CASES / "maxheight_2m.osm", folder / "city.osm")
    plan = (folder / "plan.toml").read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(plan.replace("roads.npz", "city.osm"), encoding="utf-8")
    (folder / "stations.csv").write_text(
        "station_id,name,latitude,longitude,status\nS1,One,-30.0,-140.0,open\n", encoding="utf-8"
    )
    (folder / "zones.parquet").unlink()
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith(("zones", "units")))
    (folder / "plan.toml").write_text(kept + "\n", encoding="utf-8")
    return folder


def with_vehicle(folder, text):
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write(f"\n[vehicle]\n{text}\n")
    return folder


def test_roads_are_read_for_the_engine_unless_another_is_named(folder):
    today = fp.read_project(folder)
    assert today.roads.vehicle == fp.roads.Vehicle.preset("engine")
    assert "Short Cut" not in today.roads.street_name
    lower = fp.read_project(with_vehicle(folder, 'preset = "car"'))
    assert lower.roads.vehicle == fp.roads.Vehicle.preset("car")
    assert "Short Cut" in lower.roads.street_name


def test_single_figures_stand_beside_the_preset(folder):
    roads = fp.read_project(with_vehicle(folder, 'height_m = 2.0\nspeeds = "class"\ntop_kph = 30')).roads
    assert roads.vehicle == fp.roads.Vehicle.preset("engine", height_m=2.0, speeds="class", top_kph=30)
    kph = roads.length_m / roads.there_s * 3.6
    assert "Short Cut" in roads.street_name
    assert np.nanmax(kph[np.isfinite(roads.there_s)]) == pytest.approx(30)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('preset = "engin"', "vehicle.preset: unknown vehicle 'engin': did you mean 'engine'"),
        ("weight_t = 0", "weight_t is 0.0: give a number above zero"),
        ("weight = 12", "key 'vehicle.weight' is unknown: did you mean 'weight_t'"),
        ('speeds = "fast"', "vehicle.speeds: Input should be 'posted' or 'class'"),
        ('worst_smoothness = "awful"', "worst_smoothness is 'awful': choose excellent"),
        ("worst_track = 9", "worst_track is 9: give 1 to 5, or 0 for no track"),
    ],
)
def test_what_is_no_vehicle_is_said(folder, text, told):
    with pytest.raises(ProjectError) as caught:
        read_plan(with_vehicle(folder, text))
    assert told in str(caught.value)


def test_a_kept_network_of_another_vehicle_is_refused(tmp_path):
    folder = write_project(fp.examples.line_town(), tmp_path / "town", timezone="America/Los_Angeles")
    assert fp.read_project(with_vehicle(folder, 'preset = "engine"')).roads.vehicle.name == "engine"
    text = (folder / "plan.toml").read_text(encoding="utf-8").replace('"engine"\n', '"truck"\n')
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match="is kept as read for another vehicle"):
        fp.read_project(folder)
