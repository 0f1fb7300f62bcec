"""Shares within objectives on Line Street, worked out by hand: 40 blocks of 110.85 m, each driven in 11.085 s."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.errors import InputError, TableError, UnknownIdError
from fireplan.measures._tally import weighted_percentile
from fireplan.standards import NFPA_1710, local_rule

BLOCK_S = 11.0852  # a block of 0.001 degrees of latitude at 30 N is 110.852 m, at 10 m a second
NORTH = (-140.0, 30.04)
FORCE = local_rule("force", limit_s=480, weight="population", share=0.9, needs={"people": 16}, title="16 people")


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def today(town):
    return fp.assess(town, standard=NFPA_1710)


def point(block, *, lon=-140.0):
    """The middle of a block, counted from 1 in the south."""
    return shapely.Point(lon, 30 + 0.001 * (block - 0.5))


def calls(places):
    ids = [str(i) for i in range(len(places))]
    return gpd.GeoDataFrame({"incident_id": ids, "category": "fire"}, geometry=list(places), crs="EPSG:4326")


def with_calls(town, places, **zones):
    return fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(**zones), incidents=calls(places))


def one(assessment, measure="population", objective=None):
    key = objective or assessment.standard.objectives[0].key
    return assessment.summary().loc[(key, measure)]


# --- shares


def test_share_of_people_by_hand(today):
    # The middle of block n is reached after (n - 1/2) blocks: 240 s / 11.085 s = 21.65, so 22 of 40.
    row = one(today)
    assert row[["n", "within", "outside", "share"]].tolist() == [400, 220, 180, 0.55]
    assert row["unit"] == "people"
    assert row["basis"] == "modelled"


def test_share_of_road_by_hand(today):
    # Each block is two pieces of 55.4 m; the middle of the k-th is reached after (k - 1/2) * 5.54 s: 43 of 80.
    row = one(today, "road_km")
    assert row["share"] == pytest.approx(43 / 80, abs=1e-5)
    assert row["n"] == pytest.approx(40 * 0.110852, abs=1e-3)
    assert row["unit"] == "km of road"


def test_p90_by_hand(today):
    assert one(today)["p90_s"] == pytest.approx(35.5 * BLOCK_S, abs=0.01)  # the 36th of 40 equal zones


def test_zones_by_hand(today):
    zones = today.zones
    assert zones["first_engine_within"].sum() == 22
    assert zones["first_engine_s"].to_numpy() == pytest.approx((np.arange(40) + 0.5) * BLOCK_S, abs=0.02)
    assert zones["road_km"].to_numpy() == pytest.approx(0.110852, abs=1e-5)
    assert zones.loc["Z22", "first_engine_road_share"] == 0.5


def test_arrival_at_the_very_limit_is_in_time(today, town):
    limit_s = float(today.zones.loc["Z10", "first_engine_s"])
    assert (
        one(fp.assess(town, standard=local_rule("r", limit_s=limit_s, weight="population", share=0.9)))["within"] == 100
    )


@pytest.mark.parametrize("measure", ["population", "incidents"])
def test_the_very_limit_is_in_time_in_every_table_and_just_below_it_is_not(town, measure):
    # Ten zones of ten people, or ten calls in the middle of their blocks, lie no farther than zone 10.
    scenario = with_calls(town, [point(b) for b in range(1, 41)])
    arrival_s = fp.assess(scenario, standard=NFPA_1710).arrival("first_engine", measure).arrival_s[9]
    for limit_s, reached in ((arrival_s, 10), (arrival_s - 0.001, 9)):
        found = fp.assess(scenario, standard=local_rule("r", limit_s=float(limit_s), weight=measure, share=0.25))
        each = {"population": 10, "incidents": 1}[measure]
        assert one(found, measure)[["within", "outside", "met"]].tolist() == [
            each * reached, each * (40 - reached), reached == 10,
        ]  # fmt: skip
        assert found.stations.loc[("S1", "r", measure), "within"] == each * reached
        column = {"population": "r_within", "incidents": "r_incidents_share"}[measure]
        assert found.zones[column].sum() == reached


def test_weights_count_and_not_zones(town):
    grown = town.apply(fp.ScaleDemand(10, zones=("Z40",)))
    row = one(fp.assess(grown, standard=NFPA_1710))
    assert row[["n", "within", "share"]].tolist() == [490, 220, 220 / 490]


def test_a_zone_without_people_weighs_nothing(town):
    none = town.apply(fp.ScaleDemand(0, zones=("Z01",)))
    assert one(fp.assess(none, standard=NFPA_1710))[["n", "within"]].tolist() == [390, 210]


def test_a_missing_weight_counts_as_none(town):
    zones = town.zones.assign(population=[np.nan] + [10.0] * 39)
    row = one(fp.assess(fp.Scenario(town.roads, town.stations, town.units, zones), standard=NFPA_1710))
    assert row["n"] == 390


def test_no_weight_at_all_is_said_and_not_met(town):
    row = one(fp.assess(town.apply(fp.ScaleDemand(0)), standard=NFPA_1710))
    assert row["n"] == 0
    assert np.isnan(row["share"])
    assert np.isnan(row["p90_s"])
    assert pd.isna(row["met"])


# --- what cannot be reached or found


def test_unreachable_people_stay_in_the_denominator(town):
    cut = town.apply(fp.CloseRoad("", near=(-140.0, 30.0105)), fp.CloseRoad("", near=(-140.0, 30.0115)))
    row = one(fp.assess(cut, standard=NFPA_1710))
    # Blocks 11 and 12 are closed. Their zones snap to the streets' ends that are open: one south, one north of it.
    assert row["n"] == 400
    assert row["within"] == 110
    assert row["unreachable"] == 290
    assert row["p90_s"] == np.inf


def test_zones_off_the_road_count_as_not_reached_and_a_note_says_so(town):
    far = shapely.box(-139.99, 30.0, -139.989, 30.001)  # a kilometre east
    zones = town.zones.assign(geometry=[far, *town.zones.geometry[1:]])
    moved = fp.Scenario(town.roads, town.stations, town.units, zones)
    result = fp.assess(moved, standard=NFPA_1710)
    assert one(result)[["n", "within", "unreachable"]].tolist() == [400, 210, 10]
    said = "1 of 40 zones lie more than 200 m from any road and count as not reached"
    assert result.notes().count(said) == 1  # once, for however many objectives and weights


def test_incidents_without_a_place_are_counted_apart(town):
    result = fp.assess(with_calls(town, [point(1), point(40), None, shapely.Point()]), standard=NFPA_1710)
    row = one(result, "incidents")
    assert row[["n", "within", "share", "unreachable", "not_located"]].tolist() == [2, 1, 0.5, 0, 2]
    assert not any("incidents lie more than" in n for n in result.notes())


def test_incidents_off_the_road_are_not_reached(town):
    result = fp.assess(with_calls(town, [point(1), point(1, lon=-139.99)]), standard=NFPA_1710)
    assert one(result, "incidents")[["n", "within", "unreachable", "not_located"]].tolist() == [2, 1, 1, 0]
    assert any("1 of 2 incidents (fire) lie more than 200 m" in n for n in result.notes())


def test_incidents_count_at_their_points_and_not_by_zone(town):
    scenario = with_calls(town, [point(1), point(2)], incidents=99.0)
    assert one(fp.assess(scenario, standard=NFPA_1710), "incidents")["n"] == 2
    by_zone = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(incidents=2.0))
    assert one(fp.assess(by_zone, standard=NFPA_1710), "incidents")["n"] == 80


# --- what is met


def test_met_compares_the_share_with_what_is_asked(town):
    def rule(share):
        return local_rule("r", limit_s=240, weight="population", share=share)

    assert one(fp.assess(town, standard=rule(0.55)))["met"] is True
    assert one(fp.assess(town, standard=rule(0.56)))["met"] is False


def test_met_is_missing_for_what_the_rule_does_not_speak_of(town):
    result = fp.assess(town, standard=local_rule("r", limit_s=240, weight="population", share=0.5))
    assert pd.isna(one(result, "road_km")["met"])
    assert np.isnan(one(result, "road_km")["required_share"])


def test_an_objective_without_a_weight_speaks_of_whatever_is_measured(town):
    result = fp.assess(with_calls(town, [point(1), point(40)], dwellings=4.0), standard=NFPA_1710)
    found = result.summary().loc["first_engine"]
    assert found["met"].to_dict() == dict.fromkeys(["population", "dwellings", "incidents", "road_km"], False)
    assert (found["required_share"] == 0.9).all()


@pytest.mark.parametrize(("dwellings", "met"), [(83.0, True), (84.0, False)])
def test_a_rule_of_1500_dwellings(town, dwellings, met):
    # 18 of 40 zones lie outside 240 s: 18 * 83 = 1494, 18 * 84 = 1512.
    scenario = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(dwellings=dwellings))
    rule = local_rule("Growth rule", limit_s=240, weight="dwellings", at_most_outside=1500)
    row = one(fp.assess(scenario, standard=rule), "dwellings")
    assert row["outside"] == 18 * dwellings
    assert row["met"] is met
    assert pd.isna(one(fp.assess(scenario, standard=rule))["met"])


@pytest.mark.parametrize(("more", "met"), [(89.0, True), (90.0, False)])
def test_just_as_many_outside_as_are_allowed_are_no_fault(town, more, met):
    # 17 of the 18 zones outside hold 83 dwellings and the last one 89: 1411 + 89 = 1500.
    scenario = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(dwellings=[83.0] * 39 + [more]))
    rule = local_rule("Growth rule", limit_s=240, weight="dwellings", at_most_outside=1500)
    row = one(fp.assess(scenario, standard=rule), "dwellings")
    assert row[["outside", "met"]].tolist() == [1411 + more, met]


@pytest.mark.parametrize(
    ("share", "at_most_outside", "met"),
    [(0.55, 180, True), (0.55, 179, False), (0.56, 180, False), (0.56, 179, False)],
)
def test_both_parts_of_a_rule_have_to_hold(town, share, at_most_outside, met):
    # 55 % are within, and 180 people outside.
    rule = local_rule("r", limit_s=240, weight="population", share=share, at_most_outside=at_most_outside)
    assert one(fp.assess(town, standard=rule))["met"] is met


def test_two_standards_at_once(town):
    both = NFPA_1710 + local_rule("r", limit_s=100, weight="population", share=0.1)
    assert list(fp.assess(town, standard=both).summary().index.unique("objective")) == [
        "first_engine", "full_alarm", "r",
    ]  # fmt: skip


def test_each_objective_is_measured_by_its_own_needs_and_limit(town):
    # Blocks to 240 s: 22 of 40; to 100 s: 9.02 blocks, so 9 zones; and 16 people are not housed at all.
    both = NFPA_1710 + local_rule("r", limit_s=100, weight="population", share=0.1)
    found = fp.assess(town, standard=both).summary()["within"].xs("population", level="measure")
    assert found.to_dict() == {"first_engine": 220, "full_alarm": 0, "r": 90}
    other_way = local_rule("r", limit_s=100, weight="population", share=0.1) + NFPA_1710
    assert fp.assess(town, standard=other_way).summary()["within"].xs("population", level="measure").to_dict() == (
        found.to_dict()
    )


# --- a force, and turnout


def test_sixteen_people_by_hand(town):
    # S1 sends engine and truck (8), S2 at the north end the same: the force is whole when the farther one is there,
    # which for block n takes max(n - 1/2, 40.5 - n) blocks: 480 s is 43.3 of them, so all are within.
    armed = town.apply(fp.AddUnit("T1", to="S1"), fp.OpenStation("S2", at=NORTH, units=("E2", "T2")))
    result = fp.assess(armed, standard=FORCE)
    assert one(result)["share"] == 1
    blocks = np.maximum(np.arange(40) + 0.5, 39.5 - np.arange(40))
    assert result.zones["force_s"].to_numpy() == pytest.approx(blocks * BLOCK_S, abs=0.02)


def test_fifteen_people_are_no_force_of_sixteen(town):
    short = town.apply(fp.AddUnit("T1", to="S1", crew=3), fp.OpenStation("S2", at=NORTH, units=("E2", "T2")))
    row = one(fp.assess(short, standard=FORCE))
    assert row[["within", "unreachable"]].tolist() == [0, 400]


def test_ambulance_crews_fight_no_fires(town):
    crowd = town.apply(*(fp.AddUnit(f"M{n}", to="S1", crew=8) for n in range(1, 4)))
    assert one(fp.assess(crowd, standard=FORCE))["within"] == 0


def test_zones_without_a_weight_still_show_the_force(town):
    # Incidents at points and zones that carry nothing: the force of a zone is not the time of its first engine.
    bare = fp.Scenario(
        town.roads, town.stations, town.units, town.zones[["geometry"]], incidents=calls([point(1), point(40)])
    )
    zones = fp.assess(bare, standard=NFPA_1710).zones
    assert zones["first_engine_within"].sum() == 22
    assert np.isinf(zones["full_alarm_s"]).all()
    assert not zones["full_alarm_within"].any()


def test_turnout_counts_where_the_rule_says_so(town):
    rule = local_rule("r", limit_s=240, weight="population", share=0.5, interval="turnout_and_travel_s")
    # 80 s of turnout leave 160 s: 14.43 blocks, so 14 of 40.
    assert one(fp.assess(town, standard=rule))["within"] == 140
    assert one(fp.assess(town.apply(fp.SetTurnout(0)), standard=rule))["within"] == 220


@pytest.mark.parametrize(("more_s", "within"), [(1e-3, 150), (-1e-3, 140)])
def test_turnout_is_part_of_the_limit_to_the_second(town, more_s, within):
    # Zone 15 has its middle 14.5 blocks away: 80 s of turnout and 160.7 s of travel.
    rule = local_rule(
        "r", limit_s=80 + 14.5 * BLOCK_S + more_s, weight="population", share=0.5, interval="turnout_and_travel_s"
    )
    assert one(fp.assess(town, standard=rule))["within"] == within


# --- tables that add up


@pytest.fixture(scope="module")
def busy(town):
    places = [point(b) for b in (1, 1, 5, 22, 23, 40)] + [None, point(3, lon=-139.9)]
    return fp.assess(
        with_calls(town, places, dwellings=4.0).apply(fp.OpenStation("S2", at=NORTH, units=("E2",))),
        standard=NFPA_1710,
    )


@pytest.mark.parametrize("measure", ["population", "dwellings", "incidents", "road_km"])
def test_stations_add_up_to_all_that_is_reached(busy, measure):
    row = one(busy, measure)
    held = busy.stations.xs(("first_engine", measure), level=("objective", "measure"))
    assert held["n"].sum() == pytest.approx(row["n"] - row["unreachable"])
    assert held["within"].sum() == pytest.approx(row["within"])
    assert set(held.index) == {"S1", "S2"}


def test_a_stations_share_is_of_what_it_is_first_due_to(town):
    # S1 is first due to blocks 1 to 15, S2 at block 30 to the 25 others: 100 s reach 9 of the former, and of the latter
    # those from 22 to 39, nine on either side.
    two = town.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), fp.OpenStation("S3", at=NORTH))
    found = fp.assess(two, standard=local_rule("r", limit_s=100, weight="population", share=0.5)).stations
    table = found.xs(("r", "population"), level=("objective", "measure"))
    assert table["n"].to_dict() == {"S1": 150, "S2": 250, "S3": 0}
    assert table["within"].to_dict() == {"S1": 90, "S2": 180, "S3": 0}
    assert table["share"].tolist()[:2] == [0.6, 0.72]
    assert np.isnan(table.loc["S3", "share"])  # it has no unit: nothing to share


def test_zones_add_up_to_all_that_lies_in_them(busy):
    zones = busy.zones
    assert zones["incidents_n"].sum() == 6  # one has no place, one lies outside every zone
    assert zones["road_km"].sum() == pytest.approx(one(busy, "road_km")["n"])
    within = (zones["road_km"] * zones["first_engine_road_share"]).sum()
    assert within == pytest.approx(one(busy, "road_km")["within"])
    assert zones.loc[zones["first_engine_within"], "population"].sum() == one(busy)["within"]
    assert np.isnan(zones.loc["Z10", "first_engine_incidents_share"])


def test_tables_given_out_are_copies(today):
    zones = today.zones
    zones["first_engine_within"] = False
    stations = today.stations
    stations["n"] = 0
    assert today.zones["first_engine_within"].sum() == 22
    assert today.stations["n"].max() > 0


def test_station_objective_and_measure_name_an_arrival(today):
    assert today.arrival("full_alarm", "road_km").objective.limit_s == 480
    with pytest.raises(UnknownIdError, match="did you mean 'full_alarm, population'"):
        today.arrival("full_alarm", "populaton")


def test_repr_says_shares_with_n_and_that_they_are_modelled(today):
    assert "first_engine: 55.0 % of 400 people within 4:00" in repr(today)
    assert "(modelled)" in repr(today)


def test_notes_name_figures_not_seen_in_their_source(town):
    rural = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(demand_zone="rural"))
    notes = fp.assess(rural, standard=fp.standards.NFPA_1720).notes()
    assert any("was not seen in its source" in n for n in notes)


# --- what is refused


def test_unknown_weight_of_a_rule(town):
    with pytest.raises(UnknownIdError, match="weight of objective 'r' 'dwelings'"):
        fp.assess(town, standard=local_rule("r", limit_s=300, weight="dwelings", share=0.9))


def test_zones_that_come_from_an_assessment_are_refused(town, today):
    again = fp.Scenario(town.roads, town.stations, town.units, today.zones[["population", "geometry", "road_km"]])
    with pytest.raises(InputError, match="drop or rename road_km"):
        fp.assess(again, standard=NFPA_1710)


def test_rule_whose_columns_stand_for_something_else_is_refused(town):
    with pytest.raises(InputError, match="share the column 'first_due_s'"):
        fp.assess(town, standard=local_rule("First due", limit_s=300, weight="population", share=0.9))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit_s": 0}, "limit_s is 0"),
        ({"limit_s": float("nan")}, "limit_s is nan"),
        ({"share": 90}, "share is 90: give a share such as 0.9"),
        ({"interval": "total"}, "interval 'total' is unknown: use answering_s"),
        ({"needs": {"engine": 0}}, "needs is empty or not above zero"),
        ({"weight": "", "at_most_outside": 1}, "name it in weight"),
        ({"at_most_outside": -1}, "at_most_outside is -1"),
        ({"at_most_outside": float("inf")}, "at_most_outside is inf"),
    ],
)
def test_rules_that_cannot_be(wrong, said):
    with pytest.raises(TableError, match=said):
        local_rule("r", **({"limit_s": 300, "weight": "population"} | wrong))


def test_standards_by_name():
    assert fp.standards.NFPA_1710["first_engine"].limit_s == 240
    assert fp.standards.named("NFPA_1710") is fp.standards.NFPA_1710
    with pytest.raises(UnknownIdError, match="did you mean 'NFPA_1710'"):
        fp.standards.named("NFPA_1711")
    with pytest.raises(KeyError, match="full_alarm"):
        _ = fp.standards.NFPA_1710["second_engine"]
    with pytest.raises(TableError, match="two objectives share a key"):
        _ = NFPA_1710 + NFPA_1710


# --- the percentile

TIMES = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50)), min_size=1, max_size=40)


def by_hand(pairs, percent):
    """Each value as often as it weighs, sorted: the one at which `percent` of them is reached."""
    sorted_out = sorted(v for v, w in pairs for _ in range(w))
    return sorted_out[-(-percent * len(sorted_out) // 100) - 1] if sorted_out else None


@given(TIMES, st.integers(1, 100))
def test_percentile_is_that_of_a_sort_by_hand(pairs, percent):
    values, weight = np.array(pairs, dtype=float).T
    found = weighted_percentile(values, weight, percent)
    wanted = by_hand(pairs, percent)
    assert np.isnan(found) if wanted is None else found == wanted


@given(TIMES)
def test_percentile_is_inverted_cdf(pairs):
    values, weight = np.array(pairs, dtype=float).T
    if weight.sum() > 0:
        wanted = np.percentile(values, 90, weights=weight, method="inverted_cdf")
        assert weighted_percentile(values, weight, 90) == wanted


@pytest.mark.parametrize("method_s", [(90, 540.0), (89, 540.0), (88, 480.0), (50, 300.0), (100, 540.0)])
def test_percentiles_of_nine_minutes(method_s):
    percent, wanted_s = method_s
    assert weighted_percentile(60.0 * np.arange(1, 10), np.ones(9), percent) == wanted_s


@settings(max_examples=tries(60))
@given(st.lists(st.integers(0, 9), min_size=40, max_size=40).filter(any), st.integers(30, 450))
def test_p90_is_within_the_limit_exactly_when_the_share_is_met(weights, limit_s):
    town = fp.examples.line_town()
    scenario = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(population=np.divide(weights, 10)))
    row = one(fp.assess(scenario, standard=local_rule("r", limit_s=limit_s, weight="population", share=0.9)))
    assert (row["p90_s"] <= limit_s) == row["met"]
    assert row["within"] + row["outside"] == pytest.approx(row["n"])
