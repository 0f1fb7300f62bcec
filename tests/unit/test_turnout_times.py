"""Turnout as a distribution: the value, and how it is learnt."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan.calibration import turnout_times
from fireplan.calibration._bands import ALL_DAY, MOST_BANDS, band_by_hour, bands_of_day
from fireplan.calibration._shrunk_effects import fit_log_times
from fireplan.calibration._turnout import Turnouts, learnt, turnouts_of
from fireplan.drive_times import LEVELS, StationTurnout, TurnoutLaw, TurnoutTimes
from fireplan.drive_times._turnout_times import hours_of
from fireplan.errors import InputError
from fireplan.response_performance import Policy, attend
from tests.support.histories import history, went

DAY = TurnoutLaw("engine", "ems", (7, 22), 300, 50.0, 49.0, 51.0, 0.3)
NIGHT = TurnoutLaw("engine", "ems", (22, 7), 100, 80.0, 78.0, 82.0, 0.3)
FIRE = TurnoutLaw("quint", "fire", (0, 24), 100, 60.0, 58.0, 62.0, 0.2)
KNOWN = TurnoutTimes(500, (DAY, NIGHT, FIRE), {"S1": StationTurnout(1.2, 1.1, 1.3, 50)})


def test_a_law_alone_is_told_as_it_is():
    night_s = KNOWN.distribution_s(["engine"], ["ems"], hours=[23, 3])
    assert len(night_s) == len(LEVELS)
    assert np.median(night_s) == pytest.approx(80, rel=1e-4)
    assert np.interp(0.9, LEVELS, np.log(night_s / 80)) == pytest.approx(0.3 * 1.28155, abs=5e-4)


def test_several_laws_are_mixed_as_often_as_they_were():
    rng = np.random.default_rng(1)
    drawn = np.concatenate(
        [np.exp(rng.normal(np.log(law.median_s), law.sigma, 4000 * law.n)) for law in (DAY, NIGHT, FIRE)]
    )
    assert KNOWN.distribution_s() == pytest.approx(np.quantile(drawn, LEVELS), rel=0.02)
    assert KNOWN.quantiles_s == tuple(KNOWN.distribution_s())


def test_what_an_objective_asks_for_names_all_units_that_bring_it():
    assert KNOWN.median_s(["truck"]) == pytest.approx(60, rel=1e-4)  # a quint is one too
    assert KNOWN.median_s(["people"]) == KNOWN.median_s()
    assert KNOWN.median_s(["engine"], ["fire"]) == pytest.approx(60, rel=1e-4)


def test_what_was_never_seen_takes_what_all_take():
    assert KNOWN.median_s(["ambulance"]) == KNOWN.median_s()
    assert KNOWN.median_s(["engine"], ["hazmat"]) == KNOWN.median_s(["engine"])
    assert KNOWN.median_s(station="S9") == KNOWN.median_s()


def test_crews_of_a_station_have_their_own_factor():
    assert KNOWN.median_s(station="S1") == pytest.approx(1.2 * KNOWN.median_s())
    units = pd.DataFrame(
        {"type": ["quint", "engine", "brush"], "station_id": ["S1", "S2", "S2"], "turnout_s": [90.0, 90.0, 90.0]}
    )
    told_s = KNOWN.of_units(units)["turnout_s"].to_numpy()
    day_and_night = TurnoutTimes(400, (DAY, NIGHT)).median_s()
    assert told_s == pytest.approx([1.2 * 60, day_and_night, KNOWN.median_s()], rel=1e-4)


def test_the_table_shows_every_law():
    table = KNOWN.table()
    assert list(table.index) == [
        ("engine", "ems", "07 to 22 h"), ("engine", "ems", "22 to 07 h"), ("quint", "fire", "00 to 24 h"),
    ]  # fmt: skip
    assert table["n"].tolist() == [300, 100, 100]
    assert table["p90_s"].iloc[0] == pytest.approx(50 * np.exp(0.3 * 1.28155), rel=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"laws": ()}, "no law"),
        ({"laws": (DAY._replace(median_s=0.0),)}, "median_s"),
        ({"laws": (DAY._replace(sigma=-1.0),)}, "sigma"),
        ({"laws": (DAY._replace(hours=(25, 7)),)}, "hours"),
        ({"laws": (DAY._replace(n=-1),)}, "n of"),
        ({"stations": {"S1": StationTurnout(0.0, 0.0, 0.0, 3)}}, "S1"),
        ({"shape": (0.0,)}, "100"),
        ({"shape": tuple(range(100))[::-1]}, "rising"),
    ],
)
def test_what_is_no_distribution_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        dataclasses.replace(KNOWN, **change)


def test_hours_go_round_the_clock():
    assert hours_of((22, 1)) == (22, 23, 0)
    assert hours_of((0, 24)) == tuple(range(24))
    assert hours_of((3, 3)) == (*range(3, 24), 0, 1, 2)
    assert hours_of((24, 3)) == hours_of((-1, 3)) == ()


def drawn(n, *, seed=0, late=1.5, sigma=0.3, stations=("S1", "S2"), factor=(1.0, 1.0), kinds=("engine",)):
    """Turnouts of 60 s by day (7 to 22 h), later at night, each station by its factor."""
    rng = np.random.default_rng(seed)
    hour = rng.integers(0, 24, n)
    station = rng.integers(0, len(stations), n)
    median_s = 60 * np.where((hour >= 7) & (hour < 22), 1.0, late) * np.array(factor)[station]
    return Turnouts(
        np.arange(n),
        np.exp(rng.normal(np.log(median_s), sigma)),
        np.array(kinds, dtype=object)[rng.integers(0, len(kinds), n)],
        np.full(n, "ems", dtype=object),
        np.array(stations, dtype=object)[station],
        hour,
        np.arange(n) // 20,
        (("used", n),),
    )


def test_day_and_night_are_told_apart_where_they_differ():
    found = learnt(drawn(3000))
    assert [law.hours for law in found.laws] == [(7, 22), (22, 7)]
    assert [law.median_s for law in found.laws] == pytest.approx([60, 90], rel=0.02)
    assert [law.sigma for law in found.laws] == pytest.approx([0.3, 0.3], abs=0.015)
    assert found.shape_is == "observed"
    assert all(law.low_s < law.median_s < law.high_s for law in found.laws)


def test_hours_that_do_not_differ_are_one_band():
    found = learnt(drawn(3000, late=1.0))
    assert [law.hours for law in found.laws] == [(0, 24)]
    assert "hour" in found.notes[0]


def test_few_turnouts_have_the_shape_of_a_lognormal():
    found = learnt(drawn(200))
    assert found.shape_is == "lognormal"
    assert found.median_s() == pytest.approx(70, rel=0.15)


def test_stations_that_differ_by_chance_alone_do_not_differ():
    ten = tuple(f"S{i}" for i in range(10))
    close = learnt(drawn(400, stations=ten, factor=(1.0,) * 10))
    assert max(abs(np.log(s.factor)) for s in close.stations.values() or [StationTurnout(1, 1, 1, 0)]) < 0.05
    wide = learnt(drawn(4000, stations=ten, factor=tuple(np.linspace(0.8, 1.2, 10))))
    usual = np.exp(np.log(np.linspace(0.8, 1.2, 10)).mean())
    assert [wide.stations[s].factor for s in ten] == pytest.approx(np.linspace(0.8, 1.2, 10) / usual, rel=0.06)


def test_groups_are_drawn_to_all_as_far_as_they_were_seldom_seen():
    rng = np.random.default_rng(3)
    true = rng.normal(0, 0.2, 30)
    n_of = np.where(np.arange(30) < 15, 3, 300)
    group = np.repeat(np.arange(30), n_of)
    found = fit_log_times(true[group] + rng.normal(0, 0.3, len(group)), [group], [31])
    effect = found.effects[0]
    assert np.sqrt(np.mean((effect.value[15:30] - true[15:]) ** 2)) < 0.06
    raw = np.array([np.abs(true[g]) for g in range(15)])
    assert np.abs(effect.value[:15]).mean() < raw.mean() + 0.1
    assert effect.value[30] == 0  # never seen
    assert effect.variance[30] > effect.variance[0] > effect.variance[20]
    between = np.average((true - found.centre) ** 2, weights=n_of)
    assert effect.k == pytest.approx(np.pi / 2 * 0.09 / between, rel=0.3)


def test_bands_are_no_more_than_few():
    hour = np.repeat(np.arange(24), 500)
    steep = bands_of_day(np.sin(hour * np.pi * 5 / 12), hour, 0.1)
    assert len(steep) == MOST_BANDS
    assert sorted(h for band in steep for h in hours_of(band)) == list(range(24))
    assert set(band_by_hour(steep)) == set(range(MOST_BANDS))
    assert bands_of_day(np.zeros(len(hour)), hour, 0.1) == (ALL_DAY,)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


def calls(n, *, unit="E1", turnout_s=60, gap_s=3600, **more):
    """So many calls, one after the other."""
    begin = [i * gap_s for i in range(n)]
    return [
        went(f"{unit}{i}", unit, b, b + 10, b + 10 + turnout_s + i % 7, b + 300, b + 900, **more)
        for i, b in enumerate(begin)
    ]


def attended(town, *rows, policy=None):
    ids = dict.fromkeys(r["incident_id"] for r in rows)
    return attend(history(*rows, points=[(-140.0, 30.01)] * len(ids)), scenario=town, policy=policy or Policy())


def test_every_response_is_in_the_ledger_once(town):
    rows = [
        *calls(40), went("X", "E1", 200_000, 200_010, 200_010, 200_300, 200_900, already_on_road=True),
        went("Y", "E1", 200_950, 200_960, 201_020, 201_300, 201_900),  # clear for 60 s
        went("Z", "E1", 300_000, 300_010, 300_900, 301_300, 301_900),
        went("V", "N9", 400_000, 400_010, 400_060, 400_300, 400_900),
    ]  # fmt: skip
    seen = attended(town, *rows)
    ledger = dict(turnouts_of(seen).ledger)
    assert sum(ledger.values()) == len(seen.responses)
    assert ledger["used"] == 40
    assert (ledger["unit of no table"], ledger["clear for less than 300 s"]) == (1, 1)
    assert (ledger["on the road already"], ledger["turnout of 0 or over 600 s"]) == (1, 1)
    assert turnout_times(seen).n == 40


def test_too_few_turnouts_are_refused_in_words(town):
    with pytest.raises(InputError, match="from 12 turnouts; it takes 30"):
        turnout_times(attended(town, *calls(12)))


def test_stamps_to_the_full_minute_are_refused_in_words(town):
    rows = [went(f"A{i}", "E1", i * 3600, i * 3600, i * 3600 + 60, i * 3600 + 300, i * 3600 + 900) for i in range(200)]
    with pytest.raises(InputError, match="full minute"):
        turnout_times(attended(town, *rows))
