"""Pages stay small: outlines are thinned out, and neighbours keep their common border."""

import html

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan import maps
from fireplan._page_kit.generalisation import simplified
from fireplan.maps._layers import vector_layers
from tests.support.map_pages import areas, cells


def wavy_grid(side, *, corners):
    """Squares of about 200 m that share wavy borders."""
    t = np.linspace(0, 1, corners)
    wave = 0.00002 * np.sin(40 * t)
    step = 0.002

    def edge(x, y, *, across):
        line = np.column_stack([x + t * step, y + wave]) if across else np.column_stack([x + wave, y + t * step])
        line[[0, -1]] = [[x, y], [x + step, y] if across else [x, y + step]]
        return line

    cells = []
    for i in range(side):
        for j in range(side):
            x, y = i * step, 45 + j * step
            sides = [
                edge(x, y, across=True),
                edge(x + step, y, across=False),
                edge(x, y + step, across=True)[::-1],
                edge(x, y, across=False)[::-1],
            ]
            cells.append(shapely.Polygon(np.vstack([s[:-1] for s in sides])))
    return np.array(cells, dtype=object)


def test_neighbours_keep_their_border_and_every_area_stays():
    areas = wavy_grid(4, corners=60)
    thin = simplified(areas, tolerance_m=10)
    assert shapely.get_num_coordinates(thin).sum() < 0.2 * shapely.get_num_coordinates(areas).sum()
    assert shapely.coverage_is_valid(thin)
    assert (shapely.area(thin) > 0.9 * shapely.area(areas)).all()


def test_areas_that_overlap_are_thinned_alone_and_none_is_lost():
    disc = shapely.Point(0, 45).buffer(0.01, quad_segs=200)
    areas = np.array([disc, shapely.affinity.translate(disc, 0.005, 0), shapely.box(0, 45, 1e-6, 45 + 1e-6)])
    thin = simplified(areas, tolerance_m=20)
    assert shapely.get_num_coordinates(thin)[0] < 100
    assert not shapely.is_empty(thin).any()
    assert shapely.is_valid(thin).all()


@pytest.mark.parametrize("areas", [np.array([], dtype=object), np.array([shapely.Polygon()], dtype=object)])
def test_nothing_stays_nothing(areas):
    assert len(simplified(areas, tolerance_m=10)) == len(areas)


def test_a_layer_of_many_corners_is_thinned_out_unless_told_not_to():
    table = gpd.GeoDataFrame(geometry=wavy_grid(10, corners=300), crs=4326)
    few = gpd.GeoDataFrame(geometry=wavy_grid(2, corners=300), crs=4326)
    size = {
        how: len(vector_layers.polygons(table, name="zones", fill="#1c4f82", simplify_m=how).data["points"])
        for how in (None, 0, 10, 100)
    }
    assert size[None] == size[10] < 0.2 * size[0]
    assert size[100] <= size[10]
    kept = vector_layers.polygons(few, name="zones", fill="#1c4f82")
    assert kept.data == vector_layers.polygons(few, name="zones", fill="#1c4f82", simplify_m=0).data


def test_what_many_rows_say_is_written_once():
    column = ["in time", "late", 'a "[quoted]", text', "in time"] * 30
    own = [f"Z{i}" for i in range(120)]
    table = gpd.GeoDataFrame({"said": column, "own": own}, geometry=wavy_grid(11, corners=3)[:120], crs=4326)
    pages = {}
    for n in (1, 2):
        page = maps.OfflineMap(title="zones")
        for i in range(n):
            vector_layers.polygons(
                table, name=f"zones {i}", fill="#1c4f82", popup=[("", "own"), ("Said", "said")], tooltip="said"
            ).add_to(page)
        pages[n] = page
    for layer in [*areas(pages[1]), *areas(pages[2])]:
        assert cells(layer, "") == own
        assert cells(layer, "Said") == column
        assert [html.unescape(text) for text in layer["tooltip"]] == column
    text = pages[2].to_html()
    assert text.count("Z117") == 1
    assert text.count("late") == pages[1].to_html().count("late")
    assert '"cells":[["Z0",' in drawn_alone(table[:20])


def drawn_alone(table):
    page = maps.OfflineMap(title="zones")
    vector_layers.polygons(table, name="zones", fill="#1c4f82", popup=[("", "own")]).add_to(page)
    return page.to_html()


def test_the_page_of_a_city_by_chance_is_small(tmp_path):
    """Chances and medians lie in two layers, whose cards say the same of each of 1,709 zones."""
    found = fp.assess(sample_city().today, standard=fp.standards.NFPA_1710)
    assert fp.maps.coverage(found).save(tmp_path / "map.html").stat().st_size < 560_000


def test_the_callers_table_stays_as_it_was():
    table = gpd.GeoDataFrame(geometry=wavy_grid(2, corners=100), crs=4326)
    before = table.copy()
    vector_layers.polygons(table, name="zones", fill="#1c4f82", simplify_m=20)
    assert table.equals(before)
