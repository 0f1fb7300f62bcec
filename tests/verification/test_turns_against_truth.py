"""Times over turns against the written speeds and delays from which Marisol was drawn, without its noise."""

import gzip
import importlib
import tomllib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from sample_city import sample_city

from fireplan import _kernel as kernel
from fireplan import examples, roads
from fireplan.crs import WGS84, project
from fireplan.roads import Control, Feature, TurnDelays

DATA = Path(__file__).resolve().parents[2] / "data"
PIECE_M = 50.0
LIMIT_S = 240.0
SETBACK_M = 19.0
"""How far the stations stand from their street."""


class Truth:
    """Places along every stretch of the written network: where they are, and when the first engine is there."""

    def __init__(self, network, routing, travel, crs):
        file = examples.marisol_folder() / "roads.osm.gz"
        with gzip.open(file) as stream:
            tree = ET.parse(stream).getroot()  # noqa: S314 - our own file
        nodes = {node.get("id"): node for node in tree.iter("node")}
        number = {osm_id: i for i, osm_id in enumerate(nodes)}
        lonlat = np.array([[float(n.get("lon")), float(n.get("lat"))] for n in nodes.values()])
        xy = project(lonlat, source=WGS84, target=crs)
        net = network.Network(xy=[tuple(at) for at in xy.tolist()])
        for way in tree.iter("way"):
            tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
            net.ways.append(network.Way([number[nd.get("ref")] for nd in way.iter("nd")], tags))
        self.signals = [number[i] for i, node in nodes.items() if node.find("tag[@v='traffic_signals']") is not None]
        net.node_tags = {node: {"highway": "traffic_signals"} for node in self.signals}
        self.signal_ids = {list(nodes)[node] for node in self.signals}
        self.posts_xy = self._posts(net, xy, crs)
        arcs = routing.make_arcs(net, list(travel["speed_kph"]), set(self.posts))
        times = routing.TrueTimes(net, arcs, travel | {"hour_factor": [1.0]}, self.posts)
        once = np.flatnonzero(arcs.twin < np.arange(len(arcs.tail)))  # of both directions the second, and one-ways
        count = np.maximum(1, np.ceil(arcs.length_m[once] / PIECE_M).astype(int))
        arc = np.repeat(once, count)
        share = (np.arange(len(arc)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / np.repeat(count, count)
        self.metres = np.repeat(arcs.length_m[once] / count, count)
        self.seconds = times.to_points(arc, share, 0).min(axis=0)
        self.xy = np.array([self._along(arcs.coords[a], f) for a, f in zip(arc, share, strict=True)])

    def _posts(self, net, xy, crs):
        table = sample_city(calibrated=False).today.stations.to_crs(crs).geometry
        main = {n for way in net.ways if way.tags.get("highway") in {"primary", "secondary"} for n in way.nodes}
        main = np.array(sorted(main))
        self.posts = []
        for x, y in zip(table.x, table.y, strict=True):
            off_m = np.hypot(*(xy[main] - (x, y)).T)
            assert off_m.min() == pytest.approx(SETBACK_M, abs=0.5)
            self.posts.append(int(main[off_m.argmin()]))
        return xy[self.posts]

    @staticmethod
    def _along(coords, share):
        steps_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
        return [np.interp(share * steps_m[-1], steps_m, coords[:, k]) for k in range(2)]


@pytest.fixture(scope="module")
def settings():
    return tomllib.loads((examples.marisol_folder() / "truth.toml").read_text(encoding="utf-8"))["travel"]


@pytest.fixture(scope="module")
def written(settings):
    """The network at the written speeds, with its signals; and the delays."""
    read = roads.from_osm(examples.marisol_folder() / "roads.osm.gz")
    kph = np.array([settings["speed_kph"][name] for name in read.highway])
    along_s = read.length_m / kph * 3.6
    timed = read.with_times(
        there_s=np.where(np.isfinite(read.there_s), along_s, np.inf),
        back_s=np.where(np.isfinite(read.back_s), along_s, np.inf),
    )
    delay_s = settings["delay_s"]
    delays = TurnDelays(
        left_s=delay_s["left"], right_s=delay_s["right"], signal_s=delay_s["straight_at_signal"], u_turn_s=0.0
    )
    return timed, delays


@pytest.fixture(scope="module")
def truth(settings, written):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DATA)
        network = importlib.import_module("marisol_maker.network")
        routing = importlib.import_module("marisol_maker.routing")
        return Truth(network, routing, settings, written[0].crs)


@pytest.fixture(scope="module")
def with_signals(written, truth):
    timed, delays = written
    lit = np.isin(np.array([str(i) for i in timed.node_ids]), list(truth.signal_ids))
    control = np.column_stack([lit[timed.last], lit[timed.first]]) * np.uint8(Control.SIGNALS)
    features = timed.features & ~np.uint16(Feature.ROUNDABOUT)  # in the written delays they are junctions like others
    return replace(timed, control=control.astype(np.uint8), features=features, delays=delays)


def modelled_s(network, truth, startup_s):
    """When the first engine is at the places, by fireplan."""
    stand = roads.snap_xy(network, truth.posts_xy, limit_m=1.0, freeways=False)
    seeds = network.routing.seeds(stand.street, stand.along, owner=np.arange(len(stand.street)))
    table = kernel.nearest_sources(network.routing.graph, seeds, 1)
    place = roads.snap_xy(network, truth.xy, limit_m=1.0, freeways=True)
    assert (place.street >= 0).all()
    points = kernel.StreetPoints(place.street, place.along, np.argsort(place.street).astype(np.int32))
    sources = kernel.Sources(stand.street, stand.along, np.zeros(len(stand.street)))
    _, best_s = kernel.first_at_points(table, network.routing.streets, points, sources, depth=1)
    return best_s[0] + startup_s


@pytest.mark.parametrize(
    ("turns", "most_wrong", "most_sd_s"), [("exact", 0.003, 1.5), ("mean", 0.013, 7.0)], ids=["exact", "mean"]
)
def test_road_kilometres_within_four_minutes_are_those_of_the_truth(
    turns, most_wrong, most_sd_s, with_signals, truth, settings
):
    found_s = modelled_s(with_signals.with_turns(turns), truth, settings["startup_s"])
    reached = np.isfinite(truth.seconds)
    assert np.array_equal(np.isfinite(found_s), reached)
    wrong = (found_s <= LIMIT_S) != (truth.seconds <= LIMIT_S)
    share = truth.metres[wrong].sum() / truth.metres.sum()
    assert share <= most_wrong
    assert np.std(found_s[reached] - truth.seconds[reached]) <= most_sd_s


def test_without_turns_and_a_start_more_is_wrong(with_signals, truth):
    found_s = modelled_s(with_signals, truth, 0.0)
    wrong = (found_s <= LIMIT_S) != (truth.seconds <= LIMIT_S)
    assert truth.metres[wrong].sum() / truth.metres.sum() > 0.05
