"""The hypercube on arrays: against every state written down, against formulas, against calls played one by one."""

from math import factorial

import busy_chains
import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.errors import FireplanError, InputError, TableError
from fireplan.simulation import _hypercube_states as states
from fireplan.simulation import hypercube_matrix

SHARES = ((1.0,), (0.7, 0.3), (0.6, 0.25, 0.15))
SEVERAL = {1: 0.8, 2: 0.15, 3: 0.05}


def per_call(share):
    return dict(enumerate(share, 1))


@settings(max_examples=tries(60), deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.sampled_from(SHARES), st.booleans(), st.sampled_from([0.2, 0.7]))
def test_it_is_the_steady_state_of_every_state_written_down(seed, n, share, queue, utilisation):
    calls, drive_s, out_h = busy_chains.town(seed, n, 4, utilisation=utilisation, share=share)
    rng = np.random.default_rng(seed)
    drive_s = np.round(drive_s, -2)  # so that some are as near as others
    if not queue:
        drive_s[rng.random(drive_s.shape) < 0.2] = np.inf  # some do not answer
        drive_s[rng.integers(n)] = np.where(np.isfinite(drive_s).any(axis=0), drive_s[rng.integers(n)], 50.0)
        drive_s[0, ~np.isfinite(drive_s).any(axis=0)] = 50.0
    found = hypercube_matrix(calls, drive_s, out_h=out_h, units_per_call=per_call(share), queue=queue, method="exact")
    busy, first, waits, wait_h = busy_chains.dense(calls, drive_s, out_h, share, queue=queue)
    used = np.isfinite(drive_s).any(axis=1)
    assert found.busy[used] == pytest.approx(busy[used], abs=1e-7)
    assert found.first == pytest.approx(first, abs=1e-7)
    assert found.waiting_share == pytest.approx(waits, abs=1e-7)
    assert found.mean_wait_h == pytest.approx(wait_h, abs=1e-6)


@settings(max_examples=tries(60), deadline=None)
@given(
    st.integers(0, 10**6), st.integers(1, 14), st.sampled_from(SHARES), st.booleans(), st.floats(0.01, 0.9),
    st.sampled_from(["exact", "approximate"]),
)  # fmt: skip
def test_every_call_is_served_waits_or_is_lost_and_units_come_back_as_often_as_they_go(
    seed, n, share, queue, utilisation, method
):
    calls, drive_s, out_h = busy_chains.town(seed, n, 12, utilisation=utilisation, share=share)
    drive_s[:, 3] = np.inf  # nobody gets there
    if queue:
        drive_s[:, 3] = 100.0
    found = hypercube_matrix(calls, drive_s, out_h=out_h, units_per_call=per_call(share), queue=queue, method=method)
    flows = found.flows_per_hour
    assert sum(flows.values()) == pytest.approx(calls.sum(), rel=1e-9)
    assert min(flows.values()) >= 0
    assert flows["not_reached"] == pytest.approx(0.0 if queue else calls[3])
    assert found.busy == pytest.approx(
        found.runs_per_hour * found.out_h, rel=1e-6, abs=1e-9 if method == "exact" else 2e-4
    )
    assert found.counts.sum() == pytest.approx(1.0)
    assert found.busy.sum() == pytest.approx(found.counts @ np.arange(n + 1), rel=0.05 if method != "exact" else 1e-6)
    if queue:  # whatever is asked for is sent in the end
        assert found.runs_per_hour.sum() == pytest.approx(calls.sum() * found.units_wanted, rel=1e-6)


@pytest.mark.parametrize("n", [1, 2, 5, 12])
@pytest.mark.parametrize("load", [0.3, 0.8])
@pytest.mark.parametrize("method", ["exact", "approximate"])
def test_units_all_alike_are_erlangs(n, load, method):
    calls, drive_s, _ = busy_chains.town(n, n, 9)
    calls *= load * n / 0.5 / calls.sum()
    a = load * n
    weights = [a**k / factorial(k) for k in range(n + 1)]
    lost = hypercube_matrix(calls, drive_s, out_h=0.5, method=method)
    b = weights[-1] / sum(weights)
    assert lost.flows_per_hour["lost"] / calls.sum() == pytest.approx(b, rel=1e-6)
    waits = hypercube_matrix(calls, drive_s, out_h=0.5, queue=True, method=method)
    c = b / (1 - load * (1 - b))
    assert waits.waiting_share == pytest.approx(c, rel=1e-6)
    assert waits.mean_wait_h == pytest.approx(c / (n / 0.5 - calls.sum()), rel=1e-6)
    assert waits.busy.mean() == pytest.approx(load, rel=1e-4)


