"""Units moved up while others are out: who goes where and when, by hand; what it costs; what is refused."""

import os
import pickle

import numpy as np
import pandas as pd
import pytest
from live_towns import SOUTH, call, line_picture, line_town, run, told
from regular_calls import HOUR_S, regular, two_stations
from scipy.optimize import linear_sum_assignment

import fireplan as fp
from fireplan._kernel import simulation as kernel
from fireplan._kernel.simulation.move_rules import _least_in_all
from fireplan.errors import InputError, UnknownIdError
from fireplan.operations._advice.move_up import best_moves
from fireplan.simulation import DMEXCLP, Backfill, BestMoves, ComplianceTable, compliance_table, move_ups, simulate
from fireplan.simulation._simulate._move_policies import reached_zones
from fireplan.travel._places import station_places
from fireplan.travel._route_lengths import length_rows

ENGINE = fp.Objective("first", "First engine", 120)
EDGE = regular(6 * HOUR_S, stay_s=3600.0, north=(0.001,))
"""Four calls a day at S1, an hour each, so that nobody else is out."""
TOWN = two_stations()
HOLD_S1 = ComplianceTable({1: ["S1"]}, kind="engine")
FOUR = line_town(engines=(("E1", "S1"), ("E3", "S1"), ("E2", "S2"))).apply(
    fp.OpenStation("S3", at=(-140.0, 30.04), units=("E5",))
)
CROWD = regular(1500.0, units=("E1", "E2"), stay_s=1500.0, north=(0.001, 0.014, 0.038))


def figures(found):
    return found.summary()["mean"]


def same(one, other):
    """Whether two simulations sent the same units at the same moments."""
    return all(
        np.array_equal(a, b, equal_nan=True)
        for first, second in zip(one._runs, other._runs, strict=True)
        for a, b in zip(first.sent, second.sent, strict=True)
    )


def moves_of(found):
    """What was done in all replications, but for the room."""
    return [np.concatenate([run.made[i] for run in found._runs]).tolist() for i in range(10)]


def test_the_free_unit_fills_the_hole_and_goes_home_when_the_other_is_clear():
    found = simulate(TOWN, EDGE, days=14, replications=1, moves=HOLD_S1, assignable=False)
    made, runs = found.moves, found.responses
    assert made["unit_id"].tolist() == ["E2", "E2"] * 56
    assert made["to"].tolist() == ["S1", "S2"] * 56
    assert set(runs["unit_id"]) == {"E1"}
    there, home = made.iloc[::2].reset_index(drop=True), made.iloc[1::2].reset_index(drop=True)
    assert (there["at"] == runs["dispatched"].reset_index(drop=True)).all()
    assert (home["at"] == runs["cleared"].reset_index(drop=True)).all()
    starts = station_places(TOWN)
    drive_s = float(fp.travel.time_rows(TOWN, starts)[1, 0])
    np.testing.assert_allclose(there["drive_s"], drive_s, rtol=1e-6)
    km = float(length_rows(TOWN, starts)[1, 0]) / 1000
    assert km == pytest.approx(2.22, abs=0.02)  # 0.02 degrees of latitude along the one street
    assert figures(found)["moves_a_day"] == 8
    assert figures(found)["move_km_a_day"] == pytest.approx(8 * km)
    assert figures(found)["move_hours_a_day"] == pytest.approx(8 * drive_s / 3600, rel=1e-6)


