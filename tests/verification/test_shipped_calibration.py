"""The sample city's calibration.toml is what the command makes of its history, and what it says is near the truth."""

import math
import tomllib

import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.drive_times import read_calibration, write_calibration
from fireplan.project._pinned_calibration import settings_of

FOLDER = fp.examples.marisol_folder()
NOT_COMPARED = {"content", "made", "versions"}


@pytest.fixture(scope="module")
def planned():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def city():
    return sample_city()


@pytest.fixture(scope="module")
def truth():
    return tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))


def near(made, shipped, where):
    """Hold everything in two tables to one another; figures may differ in what another machine rounds otherwise."""
    if isinstance(shipped, dict):
        assert made.keys() == shipped.keys(), where
        for key in shipped.keys() - NOT_COMPARED:
            near(made[key], shipped[key], f"{where}.{key}")
    elif isinstance(shipped, list):
        assert len(made) == len(shipped), where
        for i, pair in enumerate(zip(made, shipped, strict=True)):
            near(*pair, f"{where}[{i}]")
    elif isinstance(shipped, float):
        both_unknown = math.isnan(shipped) and math.isnan(made)
        assert both_unknown or made == pytest.approx(shipped, rel=2e-3, abs=2e-3), where
    else:
        assert made == shipped, where


def test_the_command_makes_what_is_shipped(planned, tmp_path):
    made = fp.calibration.calibrate(planned.history, planned.today, **settings_of(planned.plan))
    written = write_calibration(made, tmp_path / "calibration.toml")
    again, shipped = (tomllib.loads(f.read_text(encoding="utf-8")) for f in (written, FOLDER / "calibration.toml"))
    near(again, shipped, "calibration.toml")


def test_the_sample_city_is_calibrated_unless_planning_speeds_are_asked_for(planned, city):
    shipped = read_calibration(FOLDER / "calibration.toml")
    assert city.today.calibration == shipped
    assert all(scenario.calibration == shipped for scenario in city.scenarios)
    assert fp.examples.marisol().calibration == shipped
    assert planned.today.calibration is None
    assert fp.examples.marisol(calibrated=False).calibration is None
    assert shipped.basis == "invented"
    assert shipped.error.median_error_s <= 15.5
    assert shipped.error.p90_error_s <= 50


def outside(scenario):
    row = fp.assess(
        scenario, standard=fp.standards.local_rule("rule", limit_s=300, weight="dwellings", share=0.9)
    ).summary()
    return float(row.xs("dwellings", level="measure")["outside"].iloc[0])


def test_closing_station_3_costs_what_it_costs(planned, city, truth):
    """Planning speeds see a quarter of it; learnt drives, over the whole week, are within five hundredths of noon's."""
    written = (
        truth["coverage"]["close_station"]["dwellings_outside_300_s"]
        - truth["coverage"]["today"]["dwellings_outside_300_s"]
    )
    assert written == 4487
    close = fp.CloseStation("S3")
    by_plan = outside(planned.today.apply(close)) - outside(planned.today)
    assert by_plan == pytest.approx(1244, abs=1)
    learnt = outside(city.today.apply(close)) - outside(city.today)
    assert learnt == pytest.approx(written, rel=0.05)


def test_people_within_four_minutes_at_noon_are_those_of_the_truth(city, truth):
    told = {"today": city.today, "station_8": city.scenarios[0], "close_station": city.scenarios[1]}
    (noon,) = {p.name for p in city.today.roads.periods if p.hours[0] <= 12 < p.hours[1] and not p.weekdays}
    for name, scenario in told.items():
        row = fp.assess(scenario.during(noon), standard="NFPA_1710").summary().loc[("first_engine", "population")]
        # The written truth is without noise: yes or no on the median drive.
        assert row["median_share"] == pytest.approx(truth["coverage"][name]["population_share_within_240_s"], abs=0.01)


def test_dwellings_outside_five_minutes_at_noon_with_points_along_the_streets(city, truth):
    told = {"today": city.today, "station_8": city.scenarios[0], "close_station": city.scenarios[1]}
    (noon,) = {p.name for p in city.today.roads.periods if p.hours[0] <= 12 < p.hours[1] and not p.weekdays}
    zones = fp.demand.spread_along_streets(city.today.zones, city.today.roads)
    rule = fp.standards.local_rule("rule", limit_s=300, weight="dwellings", share=0.9)
    for name, scenario in told.items():
        parted = fp.Scenario(
            scenario.roads, scenario.stations, scenario.units, zones, calibration=scenario.calibration
        ).during(noon)
        row = fp.assess(parted, standard=rule).summary().xs("dwellings", level="measure").iloc[0]
        found = row["n"] * (1 - row["median_share"])
        assert found == pytest.approx(truth["coverage"][name]["dwellings_outside_300_s"], rel=0.03)