def test_it_does_not_matter_in_which_order_units_and_places_stand():
    calls, drive_s, out_h = busy_chains.town(3, 8, 20)
    straight = hypercube_matrix(calls, drive_s, out_h=out_h, units_per_call=SEVERAL)
    rng = np.random.default_rng(0)
    units, places = rng.permutation(8), rng.permutation(20)
    mixed = hypercube_matrix(calls[places], drive_s[units][:, places], out_h=out_h[units], units_per_call=SEVERAL)
    assert mixed.busy == pytest.approx(straight.busy[units], abs=1e-8)
    assert mixed.first == pytest.approx(straight.first[units][:, places], abs=1e-8)


def test_units_that_are_asked_alike_are_busy_alike():
    calls, drive_s, _ = busy_chains.town(5, 4, 10)
    twins = np.concatenate([drive_s, drive_s + 0.4])  # two at each station, but for the last metre
    found = hypercube_matrix(calls, twins, out_h=0.5)
    assert found.busy[:4] == pytest.approx(found.busy[4:], abs=1e-8)
    alone = hypercube_matrix(calls, twins, out_h=0.5, tie_s=0.0)
    assert (alone.busy[:4] > alone.busy[4:]).all()


@pytest.mark.parametrize("share", [(1.0,), (0.8, 0.15, 0.05)])
def test_calls_played_one_by_one_agree_within_two_points(share):
    calls, drive_s, out_h = busy_chains.town(11, 6, 15, utilisation=0.35, share=share)
    found = hypercube_matrix(calls, drive_s, out_h=out_h, units_per_call=per_call(share))
    busy, first = busy_chains.played(calls, drive_s, out_h, share=share)
    assert np.abs(found.busy - busy).max() < 0.02
    assert np.abs(found.first - first).max() < 0.1
    assert np.abs((found.first - first) @ calls).max() / calls.sum() < 0.01


@settings(max_examples=tries(20), deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([13, 14]),
    st.sampled_from([0.05, 0.15, 0.3]),
    st.sampled_from(SHARES[:2]),
    st.booleans(),
)
def test_the_approximation_is_within_two_percent_of_the_exact(seed, n, utilisation, share, queue):
    calls, drive_s, out_h = busy_chains.town(seed, n, 40, utilisation=utilisation, share=share)
    ask = {"out_h": out_h, "units_per_call": per_call(share), "queue": queue}
    exact = hypercube_matrix(calls, drive_s, method="exact", **ask)
    nearly = hypercube_matrix(calls, drive_s, method="approximate", **ask)
    off = np.abs(nearly.busy - exact.busy)
    assert (off / exact.busy).mean() < 0.02
    assert off.max() < 0.01
    assert np.abs((nearly.first - exact.first) @ calls).max() / calls.sum() < 0.01


def test_of_units_that_are_very_busy_it_is_so_too():
    # Of twelve such cities the worst: one unit is 3 % busy, as others are nearer everywhere, and the average 38 %.
    calls, drive_s, out_h = busy_chains.town(11, 15, 60, utilisation=0.4)
    exact = hypercube_matrix(calls, drive_s, out_h=out_h, method="exact").busy
    off = np.abs(hypercube_matrix(calls, drive_s, out_h=out_h, method="approximate").busy - exact)
    assert (off / exact).mean() < 0.02
    assert off.max() < 0.01


def test_times_out_that_differ_by_place_are_each_units_own():
    calls = np.array([1.0, 1.0])
    drive_s = np.array([[10.0, np.inf], [np.inf, 10.0]])  # each unit is alone with a place
    found = hypercube_matrix(calls, drive_s, out_h=[[0.5, 9.0], [9.0, 0.25]])
    assert found.out_h == pytest.approx([0.5, 0.25])
    assert found.busy == pytest.approx([0.5 / 1.5, 0.25 / 1.25])
    both = hypercube_matrix(calls, [[10.0, 99.0], [99.0, 10.0]], out_h=[[0.5, 0.7], [0.7, 0.25]])
    runs = both.sent * calls
    assert both.out_h == pytest.approx((runs * [[0.5, 0.7], [0.7, 0.25]]).sum(axis=1) / runs.sum(axis=1), rel=1e-5)


