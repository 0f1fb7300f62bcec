"""
Small towns drawn in text: nodes are letters, and ways run over them.

    town = drawn(
        '''
        a---b---c
            |
            d
        ''',
        ways={"abc": "primary maxspeed=36", "bd": "service access=private"},
        nodes={"b": "highway=traffic_signals"},
        turns=["abc b bd no_right_turn except=psv"],
        folder=tmp_path,
    )
    town.seconds("a", "d"), town.route("a", "d")

North is up, a character is 100 m wide and a line 100 m high; lines between letters are for the eye alone. A way is
named by the letters it runs over, in that order, and is a residential street unless the first of its tags says
otherwise ("-": no highway at all). Tags stand apart by spaces; one with spaces in it stands in quotes. A turn
restriction says from which way, over which node or way, onto which, and its kind; "-": no `restriction` tag.
"""

from __future__ import annotations

import math
import shlex
from xml.sax.saxutils import quoteattr

import networkx as nx

import fireplan as fp
from fireplan import roads

STEP_M = 100.0
EQUATOR_DEG_M = 111_319.4908
MERIDIAN_DEG_M = 110_574.2727
"""Metres of a degree along the equator, and along a meridian beside it, on the WGS 84 ellipsoid. [m]"""


class Town:
    """A drawn town as a network, asked by letters."""

    def __init__(self, network, letters):
        self.network, self.letters = network, letters
        self.names = {number: letter for letter, number in letters.items()}

    def seconds(self, start, end):
        """Time from one letter to another by whatever turns cost [s]; inf where no way leads there."""
        found = fp.travel.node_times(self.network, self.letters[start], cutoff_s=36_000)
        return float(found.get(self.letters[end], math.inf))

    def route(self, start, end):
        """Letters of the junctions on the quickest way, whatever turns cost; "": no way."""
        graph = nx.DiGraph()
        for (u, v, _), time_s in self.network.edges["travel_time"].items():
            if time_s < graph.get_edge_data(u, v, {}).get("time_s", math.inf):
                graph.add_edge(u, v, time_s=time_s)
        try:
            nodes = nx.shortest_path(graph, self.letters[start], self.letters[end], weight="time_s")
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return ""
        return "".join(self.names.get(node, "?") for node in nodes)

    def open(self, start, end):
        """Which directions of the street between two letters are open: "both", "there", "back" or "none"."""
        u, v = self.letters[start], self.letters[end]
        pairs = {(a, b) for a, b, _ in self.network.edges.index}
        return {(True, True): "both", (True, False): "there", (False, True): "back"}.get(
            ((u, v) in pairs, (v, u) in pairs), "none"
        )

    def street(self, start, end):
        """Row of the street between two letters, and whether it is drawn from the first to the last of them."""
        u, v = self.letters[start], self.letters[end]
        ids = self.network.node_ids
        for row, (first, last) in enumerate(zip(self.network.first, self.network.last, strict=True)):
            if (ids[first], ids[last]) in {(u, v), (v, u)}:
                return row, ids[first] == u
        raise LookupError(f"no street between {start} and {end}")

    def state(self, start, end):
        """The street between two letters driven from the first to the last, as `banned` names it."""
        row, as_drawn = self.street(start, end)
        return 2 * row + (not as_drawn)

    @property
    def banned(self):
        """Forbidden turns by letters: {("ab", "bc"), ...}."""
        ids, first, last = self.network.node_ids, self.network.first, self.network.last

        def said(state):
            row, back = divmod(int(state), 2)
            ends = ids[first[row]], ids[last[row]]
            return "".join(self.names.get(i, "?") for i in (reversed(ends) if back else ends))

        return {(said(onto_from), said(onto)) for onto_from, onto in self.network.banned}


def drawn(picture, *, ways, folder, nodes=None, turns=(), name="town.osm", **reading):
    """Read a drawn town; `reading` goes to `roads.from_osm`."""
    text, letters = written(picture, ways=ways, nodes=nodes or {}, turns=turns)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return Town(roads.from_osm(file, **reading), letters)


def written(picture, *, ways, nodes=None, turns=()):
    """The drawn town as OpenStreetMap XML, and the number of each letter."""
    nodes = nodes or {}
    places = {
        letter: (column * STEP_M, -row * STEP_M)
        for row, line in enumerate(picture.splitlines())
        for column, letter in enumerate(line)
        if letter.isalnum()
    }
    numbers = {letter: number for number, letter in enumerate(sorted(places), start=1)}
    way_numbers = {way: number for number, way in enumerate(ways, start=101)}
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n']
    for letter, number in numbers.items():
        x, y = places[letter]
        at = f'lat="{y / MERIDIAN_DEG_M:.9f}" lon="{x / EQUATOR_DEG_M:.9f}"'
        parts.append(f'<node id="{number}" version="1" {at}>{_tags(nodes.get(letter, ""))}</node>\n')
    for way, tags in ways.items():
        refs = "".join(f'<nd ref="{numbers[letter]}"/>' for letter in way)
        said = shlex.split(tags)
        highway = said.pop(0) if said and "=" not in said[0] else "residential"
        own = "" if highway == "-" else _tag("highway", highway)
        parts.append(f'<way id="{way_numbers[way]}" version="1">{refs}{own}{_said(said)}</way>\n')
    for number, turn in enumerate(turns, start=1):
        begin, via, end, kind, *more = shlex.split(turn)
        members = _member("way", way_numbers[begin], "from")
        members += _member("way", way_numbers[via], "via") if via in ways else _member("node", numbers[via], "via")
        members += _member("way", way_numbers[end], "to")
        rule = _tag("type", "restriction") + ("" if kind == "-" else _tag("restriction", kind)) + _said(more)
        parts.append(f'<relation id="{number}" version="1">{members}{rule}</relation>\n')
    return "".join([*parts, "</osm>\n"]), numbers


def _member(kind, number, role):
    return f'<member type="{kind}" ref="{number}" role="{role}"/>'


def _tags(text):
    return _said(shlex.split(text))


def _said(pairs):
    return "".join(_tag(*pair.split("=", 1)) for pair in pairs)


def _tag(key, value):
    return f"<tag k={quoteattr(key)} v={quoteattr(value)}/>"
