"""The p-median on matrices: hand-solved cases, every choice tried, and how a search ends."""

import numpy as np
import pytest
from scipy import sparse

from fireplan.errors import TableError
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._problem.service_problem import Costs, costs_of
from fireplan.siting._solvers import p_median as median
from fireplan.siting._solvers import p_median_lagrangian as prices
from fireplan.siting._solvers.p_median import p_median_matrix
from fireplan.siting._solvers.p_median_local_search import Hunt
from tests.support.serving_cases import least_of_all, random_problem

LINE = np.abs(np.arange(5.0)[:, None] - np.arange(5.0))


def brute_force(costs, weights, base, choice):
    """The least cost over every choice that is allowed; inf: none serves everybody."""
    counts = weights > 0
    return least_of_all(costs, base, choice, lambda least: (least[counts] * weights[counts]).sum())


def random_case(rng):
    """Costs, weights, base and choice of a small problem."""
    n, m = rng.integers(2, 9), rng.integers(1, 12)
    if rng.random() < 0.5:
        costs, weights = rng.integers(0, 20, (n, m)).astype(float), rng.integers(0, 4, m).astype(float)
    else:
        costs, weights = rng.random((n, m)), rng.random(m)
    return random_problem(rng, costs, weights)


@pytest.mark.parametrize("little", [-1, 10**9], ids=["branches", "HiGHS"])
@pytest.mark.parametrize("seed", range(6))
def test_every_choice_tried(seed, little, monkeypatch):
    monkeypatch.setattr(median, "LITTLE", little)
    rng = np.random.default_rng(seed)
    for _ in range(50):
        costs, weights, base, choice = random_case(rng)
        best = brute_force(costs, weights, base, choice)
        found = p_median_matrix(costs, weights, base=base, choice=choice)
        if np.isinf(best):
            assert found.status == "infeasible"
            assert found.reason
            assert np.isnan(found.objective)
        else:
            assert found.status == "optimal"
            assert found.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
            assert found.bound == found.objective
            assert choice.allows(found.chosen)


def test_two_on_a_line():
    found = p_median_matrix(LINE, np.ones(5), 2)
    assert (found.objective, found.status, found.gap) == (3.0, "optimal", 0.0)
    assert found.chosen.dtype == np.int64


def test_weights_and_base_decide():
    assert p_median_matrix(LINE, [0, 0, 0, 0, 7], 1).chosen.tolist() == [4]
    found = p_median_matrix(LINE, np.ones(5), 1, base=[0, 0, 0, 0.5, 9])
    assert (found.chosen.tolist(), found.objective) == ([4], 0.5)


def test_a_number_for_base_is_a_limit_for_all():
    assert p_median_matrix(LINE, np.ones(5), 1, base=1.0).objective == 4.0


def test_none_to_choose():
    assert p_median_matrix(LINE, np.ones(5), 0, base=2.0).objective == 10.0
    found = p_median_matrix(LINE, np.ones(5), 0)
    assert found.status == "infeasible"


def test_all_to_choose_and_nobody_to_serve():
    assert p_median_matrix(LINE, np.ones(5), 5).objective == 0.0
    found = p_median_matrix(LINE, np.zeros(5), 2)
    assert (found.objective, found.status, len(found.chosen)) == (0.0, "optimal", 2)


def test_the_same_from_any_kind_of_matrix():
    costs = np.array([[1.0, np.inf, 3.0], [2.0, 5.0, np.inf], [np.inf, 4.0, 1.0]])
    there = np.isfinite(costs)
    packed = sparse.coo_array((costs[there], np.nonzero(there)), shape=costs.shape)
    own = costs_of(costs)
    assert isinstance(own, Costs)
    answers = [p_median_matrix(c, np.ones(3), 2) for c in (costs, packed, packed.tocsc(), own)]
    assert {a.objective for a in answers} == {6.0}
    assert own.candidate.tolist() == [0, 0, 1, 1, 2, 2]


def test_inputs_are_left_alone():
    costs, weights, base = LINE.copy(), np.ones(5), np.full(5, 3.0)
    packed = sparse.csr_array(LINE + 1.0)
    before = packed.copy()
    p_median_matrix(costs, weights, 2, base=base)
    p_median_matrix(packed, weights, 2, base=base)
    np.testing.assert_array_equal(costs, LINE)
    assert (weights == 1).all()
    assert (base == 3).all()
    assert (packed != before).nnz == 0


