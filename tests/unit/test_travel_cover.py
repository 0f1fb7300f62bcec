"""Quick what-ifs give the figures that applying and assessing gives, and leave no trace."""

import numpy as np
import pytest

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError, UnreachableStationError
from fireplan.examples import marisol_project

LIMITS = (240.0, 480.0)
SITE = (-127.463606, 33.06575)


@pytest.fixture(scope="module")
def project():
    return marisol_project()


@pytest.fixture(scope="module")
def today(project):
    return project.today


@pytest.fixture(scope="module")
def cover(today):
    return fp.travel.WhatIfCover(today, within_s=LIMITS)


def assessed(scenario):
    """The same figures by way of a whole assessment."""
    goals = tuple(fp.Objective(key=f"within_{limit:.0f}", title="First engine", limit_s=limit) for limit in LIMITS)
    summary = fp.assess(scenario, standard=fp.Standard("limits", "limits", goals)).summary()
    incidents = summary.xs("incidents", level="measure")
    return tuple(incidents["within"].astype(int)), incidents["p90_s"].iloc[0], int(incidents["n"].iloc[0])


def agrees(figures, scenario):
    within, p90_s, n = assessed(scenario)
    return figures.within == within and figures.n == n and figures.p90_s == pytest.approx(p90_s, abs=1e-3)


def test_figures_of_today(cover, today):
    assert agrees(cover.now, today)
    assert cover.now.shares == pytest.approx(np.array(cover.now.within) / cover.now.n)


def test_a_station_more(cover, today):
    assert agrees(cover.with_station(SITE), today.apply(fp.OpenStation("X", at=SITE, units=("E99",))))


@pytest.mark.parametrize("station", ["S1", "S3", "S7"])
def test_a_station_less(cover, today, station):
    assert agrees(cover.without_station(station), today.apply(fp.CloseStation(station)))


def test_a_station_elsewhere(cover, today):
    assert agrees(cover.with_station_moved("S4", SITE), today.apply(fp.MoveStation("S4", at=SITE)))


def test_a_question_leaves_no_trace(cover, today):
    asked = [cover.with_station(SITE), cover.without_station("S3"), cover.with_station_moved("S3", SITE)]
    again = [cover.with_station(SITE), cover.without_station("S3"), cover.with_station_moved("S3", SITE)]
    assert asked == again
    assert fp.travel.WhatIfCover(today, within_s=LIMITS).now == cover.now


def test_a_question_that_cannot_be_answered_leaves_no_trace(cover):
    before = cover.with_station_moved("S3", SITE)
    with pytest.raises(UnreachableStationError, match="road"):
        cover.with_station_moved("S3", (-127.0, 33.0))
    with pytest.raises(InputError, match="swapped"):
        cover.with_station((33.06575, -127.463606))
    with pytest.raises(UnknownIdError, match="S99"):
        cover.without_station("S99")
    assert cover.with_station_moved("S3", SITE) == before


def test_only_stations_with_what_is_needed_count():
    town = fp.examples.line_town()
    two = town.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("M2",)), name="ambulance only")
    engines = fp.travel.WhatIfCover(two, to="zones", within_s=[240])
    assert engines.now == fp.travel.WhatIfCover(town, to="zones", within_s=[240]).now
    with pytest.raises(UnknownIdError, match="S2"):
        engines.without_station("S2")
    ambulances = fp.travel.WhatIfCover(two, to="zones", within_s=[240], needs={"ambulance": 1})
    assert ambulances.without_station("S2").within == (0,)
    assert ambulances.without_station("S2").p90_s == np.inf


@pytest.mark.parametrize("limits", [(), (0,), (-5,), (np.nan,), (np.inf,)])
def test_limits_are_checked(limits):
    with pytest.raises(InputError, match="within_s"):
        fp.travel.WhatIfCover(fp.examples.line_town(), to="zones", within_s=limits)


def test_the_old_name_still_works_and_names_the_new_one():
    with pytest.warns(DeprecationWarning, match="WhatIfCover"):
        assert fp.travel.Cover is fp.travel.WhatIfCover
    with pytest.raises(AttributeError, match="no attribute 'Covers'"):
        _ = fp.travel.Covers
