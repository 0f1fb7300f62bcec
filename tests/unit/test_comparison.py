"""Scenarios side by side on Line Street."""

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan.errors import InputError
from fireplan.standards import NFPA_1710

NORTH = (-140.0, 30.04)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def plans(town):
    """Today; a second engine in the north; the only engine moved there."""
    more = town.apply(fp.OpenStation("S2", at=NORTH, units=("E2",)), name="more")
    moved = town.apply(fp.MoveStation("S1", at=NORTH), name="moved")
    return fp.compare(town, more, moved, standard=NFPA_1710)


def test_shares_side_by_side(plans):
    share = plans.summary()["share"].xs(("first_engine", "population"), level=("objective", "measure"))
    assert share.to_dict() == {"line town": 0.55, "more": 1.0, "moved": 0.55}
    change = plans.summary()["change"].xs(("first_engine", "population"), level=("objective", "measure"))
    assert change.to_dict() == pytest.approx({"line town": 0, "more": 0.45, "moved": 0})


def test_gains_and_losses_are_paired_by_place(plans):
    gains = plans.gains()
    more = gains.loc[("more", "first_engine", "population")]
    # With the engine in the north too, zones 21 to 40 are served sooner; 18 of them come within 240 s.
    assert more[["gained", "lost", "net", "n"]].tolist() == [180, 0, 180, 400]
    assert more[["faster", "slower"]].tolist() == [200, 0]
    moved = gains.loc[("moved", "first_engine", "population")]
    # The same share, but other people: zones 1 to 18 lose what zones 23 to 40 gain.
    assert moved[["gained", "lost", "net"]].tolist() == [180, 180, 0]
    assert moved[["faster", "slower"]].tolist() == [200, 200]


def test_share_change_is_net_over_n(plans):
    gains = plans.gains()
    change = plans.summary()["change"].drop("line town")
    assert (gains["net"] / gains["n"]).to_numpy() == pytest.approx(change.to_numpy())
    assert (gains["gained"] - gains["lost"]).to_numpy() == pytest.approx(gains["net"].to_numpy())
    assert (gains.index == change.index).all()


def test_road_that_becomes_reachable_is_faster(town):
    cut = town.apply(fp.CloseRoad("", near=(-140.0, 30.0205)), name="cut")
    gains = fp.compare(cut, town, standard=NFPA_1710).gains().loc[("line town", "first_engine", "road_km")]
    assert gains["slower"] == 0
    assert gains["faster"] == pytest.approx(gains["n"] / 2, rel=0.03)
    back = fp.compare(town, cut, standard=NFPA_1710).gains().loc[("cut", "first_engine", "road_km")]
    assert back["slower"] == pytest.approx(gains["faster"])
    assert back["lost"] == pytest.approx(gains["gained"])


def test_same_scenario_changes_nothing(town):
    same = fp.compare(town, town.apply(name="again"), standard=NFPA_1710)
    gains = same.gains()
    assert (gains[["gained", "lost", "net", "faster", "slower"]] == 0).all(axis=None)
    assert (same.summary()["change"] == 0).all()
    changed = same.changes()
    assert (changed["change_s"] == 0).all()
    assert (changed["first_engine_change"] == "").all()


def test_changes_zone_by_zone(plans):
    changed = plans.changes("moved")
    assert changed.loc["Z01", ["first_engine_change"]].tolist() == ["lost"]
    assert changed.loc["Z40", ["first_engine_change"]].tolist() == ["gained"]
    assert changed.loc["Z20", ["first_engine_change"]].tolist() == [""]
    assert (changed["after_s"] - changed["before_s"]).to_numpy() == pytest.approx(changed["change_s"].to_numpy())
    assert changed.loc["Z01", "change_s"] == pytest.approx(39 * 11.0852, abs=0.02)
    assert plans.changes().equals(plans.changes("more"))
    assert plans.changes("more").loc["Z40", ["first_due_before", "first_due_after"]].tolist() == ["S1", "S2"]


def test_zone_never_reached_before_or_after_has_no_change(town):
    cut = town.apply(fp.CloseRoad("", near=(-140.0, 30.0205)), fp.CloseRoad("", near=(-140.0, 30.0215)), name="cut")
    quick = cut.apply(fp.ScaleSpeeds(2), name="quick")
    changed = fp.compare(cut, quick, standard=NFPA_1710).changes()
    assert np.isnan(changed.loc["Z40", "change_s"])
    assert changed.loc["Z02", "change_s"] < 0
    assert fp.compare(cut, quick, standard=NFPA_1710).gains()["lost"].sum() == 0


def test_comparison_gives_its_parts(plans, town):
    assert plans.names == ("line town", "more", "moved")
    assert plans.baseline.scenario is town
    assert plans["more"].scenario.name == "more"
    assert list(plans.zones.index.names) == ["scenario", "zone_id"]
    assert len(plans.zones) == 120
    assert "55" in repr(plans)
    with pytest.raises(KeyError, match="there are line town, more, moved"):
        _ = plans["less"]


def refused(*scenarios):
    with pytest.raises(InputError) as caught:
        fp.compare(*scenarios, standard=NFPA_1710)
    return str(caught.value)


def test_one_scenario_is_no_comparison(town):
    assert "at least two scenarios" in refused(town)


def test_names_have_to_differ(town):
    assert "'line town' stands twice; pass name= to apply" in refused(town, town)


def test_other_zones_cannot_be_paired(town):
    fewer = fp.Scenario(town.roads, town.stations, town.units, town.zones.iloc[:-1], name="fewer")
    assert "'fewer' and 'line town' have different zones" in refused(town, fewer)


def test_other_weights_cannot_be_paired(town):
    homes = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(dwellings=1.0), name="homes")
    assert "have different weights" in refused(town, homes)


def test_other_streets_cannot_be_paired(town):
    nodes = pd.DataFrame({"x": -140.0, "y": [30.0, 30.04]})
    edges = pd.DataFrame({"u": [0, 1], "v": [1, 0], "key": 0}).assign(highway="residential", speed_kph=36.0)
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")
    other = fp.Scenario(roads, town.stations, town.units, town.zones, name="other")
    assert "have different streets" in refused(town, other)