def test_a_place_nobody_can_serve_is_named():
    costs = LINE.copy()
    costs[:, [1, 3]] = np.inf
    found = p_median_matrix(costs, np.ones(5), 2)
    assert (found.status, found.reason) == ("infeasible", "2 of 5 places cannot be served by any candidate")
    assert p_median_matrix(costs, [1, 0, 1, 0, 1], 2).status == "optimal"


def test_too_few_to_serve_all_is_proven():
    found = p_median_matrix(np.where(LINE == 0, 0.0, np.inf), np.ones(5), 4)
    assert found.status == "infeasible"
    assert "no choice" in found.reason
    assert found.model is not None


def test_faults_are_told_together():
    with pytest.raises(TableError) as raised:
        p_median_matrix(LINE, [1, -1, 1], base=[1.0, 2.0], choice=None)
    assert len(raised.value.faults) == 3
    with pytest.raises(TableError, match="2 costs are not a number"):
        p_median_matrix([[np.nan, 1], [np.nan, 2]], [1, 1], 1)
    with pytest.raises(TableError, match="negative"):
        p_median_matrix([[-1.0]], [1], 1)
    with pytest.raises(TableError, match="dimensions"):
        p_median_matrix([1.0], [1], 1)
    with pytest.raises(TableError, match="ascending"):
        p_median_matrix(Costs(np.array([0, 2]), np.array([1, 0], dtype=np.int32), np.ones(2), 2), [1, 1], 1)
    with pytest.raises(TableError, match="6 are to be chosen of 5"):
        p_median_matrix(LINE, np.ones(5), 6)
    with pytest.raises(TableError, match="choice is among 4"):
        p_median_matrix(LINE, np.ones(5), choice=Choice(4, (1,)))
    with pytest.raises(TableError, match="first is not a choice"):
        p_median_matrix(LINE, np.ones(5), 1, first=[0, 1])


def test_a_first_choice_is_bettered():
    assert p_median_matrix(LINE, np.ones(5), 2, first=[0, 1]).objective == 3.0


def hard_case():
    points = np.random.default_rng(3).random((150, 2))
    return np.hypot(*(points[:, None] - points).transpose(2, 0, 1))


@pytest.mark.parametrize("p", [4, 5, 9])
def test_branches_and_highs_agree(p, monkeypatch):
    """Costs of no kind of order leave the prices far from the optimum."""
    costs, weights = np.random.default_rng(p).random((40, 40)), np.ones(40)
    answers = []
    for little in (-1, 10**9):
        monkeypatch.setattr(median, "LITTLE", little)
        answers.append(p_median_matrix(costs, weights, p))
    branches, highs = answers
    assert branches.model is None
    assert highs.model is not None
    assert "open candidate 0..39" in repr(highs.model)
    assert branches.status == highs.status == "optimal"
    assert branches.objective == pytest.approx(highs.objective, rel=1e-9)


def test_long_branching_turns_to_the_newest_branch(monkeypatch):
    monkeypatch.setattr(median, "LITTLE", -1)
    costs, weights = np.random.default_rng(4).random((40, 40)), np.ones(40)
    best = p_median_matrix(costs, weights, 4)
    monkeypatch.setattr(prices, "MOST_BYTES", 1.0)
    found = p_median_matrix(costs, weights, 4)
    assert (found.objective, found.status) == (best.objective, "optimal")


def test_no_time_gives_an_honest_answer():
    found = p_median_matrix(hard_case(), np.ones(150), 5, time_limit_s=0)
    assert found.status == "time_limit"
    assert len(found.chosen) == 5
    assert found.bound < found.objective
    assert 0 < found.gap <= 1


def test_close_enough_stops_the_search():
    found = p_median_matrix(hard_case(), np.ones(150), 5, gap=0.3)
    assert found.status in {"gap_limit", "optimal"}
    assert found.gap <= 0.3


def test_an_interrupt_returns_the_best(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    best = p_median_matrix(hard_case(), np.ones(150), 5)
    for name in ("kick", "follow"):
        with monkeypatch.context() as patch:
            patch.setattr(Hunt, name, interrupt)
            patch.setattr(median.Prices, "_rule_out", lambda *_: None)
            found = p_median_matrix(hard_case(), np.ones(150), 5)
        assert found.status in {"interrupted", "optimal"}
        assert found.status == "interrupted" or name == "kick"
        assert found.objective >= best.objective >= found.bound > 0
        assert len(found.chosen) == 5


def test_it_says_the_same_twice():
    one, two = (p_median_matrix(hard_case(), np.ones(150), 7) for _ in range(2))
    assert one.chosen.tolist() == two.chosen.tolist()