def test_a_second_call_is_met_from_the_filled_station_as_worked_out_by_hand():
    """
    Calls in pairs at S1, half an hour apart, of which the first lasts an hour.

    With E1 out the second is met from S2, nineteen blocks off and more than two minutes; with E2 at S1, where it was
    within four minutes, in less than one. So half of the calls are in time, and all of them with moves.
    """
    half_past = pd.Timestamp("2025-06-02 07:30", tz="UTC")
    pairs = joined(
        regular(12 * HOUR_S, stay_s=3600.0, north=(0.001,)),
        regular(12 * HOUR_S, stay_s=600.0, north=(0.001,), start=half_past),
    )
    asked = {"days": 7, "replications": 1, "assignable": False, "objective": ENGINE}
    without, moved = (simulate(TOWN, pairs, **asked, moves=moves) for moves in (None, HOLD_S1))
    assert figures(without)["share_within"] == 0.5
    assert figures(moved)["share_within"] == 1.0
    assert set(moved.responses["travel_s"].round(2)) == {without.responses["travel_s"].min().round(2)}
    # E2 is sent from S1, and while both are out nobody is moved; it goes home after the first has cleared.
    assert moved.responses["unit_id"].tolist() == ["E1", "E2"] * 14
    table = move_ups(TOWN, pairs, policies={"none": None, "hold": HOLD_S1}, days=7, replications=2, objective=ENGINE)
    assert table.index.tolist() == ["hold", "none"]
    row = table.loc["hold"]
    assert (row["share_within"], row["share_within_none"], row["share_within_moved"]) == (0.5, 0.5, 1.0)
    assert row["in_time_a_day"] == 2  # of four a day
    assert row["in_time_per_100_km"] == pytest.approx(200 / row["km_a_day"])
    assert "+50.0 points (+50.0 to +50.0) of 56 calls" in table.attrs["said"]["hold"]
    assert "more calls in time" in table.attrs["said"]["hold"]
    assert table.loc["none", ["share_within", "moves_a_day", "km_a_day"]].tolist() == [0, 0, 0]


def joined(one, other):
    """Calls of two histories."""
    responses = pd.concat([one.responses, other.responses.assign(incident_id="x" + other.responses["incident_id"])])
    incidents = pd.concat([one.incidents, other.incidents.rename(index=lambda i: f"x{i}")])
    return one._replace(incidents=incidents, responses=responses.reset_index(drop=True))


@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize("assignable", [True, False])
def test_a_policy_that_never_moves_is_none_to_the_byte(queue, assignable):
    asked = {"days": 7, "replications": 2, "queue": queue, "assignable": assignable, "growth": 2.0}
    none = simulate(FOUR, CROWD, **asked)
    assert same(none, simulate(FOUR, CROWD, **asked, moves=BestMoves(most_moves=0, least_share=1.0)))
    assert same(none, simulate(FOUR, CROWD, **asked, moves=lambda _: ()))
    assert none.moves.empty
    assert "moves_a_day" not in none.summary().index


def nearest_to_the_first_hole(moment):
    """Hold S1 first: as the table does, in Python."""
    if len(moment.free) != 1 and "S1" in moment.stands:
        return [(u, h) for u, s, h, may in zip(moment.free, moment.stands, moment.homes, moment.may_move, strict=True)
                if may and s != h and len(moment.free) == 2]  # fmt: skip
    to = moment.stations.index("S1")
    if len(moment.free) == 1 and moment.may_move[0] and np.isfinite(moment.drive_s[0][to]):
        return [(moment.free[0], "S1")]
    return [(u, h) for u, s, h in zip(moment.free, moment.stands, moment.homes, strict=True) if s != h]


def test_a_policy_in_python_gives_the_same_as_the_compiled_one():
    busy = regular(3000.0, stay_s=1800.0, north=(0.001, 0.03))
    asked = {"days": 5, "replications": 1}
    own, table = (simulate(TOWN, busy, **asked, moves=m) for m in (nearest_to_the_first_hole, HOLD_S1))
    assert len(table.moves) > 50
    assert moves_of(own) == moves_of(table)
    assert same(own, table)
    # And the compiled rule, asked from the loop in Python, as a policy of dispatch is.
    both = simulate(TOWN, busy, **asked, moves=HOLD_S1, policy=fp.simulation.nearest)
    assert moves_of(both) == moves_of(table)
    assert same(both, table)


