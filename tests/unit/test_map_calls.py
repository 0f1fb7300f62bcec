"""Results name the views that draw them, and each name draws."""

from __future__ import annotations

import inspect

import pytest

import fireplan as fp
from fireplan import maps, siting
from fireplan._map_calls import MapCalls


def results():
    town = fp.examples.line_town()
    new = town.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="Station 2")
    table = fp.compare(town, new, standard=fp.standards.NFPA_1710)
    plan = siting.max_coverage(town, stations=1, candidates=siting.grid_sites(town, spacing_m=500), within_s=240)
    return {"comparison": table, "assessment": table.baseline, "siting": plan}


RESULTS = results()
CALLS = [(result, name) for result, value in RESULTS.items() for name in value.maps.names]


@pytest.mark.parametrize(("result", "name"), CALLS)
def test_each_call_that_is_named_draws_the_result(result, name):
    page = getattr(maps, name)(RESULTS[result])
    assert isinstance(page, maps.Page)
    assert "fireplan.furnish(" in page.to_html()


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_shows_its_calls_where_it_is_shown_itself(result):
    value = RESULTS[result]
    assert repr(value).splitlines()[-1].strip() == value.maps.line
    assert all(f"fp.maps.{name}" in value.maps.line for name in value.maps.names)


@pytest.mark.parametrize("result", RESULTS)
def test_tab_completion_finds_the_calls(result):
    assert "maps" in dir(RESULTS[result])
    assert all(f"fp.maps.{name}({result})" in repr(RESULTS[result].maps) for name in RESULTS[result].maps.names)


def test_every_view_of_one_result_is_named_by_it():
    by_result = {"comparison": fp.Comparison, "assessment": fp.Assessment, "siting": type(RESULTS["siting"])}
    for name in maps.VIEWS:
        first = next(iter(getattr(maps, name).__annotations__))
        if first in by_result:
            assert name in by_result[first].maps.names, name


def test_calls_stand_below_each_other_with_what_they_show():
    assert repr(MapCalls("x", (("a", "one"), ("long", "two")))) == "fp.maps.a(x)     one\nfp.maps.long(x)  two"


def test_the_face_of_the_maps_lists_what_it_holds():
    assert dir(maps) == sorted(maps.__all__)
    assert [name for name in maps.__all__ if not hasattr(maps, name)] == []
    drawing = {name for name in maps.__all__ if inspect.isfunction(getattr(maps, name))}
    assert drawing - {"escape"} == set(maps.VIEWS)
