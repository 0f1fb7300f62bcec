"""The map for print: its classes, its legend, its size, and text that stays text."""

import io
import struct
import zlib

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from PIL import Image

import fireplan as fp
from fireplan.charts._choropleth import choropleth, small_png
from fireplan.colours import UNKNOWN
from fireplan.errors import InputError

COLOURS = {"near": "#fdeabb", "far": "#98352b"}


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture
def classes(town):
    """Ten zones near, twenty far, ten nobody knows of."""
    return pd.Series(["near"] * 10 + ["far"] * 20 + [None] * 10, index=town.zones.index, dtype=object)


def drawn(chart):
    found = [c for axes in chart.figure().axes for c in axes.collections if c.get_gid() == "zones"]
    assert all(isinstance(c, PathCollection) for c in found)
    colours = [tuple(round(255 * v) for v in c.get_facecolor()[0][:3]) for c in found]
    return dict(zip(colours, (len(c.get_paths()[0].vertices) for c in found), strict=True))


def rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def test_zones_have_the_colour_of_their_class(town, classes):
    chart = choropleth(classes, zones=town.zones, colours=COLOURS)
    # A square is five points.
    assert drawn(chart) == {rgb("#fdeabb"): 50, rgb("#98352b"): 100, rgb(UNKNOWN): 50}


def test_the_legend_counts_weight_and_says_the_unit(town, classes):
    chart = choropleth(
        classes, zones=town.zones, colours=COLOURS, weight=town.zones["population"], unit="people", missing="no road"
    )
    assert "near: 100 people (25.0 %); far: 200 people (50.0 %); no road: 100 people (25.0 %)" in chart.alt
    assert "n = 400 people" in chart.alt
    assert "Basis: modelled" in chart.alt


def test_without_weight_zones_are_counted(town, classes):
    chart = choropleth(classes.dropna(), zones=town.zones.iloc[:30], colours=COLOURS)
    assert "near: 10 zones (33.3 %)" in chart.alt
    assert "not known" not in chart.alt


def test_the_scale_bar_is_as_long_as_it_says(town, classes):
    figure = choropleth(classes, zones=town.zones, colours=COLOURS, roads=town.roads).figure()
    ground, side = figure.axes
    bar = next(p for p in side.patches if p.get_gid() == "scale")
    told_m = 1000 * float(next(t.get_text() for t in side.texts if t.get_text().endswith(" km")).split()[0])
    (x0, x1), box = ground.get_xlim(), ground.get_window_extent()
    per_pixel_m = (x1 - x0) / box.width
    width = np.ptp(side.transData.transform([[0, 0], [bar.get_width(), 0]])[:, 0])
    assert width * per_pixel_m == pytest.approx(told_m, rel=0.01)
    (y0, y1) = ground.get_ylim()
    assert (y1 - y0) / box.height == pytest.approx(per_pixel_m, rel=0.01)


def test_stations_closed_and_new_are_drawn_with_names_as_typed(town, classes):
    scenario = town.apply(
        fp.OpenStation("S2", at=(-140.0, 30.03), name="$x$ {{1}}", units=("E2",)), fp.CloseStation("S1")
    )
    chart = choropleth(
        classes, zones=town.zones, colours=COLOURS, stations=scenario.stations, fresh=["S2"], roads=town.roads
    )
    ground = chart.figure().axes[0]
    assert sorted(line.get_marker() for line in ground.lines) == ["o", "s", "x"]
    assert "$x$ {{1}}" in [t.get_text() for t in ground.texts]


@pytest.mark.parametrize("dpi", [96, 120])
def test_its_pixels_are_those_of_its_png(town, classes, dpi):
    chart = choropleth(classes, zones=town.zones, colours=COLOURS, roads=town.roads)
    written = np.asarray(Image.open(io.BytesIO(chart.png(dpi=dpi))).convert("RGB"))
    assert np.array_equal(chart.pixels(dpi=dpi), written)


def test_few_colours_keep_those_of_the_classes(town, classes):
    chart = choropleth(classes, zones=town.zones, colours=COLOURS, roads=town.roads)
    small = small_png(chart, dpi=96)
    assert small == small_png(chart, dpi=96)
    assert len(small) < len(chart.png(dpi=96))
    assert struct.unpack(">II", small[16:24])[0] == 900
    start = small.index(b"PLTE")
    size = struct.unpack(">I", small[start - 4 : start])[0]
    palette = {tuple(small[i : i + 3]) for i in range(start + 4, start + 4 + size, 3)}
    assert {rgb("#fdeabb"), rgb("#98352b"), (255, 255, 255)} <= palette
    end = start + 4 + size
    assert struct.unpack(">I", small[end : end + 4])[0] == zlib.crc32(small[start:end])


def test_no_zone_is_no_map(town, classes):
    with pytest.raises(InputError, match="zones"):
        choropleth(classes, zones=town.zones.iloc[:0], colours=COLOURS)
