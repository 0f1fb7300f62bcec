"""The map of where runs were slower or faster than predicted."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan._page_kit import style
from fireplan.disclosure import PUBLIC_NOTE, RESTRICTED
from fireplan.disclosure._page_series import coarse
from fireplan.errors import InputError
from fireplan.maps._views.residuals import BANDS, NO_FIGURE, NOTICE, TOO_FEW, slower_said
from tests.support.calibrated_town import HEADLINE, calibrated

SLOWER_S = {0.0005: 25.0, 0.0105: -45.0, 0.0205: 2.0, 0.0305: 90.0}
"""How much longer than predicted runs to four zones take, by how far north of the corner [°] they lie."""

MANY = {0.0005: 30, 0.0105: 12, 0.0205: 40, 0.0305: 7}
"""How many runs there are to each."""


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def runs():
    """Runs to four zones, each a little to either side of the median there."""
    rows = [
        (north, 100.0, 100.0 + SLOWER_S[north] + (i - (n - 1) / 2) * 0.1) for north, n in MANY.items() for i in range(n)
    ]
    table = pd.DataFrame(rows, columns=["north", "predicted_s", "observed_s"])
    points = gpd.points_from_xy(np.full(len(table), -140.0), 30 + table["north"], crs=4326)
    return gpd.GeoDataFrame(table.assign(station_id="S1"), geometry=points)


def drawn(page):
    (layer,) = [m for m in page._children.values() if "Slower or faster" in getattr(m, "layer_name", "")]
    return layer.data


def column(data, label):
    return data["cells"][data["labels"].index(label)]


def colour_of(seconds):
    return style.colours_of(pd.Series([seconds]), BANDS)[0]


def test_zones_say_how_much_slower_runs_were_and_how_many(town, runs):
    page = fp.maps.residuals(runs, town, by="zones")
    data = drawn(page)
    for north, n in MANY.items():
        row = int(north / 0.001)
        said = TOO_FEW if n < 10 else f"{slower_said(SLOWER_S[north])} (n = {n})"
        assert data["tooltip"][row] == column(data, "Median")[row] == said
        assert column(data, "Runs (n)")[row] == str(n)
        assert column(data, "Mostly from")[row] == "S1"
        colour = data["palette"][data["fills"][row]]
        assert colour == (colour_of(np.nan) if n < 10 else colour_of(SLOWER_S[north]))
    assert column(data, "Runs (n)").count("0") == 36
    notes = {e.label: e.note for e in page.legends[0].entries}
    assert notes["0:10 to 0:30 slower"] == "30"
    assert notes["0:30 to 1:00 faster"] == "12"
    assert notes["up to 0:10 either way"] == "40"
    assert notes[TOO_FEW] == "7"
    assert page.legends[0].n == "n = 89 runs, 40 zones"
    assert page.footer.notice == ""


def test_the_headline_is_of_all_runs(town, runs):
    off_s = (runs["observed_s"] - runs["predicted_s"]).to_numpy()
    page = fp.maps.residuals(runs, town)
    assert page.subtitle == (
        f"Half of 89 runs within {fp.wording.clock(np.median(abs(off_s)))} of what was predicted; the median run"
        f" {slower_said(np.median(off_s))}"
    )
    assert page.legends[1].entries[0].note == f"{slower_said(np.median(off_s))}, n = 89"
    assert fp.maps.residuals(runs, calibrated(town)).footer.drives == HEADLINE


def test_hexagons_are_as_fine_as_runs_are_many(town, runs):
    fine, coarse = drawn(fp.maps.residuals(runs, town)), drawn(fp.maps.residuals(runs[::12], town))
    assert sum(map(int, column(fine, "Runs (n)"))) == 89
    assert fine["rows"] == 4
    assert sorted(map(int, column(fine, "Runs (n)"))) == sorted(MANY.values())
    # Of eight runs in four places no hexagon has ten: the coarsest there are.
    assert coarse["rows"] < 4
    assert set(coarse["tooltip"]) == {TOO_FEW}


def test_hexagons_of_few_runs_are_restricted_unless_the_page_is_public(town, runs):
    assert fp.maps.residuals(runs, town).footer.notice == NOTICE
    assert fp.maps.residuals(runs[runs["north"] < 0.001], town).footer.notice == ""
    assert fp.maps.residuals(runs, town, profile="internal").footer.notice == RESTRICTED


@pytest.mark.parametrize("by", ["hexagons", "zones"])
def test_a_public_page_gives_no_count_of_a_place_away(town, runs, by):
    page = fp.maps.residuals(runs, town, by=by, profile="public")
    data = drawn(page)
    assert data["labels"] == ["", "Median"]
    assert "(n =" not in page.to_html()
    assert all(e.note == "" for e in page.legends[0].entries)
    assert "n = 89" not in page.legends[1].entries[0].note
    assert PUBLIC_NOTE in page.footer.method
    # What has fewer than 22 runs, eleven on either side of the median, looks as what has none.
    assert data["rows"] == (2 if by == "hexagons" else 40)
    told = {slower_said(coarse(SLOWER_S[north])) for north, n in MANY.items() if n >= 22}
    assert set(data["tooltip"]) - {NO_FIGURE} == told
    without = fp.maps.residuals(runs[runs["north"] < 0.03], town, by=by, profile="public")
    assert drawn(without) == data


def test_runs_are_found_by_the_incidents_of_the_scenario(town, runs):
    calls = runs[["geometry"]].set_index(pd.Index([f"I{i}" for i in range(len(runs))], name="incident_id"))
    city = fp.Scenario(town.roads, town.stations, town.units, town.zones, incidents=calls)
    table = pd.DataFrame(runs.drop(columns="geometry")).assign(incident_id=calls.index.to_numpy())
    table = table.rename(columns={"predicted_s": "median_s"})
    assert drawn(fp.maps.residuals(table, city)) == drawn(fp.maps.residuals(runs, town))
    with pytest.raises(InputError, match="no 'incident_id' of the runs is one of"):
        fp.maps.residuals(table.assign(incident_id="other"), city)
    with pytest.raises(InputError, match="has no incidents to find 'incident_id' in"):
        fp.maps.residuals(table, town)
    with pytest.raises(InputError, match="not known where runs went"):
        fp.maps.residuals(table.drop(columns="incident_id"), city)


def test_runs_without_a_time_or_a_place_are_counted(town, runs):
    some = runs.copy()
    some.loc[0, "observed_s"] = np.nan
    some.loc[1, "predicted_s"] = np.inf
    some.loc[2, "geometry"] = None
    some.loc[3, "geometry"] = shapely.Point(-140.5, 30.0)
    said = fp.maps.residuals(some, town, by="zones").legends[0].n
    assert said == "n = 86 runs, 40 zones; 1 run in no zone; 3 more without a time or a place"


def test_all_faults_are_told_together(town, runs):
    wrong = runs.drop(columns=["predicted_s", "observed_s"]).set_crs(None, allow_override=True)
    with pytest.raises(InputError) as told:
        fp.maps.residuals(wrong, town)
    for part in ("no column 'predicted_s' (or 'median_s')", "no column 'observed_s'", "no CRS"):
        assert part in str(told.value)
    with pytest.raises(InputError, match="observed_s of row '5' is below zero"):
        fp.maps.residuals(runs.assign(observed_s=runs["observed_s"].where(runs.index != 5, -1.0)), town)
    with pytest.raises(InputError, match="something else than numbers"):
        fp.maps.residuals(runs.assign(predicted_s="fast"), town)
    with pytest.raises(InputError, match="something else than points"):
        fp.maps.residuals(runs.set_geometry(shapely.buffer(runs.geometry.to_numpy(), 0.001), crs=4326), town)
    with pytest.raises(InputError, match="choose 'hexagons' or 'zones'"):
        fp.maps.residuals(runs, town, by="streets")


def test_no_runs_are_said(town, runs):
    for by in ("hexagons", "zones"):
        page = fp.maps.residuals(runs.iloc[:0], town, by=by)
        assert page.subtitle == "There are no runs."
        assert page.to_html()


@pytest.mark.parametrize("more", [-2, 0, 2, 11])
def test_by_subtraction_from_the_footer_a_public_page_gives_no_run_away(town, runs, more):
    learnt = calibrated(town)
    known = learnt.calibration
    error = known.error._replace(n=len(runs) + more)
    home = town.calibrated(replace(known, error=error, runs=error.n))
    for by in ("hexagons", "zones"):
        public = fp.maps.residuals(runs, home, by=by, profile="public")
        assert public.footer.drives == HEADLINE.split(", n =")[0]
        assert "n = " not in public.footer.drives
        assert "89" not in public.subtitle + public.legends[0].n
        assert "89 runs" in fp.maps.residuals(runs, home, by=by).subtitle
