"""What is pickled, copied, sent to a process or asked by several threads at once gives the same figures."""
# ruff: noqa: S301 - pickles of our own

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_city import sample_city

import fireplan as fp
from fireplan import _one_release
from fireplan.errors import InputError, TableError, UnknownIdError
from fireplan.examples import marisol_folder

STANDARD = "NFPA_1710"
WAYS = {
    "pickle": lambda it: pickle.loads(pickle.dumps(it)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def answers(scenario):
    assessed = fp.assess(scenario, standard=STANDARD)
    return [assessed.summary(), pd.DataFrame(assessed.zones.drop(columns="geometry")), fp.first_due(scenario)]


def same(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def changed(town, steps):
    """What-ifs of what-ifs, each asked when it was made, so that the nearest stations are followed."""
    for n, (kind, block) in enumerate(steps):
        at = (-140.0, 30.0 + block / 1000)
        if kind == "open":
            town = town.apply(fp.OpenStation(f"N{n}", at=at, units=(f"E{n + 10}",)))
        elif kind == "move":
            town = town.apply(fp.MoveStation("S1", at=at))
        elif kind == "faster":
            town = town.apply(fp.ScaleSpeeds(1 + block / 100))
        else:
            town = town.apply(fp.ScaleDemand(1 + block / 10))
        answers(town)
    return town


STEPS = st.lists(st.tuples(st.sampled_from(["open", "move", "faster", "more"]), st.integers(0, 40)), max_size=4)


@settings(max_examples=tries(40))
@given(steps=STEPS, way=st.sampled_from(sorted(WAYS)))
def test_a_scenario_gives_the_same_figures_where_it_arrives(steps, way):
    """Here it followed its parents; there it knows nothing and is searched anew, to the last bit the same."""
    town = changed(fp.examples.line_town(), steps)
    there = WAYS[way](town)
    assert there.roads.fingerprint == town.roads.fingerprint
    assert (there.parent is None) == (town.parent is None)
    same(answers(there), answers(town))
    new = (fp.OpenStation("NEW", at=(-140.0, 30.013), units=("E99",)),)
    same(answers(there.apply(*new)), answers(town.apply(*new)))


@pytest.fixture(scope="module")
def city():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module")
def results(city):
    """One of each noun."""
    fewer = city.apply(fp.CloseStation("S1"), name="fewer")
    history = fp.read_cad(marisol_folder() / "cad.csv.gz", timezone="America/Los_Angeles")
    return {
        "assessment": fp.assess(fewer, standard=STANDARD),
        "comparison": fp.compare(city, fewer, standard=STANDARD),
        "history": history,
        "attendance": fp.response_performance.attend(history, scenario=city),
        "siting": fp.siting.max_coverage(city, candidates=fp.siting.grid_sites(city, spacing_m=2000), stations=1),
        "standard": fp.standards.NFPA_1710,
    }


def told(noun):
    """The figures of one of them."""
    if isinstance(noun, fp.Assessment):
        return [noun.summary(), noun.stations]
    if isinstance(noun, fp.Comparison):
        return [noun.summary(), noun.gains(), pd.DataFrame(noun.zones.drop(columns="geometry"))]
    if isinstance(noun, fp.CadHistory):
        return [pd.DataFrame(noun.incidents), noun.responses, noun.ledger, noun.quarantine]
    if isinstance(noun, fp.response_performance.Attendance):
        return [fp.performance(noun, standard=fp.standards.NFPA_1710)]
    if isinstance(noun, fp.siting.Siting):
        return [pd.DataFrame(noun.sites)]
    return [pd.DataFrame({"said": [repr(noun)]})]


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("noun", ["assessment", "attendance", "comparison", "history", "siting", "standard"])
def test_every_result_arrives(results, noun, way):
    same(told(WAYS[way](results[noun])), told(results[noun]))


def test_tables_are_frozen_where_they_arrive(results):
    there = WAYS["pickle"](results["history"])
    responses, incidents = there.responses, there.incidents
    responses.loc[0, "unit_id"] = "X"
    incidents["category"] = "fire"
    with pytest.raises(ValueError, match="read-only"):
        there.responses["travel_s"].array[0] = 1.0
    same(told(there), told(results["history"]))


def test_the_memo_stays_behind(city):
    answers(city)
    known = len(pickle.dumps(city))
    fp.isochrones(city, within_s=[240])
    assert len(pickle.dumps(city)) == known
    assert len(pickle.loads(pickle.dumps(city)).memo.kept()) == 0


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib_gives_the_same_figures(city, backend):
    plans = [city.apply(fp.CloseStation(s), name=s) for s in ("S1", "S2", "S3")]
    found = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(answers)(plan) for plan in plans)
    for plan, there in zip(plans, found, strict=True):
        same(there, answers(plan))


def test_eight_threads_get_the_figures_of_one(city):
    plans = [city.apply(fp.CloseStation(s), name=s) for s in ("S1", "S2", "S3", "S4")]
    wanted = [answers(WAYS["pickle"](plan)) for plan in plans]
    fresh = WAYS["pickle"](plans)
    start = threading.Barrier(8)

    def ask(n):
        start.wait()
        return [answers(plan) for plan in (fresh if n % 2 else fresh[::-1])]

    with ThreadPoolExecutor(8) as pool:
        for n, found in enumerate(pool.map(ask, range(8))):
            for there, here in zip(found, wanted if n % 2 else wanted[::-1], strict=True):
                same(there, here)


@pytest.mark.parametrize(
    "error",
    [
        TableError("table 'x'", ["one", "two"]), UnknownIdError("station", "S9", ["S1", "S8"]), InputError("no"),
        fp.live.StoreError("full") if hasattr(fp.live, "StoreError") else FileNotFoundError("x"),
    ],
    ids=lambda e: type(e).__name__,
)  # fmt: skip
@pytest.mark.parametrize("way", sorted(WAYS))
def test_an_error_says_the_same_where_it_arrives(error, way):
    error.add_note("in the what-if 'x'")
    there = WAYS[way](error)
    assert (type(there), str(there), vars(there)) == (type(error), str(error), vars(error))


def test_what_another_release_has_pickled_is_refused_by_name(results, monkeypatch):
    sent = {name: pickle.dumps(noun) for name, noun in results.items() if name != "standard"}
    monkeypatch.setattr(_one_release, "__version__", "0.2.0")
    for packed in sent.values():
        with pytest.raises(InputError, match=r"pickled by fireplan 0\.1\.0, and this is 0\.2\.0: read it anew"):
            pickle.loads(packed)


def test_what_says_no_release_is_of_an_older_one(city):
    bare = object.__new__(fp.Scenario)
    with pytest.raises(InputError, match="an older release"):
        bare.__setstate__(dict(vars(city)))
