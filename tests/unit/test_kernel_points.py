import numpy as np
import pytest

from fireplan import _kernel as kernel

INF = np.inf


def times(node_s, streets, points, *, origin=(-1, 0.0), limit_s=INF, workspace=None):
    """Times at points, given the time at each node (inf: not reached)."""
    known = {n: t for n, t in enumerate(node_s) if t < INF}
    first, last, there_s, back_s = zip(*streets, strict=True)
    street, along = zip(*points, strict=True)
    return kernel.point_times(
        np.array(list(known), dtype=np.int32),
        np.array(list(known.values()), dtype=np.float32),
        origin=origin,
        streets=(
            np.array(first, np.int32),
            np.array(last, np.int32),
            np.array(there_s, float),
            np.array(back_s, float),
        ),
        points=(np.array(street, np.int32), np.array(along, float)),
        limit_s=limit_s,
        workspace=workspace or kernel.Workspace(len(node_s)),
    ).tolist()


@pytest.mark.parametrize(
    ("along", "expected"),
    [(0.0, 10.0), (0.25, 15.0), (0.75, 25.0), (1.0, 30.0)],
)
def test_a_point_is_reached_along_its_street(along, expected):
    assert times([10, INF], [(0, 1, 20, 20)], [(0, along)]) == [expected]


def test_a_point_is_reached_from_whichever_end_is_quicker():
    street = [(0, 1, 20, 40)]
    assert times([10, 11], street, [(0, 0.5), (0, 0.9)]) == [20.0, pytest.approx(15.0)]


def test_a_one_way_street_is_entered_at_its_first_node_only():
    assert times([INF, 5], [(0, 1, 20, INF)], [(0, 0.5)]) == [INF]
    assert times([50, 5], [(0, 1, 20, INF)], [(0, 0.5)]) == [60.0]


def test_a_street_one_way_backwards_is_entered_at_its_last_node_only():
    assert times([50, 5], [(0, 1, INF, 20)], [(0, 0.75)]) == [10.0]


def test_a_closed_street_is_not_reached_even_where_its_ends_are():
    assert times([1, 2], [(0, 1, INF, INF)], [(0, 0.5)]) == [INF]


def test_on_the_street_it_began_on_a_trip_goes_straight_there():
    street = [(0, 1, 20, 40)]
    found = times([INF, INF], street, [(0, 0.75), (0, 0.25), (0, 0.5)], origin=(0, 0.5))
    assert found == [5.0, 10.0, 0.0]


def test_against_a_one_way_the_same_street_is_reached_only_round_the_block():
    street = [(0, 1, 20, INF)]
    assert times([90, 10], street, [(0, 0.25), (0, 0.75)], origin=(0, 0.5)) == [95.0, 5.0]


def test_round_the_block_may_be_quicker_than_straight_along():
    assert times([INF, 3], [(0, 1, 100, 2)], [(0, 1.0)], origin=(0, 0.0)) == [3.0]


def test_another_street_does_not_get_the_short_cut_of_the_origins_street():
    assert times([INF, 30], [(0, 1, 20, 20), (1, 0, 20, 20)], [(1, 0.5)], origin=(0, 0.5)) == [40.0]


def test_a_point_on_no_street_is_not_reached():
    assert times([1, 2], [(0, 1, 20, 20)], [(-1, 0.0)]) == [INF]


def test_a_point_beyond_the_limit_is_not_reached_and_one_at_it_is():
    assert times([10, INF], [(0, 1, 20, 20)], [(0, 0.5), (0, 0.51)], limit_s=20.0) == [20.0, INF]


def test_a_loop_is_driven_both_ways_round():
    assert times([10, INF], [(0, 0, 40, 40)], [(0, 0.25), (0, 0.9)]) == [20.0, pytest.approx(14.0)]


def test_the_workspace_bears_no_trace():
    shared = kernel.Workspace(2)
    times([10, 11], [(0, 1, 20, 20)], [(0, 0.5)], workspace=shared)
    assert np.isinf(shared.time_s).all()


@pytest.mark.parametrize("street", [(0, 1, 20, INF), (0, 1, INF, 20)])
def test_on_a_one_way_street_too_the_place_it_began_at_takes_no_time(street):
    assert times([90, 90], [street], [(0, 0.5)], origin=(0, 0.5)) == [0.0]