def expected_cover(found):
    """DMEXCLP by its formula, on what is reached."""
    busy = 0.3
    units = FOUR.units
    reached, weight = reached_zones(FOUR, ENGINE, units["turnout_s"].to_numpy(float))
    row = {u: i for i, u in enumerate(units.index)}

    def policy(moment):
        stands = dict(zip(moment.free, moment.stands, strict=True))
        for unit, home, cleared in zip(moment.free, moment.homes, moment.cleared, strict=True):
            if not cleared:
                continue
            others = [reached[row[u], moment.stations.index(s)] for u, s in stands.items() if u != unit]
            k = np.sum(others, axis=0) if others else np.zeros(len(weight), dtype=int)
            adds = {
                s: float((weight * (1 - busy) * busy**k)[reached[row[unit], i]].sum())
                for i, s in enumerate(moment.stations)
            }
            order = [stands[unit], home, *moment.stations]
            best = max(order, key=lambda s: (round(adds[s], 9), -order.index(s)))
            if best != stands[unit]:
                found.append(round(adds[best] - adds[stands[unit]], 9))
                stands[unit] = best
        return [(u, s) for u, s, was in zip(stands, stands.values(), moment.stands, strict=True) if s != was]

    return policy


def test_a_unit_that_clears_goes_where_it_adds_most_to_expected_cover():
    gains = []
    own = simulate(FOUR, CROWD, days=3, replications=1, moves=expected_cover(gains), objective=ENGINE)
    fast = simulate(FOUR, CROWD, days=3, replications=1, moves=DMEXCLP(busy=0.3), objective=ENGINE)
    assert len(gains) > 30
    assert min(gains) > 0
    assert moves_of(own) == moves_of(fast)
    made = fast.moves
    assert set(made["why"]) == {"moved up"}
    later = made[made["at"] > fast.responses["cleared"].min()]
    assert later["at"].isin(fast.responses["cleared"]).all()  # at no other moment


@pytest.mark.parametrize("out", [("E2",), ("E1", "E3"), ("E2", "E5"), ("E1", "E2", "E5"), ("E5",), ()])
def test_the_live_view_and_the_simulation_give_the_same_moves_on_the_same_picture(out):
    picture = line_picture(scenario=FOUR)
    told(picture, [e for u in out for e in (call(u, 0, at=SOUTH), *run(u, u, 10))])
    scene = picture.scene(picture_us := 1_709_665_200_000_000 + 11_000_000)
    live = best_moves(picture.cover, scene.units, now_us=picture_us)
    moves = BestMoves(objective=picture.cover.objective)
    model = simulate(FOUR, CROWD, days=1, replications=1, moves=moves)._model
    moments = kernel.all_at_home(model.fleet)
    posts = kernel.posts_of(model.fleet, moments, model.movement.ground, model.movement.reserve)
    ids = model.movement.unit_ids
    posts.clear_s[[ids.index(u) for u in out]] = np.inf
    drives = kernel.Drives(model.drives.median_s, model.drives.nearest, model.turnout_s, 0.0, 0.0)
    made = kernel.room_for_moves(9, 0)
    kernel.ask(0.0, model.fleet, drives, model.movement.ground, moments, posts, model.movement.rules(), made)
    said = [(ids[made.unit[i]], model.drives.stations[made.to[i]]) for i in range(made.total[0])]
    assert said == [(m.unit_id, m.to) for m in live]
    assert bool(said) == (out in {("E2",), ("E1", "E3"), ("E2", "E5"), ("E1", "E2", "E5"), ("E5",)}) or not live
    np.testing.assert_allclose(made.drive_s[: len(live)], [m.drive_s for m in live], rtol=1e-5)


