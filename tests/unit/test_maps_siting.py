"""The view of a siting question holds what the answer holds: every candidate, the plan, its proof, and no code."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame

import fireplan as fp
from fireplan import maps
from fireplan._html_escape import escape
from fireplan._page_kit.style import colours_of
from fireplan.changes import CloseStation, OpenStation
from fireplan.colours import UNKNOWN
from fireplan.errors import InputError, UnknownIdError
from fireplan.maps._views.siting_legends import score_bands
from fireplan.siting._results.siting_result import Siting

HOSTILE = "</script><script>window.canary=1</script>{{191*7}}${1}`"
IDS = ["C1", "C2", "C3", "C4"]


def answer(**changed):
    """One new station on Line Street, of four candidates."""
    town = fp.examples.line_town()
    sites = GeoDataFrame(
        {"name": ["South", HOSTILE, "", None], "chosen": [0, 0, 1, 0], "alone": [0.0, 110.0, 240.0, math.nan],
         "beside": [0.0, 10.0, 240.0, 5.0]},
        geometry=shapely.points([[-140, 30 + 0.01 * i] for i in range(4)]),
        index=pd.Index(IDS, name="candidate_id"), crs=4326,
    )  # fmt: skip
    curve = pd.DataFrame(
        {"take": [None, "C3"], "objective": [120.0, 360.0], "gain": [np.nan, 240.0], "share": [0.3, 0.9]},
        index=pd.RangeIndex(2, name="stations"),
    )
    runner_ups = pd.DataFrame(
        {"leave_out": "C3", "take": ["C2", "C1"], "objective": [230.0, 120.0], "behind": [130.0, 240.0]}
    )
    given = {
        "scenario": town, "question": "one more station, most people within 2 min", "objective": 360.0, "bound": 372.0,
        "plan": (OpenStation("C3", at=(-140.0, 30.02), units=("E9",)),), "unit": "people", "before": 120.0,
        "total": 400.0, "status": "gap_limit", "reason": "", "sites": sites, "runner_ups": runner_ups,
        "set_aside": pd.DataFrame({"reason": ["far"], "offset_m": [900.0]}, index=["C9"]), "curve": curve,
        "notes": ("With all units at home.",),
    }  # fmt: skip
    return Siting(**{**given, **changed})


def runs(**shares):
    return pd.DataFrame({"chosen_share": pd.Series(shares, dtype=float), "n": 50})


def layer_data(page):
    """What the page's script is given, by kind and in order."""
    found = re.findall(r"fireplan\.(\w+)\(map_\w+, (\{.*\})\);", page.to_html())
    return [(kind, json.loads(text)) for kind, text in found]


def areas(page):
    return [data for kind, data in layer_data(page) if kind == "polygons"]


def shown(page):
    """The text beside the map, as it is read."""
    body = page.to_html().split("<body>")[1].split("<script>")[0]
    return " ".join(re.sub("<[^>]+>", " ", body).replace("\N{NO-BREAK SPACE}", " ").split())


def test_every_candidate_has_a_disc_with_its_figures_what_is_most_on_top():
    alone, beside = areas(maps.siting(answer()))
    assert alone["rows"] == beside["rows"] == 4
    by_label = dict(zip(alone["labels"], alone["cells"], strict=True))
    assert by_label[""] == ["C4", "South (C1)", escape(f"{HOSTILE} (C2)"), "C3"]
    assert by_label["By itself"] == ["not known", "0 people", "110 people", "240 people"]
    assert by_label["Beside the plan"] == ["5 people", "0 people", "10 people", "240 people"]
    assert by_label["In the plan"] == ["no", "no", "no", "yes, built as number 1"]
    assert alone["tooltip"][-1] == "C3: 240 people"
    assert alone["palette"][alone["fills"][0]] == alone["palette"][alone["fills"][1]] == UNKNOWN
    assert len({alone["fills"][i] for i in (1, 2, 3)}) == 3


def test_signs_are_the_stations_of_today_and_the_plan_by_number():
    (stations,) = [data for kind, data in layer_data(maps.siting(answer())) if kind == "stations"]
    assert stations["names"] == ["S1", "1: C3"]
    assert stations["statuses"] == ["existing", "opened"]
    by_label = dict(zip(stations["labels"], stations["cells"], strict=True))
    assert by_label["Status"] == ["station of today", "number 1 of the plan"]
    assert by_label["Units"] == ["E1", "1"]
    assert by_label["Lost without it"] == ["not asked", "240 people"]


def test_a_station_the_plan_closes_is_shown_closed_and_one_it_keeps_once():
    moved = answer(plan=(OpenStation("C3", at=(-140.0, 30.02), units=("E9",)), CloseStation("S1")))
    (stations,) = [data for kind, data in layer_data(maps.siting(moved)) if kind == "stations"]
    assert stations["statuses"] == ["closed", "opened"]
    kept = answer(plan=(), sites=answer().sites.rename(index={"C3": "S1"}))
    (stations,) = [data for kind, data in layer_data(maps.siting(kept)) if kind == "stations"]
    assert stations["statuses"] == ["existing"]


