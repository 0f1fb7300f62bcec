"""Cover by hour of the week, drawn."""

import numpy as np
import pytest

import fireplan as fp
from fireplan import charts
from fireplan.errors import InputError


@pytest.fixture(scope="module")
def week():
    town = fp.examples.line_town().apply(
        fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), fp.SetSchedule("Mon-Fri 08:00-18:00", units=("E2",))
    )
    return fp.assess(town, standard="NFPA_1710", at="by hour")


def test_cells_are_percents_of_every_hour(week):
    figure = charts.cover_by_hour(week).figure()
    share = week.by_hour().loc[("first_engine", "population"), "share"].to_numpy()
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert texts == [f"{100 * s:.0f}" for s in share]
    mesh = figure.axes[0].collections[0]
    np.testing.assert_allclose(np.asarray(mesh.get_array()).ravel(), 100 * share)
    assert mesh.norm.vmin <= 100 * share.min()
    assert mesh.norm.vmax >= 100 * share.max()
    assert figure.axes[1].get_ylabel() == "Within the limit [%]"


def test_the_text_says_mean_worst_and_goal_with_n(week):
    alt = charts.cover_by_hour(week).alt
    row = week.summary().loc[("first_engine", "population")]
    assert f"of {row['n']:,.0f} people on average, of 90.0 % asked for" in alt
    assert f"from {row['worst_at']}" in alt
    assert "1 to 2 of 2 units are on duty" in alt
    assert "n = " in alt


def test_nothing_to_cover_is_refused():
    line = fp.examples.line_town()
    zones = line.zones.assign(population=0)
    nobody = fp.Scenario(line.roads, line.stations, line.units, zones[["population", "geometry"]])
    week = fp.assess(nobody, standard="NFPA_1710", at="mean")
    with pytest.raises(InputError, match="'first_engine' speaks of nothing that could be covered"):
        charts.cover_by_hour(week)