def test_same_seed_same_bytes_whatever_the_number_of_threads(monkeypatch):
    asked = {"days": 7, "replications": 6, "moves": BestMoves(least_share=0.0), "objective": ENGINE}
    found = []
    for cpus in (1, 4):
        monkeypatch.setattr(os, "cpu_count", lambda n=cpus: n)
        monkeypatch.setattr("os.process_cpu_count", lambda n=cpus: n, raising=False)
        found.append(simulate(FOUR, CROWD, **asked))
    assert moves_of(found[0]) == moves_of(found[1])
    assert len(moves_of(found[0])[0]) > 100
    assert same(*found)


def test_more_moves_than_there_was_room_for_at_first_are_all_kept(monkeypatch):
    asked = {"days": 7, "replications": 1, "moves": BestMoves(least_share=0.0), "objective": ENGINE}
    found = simulate(FOUR, CROWD, **asked)
    monkeypatch.setattr("fireplan.simulation._simulate._moving_loop.FEWEST_ROOM", 2)
    assert moves_of(simulate(FOUR, CROWD, **asked)) == moves_of(found)


def test_a_moved_unit_goes_home_when_its_hours_end():
    """E2 works until 06:30 and from 07:00; at 06:00 E1 goes out for an hour, and E2 to S1."""
    units = TOWN.units.assign(schedule=["always", "07:00-06:30"])
    town = fp.Scenario(TOWN.roads, TOWN.stations, units, TOWN.zones)
    calls = regular(24 * HOUR_S, stay_s=3000.0, north=(0.001,), start=pd.Timestamp("2025-06-02 01:00", tz="UTC"))
    made = simulate(town, calls, days=7, replications=1, moves=HOLD_S1, assignable=False).moves
    local = made["at"].dt.tz_convert("America/Los_Angeles").dt.strftime("%H:%M")
    assert made["why"].tolist() == ["moved up", "home, off duty"] * 7
    assert set(local[1::2]) == {"06:30"}


def test_a_drive_that_is_too_long_and_a_gain_that_is_too_small_are_not_made():
    asked = {"days": 2, "replications": 1, "objective": ENGINE}
    assert simulate(TOWN, EDGE, **asked, moves=ComplianceTable({1: ["S1"]}, longest_drive_s=100)).moves.empty
    assert not simulate(FOUR, CROWD, **asked, moves=BestMoves()).moves.empty
    assert simulate(FOUR, CROWD, **asked, moves=BestMoves(least_share=0.9)).moves.empty


def test_assignments_are_those_of_least_total_drive():
    rng = np.random.default_rng(2)
    model = simulate(FOUR, CROWD, days=1, replications=1, moves=HOLD_S1)._model
    rules = model.movement.rules()
    for _ in range(200):
        n = int(rng.integers(1, 5))
        rules.cost[:n, :n] = rng.integers(-3, 9, (n, n))
        _least_in_all(n, rules)
        assert sorted(rules.match[:n]) == list(range(n))
        best = linear_sum_assignment(rules.cost[:n, :n])
        assert rules.cost[np.arange(n), rules.match[:n]].sum() == rules.cost[best].sum()


@pytest.mark.parametrize("assign", ["least drive", "nearest first"])
def test_holes_are_filled_by_the_nearest_or_so_that_least_is_driven(assign):
    """E5 of S3 is out; to hold S3 and S1, the two of S1 and the one of S2 are at hand, and S2 is nearer to S3."""
    calls = regular(12 * HOUR_S, stay_s=3000.0, north=(0.0395,))
    table = ComplianceTable({3: ["S3", "S1"]}, kind="engine", assign=assign)
    made = simulate(FOUR, calls, days=7, replications=1, moves=table, assignable=False).moves
    assert made["unit_id"].unique().tolist() == ["E2"]
    assert made["to"].tolist() == ["S3", "S2"] * 14