def test_what_a_call_lacks_is_sent_as_units_come_free():
    found = hypercube_matrix([0.5], [[1.0], [2.0]], out_h=[1.0, 1.0], units_per_call=2, queue=True)
    assert found.busy.sum() == pytest.approx(0.5 * 2 * 1.0)
    lost = hypercube_matrix([0.5], [[1.0], [2.0]], out_h=[1.0, 1.0], units_per_call=2)
    assert lost.busy.sum() < 1.0
    # 0 -> 2 busy at 1/2, 2 -> 1 at 2, 1 -> 0 at 1, and 1 -> 2 at 1/2, served in part
    assert lost.counts == pytest.approx(np.array([1.0, 0.5, 0.375]) / 1.875)


def test_figures_that_cannot_be_are_all_told():
    with pytest.raises(TableError) as told:
        hypercube_matrix([1.0, -2.0], [[1.0, 2.0]], out_h=0.0, units_per_call={1: 0.5, 2: 0.4}, method="quick")
    said = str(told.value)
    assert "-2.0 at place 1" in said
    assert "hours that a unit is out" in said
    assert "add up to 0.9" in said
    assert "method is 'quick'" in said
    for what, match in (
        ({"calls_per_hour": [0.0, 0.0]}, "zero everywhere"),
        ({"drive_s": [[np.inf, np.inf]]}, "no unit answers any place"),
        ({"drive_s": [[1.0, np.inf], [1.0, 2.0]], "queue": True}, r"do not answer every place \(units in rows 0\)"),
        ({"calls_per_hour": [2.0, 1.0], "queue": True}, "calls ask for 3 units an hour, and all .* 2 times"),
        ({"units_per_call": 1.5}, "whole number of units"),
        ({"drive_s": [1.0, 2.0]}, "units x places"),
        ({"out_h": [1.0, 2.0, 3.0]}, "out_h has shape"),
        ({"tie_s": -1.0}, "tie_s is -1"),
    ):
        ask = {"calls_per_hour": [0.5, 0.5], "drive_s": [[1.0, 2.0]], "out_h": 0.5} | what
        with pytest.raises(InputError, match=match):
            hypercube_matrix(**ask)


def test_more_states_than_memory_are_refused_with_figures():
    calls, drive_s, out_h = busy_chains.town(1, 40, 50)
    with pytest.raises(InputError, match=r"states of 40 units take [\d,.]+ GB of memory, and .* GB are free: .*approx"):
        hypercube_matrix(calls, drive_s, out_h=out_h, method="exact")


def test_what_does_not_settle_is_told(monkeypatch):
    monkeypatch.setattr(states, "MOST_SWEEPS", 2)
    calls, drive_s, out_h = busy_chains.town(1, 8, 20)
    with pytest.raises(FireplanError, match="did not settle in 2 sweeps"):
        hypercube_matrix(calls, drive_s, out_h=out_h)


def test_the_balance_is_told():
    found = hypercube_matrix([0.5, 0.5], [[60, 180], [180, 60]], out_h=1.0)
    assert 0 <= found.off <= 1e-10
    assert found.counts == pytest.approx([0.4, 0.4, 0.2])
    assert "2 units, busy 40.0 % to 40.0 %" in repr(found)
    assert found.n_lists == 2
    far = hypercube_matrix([0.5, 0.0], [[60, np.inf], [np.inf, 60]], out_h=1.0)  # nobody calls from the second place
    assert far.busy == pytest.approx([1 / 3, 0.0], abs=1e-9)
    assert far.first[:, 1] == pytest.approx([0.0, 1.0])


def test_many_units_called_far_more_often_than_they_can_go_are_solved_or_refused():
    calls, drive_s, out_h = busy_chains.town(1, 18, 40, utilisation=1.2)
    assert hypercube_matrix(calls, drive_s, out_h=out_h).flows_per_hour["lost"] > 0.2 * calls.sum()
    with pytest.raises(FireplanError, match=r"did not settle: .* or ask for method='exact'"):
        hypercube_matrix(12 * calls, drive_s, out_h=out_h)
