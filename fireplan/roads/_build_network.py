"""Streets put into their lasting order, whatever order the source had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan import _kernel as kernel
from fireplan.errors import NetworkError
from fireplan.roads._dead_ends import dead_end_notes
from fireplan.roads._network import RoadNetwork, plain_traits
from fireplan.roads._rules.vehicles import USUAL_VEHICLE, Vehicle

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray


def build_network(  # noqa: PLR0913 - one argument for each attribute of the noun
    *,
    crs: pyproj.CRS,
    node_ids: NDArray[np.object_],
    node_xy_m: NDArray[np.float64],
    first: NDArray[np.integer],
    last: NDArray[np.integer],
    length_m: NDArray[np.float64],
    there_s: NDArray[np.float64],
    back_s: NDArray[np.float64],
    lines: NDArray[np.object_],
    highway: NDArray[np.str_],
    street_name: NDArray[np.str_],
    source: str,
    notes: tuple[str, ...],
    street_ref: NDArray[np.str_] | None = None,
    features: NDArray[np.uint16] | None = None,
    control: NDArray[np.uint8] | None = None,
    wait_s: NDArray[np.float64] | None = None,
    banned: NDArray[np.integer] | None = None,
    vehicle: Vehicle = USUAL_VEHICLE,
) -> RoadNetwork:
    """
    Put streets into their lasting order and freeze them.

    Nodes stand in Z-order and each street runs from the lower to the higher node, so the order and the ids in the
    source leave no trace in any result. Arguments are as the attributes of `RoadNetwork`; `lines` are LineStrings, and
    `banned` speaks of streets in the order and direction in which they are given here.
    """
    if len(node_ids) == 0:
        raise NetworkError(f"{source or 'the network'} has no nodes: nothing to drive on")
    order = lasting_node_order(node_xy_m, node_ids)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    first, last = place[first], place[last]
    turn = (first > last) | _loops_to_turn(first, last, lines)
    first, last = np.where(turn, last, first), np.where(turn, first, last)
    if control is not None:
        control = np.where(turn[:, None], control[:, ::-1], control)
    there_s, back_s = np.where(turn, back_s, there_s), np.where(turn, there_s, back_s)
    lines = np.where(turn, shapely.reverse(lines), lines)
    keys = (first, last, there_s, back_s, shapely.to_wkb(lines))
    row = np.lexsort(keys[::-1])
    if np.all([key[row[1:]] == key[row[:-1]] for key in keys], axis=0).any():
        row = np.lexsort((length_m, highway, street_name, *keys[::-1]))  # streets that differ by what they are called
    xy, street = shapely.get_coordinates(lines[row], return_index=True)
    one_ended = dead_end_notes(node_ids[order], first=first, last=last, there_s=there_s, back_s=back_s)
    offsets = np.searchsorted(street, np.arange(len(row) + 1))
    if banned is not None:
        now = np.empty(len(row), dtype=np.int64)
        now[row] = np.arange(len(row))
        given, driven_back = np.divmod(np.asarray(banned, dtype=np.int64), 2)
        states = 2 * now[given] + (driven_back ^ turn[given])
        banned = np.unique(states.reshape(-1, 2), axis=0)
    plain = plain_traits(len(order), len(row))
    return RoadNetwork(
        crs=crs,
        node_ids=node_ids[order],
        node_xy_m=node_xy_m[order],
        first=first[row].astype(np.int32),
        last=last[row].astype(np.int32),
        length_m=length_m[row].astype(float),
        there_s=there_s[row].astype(float),
        back_s=back_s[row].astype(float),
        xy_m=xy,
        offsets=offsets.astype(np.int64),
        highway=highway[row].astype(str),
        street_name=street_name[row].astype(str),
        source=source,
        notes=(*notes, *one_ended),
        street_ref=plain["street_ref"] if street_ref is None else street_ref[row].astype(str),
        features=plain["features"] if features is None else features[row].astype(np.uint16),
        control=plain["control"] if control is None else control[row].astype(np.uint8),
        wait_s=plain["wait_s"] if wait_s is None else wait_s[order].astype(float),
        banned=plain["banned"] if banned is None else banned.astype(np.int32),
        vehicle=vehicle,
    )


def lasting_node_order(xy_m: NDArray[np.float64], ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Say in which order nodes stand: along a Z-shaped curve; those at one place by their ids as text."""
    order = kernel.morton_order(xy_m[:, 0], xy_m[:, 1])
    alike = np.append(False, (xy_m[order[1:]] == xy_m[order[:-1]]).all(axis=1))
    if not alike.any():
        return order
    place = np.cumsum(~alike)
    return order[np.lexsort((np.array([str(i) for i in ids[order]]), place))]


def _loops_to_turn(
    first: NDArray[np.integer], last: NDArray[np.integer], lines: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Say which streets from a node to itself are kept the other way round: of a line and its reverse one is kept."""
    found = np.asarray(first == last)
    found[found] = shapely.to_wkb(lines[found]) > shapely.to_wkb(shapely.reverse(lines[found]))
    return found
