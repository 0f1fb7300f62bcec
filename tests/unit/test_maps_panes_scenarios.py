"""Scenarios under a curtain and in a grid: what is drawn, what is named, what is refused."""

from __future__ import annotations

import re

import folium
import pytest

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError
from fireplan.maps._pages.folium_parts import layer_list_script
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.swipe_map import SwipeMap
from fireplan.maps._pages.synced_maps import SyncedMaps
from fireplan.maps._views.grid import grid
from fireplan.maps._views.scenario_headings import headline_of
from fireplan.maps._views.swipe import swipe

STANDARD = fp.standards.NFPA_1710


@pytest.fixture(scope="module")
def comparison():
    town = fp.examples.line_town()
    others = [town.apply(fp.SetTurnout(60.0 + i), name=f"turnout {i}") for i in range(99)]
    return fp.compare(town, *others, standard=STANDARD)


@pytest.fixture(scope="module")
def pair(comparison):
    return swipe(comparison, right="turnout 7")


def entries(script):
    """Group, name and number of layers of each line of the list of layers."""
    found = re.findall(r'\["([^"]*)","([^"]*)",\[([^\]]*)\]\]', script)
    return [(group, name, len(layers.split(","))) for group, name, layers in found]


def test_a_curtain_is_one_map_with_two_sides(pair):
    text = pair.to_html()
    assert text.count('class="fp-map"') == 1
    assert text.count("= L.map(") - text.count("fireplan.L.map") == 1
    assert re.findall(r'fireplan\.side\(map_\d+, "(\w+)"\)', text) == ["left", "right"]
    assert "turnout 7 right of it" in text


def test_a_curtain_gives_the_same_bytes_and_leaves_its_maps_as_they_were(pair):
    left = pair.maps[0]
    alone = left.to_html()
    assert pair.to_html() == pair.to_html()
    assert left.to_html() == alone


def test_one_box_switches_both_sides(pair):
    listed = entries(layer_list_script(*((m, m.groups) for m in pair.maps)))
    assert ("Base map", "Streets", 2) in listed
    assert ("Coverage", "Arrival by zone", 2) in listed
    assert ("Coverage", "Gains and losses", 1) in listed
    assert ("Stations", "Stations", 2) in listed
    assert [group for group, _, _ in listed] == sorted(
        (group for group, _, _ in listed), key=["Base map", "Coverage", "Gaps", "Incidents", "Stations"].index
    )


def test_the_first_two_scenarios_stand_on_the_sides_unless_others_are_named(comparison):
    first, second, third = comparison.names[:3]
    assert [m.title for m in swipe(comparison).maps] == [first, second]
    assert [m.title for m in swipe(comparison, left=second).maps] == [second, first]
    assert [m.title for m in swipe(comparison, left=third, right=second).maps] == [third, second]


def test_a_headline_is_the_share_that_its_subtitle_says_in_full(comparison, pair):
    for m in pair.maps:
        assert m.subtitle.startswith(f"{m.headline} of ")
    assert headline_of(comparison.baseline, "full_alarm").endswith(" %")


def test_sides_that_cannot_be_are_refused(comparison):
    with pytest.raises(UnknownIdError, match="did you mean 'turnout 7'"):
        swipe(comparison, right="turnut 7")
    with pytest.raises(InputError, match="both sides of the curtain would show"):
        swipe(comparison, left="turnout 7", right="turnout 7")


@pytest.mark.parametrize("at", [-0.1, 1.1, float("nan")])
def test_a_divider_off_the_map_is_refused(at):
    with pytest.raises(InputError, match="the divider stands from 0 to 1"):
        SwipeMap(OfflineMap(title="a"), OfflineMap(title="b"), title="x", at=at)


def test_layers_that_a_curtain_cannot_cut_are_refused():
    left, right = OfflineMap(title="a", bounds=(0, 0, 1, 1)), OfflineMap(title="b", bounds=(0, 0, 1, 1))
    folium.Marker((0, 0)).add_to(right)
    with pytest.raises(InputError, match=r"a curtain cuts layers of fireplan.maps.layers only, not 'Marker'"):
        SwipeMap(left, right, title="x").to_html()
    with pytest.raises(InputError, match="two different maps"):
        SwipeMap(left, left, title="x")


def test_a_grid_of_a_hundred_scenarios_draws_six_and_names_the_others(comparison):
    made = grid(comparison)
    assert isinstance(made, SyncedMaps)
    assert [m.title for m in made.maps] == list(comparison.names[:6])
    assert "6 of 100 scenarios are shown" in made.subtitle
    text = made.to_html()
    for name in comparison.names[6:]:
        assert name in text
    assert "94 are not" in text


def test_a_grid_of_those_asked_for_in_their_order(comparison):
    names = ["turnout 50", comparison.names[0], "turnout 3"]
    made = grid(comparison, show=names, theme="dark")
    assert [m.title for m in made.maps] == names
    assert "3 of 100 scenarios are shown" in made.subtitle
    assert 'data-theme="dark"' in made.to_html()


def test_a_grid_of_all_there_are_says_nothing_of_others():
    town = fp.examples.line_town()
    table = fp.compare(town, town.apply(fp.SetTurnout(80.0), name="slower"), standard=STANDARD)
    assert "scenarios are shown" not in grid(table).to_html()


@pytest.mark.parametrize("names", [["turnout 1"], ["turnout 1", "turnout 1"], [f"turnout {i}" for i in range(7)]])
def test_a_grid_of_one_of_seven_or_of_the_same_twice_is_refused(comparison, names):
    with pytest.raises(InputError, match="two to 6 different scenarios"):
        grid(comparison, show=names)
    with pytest.raises(UnknownIdError):
        grid(comparison, show=["turnout 1", "no such"])


def test_what_panes_share_stands_once(comparison):
    made = grid(comparison)
    alone = sum(len(m.to_html()) for m in made.maps)
    assert len(made.to_html()) < alone
    text = made.to_html()
    long = re.findall('"([A-Za-z0-9_-]{2000,})"', text.split("<script>")[-1])
    assert len(long) == len(set(long))
