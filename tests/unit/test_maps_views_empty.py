"""Departments with next to nothing still make pages, and the pages say what is missing."""

import pytest

import fireplan as fp
from fireplan import maps
from tests.support.calibrated_town import calibrated
from tests.support.map_pages import layer_data, shown

TOWN = fp.examples.line_town()
BARE = {
    "no people": {"zones": TOWN.zones.assign(population=0.0)},
    "no weights": {"zones": TOWN.zones[["geometry"]]},
    "no units": {"units": TOWN.units.iloc[:0]},
    "no engine": {"units": TOWN.units.assign(type="truck")},
    "zones off the road": {"zones": TOWN.zones.set_geometry(TOWN.zones.geometry.translate(5, 5))},
    "one zone": {"zones": TOWN.zones.iloc[:1]},
}


def bare(name):
    parts = {"units": TOWN.units, "zones": TOWN.zones, **BARE[name]}
    return fp.Scenario(TOWN.roads, TOWN.stations, **parts, name=name)


@pytest.mark.parametrize("learnt", [False, True])
@pytest.mark.parametrize("name", BARE)
def test_every_view_makes_a_page(name, learnt):
    scenario = calibrated(bare(name)) if learnt else bare(name)
    assessment = fp.assess(scenario, standard=fp.standards.NFPA_1710)
    other = scenario.apply(fp.SetTurnout(90.0) if len(scenario.units) else fp.ScaleSpeeds(0.9), name="other")
    both = fp.compare(scenario, other, standard=fp.standards.NFPA_1710)
    pages = [maps.first_due(scenario), maps.isochrones(scenario), maps.incidents(scenario)]
    pages += [maps.coverage(assessment), maps.gaps(assessment), maps.erf(assessment), maps.difference(both)]
    pages += [maps.compare(both)]
    for page in pages:
        assert name in page.to_html()
        assert "nan" not in shown(page).lower().split()
        assert "inf" not in shown(page).lower().split()


def test_what_is_missing_is_said():
    units = fp.assess(bare("no units"), standard=fp.standards.NFPA_1710)
    assert "No units are known" in shown(maps.erf(units))
    weights = fp.assess(bare("no weights"), standard=fp.standards.NFPA_1710)
    assert "No gap can be found: the zones hold neither people nor incidents." in shown(maps.gaps(weights))
    assert "n = 4 km of road in 40 zones" in shown(maps.erf(weights))
    assert "No station is first due anywhere" in shown(maps.first_due(bare("no engine")))
    away = fp.assess(bare("zones off the road"), standard=fp.standards.NFPA_1710)
    zones = next(data for kind, data in layer_data(maps.coverage(away)) if kind == "polygons")
    assert set(zones["cells"][zones["labels"].index("In time")]) == {"no, limit 4:00: no road"}


def test_streets_are_thinned_out_once_and_each_map_has_its_own_layer():
    first, second = maps.first_due(TOWN), maps.isochrones(TOWN)
    (one,), (two,) = ([data for kind, data in layer_data(page) if kind == "lines"] for page in (first, second))
    assert one == two
    assert ("streets drawn", TOWN.roads.geometry_fingerprint, TOWN.roads.attribute_fingerprint) in TOWN.memo
    assert first.to_html() == first.to_html()
