"""The views of what was observed: performance by zone, and incidents as points or hexagons."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import maps
from fireplan._page_kit.style import colours_of
from fireplan.colours import UNKNOWN
from fireplan.errors import UnknownIdError
from fireplan.maps._views.incidents import CELLS_NOTICE, POINTS_NOTICE, count_bands, crowd
from fireplan.response_performance import attend
from tests.support.histories import department, history, went
from tests.support.map_pages import areas, cells, colours, layer_data, shown

MIDDLE = 30.0005  # latitude of the first zone's middle; the others are 0.001 apart


def calls(*, per_zone):
    """So many calls in the zones, by number; travel takes 100 s, 110 s and so on."""
    rows, points = [], []
    for zone, n in per_zone.items():
        for i in range(n):
            rows.append(went(f"I{zone}-{i}", "E1", 0, 60, 120, 220 + 10 * i, 2000))
            points.append((-140.0, MIDDLE + 0.001 * zone))
    return history(*rows, points=points)


def test_p90_is_said_with_its_n_and_below_ten_records_not_at_all():
    dept = department(E1=("engine", 4))
    page = maps.performance(calls(per_zone={0: 10, 5: 9}), dept)
    (zones,) = areas(page)
    # Ten records, 100 s to 190 s: nine in ten are within 180 s.
    assert cells(zones, "90th percentile")[0] == "3:00 (n = 10)"
    assert cells(zones, "90th percentile")[5] == cells(zones, "90th percentile")[1] == "n below 10: no figure"
    assert [cells(zones, "Records (n)")[i] for i in (0, 1, 5)] == ["10", "0", "9"]
    assert cells(zones, "95 % interval")[0].endswith("no upper end")
    given = colours(zones)
    assert given[0] != UNKNOWN
    assert set(given[1:]) == {UNKNOWN}
    text = shown(page)
    assert "n below 10: no figure 9" in text
    assert "n = 19 records in 40 zones; 0 more in no zone" in text


def test_what_was_attended_is_taken_as_it_is_and_the_interval_is_the_one_asked_for():
    dept = department(E1=("engine", 4))
    known = attend(calls(per_zone={3: 12}), scenario=dept)
    (zones,) = areas(maps.performance(known, dept, interval="turnout_s"))
    assert cells(zones, "90th percentile")[3] == "1:00 (n = 12)"
    with pytest.raises(UnknownIdError, match="interval"):
        maps.performance(known, dept, interval="response")


def test_observed_figures_say_so_where_the_data_are_real():
    dept = department(E1=("engine", 4))
    real = fp.Scenario(dept.roads, dept.stations, dept.units, dept.zones, source="CAD")
    assert "Observed" in shown(maps.performance(calls(per_zone={0: 10}), real))
    town = fp.Scenario(dept.roads, dept.stations, dept.units, dept.zones, provenance="invented")
    assert "Invented data" in shown(maps.performance(calls(per_zone={0: 10}), town))
    assert "incidents received 2025-03-03 to 2025-03-03" in shown(maps.performance(calls(per_zone={0: 10}), real))


def test_a_history_too_short_for_any_figure_makes_a_page_that_says_so():
    page = maps.performance(calls(per_zone={0: 3}), department(E1=("engine", 4)))
    assert "No figure for travel time: too few records (n = 3, 0 not known)" in shown(page)
    assert set(colours(areas(page)[0])) == {UNKNOWN}


def scattered(n, *, seed=0):
    xy = np.random.default_rng(seed).normal((-122.44, 37.76), (0.03, 0.025), (n, 2))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=4326)


def test_incidents_are_points_until_there_are_too_many():
    town = fp.examples.line_town()
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-140, -140, -140, None], [30, 30, 30.01, None]), crs=4326)
    page = maps.incidents(town, table=points)
    assert [kind for kind, _ in layer_data(page)] == ["lines", "dots", "stations"]
    assert POINTS_NOTICE in shown(page)
    assert "n = 3 incidents; 1 more without a place" in shown(page)
    binned = maps.incidents(town, table=points, most_points=2)
    (hexes,) = areas(binned)
    assert sorted(hexes["tooltip"]) == ["1 incidents", "2 incidents"]
    assert CELLS_NOTICE in shown(binned)
    assert "a page carries 2 points at most" in shown(binned)


def test_no_incidents_make_a_page_that_says_so():
    town = fp.examples.line_town()
    assert "There are no incidents." in shown(maps.incidents(town))
    nowhere = gpd.GeoDataFrame(geometry=[None, None], crs=4326)
    assert "n = 0 incidents; 2 more without a place" in shown(maps.incidents(town, table=nowhere))


def test_a_hundred_thousand_incidents_are_points_on_a_page_under_two_megabytes():
    page = maps.incidents(fp.examples.line_town(), table=scattered(100_000))
    (dots,) = [data for kind, data in layer_data(page) if kind == "dots"]
    assert len(dots["kinds"][0]["points"]) < 450_000
    assert len(page.to_html()) < 2_000_000


def test_hexagons_hold_every_incident_and_stay_few():
    layer, legend, notice = crowd(scattered(30_000), name="Incidents", most_points=10_000)
    counts = [int(text.split()[0].replace(",", "")) for text in layer.data["tooltip"]]
    assert sum(counts) == 30_000
    assert legend.n.startswith("n = 30,000 incidents, in ")
    assert notice == CELLS_NOTICE


def test_classes_of_counts_hold_every_count():
    for counts in ([1], [1, 1, 1], [3, 900, 12, 12, 40], range(1, 2000)):
        bands = count_bands(counts)
        given = colours_of(pd.Series(list(counts), dtype=float), bands)
        assert UNKNOWN not in set(given)
        assert len({b.label for b in bands}) == len(bands) <= 5
