"""Whatever was sent, whatever is closed: every response of a replay ends somewhere, once, and nothing is lost."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.simulation import displaced_workload, replay
from tests.support.calibrated_town import calibrated
from tests.support.histories import history
from tests.support.how_many import tries
from tests.unit.test_replay import call, street

UNITS = (("E1", "engine", "S1"), ("E2", "engine", "S2"), ("T1", "truck", "S1"), ("T2", "truck", "S2"))
TOWN = calibrated(street(UNITS))
CHANGES = (
    fp.CloseStation("S1"), fp.CloseStation("S2"), fp.RemoveUnit("E2"), fp.AddUnit("E9", to="S1"),
    fp.MoveUnit("E1", to="S2"),
)  # fmt: skip
SENT = st.tuples(
    st.sampled_from(["E1", "E2", "T1", "T2", "E77", "T88"]),
    st.integers(0, 40_000),
    st.integers(10, 3000),
    st.sampled_from(["came", "cancelled", "no arrival", "no clear"]),
    st.one_of(st.none(), st.floats(0.0005, 0.0395)),
)


def made(rows):
    """A history of what was drawn: of one call one or two units."""
    told, points = [], {}
    for k, (unit, begins, scene, how, where) in enumerate(rows):
        name = f"I{k // 2:03d}"
        at = begins + k % 2  # two rows that are alike in all columns are one row, and refused
        points.setdefault(name, None if where is None else (-140.0, 30.0 + where))
        given_ = {"travel": None if how in {"cancelled", "no arrival"} else 90}
        given_["cancelled"] = how == "cancelled"
        given_["cleared"] = None if how == "no clear" else at + 150 + scene
        told.append(call(name, unit, at, **given_))
    told.append(call("known", "E1", 50_000))
    points["known"] = (-140.0, 30.01)
    return history(*told, points=list(points.values()))


@settings(deadline=None, max_examples=tries(60), suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(SENT, min_size=2, max_size=40),
    change=st.sampled_from(CHANGES),
    returning=st.sampled_from(["held", "at station", "on the way", "measured"]),
)
def test_nothing_is_lost(rows, change, returning):
    past = made(rows)
    given_ = {"objective": fp.Objective("first", "First engine", 240.0), "returning": returning}
    before, after = (replay(town, past, **given_) for town in (TOWN, TOWN.apply(change)))
    for found in (before, after):
        told, n = found.summary()["value"], len(found.calls)
        ends = ["own", "aid", "unmet", "not_placed"]
        assert told[[f"calls_{e}" for e in ends]].sum() == told["calls"] == n
        assert told[[f"responses_{e}" for e in ends]].sum() == told["responses"] == len(found.dispatches)
        assert len(found.dispatches) + sum(k for _, k in found.left_out) == len(past.responses)
        went_ = found.dispatches["outcome"].isin(["own", "aid"]).sum() + sum(k for _, k in found.left_out)
        assert len(found.responses) == went_
        assert found.calls["chance"].dropna().between(0, 1).all()
        _never_twice(found)
    assert (before.dispatches["incident_id"] == after.dispatches["incident_id"]).all()
    if not isinstance(change, fp.CloseStation | fp.RemoveUnit):
        return
    moved = displaced_workload(before, after, replications=10)
    gone = moved.attrs["units"]
    assert moved.attrs["responses"] == before.dispatches["unit_id"].isin(gone).sum()
    direct = moved[moved.index.get_level_values("cause") == "direct"]
    assert direct["responses"].sum() == moved.attrs["responses"]
    assert not after.dispatches["unit_id"].isin(gone).any()
    of_all = after.dispatches["committed_h"].sum() - before.dispatches["committed_h"].sum()
    np.testing.assert_allclose((moved["hours_after"] - moved["hours_before"]).sum(), of_all, atol=1e-9)


def _never_twice(found):
    """By the rules no unit is sent before it has cleared its last call, but for ties and calls without a place."""
    d = found.dispatches
    d = d[d["outcome"] == "own"].merge(
        found.incidents.geometry.notna().rename("placed"), left_on="incident_id", right_index=True
    )
    d["clears"] = d["dispatched"] + pd.to_timedelta(d["committed_h"], unit="h")
    for _, mine in d.sort_values("dispatched", kind="stable").groupby("unit_id"):
        latest = mine["clears"].cummax().shift()
        early = (mine["dispatched"] - latest).dt.total_seconds()
        assert not ((early < -20.001) & mine["placed"]).any()
