"""Questions of siting on Line Street, where every answer can be worked out by hand, and what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan import siting
from fireplan.errors import FireplanError, InputError, TableError, UnknownIdError
from fireplan.siting._results.plan_proof import must_agree, new_unit
from fireplan.siting._solvers import branch_and_bound as branching

# One station at the south end, 40 zones a block apart, 11.085 s each.
BLOCK_S = 11.085


def at(block, *, east=0.0):
    return shapely.Point(-140.0 + east, 30.0 + block / 1000)


def sites(*blocks, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=[at(b) for b in blocks], index=[f"B{b}" for b in blocks], crs=4326)
    return frame


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


def test_a_new_unit_is_not_called_as_one_that_is_there():
    taken = {"E12", "E-G1"}
    assert [new_unit("engine", site, taken) for site in ("12", "G1", "G2")] == ["E-12-2", "E-G1-2", "E-G2"]


def people(town, lo, hi):
    """People in the zones from one block to another, both included."""
    return float(town.zones["population"].iloc[lo : hi + 1].sum())


def test_the_best_site_is_where_most_people_are_not_reached(town):
    found = siting.max_coverage(town, stations=1, candidates=sites(10, 20, 25, 30), within_s=10 * BLOCK_S + 1)
    # Zones lie half-way between corners: the station reaches the first ten, B20, B25 and B30 twenty each, and of them
    # B10 has five already.
    assert found.status == "optimal"
    assert found.before == people(town, 0, 9)
    assert found.objective == people(town, 0, 29)
    assert found.bound == found.objective
    assert found.gap == 0.0


def test_the_plan_does_what_the_model_claims(town):
    found = siting.max_coverage(town, stations=2, candidates=sites(10, 20, 30, 38), within_s=100)
    after = found.after("two more")
    rule = fp.standards.local_rule("r", limit_s=100, weight="population", share=0.9)
    row = fp.assess(after, standard=rule).summary().loc[("r", "population")]
    assert row["within"] == pytest.approx(found.objective)
    assert row["n"] == found.total
    assert found.share == pytest.approx(row["share"])


def test_each_new_station_has_a_unit_of_the_kind_asked_for(town):
    found = siting.max_coverage(town, candidates=sites(20, 30), within_s=100, rules=siting.Rules(unit="truck"))
    new = found.after().units.loc[lambda u: u["station_id"] == found.chosen.index[0]]
    assert list(new["type"]) == ["truck"]


def test_turnout_counts_where_it_is_asked_for(town):
    with_turnout = siting.Rules(interval="turnout_and_travel_s")
    found = siting.max_coverage(town, candidates=sites(20, 30), within_s=200, rules=with_turnout)
    alone = siting.max_coverage(town, candidates=sites(20, 30), within_s=120)
    assert found.sites.loc["B30", "alone"] == alone.sites.loc["B30", "alone"]


def test_scores_runner_ups_and_the_order_of_building_add_up(town):
    found = siting.max_coverage(town, stations=2, candidates=sites(10, 18, 26, 34), within_s=60)
    assert found.curve["gain"].sum() == pytest.approx(found.objective - found.before)
    assert found.curve["objective"].iloc[-1] == found.objective
    assert list(found.curve.index) == [0, 1, 2]
    for name, row in found.chosen.iterrows():
        others = [n for n in found.chosen.index if n != name]
        without = siting.max_coverage(town, stations=1, candidates=found.chosen.loc[others], within_s=60)
        assert row["beside"] == pytest.approx(found.objective - without.objective)
    first = found.runner_ups.iloc[0]
    swapped = [first["take"], *(n for n in found.chosen.index if n != first["leave_out"])]
    both = siting.max_coverage(town, stations=2, candidates=sites(10, 18, 26, 34).loc[swapped], within_s=60)
    assert both.objective == pytest.approx(first["objective"])
    assert first["behind"] == pytest.approx(found.objective - both.objective)


def test_of_sites_that_reach_as_many_the_soonest_is_taken(town):
    # The station reaches blocks 0 to 20; each of these reaches all the others, B30 the soonest.
    found = siting.max_coverage(town, candidates=sites(27, 30, 36), within_s=20 * BLOCK_S + 1)
    assert (found.sites["alone"] == found.sites["alone"].iloc[0]).all()
    assert list(found.chosen.index) == ["B30"]
    assert (found.runner_ups["behind"] == 0).all()


def test_a_station_may_close_where_its_saving_pays_for_a_better_one(town):
    poor = siting.Rules(closable=("S1",), site_cost=5.0, closing_cost=-5.0, budget=0.0)
    found = siting.max_coverage(town, candidates=sites(20), within_s=12 * BLOCK_S, rules=poor)
    assert [type(c).__name__ for c in found.plan] == ["OpenStation", "AddUnit", "CloseStation"]
    stuck = siting.Rules(site_cost=5.0, budget=4.0)
    assert siting.max_coverage(town, candidates=sites(20), within_s=100, rules=stuck).plan == ()


def test_relocating_moves_the_units(town):
    found = siting.relocate(town, stations=1, candidates=sites(20, 30), within_s=12 * BLOCK_S)
    kinds = [type(c).__name__ for c in found.plan]
    assert kinds[0] == "OpenStation"
    assert kinds[-1] == "CloseStation"
    assert set(kinds[1:-1]) == {"MoveUnit"}
    assert set(found.after().units["station_id"]) == {found.chosen.index[0]}


def test_costs_come_from_a_column(town):
    priced = sites(18, 30, price=[9.0, 2.0])
    found = siting.max_coverage(
        town, stations=2, candidates=priced, within_s=100, rules=siting.Rules(site_cost="price", budget=3.0)
    )
    assert list(found.chosen.index) == ["B30"]


def test_sites_stand_apart(town):
    apart = siting.Rules(apart_m=1500.0)
    near = siting.max_coverage(town, stations=2, candidates=sites(20, 22, 35), within_s=100)
    far = siting.max_coverage(town, stations=2, candidates=sites(20, 22, 35), within_s=100, rules=apart)
    metres = far.chosen.to_crs(town.roads.crs).geometry
    assert metres.iloc[0].distance(metres.iloc[1]) >= 1500
    assert far.objective <= near.objective
    pair = siting.Rules(forbidden=(("B20", "B35"),))
    kept = siting.max_coverage(town, stations=2, candidates=sites(20, 35), within_s=100, rules=pair)
    assert len(kept.chosen) == 1


def test_a_floor_by_district(town):
    half = town.zones.assign(district=np.where(np.arange(len(town.zones)) < 20, "south", "north"))
    parted = fp.Scenario(town.roads, town.stations, town.units, half)
    ask = {"stations": 1, "candidates": sites(12, 33), "within_s": 5 * BLOCK_S + 1}
    floor = siting.Rules(floor_by="district", floor=0.25)
    found = siting.max_coverage(parted, **ask, rules=floor)
    assert list(found.chosen.index) == ["B33"]
    none = siting.max_coverage(parted, **ask, rules=siting.Rules(floor_by="district", floor=0.99))
    assert none.status == "infeasible"
    assert "north" in none.reason
    assert none.plan == ()
    assert "infeasible" in repr(none)
    fair = siting.fairest(parted, **ask, by="district")
    assert list(fair.chosen.index) == ["B33"]
    assert 0 < fair.objective < 1


def test_several_aims_at_once(town):
    late = pd.Series(np.arange(len(town.zones)) >= 30, index=town.zones.index)
    north = siting.Aim("population", within_s=80, where=late, importance=10)
    everyone = siting.Aim("population", within_s=80)
    found = siting.max_coverage(town, candidates=sites(15, 35), aims=(everyone, north))
    assert list(found.chosen.index) == ["B35"]
    assert found.unit == "weighted share"
    assert found.total == pytest.approx(11)
    slow = siting.Aim("population", within_s=80, conditions=(fp.ScaleSpeeds(0.5),))
    assert (
        siting.max_coverage(town, candidates=sites(15), aims=(slow,)).objective
        < siting.max_coverage(town, candidates=sites(15), aims=(everyone,)).objective
    )


def test_expected_coverage_with_nobody_busy_is_max_coverage(town):
    ask = {"candidates": sites(10, 20, 30), "within_s": 100}
    free = siting.expected_coverage(town, units=2, busy=0.0, **ask)
    assert free.objective == siting.max_coverage(town, stations=2, **ask).objective
    busy = siting.expected_coverage(town, units=2, busy=0.3, **ask)
    assert busy.objective < free.objective


def test_a_second_engine_stands_at_the_same_site_where_that_is_best(town):
    found = siting.expected_coverage(town, units=2, busy=0.6, candidates=sites(25), within_s=150)
    assert found.sites.loc["B25", "chosen"] == 2
    assert len(found.after().units.loc[lambda u: u["station_id"] == "B25"]) == 2


@pytest.fixture(scope="module")
def two_houses(town):
    """A second station half-way up the street, whose engine is out more often."""
    return town.apply(fp.OpenStation("S2", at=(-140.0, 30.02)), fp.AddUnit("E2", to="S2", type="engine"))


def test_a_place_is_as_busy_as_the_units_that_reach_it(two_houses):
    busy = pd.Series({"E1": 0.1, "E2": 0.5}, name="busy")
    busy.attrs["source"] = "hypercube"
    found = siting.expected_coverage(two_houses, units=1, busy=busy, candidates=sites(30), within_s=10 * BLOCK_S + 1)
    # E1 reaches the first ten zones, E2 ten on either side of it, B30 the last twenty; beyond E2's those of E2 count.
    first, both, last = (people(two_houses, *ends) for ends in ((0, 9), (10, 29), (20, 39)))
    assert found.before == pytest.approx(0.9 * first + 0.5 * both)
    twice = people(two_houses, 20, 29)
    assert found.objective == pytest.approx(found.before + 0.25 * twice + 0.5 * (last - twice))
    assert found.total == two_houses.zones["population"].sum()
    note = next(n for n in found.notes if n.startswith("busy shares"))
    assert "busy shares: hypercube, by unit; stations 10.0 % to 50.0 %" in note
    assert "10 places that none reaches in time" in note
    assert "10.0 % to 50.0 % of the time" in found.question


def test_each_place_takes_as_many_units_as_make_one_free(two_houses):
    busy = pd.Series({"E1": 0.1, "E2": 0.5})
    ask = {"candidates": sites(5, 20), "within_s": 10 * BLOCK_S + 1, "reliability": 0.75}
    found = siting.reliable_coverage(two_houses, units=1, busy=busy, **ask)
    assert found.before == pytest.approx(people(two_houses, 0, 9))  # one is enough there, by E2 it takes two
    assert list(found.chosen.index) == ["B20"]
    assert found.objective == pytest.approx(people(two_houses, 0, 29))
    assert "reached by 1 to 2 units" in found.question


def test_busy_shares_may_be_by_station_or_all_alike(two_houses):
    ask = {"units": 2, "candidates": sites(10, 20, 30), "within_s": 100}
    by_station = pd.Series([0.3, 0.3], index=pd.Index(["S1", "S2"], name="station_id"))
    by_both = pd.Series([0.3, 0.3], index=pd.MultiIndex.from_tuples([("E1", "S1"), ("E2", "S2")],
                        names=["unit_id", "station_id"]))  # fmt: skip
    one = siting.expected_coverage(two_houses, busy=0.3, **ask)
    for busy, by in ((by_station, "by station"), (by_both, "by unit")):
        found = siting.expected_coverage(two_houses, busy=busy, **ask)
        assert found.objective == pytest.approx(one.objective)
        assert found.bound == pytest.approx(one.bound)
        assert by in found.notes[1]


@pytest.mark.parametrize(
    ("shares", "match"),
    [
        ({"E1": 0.1}, "says nothing of 'E2'"),
        ({"E1": 0.1, "E2": 0.2, "X": 0.2}, "'X', which are no units"),
        ({"E1": 0.1, "E2": 1.0}, "of 'E2' it is no share"),
        ({"S1": 0.1}, "says nothing of 'S2'"),
        ({"E1": float("nan"), "E2": -1}, "of 'E1', 'E2' it is no share"),
    ],
)
def test_busy_shares_that_say_too_little_are_refused(two_houses, shares, match):
    for ask in (siting.expected_coverage, siting.reliable_coverage):
        with pytest.raises(TableError, match=match):
            ask(two_houses, busy=pd.Series(shares), candidates=sites(20))


def test_busy_shares_that_differ_go_with_no_floor(two_houses):
    with pytest.raises(InputError, match="floor_by"):
        siting.expected_coverage(
            two_houses, busy=pd.Series({"E1": 0.1, "E2": 0.5}), candidates=sites(20),
            rules=fp.siting.Rules(floor_by="population", floor=0.1),
        )  # fmt: skip


def test_backup_needs_two(town):
    once = siting.backup_coverage(town, stations=2, candidates=sites(19, 21), within_s=150, first=0.5)
    assert len(once.chosen) == 2
    strict = siting.backup_coverage(town, stations=1, candidates=sites(19, 21), within_s=150)
    assert strict.status == "optimal"
    reliable = siting.reliable_coverage(town, units=2, busy=0.3, candidates=sites(21), within_s=150)
    assert reliable.sites.loc["B21", "chosen"] == 2


def test_two_limits(town):
    found = siting.double_standard(town, stations=2, candidates=sites(19, 21, 30), near_s=150, far_s=300, share=0.5)
    assert found.status == "optimal"
    harder = siting.double_standard(town, stations=1, candidates=sites(38), near_s=30, far_s=300, share=0.9)
    assert harder.status == "infeasible"
    assert "within 0:30" in harder.reason


def test_the_fewest_stations_that_reach_all(town):
    found = siting.set_cover(town, candidates=sites(10, 20, 30, 36), within_s=12 * BLOCK_S)
    assert found.status == "optimal"
    assert found.objective == len(found.chosen)
    table = fp.first_due(found.after())
    assert (table["first_due_s"] <= 12 * BLOCK_S).all()
    dear = siting.set_cover(
        town, candidates=sites(10, 20, 30, 36, cost=[1.0, 9.0, 1.0, 1.0]), within_s=12 * BLOCK_S,
        rules=siting.Rules(site_cost="cost"),
    )  # fmt: skip
    assert dear.objective <= found.objective * 9
    with pytest.raises(InputError, match="no budget"):
        siting.set_cover(town, candidates=sites(10), rules=siting.Rules(site_cost=1.0, budget=3.0))


def test_mean_and_longest_time(town):
    mean = siting.p_median(town, candidates=sites(10, 20, 30))
    times = fp.first_due(mean.after())["first_due_s"]
    weight = town.zones["population"]
    assert mean.objective == pytest.approx((times * weight).sum() / weight.sum(), rel=1e-5)
    longest = siting.p_center(town, candidates=sites(10, 20, 30))
    assert longest.objective == pytest.approx(fp.first_due(longest.after())["first_due_s"].max(), rel=1e-5)
    assert list(longest.chosen.index) == ["B30"]
    assert mean.before > mean.objective


def test_engines_and_trucks_together(town):
    ask = {"candidates": sites(15, 25, 35), "within_s": {"engine": 100, "truck": 200}}
    found = siting.fleet(town, stations=1, units={"engine": 1, "truck": 1}, **ask)
    assert found.status == "optimal"
    units = found.after().units
    assert sorted(units.loc[~units.index.isin(town.units.index), "type"]) == ["engine", "truck"]
    nothing = siting.fleet(town, stations=0, units={"engine": 0, "truck": 0}, **ask)
    assert nothing.objective == nothing.before
    with pytest.raises(TableError, match="same kinds"):
        siting.fleet(town, units={"engine": 1}, within_s={"truck": 200}, candidates=sites(15))


def test_a_curve_of_best_plans(town):
    curve = siting.marginal_curve(town, up_to=3, candidates=sites(8, 16, 24, 32, 38), within_s=60)
    assert list(curve.index) == [0, 1, 2, 3]
    assert (curve["gain"].iloc[1:] >= 0).all()
    assert (curve["objective"] <= curve["bound"] + 1e-9).all()
    assert (curve["status"] == "optimal").all()
    assert curve.loc[1, "sites"].count(";") == 0
    assert curve.attrs["n"] == town.zones["population"].sum()


def test_what_one_aim_costs_another(town):
    ids = np.arange(len(town.zones))
    zones = town.zones.assign(homes=np.where(ids < 20, 10.0, 1.0), shops=np.where(ids >= 20, 10.0, 1.0))
    city = fp.Scenario(town.roads, town.stations, town.units, zones)
    aims = (siting.Aim("homes", within_s=60), siting.Aim("shops", within_s=60))
    front = siting.trade_off(city, stations=2, candidates=sites(9, 14, 19, 24, 30, 36), aims=aims, points=7)
    homes, shops = (front[str(a)].to_numpy() for a in aims)
    assert len(front) > 1
    assert (np.diff(homes) < 0).all()
    assert (np.diff(shops) > 0).all()
    best = siting.max_coverage(city, stations=2, candidates=sites(9, 14, 19, 24, 30, 36), aims=aims[:1])
    assert homes[0] == pytest.approx(best.objective)


def test_robustness_is_repeatable_and_honest(town):
    found = siting.max_coverage(town, candidates=sites(12, 20, 30), within_s=100)
    how = {"within_s": 100, "runs": 12, "limits_s": (80, 100), "seed": 3}
    one, other = siting.robustness(found, **how), siting.robustness(found, **how)
    pd.testing.assert_frame_equal(one.runs, other.runs)
    pd.testing.assert_frame_equal(one.sites, other.sites)
    assert (one.runs["behind_share"] >= 0).all()
    assert (one.sites["low"] <= one.sites["chosen_share"] + 1e-12).all()
    assert (one.sites["near_share"] >= one.sites["chosen_share"]).all()
    assert one.sites["n"].eq(12).all()
    assert "seed 3" in repr(one)


BAD = {
    "more stations than candidates": ({"stations": 3}, "3 are to be chosen of 2 candidates"),
    "negative stations": ({"stations": -1}, "zero or more"),
    "limit of zero": ({"within_s": 0.0}, "above zero"),
    "limit that is no number": ({"within_s": float("nan")}, "above zero"),
    "unknown weight": ({"weight": "populaton"}, "did you mean 'population'"),
    "negative time": ({"time_limit_s": -1.0}, "zero or more"),
    "gap of two": ({"gap": 2.0}, "0.01 for 1 %"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_questions_are_refused(town, name):
    ask, said = BAD[name]
    with pytest.raises((InputError, UnknownIdError), match=said):
        siting.max_coverage(town, **{"candidates": sites(20, 30), **ask})


def test_bad_rules_are_refused(town):
    with pytest.raises(TableError, match="both locked and closable"):
        siting.Rules(locked=("S1",), closable=("S1",))
    with pytest.raises(TableError, match="unit is 'boat'"):
        siting.Rules(unit="boat", floor=2.0)
    with pytest.raises(TableError, match="unknown station 'S9'"):
        siting.max_coverage(town, candidates=sites(20), rules=siting.Rules(closable=("S9",)))
    with pytest.raises(UnknownIdError, match="unknown candidate 'B99'"):
        siting.max_coverage(town, candidates=sites(20, 30), rules=siting.Rules(forbidden=(("B20", "B99"),)))
    rules = siting.Rules(site_cost="cost", budget=1.0)
    with pytest.raises(InputError, match="not a number for candidates 'B20'"):
        siting.max_coverage(town, candidates=sites(20, 30, cost=[np.nan, 1.0]), rules=rules)
    with pytest.raises(UnknownIdError, match="column of the zones"):
        siting.max_coverage(town, candidates=sites(20), rules=siting.Rules(floor_by="quarter", floor=0.5))


def test_bad_candidates_are_refused(town):
    with pytest.raises(TableError, match="there are none"):
        siting.max_coverage(town, candidates=sites())
    with pytest.raises(TableError, match="no CRS"):
        siting.max_coverage(town, candidates=gpd.GeoSeries([at(3)], index=["A"]))
    with pytest.raises(TableError, match="are stations of the scenario"):
        siting.max_coverage(town, candidates=gpd.GeoSeries([at(3)], index=["S1"], crs=4326))
    with pytest.raises(InputError, match="none of 1 candidates stands on a road"):
        siting.max_coverage(town, candidates=gpd.GeoSeries([at(3, east=0.5)], index=["A"], crs=4326))
    with pytest.raises(TableError, match="appears twice"):
        siting.max_coverage(town, candidates=gpd.GeoSeries([at(3), at(4)], index=["A", "A"], crs=4326))


def test_a_candidate_off_the_road_is_set_aside_with_its_distance(town):
    both = pd.concat([sites(20), gpd.GeoDataFrame(geometry=[at(3, east=0.5)], index=["far"], crs=4326)])
    found = siting.max_coverage(town, candidates=both, within_s=100)
    assert list(found.set_aside.index) == ["far"]
    assert "far" not in found.sites.index
    assert any("1 candidate is set aside" in n for n in found.notes)


def test_no_candidate_reaches_anything_that_counts(town):
    first = pd.Series(np.arange(len(town.zones)) == 0, index=town.zones.index)
    with pytest.raises(InputError, match="no candidate reaches anything"):
        siting.max_coverage(town, candidates=sites(30), aims=(siting.Aim("population", 30, where=first),))


def test_no_time_gives_an_honest_status(town):
    found = siting.max_coverage(town, stations=2, candidates=sites(10, 18, 26, 34), within_s=60, time_limit_s=0.0)
    assert found.status in {"time_limit", "optimal"}
    assert found.bound >= found.objective
    assert found.objective >= found.before
    assert "gap" in repr(found)


def test_units_are_needed_where_units_are_counted(town):
    bare = fp.Scenario(town.roads, town.stations, pd.DataFrame(), town.zones)
    found = siting.max_coverage(bare, candidates=sites(20), within_s=100)
    assert [type(c).__name__ for c in found.plan] == ["OpenStation"]
    for ask in (
        lambda: siting.expected_coverage(bare, busy=0.2, candidates=sites(20)),
        lambda: siting.backup_coverage(bare, candidates=sites(20)),
        lambda: siting.double_standard(bare, candidates=sites(20)),
        lambda: siting.fleet(bare, units={"engine": 1}, within_s={"engine": 99}, candidates=sites(20)),
    ):
        with pytest.raises(InputError, match="units"):
            ask()


def test_a_claim_that_its_plan_does_not_attain_is_an_error():
    must_agree(1e6, 1e6 + 0.5, "people")
    with pytest.raises(FireplanError, match="the model claims 100 people"):
        must_agree(100.0, 99.0, "people")


def test_an_interrupted_search_gives_its_best_with_its_gap(town, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(branching.Relaxation, "descend", stop)
    found = siting.max_coverage(town, stations=2, candidates=sites(10, 18, 26, 34), within_s=60)
    assert found.status in {"interrupted", "optimal"}
    assert found.objective >= found.before
    assert found.bound >= found.objective


def test_callers_tables_are_left_alone(town):
    mine = sites(20, 30, cost=[1.0, 2.0])
    before = mine.copy()
    siting.max_coverage(
        town, stations=1, candidates=mine, within_s=100, rules=siting.Rules(site_cost="cost", budget=5.0)
    )
    pd.testing.assert_frame_equal(mine, before)


def test_sites_may_be_called_anything(town):
    odd = sites(20).set_axis(["Main St, 5th; <b>"])
    found = siting.max_coverage(town, candidates=odd, within_s=60)
    assert len(found.after().stations) == 2
    assert "E-Main St, 5th; <b>" in found.after().units.index
