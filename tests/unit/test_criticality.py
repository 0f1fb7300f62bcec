"""Which street's loss delays whom, against every street of a network closed by itself."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan import _kernel as kernel
from fireplan.errors import InputError, UnknownIdError
from fireplan.roads._build_network import build_network
from fireplan.travel._nearest_stations import Origins, points_of
from fireplan.travel._places import places, station_places

LIMIT_S = 240.0


@pytest.fixture(scope="module")
def city():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module")
def district(city):
    """Two square kilometres of the sample city, with the stations whose streets lie there, and a one of its own."""
    middle = city.stations.to_crs(city.roads.crs).geometry["S1"]
    ground = shapely.box(middle.x - 900, middle.y - 900, middle.x + 900, middle.y + 900)
    return cut_out(city, ground)


def cut_out(city, ground):
    """The streets of a city that lie on a ground, with the demand and stations there."""
    roads = city.roads
    inside = np.flatnonzero(shapely.within(roads.streets.geometry.array, ground))
    nodes = np.unique(np.concatenate([roads.first[inside], roads.last[inside]]))
    place = np.full(roads.n_nodes, -1)
    place[nodes] = np.arange(len(nodes))
    part = build_network(
        crs=roads.crs, node_ids=roads.node_ids[nodes], node_xy_m=roads.node_xy_m[nodes],
        first=place[roads.first[inside]], last=place[roads.last[inside]], length_m=roads.length_m[inside],
        there_s=roads.there_s[inside], back_s=roads.back_s[inside],
        lines=roads.streets.geometry.array[inside], highway=roads.highway[inside],
        street_name=roads.street_name[inside], source="a district", notes=(),
    )  # fmt: skip
    zones, stations = city.zones, city.stations
    zones = zones[shapely.within(zones.to_crs(roads.crs).representative_point().array, ground)]
    stations = stations[shapely.within(stations.to_crs(roads.crs).geometry.array, ground)]
    units = city.units[city.units["station_id"].isin(stations.index)]
    town = fp.Scenario(part, stations, units, zones, name="district")
    # A second station, so that what one loses the other takes over.
    corner = part.node_xy_m[part.component == 0][-1]
    lonlat = fp.crs.project(corner[None], source=part.crs, target="EPSG:4326")[0]
    return town.apply(fp.OpenStation("X1", at=tuple(lonlat), units=("E91",)), name="district")


def routing_without(roads, street):
    """What a search runs over when a street is lost, and what junctions cost stays as it is."""
    routing, lost = roads.routing, np.isin(np.arange(roads.n_streets), street)
    streets = routing.streets
    shut = streets._replace(
        there_s=kernel.read_only(np.where(lost, np.inf, streets.there_s)),
        back_s=kernel.read_only(np.where(lost, np.inf, streets.back_s)),
    )
    if not routing.by_turn:
        along_s = np.concatenate([shut.there_s + routing.lost_there_s, shut.back_s + routing.lost_back_s])
        return replace(routing, graph=kernel.graph_of(roads.arc_pattern, along_s), streets=shut)
    graph = routing.graph
    tail = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
    kept = ~(lost[tail >> 1] | lost[graph.head >> 1])  # turns lead from streets to streets
    start = np.searchsorted(tail[kept], np.arange(graph.n_nodes + 1)).astype(np.int32)
    return replace(routing, graph=kernel.Graph(start, graph.arcs[kept], graph.longest_s, shut), streets=shut)


def arrivals_without(scenario, street):
    """Arrival at each zone when a street is closed and everything stays where it is."""
    shut = routing_without(scenario.roads, street)
    ends, starts = places(scenario, "zones"), station_places(scenario)
    n = len(starts.ids)
    origins = Origins(starts, np.arange(n), np.zeros(n, dtype=np.float32), np.zeros((n, 1)))
    seeds = shut.seeds(origins.street, origins.along, owner=np.arange(n))
    table = kernel.nearest_sources(shut.graph, seeds, 2)
    points = points_of(scenario, ends)
    _, best_s = kernel.first_at_points(table, shut.streets, points, origins.sources, depth=1)
    return best_s[0]


def brute_force(scenario, weight):
    """What the loss of each street does, each street closed by itself."""
    roads, ends = scenario.roads, places(scenario, "zones")
    before_s = arrivals_without(scenario, [])
    inside = (ends.on_road.along > 0) & (ends.on_road.along < 1)
    rows = []
    for street in range(roads.n_streets):
        after_s = arrivals_without(scenario, [street])
        on_it = (ends.on_road.street == street) & inside
        counts = np.isfinite(before_s) & ~on_it
        later = counts & np.isfinite(after_s) & (after_s > before_s)
        more_s = np.subtract(after_s, before_s, out=np.zeros(len(later)), where=later)
        rows.append({
            "delayed": weight[later].sum(),
            "delay_sum_s": (weight * more_s).sum(),
            "longest_delay_s": more_s[weight > 0].max(initial=0.0),
            "late": weight[counts & (before_s <= LIMIT_S) & (after_s > LIMIT_S)].sum(),
            "cut_off": weight[counts & np.isinf(after_s)].sum(),
            "on_it": weight[on_it & np.isfinite(before_s)].sum(),
        })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("turns", ["none", "mean", "exact"])
def test_every_street_of_a_district_closed_by_itself(district, turns):
    roads = district.roads.with_turns(turns)
    town = fp.Scenario(roads, district.stations, district.units, district.zones)
    weight = town.zones["population"].to_numpy(float)
    found = fp.travel.criticality(town, weight="population", limit_s=LIMIT_S)
    wanted = brute_force(town, weight)
    assert len(found) > 100
    assert town.roads.n_streets > 300
    pd.testing.assert_frame_equal(
        pd.DataFrame(found[list(wanted.columns)]).sort_index(), wanted.loc[sorted(found.index)],
        check_names=False, check_index_type=False, rtol=1e-4, atol=0.02,
    )  # fmt: skip
    rest = wanted.drop(index=found.index)
    assert (rest[["delayed", "late", "cut_off"]] == 0).all(axis=None)  # what is not listed changes nothing
    assert found.attrs["n"] == weight[np.isfinite(arrivals_without(town, []))].sum()


def test_exact_turns_are_weighed_as_they_are(district):
    """Of a street that is lost everyone is later whose quickest way, turns and all, leads over it."""
    town = fp.Scenario(district.roads.with_turns("exact"), district.stations, district.units, district.zones)
    ends, weight = places(town, "zones"), town.zones["population"].to_numpy(float)
    found = fp.travel.criticality(town, weight="population")
    first = fp.travel.first_due(town)
    used = dict.fromkeys(range(town.roads.n_streets), 0.0)
    for zone, row, people in zip(town.zones.index, first["first_due"], weight, strict=True):
        if isinstance(row, str) and ends.on_road.street[list(town.zones.index).index(zone)] >= 0:
            for street in set(fp.travel.route(town, row, zone, among="zones").attrs["streets"]):
                used[street] += people
    lost = found["delayed"] + found["cut_off"] + found["on_it"]
    # Who has a second way of the same time is not delayed; nobody else is spared.
    assert all(lost[street] <= used[street] + 1e-6 for street in found.index)
    assert lost.sum() > 0.9 * sum(used.values())


def test_what_is_kept_open_keeps_every_arrival(district):
    found = fp.travel.criticality(district, weight="population")
    roads = district.roads
    closed = np.setdiff1d(np.arange(roads.n_streets), found.index)
    weight = district.zones["population"].to_numpy(float)
    ploughed, before_s = arrivals_without(district, closed), arrivals_without(district, [])
    counts = (weight > 0) & np.isfinite(before_s)
    np.testing.assert_allclose(ploughed[counts], before_s[counts], rtol=1e-6)
    assert found.attrs["kept_open_km"] == pytest.approx(roads.length_m[found.index].sum() / 1000)
    assert found.attrs["streets"] == len(found) < roads.n_streets


def test_a_line_of_blocks_is_cut_where_it_is_cut():
    town = fp.examples.line_town()  # ten people in each of forty blocks; the station stands at the south end
    found = fp.travel.criticality(town, weight="population", limit_s=240).sort_index()
    north = np.argsort(town.roads.node_xy_m[town.roads.first, 1])
    found = found.loc[north]
    assert found["cut_off"].tolist() == [10.0 * (39 - i) for i in range(40)]
    assert found["on_it"].tolist() == [10.0] * 40
    assert found["over"].tolist() == [10.0 * (40 - i) for i in range(40)]
    assert (found["delayed"] == 0).all()
    # The middle of the 22nd block is 21.5 blocks of 11.09 s away: 238.3 s. Beyond it nobody is within 240 s anyway.
    assert found["late"].tolist() == [10.0 * max(0, 21 - i) for i in range(40)]


def test_stretches_are_lost_together(district):
    streets = fp.travel.criticality(district, weight="population")
    stretches = fp.travel.criticality(district, weight="population", by="stretch")
    assert len(stretches) < len(streets)
    assert stretches.attrs["kept_open_km"] == streets.attrs["kept_open_km"]
    both = stretches.index.intersection(streets.index)
    worse = stretches.loc[both, ["delayed", "cut_off", "on_it"]].sum(axis=1)
    assert (worse >= streets.loc[both, ["delayed", "cut_off", "on_it"]].sum(axis=1) - 1e-9).all()


def test_streets_and_stations_are_chosen(district):
    whole = fp.travel.criticality(district, weight="population")
    few = fp.travel.criticality(district, weight="population", most=5)
    assert set(few.index) == set(whole.nlargest(5, "over").index)
    assert any("with less weight over them" in line for line in few.attrs["left_out"])
    parts = [fp.travel.criticality(district, weight="population", stations=[s]) for s in ("S1", "X1")]
    assert sum(p.attrs["n"] for p in parts) == whole.attrs["n"]
    assert parts[0]["over"].add(parts[1]["over"], fill_value=0).sort_index().tolist() == pytest.approx(
        whole["over"].sort_index().tolist()
    )
    x, y = district.roads.node_xy_m.mean(axis=0)
    ground = gpd.GeoSeries([shapely.box(x - 200, y - 200, x + 200, y + 200)], crs=district.roads.crs)
    near = fp.travel.criticality(district, weight="population", area=ground)
    assert 0 < len(near) < len(whole)
    pd.testing.assert_frame_equal(near.sort_index(), whole.loc[near.index].sort_index())


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"weight": "poeple"}, UnknownIdError, "unknown weight 'poeple'"),
        ({"to": "moon"}, InputError, "ask for 'zones', 'incidents' or 'roads'"),
        ({"stations": ["S9"]}, UnknownIdError, "'S9'"),
        ({"needs": {"truck": 1}}, InputError, "nothing sets out"),
        ({"most": 0}, InputError, "one street at least"),
        ({"to": "roads", "weight": "population"}, InputError, "leave it out"),
        ({"limit_s": 4}, InputError, "seconds, not minutes"),
    ],
)
def test_what_cannot_be_asked_is_said(asked, error, said):
    with pytest.raises(error, match=said):
        fp.travel.criticality(fp.examples.line_town(), **asked)