def test_a_table_of_compliance_covers_most():
    table = compliance_table(FOUR, objective=ENGINE)
    reached, weight = reached_zones(FOUR, ENGINE, np.array([80.0]))
    matrix = fp.travel.travel_times(FOUR)
    for n in (1, 2, 3):
        rows = [list(matrix["station_id"].to_numpy()).index(s) for s in table.levels[n]]
        covered = weight[reached[0, rows].any(axis=0)].sum()
        best = fp.siting.models.max_coverage_matrix(matrix.to_numpy() <= 120, weight, p=n)
        assert covered == pytest.approx(best.objective)
    assert "all choices compared" in table.made
    nested = compliance_table(FOUR, objective=ENGINE, nested=True)
    assert nested.is_nested
    assert "adds the best station" in nested.made
    assert not ComplianceTable({1: ["S1"], 2: ["S2", "S3"]}).is_nested
    assert pickle.loads(pickle.dumps(table)) == table  # noqa: S301 - our own


def test_reserves_are_called_in_while_both_are_out_and_let_go_after():
    """E1 and E2 are out together for an hour, twice a day: E9 is staffed after half an hour, until their end."""
    both = regular(12 * HOUR_S, units=("E1", "E2"), stay_s=3600.0, north=(0.01,))
    town = TOWN.apply(fp.AddUnit("E9", to="S1", type="engine"))
    reserve = Backfill(units=("E9",), when_out=2)
    found = simulate(town, both, days=7, replications=2, backfill=reserve, assignable=False)
    assert figures(found)["recalls_a_day"] == 2
    assert not (found.responses["unit_id"] == "E9").any()
    runs, calls = found.responses, found.recalls
    ends = runs.groupby("incident_id")["cleared"].min()
    begins = runs.groupby("incident_id")["dispatched"].max()
    assert (calls["called"].to_numpy() == begins.to_numpy()).all()
    assert (calls["released"].to_numpy() == ends.to_numpy()).all()
    assert (calls["staffed"] - calls["called"] == pd.Timedelta(seconds=1800)).all()
    hours = float((calls["released"] - calls["staffed"]).dt.total_seconds().sum()) / 3600
    assert figures(found)["recalled_hours_a_day"] == pytest.approx(hours / 7)
    assert found.utilisation().loc["E9", "duty_h"] == pytest.approx(hours)
    # Of each of its two spells a day it is on duty for one alone: between midnight and noon.
    mornings = simulate(
        town.apply(fp.SetSchedule("00:00-12:00", units=("E9",))), both, days=7, replications=1, backfill=reserve,
        assignable=False,
    )  # fmt: skip
    assert mornings.utilisation().loc["E9", "duty_h"] == pytest.approx(hours / 2, rel=0.01)
    assert figures(mornings)["recalled_hours_a_day"] == pytest.approx(hours / 14, rel=0.01)
    # A call in that time gets it; with a recall that takes too long nobody is staffed.
    late = simulate(town, both, days=7, replications=1, backfill=Backfill(("E9",), 2, after_s=7200.0))
    assert figures(late)["recalls_a_day"] == 2
    assert figures(late)["recalled_hours_a_day"] == 0
    assert late.recalls["staffed"].isna().all()
    half_past = pd.Timestamp("2025-06-02 07:50", tz="UTC")
    third = joined(both, regular(12 * HOUR_S, stay_s=600.0, north=(0.001,), start=half_past))
    served = simulate(town, third, days=7, replications=1, backfill=reserve, queue=False, assignable=False)
    assert (served.responses["unit_id"] == "E9").sum() == 14
    alone = simulate(TOWN, third, days=7, replications=1, queue=False, assignable=False)
    assert figures(alone)["served"] + 14 == figures(served)["served"]


