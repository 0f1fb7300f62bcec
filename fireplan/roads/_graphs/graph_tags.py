"""What the columns of edges and nodes say in the words of OpenStreetMap, for graphs and tables as for extracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan.roads._classes import NOT_DRIVEN
from fireplan.roads._graphs.level_crossings import crossings_of
from fireplan.roads._rules.access import BACKWARD, CONDITIONAL, FORWARD, NO, READ, Passage, as_meant, passage
from fireplan.roads._rules.barriers import NODE_KEYS, TELLING_KEYS, Met, met_at
from fireplan.roads._rules.speeds import class_speeds, drivable_class

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads._rules.reading_notes import Counts
    from fireplan.roads._rules.vehicles import Vehicle

DIRECTED = ("oneway", "oneway:")
"""Keys on one-way traffic: edges have their direction already."""

EXEMPT = "oneway:emergency"

LOCAL = "residential"
"""Class under which one that nobody knows is driven."""

JUDGED_AS_IT_IS = NOT_DRIVEN | {"bus_guideway", "emergency_access", "escalator", "planned", "disused", "demolished"}


def edge_passages(edges: pd.DataFrame, vehicle: Vehicle) -> list[Passage]:
    """How a vehicle may use each edge, by the tags that stand in columns; its speed is that in the edge's direction."""
    named = [c for c in edges.columns if isinstance(c, str) and not c.startswith(DIRECTED)]
    columns = [c for c in named if c in READ or c.endswith(CONDITIONAL)]
    against = edges["reversed"].tolist() if "reversed" in edges.columns else [False] * len(edges)
    if not columns:
        return [passage({"highway": LOCAL}, vehicle)] * len(edges)
    known: dict[tuple[bool, tuple[str, ...]], Passage] = {}
    found = []
    for back, *values in zip(against, *(edges[c].tolist() for c in columns), strict=True):
        key = back is True, tuple(tag_text(value) for value in values)
        if key not in known:
            known[key] = _one_way(dict(zip(columns, key[1], strict=True)), vehicle, BACKWARD if key[0] else FORWARD)
        found.append(known[key])
    return found


def _one_way(tags: dict[str, str], vehicle: Vehicle, way: str) -> Passage:
    tags = as_meant({key: text for key, text in tags.items() if text})
    classes = {one.strip() for one in tags.get("highway", "").split(";")}
    if drivable_class(tags.get("highway")) is None and not classes <= JUDGED_AS_IT_IS:
        tags["highway"] = LOCAL
    tags["oneway"] = "no"
    found = passage(tags, vehicle)
    kph = found.forward_kph if way == FORWARD else found.backward_kph
    if found.highway and not np.isfinite(kph):
        return Passage(left_out="closed")
    return found._replace(forward_kph=kph)


def class_named(value: object, found: Passage) -> str:
    """Class of an edge: of several that under which it is driven; of one that nobody knows its own name."""
    named = [one.strip().lower() for one in tag_text(value).split(";")]
    return found.highway if found.highway in named else named[0] or "unclassified"


def with_exempt(edges: pd.DataFrame, vehicle: Vehicle) -> pd.DataFrame:
    """Edges, and beside those of one-way streets on which engines are free of that the same the other way."""
    if EXEMPT not in edges.columns or not vehicle.emergency:
        return edges
    against = edges[[tag_text(value).strip().lower() in NO for value in edges[EXEMPT]]]
    driven = set(zip(edges["u"], edges["v"], strict=True))
    against = against[[(v, u) not in driven for u, v in zip(against["u"], against["v"], strict=True)]]
    if against.empty:
        return edges
    turned = against.assign(u=against["v"], v=against["u"])
    turned["reversed"] = [value is not True for value in turned.get("reversed", [False] * len(turned))]
    if "geometry" in turned.columns:
        lines = [turned_line(line) for line in turned["geometry"]]
        turned = pd.DataFrame(turned).assign(geometry=pd.Series(lines, index=turned.index, dtype=object))
    return pd.concat([pd.DataFrame(edges), turned], ignore_index=True)


def turned_line(line: object) -> object:
    """A line drawn from its other end; what is no line as it is."""
    if isinstance(line, str):
        with np.errstate(invalid="ignore"):
            line = shapely.from_wkt(line, on_invalid="ignore")
    return line.reverse() if hasattr(line, "reverse") else line


def tag_text(value: object) -> str:
    """Value of a tag as it is written: of a list all of it, of a truth yes or no, of nothing nothing."""
    if isinstance(value, list | tuple):
        return ";".join(dict.fromkeys(text for one in value if (text := tag_text(one))))
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return str(value)


class NodesMet(NamedTuple):
    """
    What is met at the nodes of a network of streets.

    Attributes
    ----------
    first, last
        Nodes of the streets, where those that a barrier parts have one on either side.
    twin_of
        Node beside which each new one stands.
    control
        What is met at the end of each street.
    wait_s
        Lost at each node, the new ones last. [s]
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    twin_of: list[int]
    control: NDArray[np.uint8]
    wait_s: NDArray[np.float64]


def nodes_met(
    nodes: pd.DataFrame, first: NDArray[np.int64], last: NDArray[np.int64], length_m: NDArray[np.float64],
    highway: NDArray[np.str_], vehicle: Vehicle, tally: Counts,
) -> NodesMet:  # fmt: skip
    """Say what is met at nodes, by the tags that stand in their columns."""
    things = _things(nodes, vehicle)
    crossings = crossings_of(things, first, last, length_m)
    control = np.zeros((len(first), 2), dtype=np.uint8)
    wait_s = np.zeros(len(nodes))
    first, last = first.copy(), last.copy()
    twin_of: list[int] = []
    for node, thing in things:
        arms = [(int(s), 0) for s in np.flatnonzero(last == node)] + [
            (int(s), 1) for s in np.flatnonzero(first == node)
        ]
        if thing.shut and len(arms) > 2:
            tally.add("open at a junction")
            continue
        if thing.crossing and node not in crossings.waits:
            tally.n["tram crossing"] += node in crossings.trams
            continue
        tally.n[thing.told] += bool(thing.told)
        for street, end in arms[1:] if thing.shut else []:
            (last if end == 0 else first)[street] = len(nodes) + len(twin_of)
            twin_of.append(node)
        wait_s[node] = thing.wait_s
        for street, end in _heeding(arms, highway) if thing.minor else arms:
            control[street, end] = thing.control
    return NodesMet(first, last, twin_of, control, np.append(wait_s, np.zeros(len(twin_of))))


def _things(nodes: pd.DataFrame, vehicle: Vehicle) -> list[tuple[int, Met]]:
    """Places of nodes at which something is met, and what."""
    columns = [c for c in nodes.columns if isinstance(c, str) and c in NODE_KEYS]
    telling = [c for c in columns if c in TELLING_KEYS]
    found = []
    for place in np.flatnonzero(nodes[telling].notna().any(axis=1).to_numpy()) if telling else []:
        tags = {c: text for c in columns if (text := tag_text(nodes[c].iloc[place]))}
        thing = met_at(tags, vehicle)
        if thing is not None:
            found.append((int(place), thing))
    return found


def _heeding(arms: list[tuple[int, int]], highway: NDArray[np.str_]) -> list[tuple[int, int]]:
    """Of the streets that meet at a sign those it stands for: the lesser ones, or all if they are of one class."""
    rank = {name: place for place, name in enumerate(class_speeds())}
    places = [rank.get(str(highway[street]).removesuffix("_link"), len(rank)) for street, _ in arms]
    lesser = [arm for arm, place in zip(arms, places, strict=True) if place > min(places, default=0)]
    return lesser or arms
