"""Turnout and reasons of any department: what was planted is found, and probabilities add up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.calibration._turnout import Turnouts, learnt
from fireplan.drive_times import LEVELS, TravelSpread, TurnoutLaw, TurnoutTimes
from fireplan.drive_times._turnout_times import hours_of
from fireplan.response_performance._missed_parts import EXCESSES, REASONS
from fireplan.response_performance._reason_chances import likeliest, reason_chances
from tests.support.how_many import tries

seconds = st.floats(1, 900)
part = st.one_of(st.none(), st.floats(-300, 600))


@st.composite
def tables(draw):
    """Incidents over an objective as `decided` gives them, of any parts."""
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        handling, turnout = draw(part), draw(part)
        due, took, left = draw(seconds), draw(seconds), draw(st.floats(30, 400))
        home = draw(st.one_of(st.none(), seconds))
        began = took if home is None else home
        excess = [handling, turnout, due - left, began - due, took - began]
        over = sum(e for e in excess if e is not None)
        reason = draw(st.sampled_from(["unknown", "outside_area", *["distance"] * 8]))
        busy = draw(st.sampled_from([True, False, None]))
        rows.append([due, np.nan if home is None else home, took, over, reason, busy, *excess])
    names = [f"{name}_excess_s" for name in EXCESSES]
    columns = ["modelled_travel_s", "modelled_s", "travel_s", "over_s", "reason", "first_due_busy", *names]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(names, float))
    table = table[table["over_s"] > 0]
    return table.assign(
        reason=pd.Categorical(table["reason"], categories=list(REASONS)),
        first_due_busy=table["first_due_busy"].astype("boolean"),
    )


@settings(max_examples=tries(150), deadline=None)
@given(tables(), st.floats(0.005, 1.5), st.floats(-0.3, 0.3), st.booleans())
def test_reasons_of_an_incident_add_up_to_one(table, upper, slope, told):
    found = reason_chances(table, TravelSpread(upper, slope), told=told)
    chances, alone = found.chances, found.alone
    assert list(chances.columns) == list(REASONS)
    assert chances.sum(axis=1).to_numpy() == pytest.approx(1)
    assert ((chances >= 0) & (alone <= chances + 1e-12) & (alone >= 0)).all().all()
    for name in ("unknown", "outside_area"):
        assert ((chances[name] > 0) == (table["reason"] == name)).all()
    busy = table["first_due_busy"].fillna(value=False).to_numpy(bool)
    assert (chances.loc[~busy, "first_due_busy"] == 0).all()
    assert (chances.loc[busy, "came_from_elsewhere"] == 0).all()
    # What is within its limit, or no part of the interval, decides nothing.
    for name in ("handling", "turnout"):
        assert (chances.loc[~(table[f"{name}_excess_s"] > 0), name] == 0).all()
    assert (found.chances["slow_travel"] == found.alone["slow_travel"]).all()
    named = likeliest(table, found)
    assert named["reason_chance"].to_numpy() == pytest.approx(chances.max(axis=1).to_numpy())


@settings(max_examples=tries(25), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_planted_turnouts_are_found_in_any_department(seed):
    rng = np.random.default_rng(seed)
    n, n_stations = 6000, int(rng.integers(2, 9))
    begin, length = int(rng.integers(0, 24)), int(rng.integers(6, 13))
    night = hours_of((begin, (begin + length) % 24 or 24))
    late, sigma = rng.uniform(1.3, 1.8), rng.uniform(0.2, 0.45)
    medians_s = dict(zip(["ems", "fire"], rng.uniform(40, 100, 2), strict=True))
    factor = np.exp(rng.normal(0, 0.08, n_stations))
    station, hour = rng.integers(0, n_stations, n), rng.integers(0, 24, n)
    category = rng.choice(["ems", "fire"], n, p=[0.6, 0.4]).astype(object)
    median_s = np.array([medians_s[c] for c in category]) * factor[station] * np.where(np.isin(hour, night), late, 1.0)
    names = np.array([f"S{i}" for i in range(n_stations)], dtype=object)
    seen = Turnouts(
        np.arange(n), np.exp(rng.normal(np.log(median_s), sigma)), np.full(n, "engine", dtype=object), category,
        names[station], hour, np.zeros(n, dtype=np.int64), (("used", n),),
    )  # fmt: skip
    found = learnt(seen)
    for one, of in medians_s.items():
        for i, name in enumerate(names):
            for asked, more in (([h for h in range(24) if h not in night], 1.0), (night, late)):
                told_s = found.distribution_s(["engine"], [one], hours=asked, station=name)
                assert np.median(told_s) == pytest.approx(of * factor[i] * more, rel=0.09)
                assert np.log(told_s).std() == pytest.approx(sigma, rel=0.12)


laws = st.builds(
    TurnoutLaw,
    st.sampled_from(["engine", "quint", "ambulance", ""]),
    st.sampled_from(["ems", "fire", ""]),
    st.sampled_from([(0, 24), (7, 22), (22, 7)]),
    st.integers(0, 5000),
    st.floats(5, 600),
    st.floats(5, 600),
    st.floats(5, 600),
    st.floats(0, 1),
)


@settings(max_examples=tries(100), deadline=None)
@given(
    st.lists(laws, min_size=1, max_size=8),
    st.sets(st.sampled_from(["engine", "truck", "people", "rescue"])),
    st.sets(st.sampled_from(["ems", "hazmat"])),
    st.one_of(st.none(), st.sets(st.integers(0, 23))),
)
def test_any_question_has_a_distribution_within_that_of_its_laws(known, kinds, categories, hours):
    times = TurnoutTimes(10, tuple(known))
    found_s = times.distribution_s(kinds, categories, hours=hours)
    assert len(found_s) == len(LEVELS)
    assert (np.diff(found_s) >= 0).all()
    each_s = np.array([law.median_s * np.exp(law.sigma * np.array(times.shape)) for law in known])
    assert each_s.min() - 1e-9 <= found_s[0]
    assert found_s[-1] <= each_s.max() + 1e-9
    assert times.median_s(kinds, categories, hours=hours) == np.median(found_s)