@pytest.mark.parametrize(
    ("asked", "error", "match"),
    [
        ({"moves": "best"}, InputError, "moves is the text 'best': give a policy"),
        ({"moves": ComplianceTable({1: ["S7"]}, kind="engine")}, UnknownIdError, "S7"),
        ({"moves": BestMoves(kind="boat")}, InputError, "kind is 'boat'"),
        ({"moves": lambda _: [("E7", "S1")]}, UnknownIdError, "E7"),
        ({"moves": lambda _: [("E2", "S7")]}, UnknownIdError, "S7"),
        ({"moves": lambda _: ["E2"]}, InputError, "gave 'E2' at [0-9]+ s since the warm-up began: give pairs"),
        ({"moves": lambda _: [(2, "S1")]}, InputError, "gave \\(2, 'S1'\\) at"),
        ({"moves": lambda _: 5}, InputError, "raised TypeError at"),
        ({"moves": lambda _: [("E2", "S1"), ("E2", "S2")]}, InputError, "'E2', which cannot be moved now"),
        ({"moves": lambda _: [("E1", "S2")]}, InputError, "'E1', which cannot be moved now"),
        ({"backfill": Backfill(("E7",), 1)}, UnknownIdError, "E7"),
        ({"backfill": Backfill(("E2",), 2)}, InputError, "waits for 2 of 'engine' to be out, but there are only 1"),
        ({"backfill": Backfill(("E2",), 1, kind="boat")}, InputError, "kind is 'boat'"),
    ],
)
def test_what_cannot_be_done_is_refused(asked, error, match):
    with pytest.raises(error, match=match):
        simulate(TOWN, EDGE, days=3, replications=1, **asked)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ComplianceTable({1: ["S1", "S2"]}), "level 1 holds 2 stations"),
        (lambda: ComplianceTable({1.5: ["S1"]}), "level 1.5: give levels from 1 unit free on, as whole numbers"),
        (lambda: ComplianceTable({0: []}), "level 0: give levels from 1"),
        (lambda: ComplianceTable({1: ["S1"]}, assign="best"), "assign is 'best': write 'least drive'"),
        (lambda: BestMoves(least_share=2), "least_share is 2"),
        (lambda: BestMoves(most_moves=-1), "most_moves is -1"),
        (lambda: DMEXCLP(busy=1.0), "busy is 1"),
        (lambda: Backfill((), 1), "units names none"),
        (lambda: Backfill(("E1",), 0, after_s=-1.0), "when_out is 0"),
        (lambda: move_ups(TOWN, EDGE, policies={"none": None}), "policies names nothing that moves"),
        (lambda: compliance_table(fp.examples.line_town(), objective=ENGINE), "two units or more"),
    ],
)
def test_settings_that_cannot_be_are_refused(make, match):
    with pytest.raises(InputError, match=match):
        make()


@pytest.mark.parametrize("argument", ["moves", "policy"])
def test_what_a_policy_raises_names_it_and_the_moment_and_is_kept(argument):
    def my_policy(moment):
        raise KeyError(moment.kind)

    with pytest.raises(InputError, match=rf"{argument} \(.*my_policy\) raised KeyError at \d+ s since") as found:
        simulate(TOWN, EDGE, days=3, replications=1, **{argument: my_policy})
    assert isinstance(found.value.__cause__, KeyError)


@pytest.mark.parametrize("rubbish", [5, ["E1"], np.array(["E1", "E2"]), np.nan])
def test_a_dispatch_policy_that_names_no_unit_is_refused(rubbish):
    with pytest.raises(InputError, match=r"policy sent .* where engine was asked for: it may send one of 'E1'"):
        simulate(TOWN, EDGE, days=3, replications=1, policy=lambda _: rubbish)


def test_what_a_policy_of_moves_can_never_do_is_said():
    town = fp.examples.line_town()
    more = simulate(TOWN, EDGE, days=3, replications=1, moves=ComplianceTable({1: ["S1"], 7: ["S1"]}, kind="engine"))
    assert any("levels for more units than the 2 of 'engine' there are, which do nothing: 7" in n for n in more.notes)
    none = simulate(town, EDGE, days=3, replications=1, moves=BestMoves(kind="truck"))
    assert any("moves is of 'truck', of which no unit can be moved up: nobody is" in note for note in none.notes)