def test_beside_the_map_stand_answer_proof_curve_and_what_came_close():
    text = shown(maps.siting(answer(), robustness=runs(C3=1.0)))
    for part in (
        "Where to put stations: line town",
        "one more station, most people within 2 min: 360 of 400 people (90.0 %), before 120",
        "as it stands 120", "1: C3 +240 → 360", "gap limit: stopped because the answer is within the gap asked for",
        "Bound 372, gap 3.3 %", "n = 4 candidate sites; 1 more cannot be used", "South (C1) instead of C3 240",
        "With all units at home.", "Invented data", "n = 50 runs, 1 candidate site", "not known",
    ):  # fmt: skip
        assert part in text, part


def test_runs_are_a_layer_of_their_own_for_the_sites_that_have_any():
    page = maps.siting(answer(), robustness=runs(C3=0.9, C1=0.0, C2=0.15))
    _, _, shares = areas(page)
    assert shares["rows"] == 3
    by_label = dict(zip(shares["labels"], shares["cells"], strict=True))
    assert by_label["Chosen in"] == ["0 % of 50 runs", "15.0 % of 50 runs", "90.0 % of 50 runs"]
    assert shares["palette"][shares["fills"][0]] == UNKNOWN
    assert len(set(shares["fills"])) == 3


def test_runs_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="robustness lacks chosen_share"):
        maps.siting(answer(), robustness=pd.DataFrame({"n": [1]}, index=["C1"]))
    with pytest.raises(UnknownIdError, match="unknown candidate 'C7'"):
        maps.siting(answer(), robustness=runs(C7=0.5))
    with pytest.raises(InputError, match="a share from 0 to 1"):
        maps.siting(answer(), robustness=runs(C1=50.0))


def test_gaps_are_drawn_below_the_candidates_when_an_assessment_is_given():
    found = answer()
    assessment = fp.assess(found.scenario, standard=fp.standards.NFPA_1710)
    gap, alone, _ = areas(maps.siting(found, assessment=assessment))
    assert gap["outline"]
    assert gap["rows"] < alone["rows"]


def test_the_tables_of_the_answer_are_left_as_they_were():
    found = answer()
    before, stations = found.sites.copy(deep=True), found.scenario.stations.copy(deep=True)
    robust = runs(C3=0.9)
    maps.siting(found, robustness=robust).to_html()
    pd.testing.assert_frame_equal(found.sites, before)
    pd.testing.assert_frame_equal(found.scenario.stations, stations)
    pd.testing.assert_frame_equal(robust, runs(C3=0.9))


def test_hostile_words_pass_the_one_escape():
    found = answer(
        question=HOSTILE, unit=HOSTILE, notes=(HOSTILE,), sites=answer().sites.rename(index={"C3": HOSTILE}),
        curve=answer().curve.replace("C3", HOSTILE), runner_ups=answer().runner_ups.assign(take=HOSTILE),
    )  # fmt: skip
    page = maps.siting(found, title=HOSTILE).to_html()
    assert "<script>window" not in page
    assert "{{191" not in page
    assert "1337" not in page
    assert escape(HOSTILE) in page


def test_no_answer_is_said_and_no_sites_are_no_fault():
    none = answer(
        plan=(), objective=math.nan, bound=math.nan, status="infeasible", reason="no choice serves zone Z1",
        sites=answer().sites.iloc[:0], curve=answer().curve.iloc[:0], runner_ups=answer().runner_ups.iloc[:0],
    )  # fmt: skip
    text = shown(maps.siting(none))
    assert "no answer. no choice serves zone Z1" in text
    assert "n = 0 candidate sites" in text


def test_five_thousand_candidates_fit_on_a_page():
    n = 5000
    rng = np.random.default_rng(1)
    xy = np.column_stack([rng.uniform(-140.3, -139.7, n), rng.uniform(29.7, 30.3, n)])
    gain = rng.gamma(1.0, 500.0, n)
    sites = GeoDataFrame(
        {"chosen": 0, "alone": gain, "beside": gain / 2}, geometry=shapely.points(xy),
        index=pd.Index([f"G{i:04}" for i in range(n)], name="candidate_id"), crs=4326,
    )  # fmt: skip
    page = maps.siting(answer(plan=(), sites=sites, curve=answer().curve.iloc[:1]))
    assert len(page.to_html()) < 6_000_000


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.0, -3.0, math.nan], ["nothing"]),
        ([9660.0, 1.0],
         ["nothing", "up to 2,000", "2,000 to 4,000", "4,000 to 6,000", "6,000 to 8,000", "8,000 to 10,000"]),
        ([9660.0, *[300.0, 700.0, 1500.0] * 5],
         ["nothing", "up to 500", "500 to 1,000", "1,000 to 2,000", "2,000 to 5,000", "5,000 to 10,000"]),
        ([0.4, 0.1], ["nothing", "up to 0.1", "0.1 to 0.2", "0.2 to 0.3", "0.3 to 0.4"]),
        ([5.0], ["nothing", "up to 1", "1 to 2", "2 to 3", "3 to 4", "4 to 5"]),
        ([12.0], ["nothing", "up to 2.5", "2.5 to 5", "5 to 7.5", "7.5 to 10", "10 to 12.5"]),
    ],
)  # fmt: skip
def test_classes_end_at_round_figures_and_hold_every_value(values, labels):
    bands = score_bands(pd.Series(values))
    assert [b.label for b in bands] == labels
    colours = colours_of(pd.Series(values).dropna(), bands)
    assert set(colours) <= {b.colour for b in bands}
    assert len({b.colour for b in bands}) == len(bands)
    assert (colours[pd.Series(values).dropna() <= 0] == UNKNOWN).all()
