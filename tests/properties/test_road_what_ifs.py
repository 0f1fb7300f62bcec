"""What has to hold for any change of roads."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from how_many import tries
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import changes
from fireplan.errors import FireplanError, InputError

SIDE = 6
STEP = 0.001
FEW = settings(max_examples=tries(40), deadline=None)
DEGREE = st.integers(-200, 700).map(lambda n: n * 1e-5 + 3.7e-6)  # never along a street, nor through a corner
PLACE = st.tuples(DEGREE, DEGREE).map(lambda at: (-140 + at[0], 30 + at[1]))
WIDTH = st.integers(20, 400).map(lambda n: n * 1e-5)
KPH = st.sampled_from([10.0, 40.0, 80.0])


def built_town():
    """Six by six streets of about 100 m, some of them one-way."""
    y, x = np.divmod(np.arange(SIDE * SIDE), SIDE)
    nodes = pd.DataFrame({"x": -140 + STEP * x, "y": 30 + STEP * y})
    pairs = [(i, i + 1, f"Row {i // SIDE}") for i in range(SIDE * SIDE) if i % SIDE < SIDE - 1]
    pairs += [(i, i + SIDE, f"Column {i % SIDE}") for i in range(SIDE * SIDE - SIDE)]
    ways = pairs + [(b, a, name) for a, b, name in pairs if name not in {"Row 1", "Column 3"}]
    edges = pd.DataFrame(ways, columns=["u", "v", "name"]).assign(key=0, highway="residential", speed_kph=36.0)
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")
    points = gpd.points_from_xy(nodes["x"] + STEP / 4, nodes["y"])
    zones = gpd.GeoDataFrame({"zone_id": nodes.index.astype(str), "population": 10}, geometry=points, crs="EPSG:4326")
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1", "S2"], "name": ["One", "Two"]}, geometry=points[[0, 28]], crs="EPSG:4326"
    )
    return fp.Scenario(roads, stations, None, zones)


TOWN = built_town()
LINES = TOWN.roads.streets.to_crs(4326).geometry.to_numpy()


def closed(before, after):
    was, now = (np.isfinite(r.there_s) | np.isfinite(r.back_s) for r in (before.roads, after.roads))
    return set(np.flatnonzero(was & ~now))


def matrix(roads):
    """Driving times between the nodes of the town. [s]"""
    rows = [fp.travel.node_times(roads, int(i)).reindex(range(SIDE * SIDE)) for i in range(0, SIDE * SIDE, 5)]
    return np.nan_to_num(np.array(rows, dtype=float), nan=np.inf)


@FEW
@given(PLACE, PLACE)
def test_a_line_closes_exactly_what_it_crosses(a, b):
    assume(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 1e-4)
    change = fp.CloseRoad(across=[a, b])
    line = shapely.LineString(change.across)
    # What passes a corner as near as the rounding of metres is left aside.
    away = shapely.distance(line, shapely.points(shapely.get_coordinates(LINES)))
    assume(away.min() > 1e-6)
    crossed = set(np.flatnonzero(shapely.intersects(line, LINES)))
    try:
        found = closed(TOWN, TOWN.apply(change))
    except InputError:
        found = set()
    assert found == crossed


@FEW
@given(PLACE, WIDTH, WIDTH)
def test_closing_then_opening_gives_the_same_times_to_what_was_two_way(at, wide, high):
    ground = shapely.box(at[0], at[1], at[0] + wide, at[1] + high)
    try:
        shut = TOWN.apply(fp.CloseRoad(area=ground))
    except InputError:
        assert not shapely.intersects(shapely.buffer(ground, -1e-9), LINES).any()
        return
    oneway = np.isinf(TOWN.roads.there_s) | np.isinf(TOWN.roads.back_s)
    again = shut.apply(fp.OpenRoad(area=ground, speed_kph=36)).roads
    np.testing.assert_allclose(again.there_s[~oneway], TOWN.roads.there_s[~oneway], rtol=1e-6)
    np.testing.assert_allclose(again.back_s[~oneway], TOWN.roads.back_s[~oneway], rtol=1e-6)
    rows = closed(TOWN, shut)
    assert rows == set(np.flatnonzero(shapely.intersects(ground, LINES) & ~shapely.touches(ground, LINES)))
    found = changes.notes(shut)[0]
    assert f": {len(rows)} street{'s' if len(rows) > 1 else ''}, " in found
    assert (matrix(shut.roads) >= matrix(TOWN.roads) - 1e-3).all()


@FEW
@given(st.lists(PLACE, min_size=2, max_size=4, unique=True), KPH, st.booleans(), st.booleans(), st.booleans())
def test_building_a_road_makes_nobody_slower(line, kph, oneway, bridge, crossings):
    road = fp.BuildRoad(line, "tertiary", "New", kph, oneway, bridge=bridge, crossings=crossings, loose=True)
    try:
        built = TOWN.apply(road).roads
    except FireplanError as error:
        said = str(error)
    else:
        said = ""
    assert not said or "joins no street" in said or "at one place" in said
    assume(not said)
    assert (matrix(built) <= matrix(TOWN.roads) * (1 + 1e-5) + 1e-2).all()
    old = built.street_name != "New"
    # What was there is there still, in as many metres; it is cut nowhere but where it is joined.
    np.testing.assert_allclose(built.length_m[old].sum(), TOWN.roads.length_m.sum(), rtol=1e-9)
    np.testing.assert_allclose(built.length_m[old] * 3.6 / 36, np.minimum(built.there_s, built.back_s)[old], rtol=1e-9)
    ends = built.node_xy_m[np.stack([built.first, built.last])]
    lines = built.streets.geometry.array
    for end, at in ((0, 0), (1, -1)):
        tips = np.array([line.coords[at] for line in lines])
        np.testing.assert_allclose(tips, ends[end], atol=1e-6)


@FEW
@given(st.data())
def test_changes_of_roads_are_written_and_read_alike(data):
    ground = st.one_of(st.none(), st.tuples(PLACE, PLACE).map(lambda two: shapely.box(*two[0], *two[1])))
    hours = st.one_of(st.none(), st.tuples(st.integers(0, 12), st.integers(13, 24)))
    asked = {
        "road": data.draw(st.sampled_from(["", "Row 1", "Column 3"])),
        "near": data.draw(st.one_of(st.none(), PLACE)),
        "area": data.draw(ground),
        "across": data.draw(st.one_of(st.none(), st.tuples(PLACE, PLACE))),
        "hours": data.draw(hours),
        "weekdays": data.draw(st.sets(st.sampled_from(["Monday", "sat"])).map(tuple)),
        "spare": data.draw(st.sets(st.sampled_from(["bridges", "tunnels"])).map(tuple)),
    }
    kind, more = data.draw(
        st.sampled_from([(fp.CloseRoad, {}), (fp.SetRestriction, {"max_weight_t": 3.5}), (fp.OpenRoad, {})])
    )
    try:
        change = kind(**asked, **more)
    except InputError:
        return
    again = changes.from_dict(change.to_dict())
    assert again == change
    assert hash(again) == hash(change)
    assert str(again) == str(change)


@FEW
@given(st.sampled_from(range(TOWN.roads.n_streets)))
def test_the_loss_of_a_street_is_what_closing_it_does_to_everybody_else(street):
    """Where nobody lives on it, the change and the measure agree."""
    zones = TOWN.zones[fp.travel.places(TOWN, "zones").on_road.street != street]
    town = fp.Scenario(TOWN.roads, TOWN.stations, None, zones)
    starts = fp.travel._places.station_places(town).on_road.street
    assume(street not in starts)
    middle = shapely.line_interpolate_point(LINES[street], 0.5, normalized=True)
    cut = town.apply(fp.CloseRoad("", near=(middle.x, middle.y)))
    before, after = (fp.first_due(s)["first_due_s"].to_numpy() for s in (town, cut))
    weight = zones["population"].to_numpy(float)
    later = np.isfinite(after) & (after > before)
    found = fp.travel.criticality(town, weight="population")
    row = found.loc[street] if street in found.index else dict.fromkeys(("delayed", "cut_off", "delay_sum_s"), 0.0)
    assert row["delayed"] == weight[later].sum()
    assert row["cut_off"] == weight[np.isinf(after)].sum()
    np.testing.assert_allclose(row["delay_sum_s"], (weight * (after - before))[later].sum(), rtol=1e-3, atol=0.1)
