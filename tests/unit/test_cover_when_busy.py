"""Cover with units out for a part of their time, against every state of who is free."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError
from fireplan.response_performance import busy_shares
from fireplan.travel._places import places
from fireplan.travel._unit_arrivals import unit_arrivals
from tests.support.made_calibrations import made

STANDARD = "NFPA_1710"


@pytest.fixture(scope="module")
def town():
    line = fp.examples.line_town()
    return line.apply(
        fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)),
        fp.AddUnit("E3", to="S1", turnout_s=120),
        fp.AddUnit("T1", to="S2", type="truck"),
        name="busy town",
    )


def shares(town, **given):
    found = pd.Series(0.0, index=town.units.index)
    for unit, share in given.items():
        found[unit] = share
    return found


def enumerated(town, busy, measure="population"):
    """Add up the share over every state of who is out, each by its chance."""
    total, nobody = 0.0, 0.0
    for state in product([False, True], repeat=len(busy)):
        chance = np.prod([b if out else 1 - b for b, out in zip(busy, state, strict=True)])
        gone = [u for u, out in zip(busy.index, state, strict=True) if out]
        if {"E1", "E2", "E3"} <= set(gone):
            nobody += chance
        elif chance > 0:
            left = town.apply(*(fp.RemoveUnit(u) for u in gone)) if gone else town
            total += chance * fp.assess(left, standard=STANDARD).summary().loc[("first_engine", measure), "share"]
    return total, nobody


@pytest.mark.parametrize(
    "given",
    [{}, {"E1": 0.3}, {"E1": 0.3, "E2": 0.5}, {"E1": 1.0, "E3": 0.2, "T1": 0.9}, {"E1": 0.4, "E2": 0.4, "E3": 0.4}],
)
@pytest.mark.parametrize("measure", ["population", "road_km"])
def test_it_is_the_sum_over_every_state_of_who_is_out(town, given, measure):
    busy = shares(town, **given)
    row = fp.assess(town, standard=STANDARD, availability=busy).summary().loc[("first_engine", measure)]
    share, nobody = enumerated(town, busy, measure)
    assert row["share"] == pytest.approx(share, abs=1e-6)
    assert row["nobody_free"] == pytest.approx(nobody, abs=1e-12)
    assert row["within"] + row["outside"] == pytest.approx(row["n"])
    assert row["lost_share"] == pytest.approx(row["home_share"] - row["share"])


def test_drives_that_differ_weigh_as_everywhere(town):
    driven = town.calibrated(made(town.roads))
    busy = shares(driven, E1=0.3, E2=0.5)
    found = fp.assess(driven, standard=STANDARD, availability=busy)
    share, _ = enumerated(driven, busy)
    assert found.share() == pytest.approx(share, abs=1e-3)
    home = found.home.summary().loc[("first_engine", "population")]
    assert home["median_share"] != pytest.approx(home["share"], abs=1e-3)


def test_turnout_counts_where_the_limit_holds_it(town):
    quick = fp.Objective(
        "quick", title="First engine", needs={"engine": 1}, limit_s=200, interval="turnout_and_travel_s"
    )
    standard = fp.Standard("own", "own", (quick,))
    home, gone = (
        fp.assess(t, standard=standard).summary().loc[("quick", "population"), "share"]
        for t in (town, town.apply(fp.RemoveUnit("E1")))
    )
    assert home > gone  # E3, which stands beside it, turns out later
    found = fp.assess(town, standard=standard, availability=shares(town, E1=0.5))
    assert found.share("quick") == pytest.approx((home + gone) / 2, abs=1e-6)


@pytest.mark.parametrize("calibrated", [False, True])
def test_units_arrive_as_the_first_due_does(town, calibrated):
    asked = town.calibrated(made(town.roads)) if calibrated else town
    found = unit_arrivals(asked, places(asked, "zones"), "engine", "travel_s")
    assert list(found.ids) == ["E1", "E2", "E3"]
    np.testing.assert_allclose(found.arrival_s.min(axis=0), fp.first_due(asked)["first_due_s"], rtol=1e-4)


def test_zones_and_words_say_what_is_lost(town):
    busy = shares(town, E1=0.25)
    busy.attrs["source"] = "hypercube"
    found = fp.assess(town, standard=STANDARD, availability=busy)
    zones = found.zones
    assert (zones["first_engine_chance"] <= zones["first_engine_home_chance"] + 1e-9).all()
    text = repr(found)
    assert "busy shares: hypercube" in text
    assert "each whatever the others do" in text
    assert "left out, as it takes several units: 'Initial full alarm" in text
    assert "with all at home" in text


def test_the_note_says_of_which_days_busy_shares_are(town):
    busy = shares(town, E1=0.25)
    busy.attrs |= {"when": "mean", "start": "2024-01-01T00:00:00-08:00", "end": "2026-01-01T00:00:00-08:00"}
    note = fp.assess(town, standard=STANDARD, availability=busy).notes()[0]
    assert "busy shares: given, mean, from 2024-01-01 until 2026-01-01)" in note


def test_a_unit_off_duty_comes_to_nobody(town):
    night = town.apply(fp.SetSchedule("08:00-20:00", units=("E2",)))
    found = fp.assess(night, standard=STANDARD, at="Tue 02:00", availability=shares(night))
    gone = fp.assess(town.apply(fp.RemoveUnit("E2")), standard=STANDARD)
    assert found.share() == pytest.approx(gone.summary().loc[("first_engine", "population"), "share"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b.drop("E1"), "says nothing of 'E1'"),
        (lambda b: pd.concat([b, pd.Series({"E9": 0.1})]), "names 'E9', which are no units"),
        (lambda b: b.mask(b.index == "E2", 40.0), "of 'E2' it is no share: give a number from 0"),
        (lambda b: b.mask(b.index == "E2"), "of 'E2' it is no share"),
        (lambda b: pd.concat([b, b[["E1"]]]), "names 'E1' twice"),
    ],
)
def test_what_are_no_busy_shares_is_refused(town, change, said):
    with pytest.raises(InputError, match=said):
        fp.assess(town, standard=STANDARD, availability=change(shares(town)))


def test_a_mean_of_the_week_has_no_one_busy_share(town):
    with pytest.raises(InputError, match="busy shares are of one time"):
        fp.assess(town, standard=STANDARD, at="mean", availability=shares(town))


def test_busy_shares_of_a_history_are_its_utilisation():
    project = sample_city()
    busy = busy_shares(project.history, project.today)
    work = fp.workload(project.history, scenario=project.today, by="unit_id")
    np.testing.assert_allclose(busy, work["uhu"].reindex(busy.index).fillna(0.0))
    assert busy.attrs["source"] == "history"
    worst = busy_shares(project.history, project.today, when="worst hour")
    assert worst.attrs["when"].startswith("worst hour, ")
    assert worst.sum() > busy.sum()
    of = {
        name: fp.assess(project.today, standard=STANDARD, availability=b).share()
        for name, b in {"worst": worst, "mean": busy}.items()
    }
    home = fp.assess(project.today, standard=STANDARD).summary().loc[("first_engine", "population"), "share"]
    assert of["worst"] < of["mean"] < home
    with pytest.raises(InputError, match="when is 'noon': use mean, worst hour"):
        busy_shares(project.history, project.today, when="noon")


def test_a_hypercube_says_how_busy_engines_are_and_of_no_other_unit(town):
    """Its busy shares are by unit and station, of engines alone; the truck is asked for by no objective of one unit."""
    calls = fp.hypercube(town, calls_per_hour=0.4, service_h=1.0, units_per_call=1, standard=STANDARD, queue=False)
    found = fp.assess(town, standard=STANDARD, availability=calls.busy)
    assert found.source == "hypercube"
    assert found.busy.loc["E1"] == pytest.approx(calls.busy.xs("E1", level="unit_id").iloc[0])
    assert np.isnan(found.busy.loc["T1"])
    assert found.share() < found.summary().loc[("first_engine", "population"), "home_share"]
    with pytest.raises(InputError, match="says nothing of 'E2'"):
        fp.assess(town, standard=STANDARD, availability=calls.busy.drop("E2", level="unit_id"))
