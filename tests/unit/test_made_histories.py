"""Histories that were made by hand: what they lack is told in words, or is made from what they have."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan.errors import InputError
from fireplan.progress import silent
from fireplan.response_performance import attend, performance
from tests.support import driven_towns

MADE = ("enroute", "cleared", "turnout_s", "travel_s", "total_response_s", "on_view", "cancelled")


@pytest.fixture(scope="module")
def town_and_history():
    rng = np.random.default_rng(3)
    truth, roads = driven_towns.written(rng), driven_towns.grid(rng)
    town = driven_towns.department(rng, roads)
    return town, driven_towns.history(rng, town, truth, 120)


def calls(**changed):
    return lambda h: h._replace(incidents=h.incidents.assign(**{n: f(h.incidents) for n, f in changed.items()}))


def rows(**changed):
    return lambda h: h._replace(responses=h.responses.assign(**{n: f(h.responses) for n, f in changed.items()}))


def without(*names):
    return lambda h: h._replace(responses=h.responses.drop(columns=list(names)))


def points(make):
    return lambda h: h._replace(
        incidents=h.incidents.set_geometry(gpd.GeoSeries(make(h.incidents), index=h.incidents.index, crs=4326))
    )


WRONG = {
    "no zone": (lambda h: h._replace(timezone=""), "there is no time zone ''"),
    "a zone that is none": (lambda h: h._replace(timezone="Mars/Olympus"), "no time zone 'Mars/Olympus'"),
    "a zone that is no text": (lambda h: h._replace(timezone=None), "timezone of the history is None"),
    "an incident twice": (
        lambda h: h._replace(incidents=pd.concat([h.incidents, h.incidents.iloc[:2]])),
        "2 incident_ids stand more than once, such as 'I0'",
    ),
    "incidents by number": (
        lambda h: h._replace(incidents=h.incidents.reset_index()),
        "none of 120 responses is of an incident of this history: responses have incident_id 'I0', and .* '0'",
    ),
    "no incident": (lambda h: h._replace(incidents=h.incidents.iloc[:0]), "has no row"),
    "no table": (lambda h: h._replace(incidents=None), "incidents of the history is a NoneType"),
    "a list": (lambda h: h._replace(responses=[1, 2]), "responses of the history is a list"),
    "no id": (without("incident_id"), "column 'incident_id' is missing"),
    "ids missing": (
        rows(incident_id=lambda r: r["incident_id"].where(r.index != 5)), "column 'incident_id', row 5: it is missing",
    ),
    "incidents twice without units": (
        lambda h: h._replace(responses=pd.concat([h.responses, h.responses.iloc[:1]]).drop(columns="unit_id")),
        "'I0' more than once, and there is no 'unit_id'",
    ),
    "no received": (lambda h: h._replace(incidents=h.incidents.drop(columns="received")), "'received' is missing"),
    "stamps without a zone": (
        rows(arrived=lambda r: r["arrived"].dt.tz_localize(None)), "'arrived' holds times without a zone",
    ),
    "stamps as text": (rows(enroute=lambda r: r["enroute"].astype(str)), "column 'enroute' holds no times"),
    "received as text": (calls(received=lambda c: c["received"].astype(str)), "column 'received' holds no times"),
    "a column twice": (
        lambda h: h._replace(responses=pd.concat([h.responses, h.responses[["arrived"]]], axis=1)),
        "more than one column is called 'arrived'",
    ),
    "no CRS": (lambda h: h._replace(incidents=h.incidents.set_crs(None, allow_override=True)), "have no CRS"),
    "outlines": (points(lambda c: shapely.buffer(c.geometry.to_numpy(), 1e-4)), "give points"),
    **{f"no {name}": (without(name), f"column '{name}' is missing") for name in ("dispatched", "arrived")},
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_no_history_is_is_told_in_words(case, town_and_history):
    town, history = town_and_history
    change, said = WRONG[case]
    wrong = change(history)
    for ask in (
        lambda: attend(wrong),
        lambda: attend(wrong, scenario=town),
        lambda: performance(wrong, scenario=town),
        lambda: fp.calibrate(wrong, town, draws=0),
    ):
        with silent(), pytest.raises(InputError, match=said):
            ask()


def test_all_faults_of_a_table_are_told_together(town_and_history):
    history = without("dispatched", "incident_id")(town_and_history[1])
    with pytest.raises(InputError, match=r"2 faults in responses of the history: .*incident_id.*dispatched"):
        attend(history)


@pytest.mark.parametrize("name", MADE)
def test_what_can_be_made_from_the_rest_is(name, town_and_history):
    town, history = town_and_history
    thin = attend(without(name)(history), scenario=town)
    assert len(thin.responses) == 120
    if name.endswith("_s"):
        pd.testing.assert_series_equal(thin.responses[name], attend(history, scenario=town).responses[name])
    by_hour = performance(without(name)(history), scenario=town, by="hour")
    assert by_hour["n"].sum() > 0
    with silent():
        if name == "enroute":
            with pytest.raises(InputError, match="a stamp is missing: 120"):
                fp.calibrate(without(name)(history), town, draws=0)
        else:
            assert fp.calibrate(without(name)(history), town, draws=0).runs > 100


def test_stamps_that_are_all_blank_need_no_zone(town_and_history):
    town, history = town_and_history
    blank = rows(cleared=lambda r: pd.Series(pd.NaT, index=r.index))(history)
    blank = calls(received=lambda c: pd.Series(pd.NaT, index=c.index))(blank)
    seen = attend(blank, scenario=town)
    assert seen.incidents["local"].notna().all()  # of the first stamp there is
    with silent():
        assert fp.calibrate(blank, town, draws=0).runs > 100


def test_incidents_without_a_category_have_turnouts_all_the_same(town_and_history):
    town, history = town_and_history
    with silent():
        found = fp.calibrate(history._replace(incidents=history.incidents.drop(columns="category")), town, draws=0)
    assert found.runs > 100
