"""Streets that changes closed, opened, built and made slower or faster: as a table, in comparisons, on maps."""

import numpy as np
import pytest
import shapely

import fireplan as fp
from fireplan import maps
from fireplan.maps._layers.changed_road_layers import LOOKS
from tests.support.map_pages import layer_data, shown

BLOCK_31 = (-140.0, 30.0305)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def short_cut(town):
    """A fast road from the south end to the north end."""
    return town.apply(
        fp.BuildRoad([(-140.0, 30.0), (-140.01, 30.02), (-140.0, 30.04)], "primary", "Bypass", 160), name="bypass"
    )


def kinds_of(found):
    return found.groupby("kind").size().to_dict()


def test_each_street_is_what_became_of_it(town):
    assert kinds_of(fp.changes.changed_roads(town)) == {}
    cut = town.apply(fp.CloseRoad("", near=BLOCK_31), name="cut")
    found = fp.changes.changed_roads(cut)
    assert found[["kind", "both", "name", "highway"]].to_numpy().tolist() == [
        ["closed", True, "Line Street", "residential"]
    ]
    assert found["length_m"].tolist() == pytest.approx([110.85], abs=0.01)
    one = town.apply(fp.CloseRoad("", near=BLOCK_31, direction="north"))
    assert fp.changes.changed_roads(one)["both"].tolist() == [False]
    again = cut.apply(fp.OpenRoad("", near=BLOCK_31, speed_kph=36))
    assert kinds_of(fp.changes.changed_roads(again)) == {}  # closed and opened again is as it was
    assert kinds_of(fp.changes.changed_roads(again, before=cut)) == {"opened": 1}
    assert kinds_of(fp.changes.changed_roads(town.apply(fp.ScaleSpeeds(0.5)))) == {"slower": 40}
    assert kinds_of(fp.changes.changed_roads(town.apply(fp.ScaleSpeeds(2)))) == {"faster": 40}


def test_a_road_built_is_told_beside_what_else_changed(town, short_cut):
    both = short_cut.apply(fp.CloseRoad("", near=BLOCK_31), name="both")
    assert kinds_of(fp.changes.changed_roads(both)) == {"built": 1, "closed": 1}
    assert kinds_of(fp.changes.changed_roads(both, before=short_cut)) == {"closed": 1}
    first = town.apply(fp.CloseRoad("", near=BLOCK_31), *short_cut.changes)
    assert kinds_of(fp.changes.changed_roads(first, before=town)) == {"built": 1, "closed": 1}


def test_a_road_that_the_other_alone_has_is_closed(town, short_cut):
    assert kinds_of(fp.changes.changed_roads(town, before=short_cut)) == {"closed": 1}
    beside = town.apply(fp.CloseRoad("", near=BLOCK_31), name="beside")
    assert kinds_of(fp.changes.changed_roads(beside, before=short_cut)) == {"closed": 2}
    assert kinds_of(fp.changes.changed_roads(short_cut, before=beside)) == {"built": 1}


def test_scenarios_with_a_road_more_are_compared_place_by_place(town, short_cut):
    both = fp.compare(town, short_cut, standard="NFPA_1710")
    gains = both.gains().loc["bypass"]
    # 4.83 km at 160 km/h take 108.6 s to the north end; the 131.4 s that are left reach 11.85 blocks of 11.09 s back.
    assert gains.loc[("first_engine", "population"), ["gained", "lost"]].tolist() == [120, 0]
    roads = gains.loc[("first_engine", "road_km")]
    assert roads["n"] == pytest.approx(town.roads.length_m.sum() / 1000)  # the old streets; the new one is in no pair
    assert roads["gained"] == pytest.approx(24 * 0.055426, abs=1e-3)  # middles of half blocks, from the north
    assert roads["lost"] == 0
    back = fp.compare(short_cut, town, standard="NFPA_1710").gains().loc["line town"]
    assert back.loc[("first_engine", "road_km"), ["gained", "lost", "n"]].tolist() == pytest.approx(
        [0, roads["gained"], roads["n"]]
    )
    assert "1 km of road gained, 0 lost (n = 4)" in shown(maps.difference(both, count="road_km"))


def test_pieces_of_street_keep_their_arrival_on_another_network(town):
    # A dead end more changes no arrival: pair by pair all is as before.
    spur = town.apply(
        fp.BuildRoad([(-140.0, 30.0123), (-139.99, 30.0123)], "residential", "Spur", loose=True), name="spur"
    )
    gains = fp.compare(town, spur, standard="NFPA_1710").gains()
    assert (gains[["gained", "lost", "faster", "slower"]] == 0).all(axis=None)


def drawn(page):
    """Colours of the lines of the layers of changed roads, by layer."""
    return [data for kind, data in layer_data(page) if kind == "lines" and data["above"]]


def test_maps_draw_changed_roads_above_the_areas_with_a_legend(town, short_cut):
    both = short_cut.apply(fp.CloseRoad("", near=BLOCK_31), fp.ScaleSpeeds(0.5, area=fp_box(30.0, 30.01)), name="both")
    compared = fp.compare(town, both, standard="NFPA_1710")
    for page in (maps.difference(compared), maps.compare(compared), maps.swipe(compared)):
        roads, speeds = drawn(page)
        assert [k["colour"] for k in roads["kinds"]][1::2] == [LOOKS["built"][1], LOOKS["closed"][1]]
        assert [k["colour"] for k in speeds["kinds"]] == [LOOKS["slower"][1]]
        text = shown(page)
        assert "Changed roads" in text
        assert "1 street closed (111 m)" in text
        assert "1 street built (4.8 km)" in text
    without = fp.compare(town, town.apply(fp.SetTurnout(60), name="quick"), standard="NFPA_1710")
    assert drawn(maps.difference(without)) == []
    assert "Changed roads" not in shown(maps.difference(without))


def fp_box(south, north):
    return shapely.box(-140.001, south + 0.0001, -139.999, north - 0.0001)


def test_what_a_change_found_stands_in_the_notes_of_terminal_and_report(town, tmp_path):
    cut = town.apply(fp.CloseRoad("Line Street", near=BLOCK_31), name="cut")
    said = "'Close Line Street near 30.03050, -140.00000': 1 street, 111 m, both directions: Line Street"
    assert said in fp.assess(cut, standard="NFPA_1710").notes()
    report = fp.write_report(fp.compare(town, cut, standard="NFPA_1710"), tmp_path / "report.html")
    assert "1 street, 111 m, both directions: Line Street" in report.read_text(encoding="utf-8").replace("\n", " ")


def test_colours_part_without_red_and_green():
    lightness = {kind: np.dot([int(colour[i : i + 2], 16) for i in (1, 3, 5)], [0.3, 0.59, 0.11])
                 for kind, (_, colour, _, _) in LOOKS.items()}  # fmt: skip
    assert abs(lightness["closed"] - lightness["built"]) > 30
    assert abs(lightness["slower"] - lightness["faster"]) > 20
    assert LOOKS["closed"][3]
    assert not LOOKS["built"][3]
