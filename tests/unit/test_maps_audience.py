"""What a public page leaves out, and what stands over an internal one."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

import fireplan as fp
from fireplan import maps
from fireplan.disclosure import PUBLIC_NOTE, RESTRICTED
from fireplan.errors import InputError
from fireplan.maps._pages.disclosure_profile import for_audience


@pytest.fixture(scope="module")
def comparison():
    town = fp.examples.line_town()
    rng = np.random.default_rng(5)
    points = shapely.points(-140 + rng.normal(0, 1e-5, 60), 30 + rng.uniform(0, 0.04, 60))
    calls = gpd.GeoDataFrame(geometry=points, index=[f"I{i}" for i in range(60)], crs=4326).rename_axis("incident_id")
    city = fp.Scenario(town.roads, town.stations, town.units, town.zones, incidents=calls)
    more = city.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="Station 2")
    return fp.compare(city, more, standard=fp.standards.NFPA_1710)


VIEWS = {
    "coverage": lambda c, profile: maps.coverage(c.baseline, profile=profile),
    "cover_by_hour": lambda c, profile: maps.cover_by_hour(
        fp.assess(c.baseline.scenario, standard=c.baseline.standard, at="by hour"), profile=profile
    ),
    "gaps": lambda c, profile: maps.gaps(c.baseline, profile=profile),
    "isochrones": lambda c, profile: maps.isochrones(c.baseline.scenario, profile=profile),
    "first_due": lambda c, profile: maps.first_due(c.baseline.scenario, profile=profile),
    "erf": lambda c, profile: maps.erf(c.baseline, profile=profile),
    "difference": lambda c, profile: maps.difference(c, profile=profile),
    "compare": lambda c, profile: maps.compare(c, profile=profile),
    "swipe": lambda c, profile: maps.swipe(c, profile=profile),
    "grid": lambda c, profile: maps.grid(c, profile=profile),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_public_page_is_that_of_a_city_without_incidents(comparison, view):
    page = VIEWS[view](comparison, "public")
    assert "Incidents are not counted on this public page" in page.footer.method
    bare = fp.compare(
        *(for_audience(a.scenario, "public") for a in comparison.assessments), standard=comparison.baseline.standard
    )
    assert all(a.scenario.incidents is None for a in bare.assessments)
    other = VIEWS[view](bare, None)
    other.footer = page.footer
    assert page.to_html() == other.to_html()
    assert RESTRICTED not in page.to_html()


@pytest.mark.parametrize("view", VIEWS)
def test_an_internal_page_says_so(comparison, view):
    page = VIEWS[view](comparison, "internal")
    assert page.footer.notice == RESTRICTED
    assert RESTRICTED in page.to_html()
    assert VIEWS[view](comparison, None).footer.notice == ""


def test_an_unknown_profile_is_refused(comparison):
    with pytest.raises(InputError, match="unknown profile 'secret'"):
        maps.coverage(comparison.baseline, profile="secret")


def test_public_incidents_are_areas_of_eleven_or_more(comparison):
    scenario = comparison.baseline.scenario
    page = maps.incidents(scenario, profile="public")
    assert PUBLIC_NOTE in page.footer.method
    assert page.footer.notice == ""
    assert "RESTRICTED" not in page.to_html()
    assert "RESTRICTED" in maps.incidents(scenario).to_html()
    few = fp.Scenario(
        scenario.roads, scenario.stations, scenario.units, scenario.zones, incidents=scenario.incidents.iloc[:7]
    )
    assert "n = 0 incidents shown" in maps.incidents(few, profile="public").subtitle


def test_gaps_found_before_and_scores_in_incidents_are_not_for_a_public_page(comparison):
    with pytest.raises(InputError, match="leave found out"):
        maps.gaps(comparison.baseline, found=fp.gaps(comparison.baseline), profile="public")
    sites = gpd.GeoSeries([shapely.Point(-140, 30.03)], index=["A"], crs=4326)
    for weight, refused in (("population", False), ("incidents", True)):
        found = fp.siting.max_coverage(comparison.baseline.scenario, candidates=sites, within_s=100, weight=weight)
        if refused:
            with pytest.raises(InputError, match="give small counts away"):
                maps.siting(found, profile="public")
        else:
            assert maps.siting(found, profile="public").footer.notice == ""
