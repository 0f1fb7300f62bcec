"""What a search runs over: states an engine can be in, and the streets between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads._turns import DirectedStreets, StreetTurns


@dataclass(frozen=True, eq=False)
class Routing:
    """
    States of a search and the arcs between them, as the kernel takes them.

    A state is a node; or, where each turn counts by itself, a street in one direction at the moment in which it is
    entered [1]_. Then an arc leads from a street over a turn onto the next, and the nodes come after the streets: what
    stands at a corner is reached by whichever street leads there, whatever turns are forbidden, and leaves by any.

    Attributes
    ----------
    graph
        Arcs between states, with the time along a street and what is lost at its end.
    streets
        The streets, and the time along them and back. [s]
    lost_there_s, lost_back_s
        Lost at the end of each street, before the next is entered, whichever that is: at its last node, and at its
        first. [s]

    References
    ----------
    .. [1] T. Caldwell, "On finding minimum routes in a network with turn penalties", Communications of the ACM 4(2),
       1961, 107-108. Cited after others who cite it; the paper itself was not at hand.
    """

    graph: kernel.Graph
    streets: kernel.Streets
    lost_there_s: NDArray[np.float64]
    lost_back_s: NDArray[np.float64]

    @property
    def n_states(self) -> int:
        """Number of states."""
        return self.graph.n_nodes

    @property
    def by_turn(self) -> bool:
        """Whether the states are streets by direction."""
        return self.streets.nodes_from > 0

    def seeds(self, street: NDArray[np.int32], along: NDArray[np.float64], *, owner: NDArray[np.int64]) -> kernel.Seeds:
        """Both ways onto the network from points on streets, where they may be driven; at an end, its node, however."""
        if self.by_turn:
            return self._seeds_by_turn(street, along, owner)
        streets = self.streets
        state = np.concatenate([streets.last[street], streets.first[street]])
        left = np.concatenate([1.0 - along, along])
        whole_s = np.concatenate([streets.there_s[street], streets.back_s[street]])
        lost_s = np.concatenate([self.lost_there_s[street], self.lost_back_s[street]])
        with np.errstate(invalid="ignore"):  # inf times nothing
            spent_s = np.where(left > 0, left * whole_s + lost_s, 0.0)
        drivable = np.isfinite(spent_s)
        both = np.concatenate([owner, owner]).astype(np.int32)
        return kernel.Seeds(state[drivable].astype(np.int32, copy=False), spent_s[drivable], both[drivable])

    def _seeds_by_turn(
        self, street: NDArray[np.int32], along: NDArray[np.float64], owner: NDArray[np.int64]
    ) -> kernel.Seeds:
        """From within a street what follows it, each way; from a node all that leaves it, and the node itself."""
        streets, graph = self.streets, self.graph
        inside = np.flatnonzero((along > 0) & (along < 1))
        way = np.concatenate([2 * street[inside], 2 * street[inside] + 1]).astype(np.int64)
        whole_s = np.concatenate([streets.there_s[street[inside]], streets.back_s[street[inside]]])
        left = np.concatenate([1.0 - along[inside], along[inside]])
        arc, of = _members(graph.start, way)
        lost_s = np.maximum(graph.time_s[arc] - whole_s[of].astype(np.float32), 0.0)
        going = np.flatnonzero(np.isfinite(whole_s))
        both = np.tile(owner[inside], 2).astype(np.int32)
        end = np.concatenate([streets.last[street[inside]], streets.first[street[inside]]]) + streets.nodes_from
        on = kernel.Seeds(
            np.concatenate([graph.head[arc], end[going]]).astype(np.int32),
            np.concatenate([left[of] * whole_s[of] + lost_s, left[going] * whole_s[going]]),
            np.concatenate([both[of], both[going]]),
        )
        at = np.flatnonzero((along <= 0) | (along >= 1))
        if not len(at):
            return on
        corner = np.where(along[at] <= 0, streets.first[street[at]], streets.last[street[at]])
        off = self.from_nodes(corner, owner=owner[at])
        return kernel.Seeds(
            np.concatenate([on.node, off.node]),
            np.concatenate([on.spent_s, off.spent_s]),
            np.concatenate([on.owner, off.owner]),
        )

    def from_nodes(self, node: NDArray[np.integer], *, owner: NDArray[np.int64]) -> kernel.Seeds:
        """All ways onto the network from nodes, and the nodes themselves."""
        if not self.by_turn:
            return kernel.Seeds(node.astype(np.int32), np.zeros(len(node)), owner.astype(np.int32))
        going, of = _members(self.leaving.start, node)
        state = np.concatenate([self.leaving.item[going], self.streets.nodes_from + node])
        both = np.concatenate([owner[of], owner])
        return kernel.Seeds(state.astype(np.int32), np.zeros(len(state)), both.astype(np.int32))

    @cached_property
    def leaving(self) -> kernel.Grouped:
        """The ways that leave each node, where they may be driven."""
        streets = self.streets
        going = np.flatnonzero(np.isfinite(np.column_stack([streets.there_s, streets.back_s]).ravel()))
        tail = np.where(going % 2 == 0, streets.first[going >> 1], streets.last[going >> 1])
        order = np.argsort(tail, kind="stable")
        n_nodes = self.n_states - streets.nodes_from
        return kernel.Grouped(
            np.searchsorted(tail[order], np.arange(n_nodes + 1)).astype(np.int32), going[order].astype(np.int32)
        )

    def nodes_entered(
        self, street: NDArray[np.int32], along: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """
        Nodes at which points on streets come onto the network, driving back and driving on; -1: not that way.

        Turns do not matter to that: the parts of a network are those of its nodes.
        """
        streets = self.streets
        on = (along >= 1) | ((along > 0) & np.isfinite(streets.there_s[street]))
        back = (along <= 0) | ((along < 1) & np.isfinite(streets.back_s[street]))
        return np.where(back, streets.first[street], -1), np.where(on, streets.last[street], -1)

    def states_at(self, street: int, along: float) -> tuple[int, int]:
        """States from which a point on a street is reached, coming from its first and from its last node."""
        first, last, _, _, nodes_from = self.streets
        if not self.by_turn:
            return int(first[street]), int(last[street])
        return (
            nodes_from + int(first[street]) if along <= 0 else 2 * street,
            nodes_from + int(last[street]) if along >= 1 else 2 * street + 1,
        )

    def at_nodes(
        self, state: NDArray[np.int32], state_s: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Of what a search found give the nodes, and when each is arrived at. [s]"""
        if not self.by_turn:
            return state, state_s
        node = state >= self.streets.nodes_from
        return state[node] - np.int32(self.streets.nodes_from), state_s[node]


def over_nodes(
    graph: kernel.Graph,
    streets: kernel.Streets,
    *,
    lost_there_s: NDArray[np.float64],
    lost_back_s: NDArray[np.float64],
) -> Routing:
    """Lay out a search whose states are nodes; what is lost at the ends of streets is in its arcs already. [s]"""
    return Routing(graph, streets, lost_there_s, lost_back_s)


def over_turns(
    ways: DirectedStreets,
    streets: kernel.Streets,
    turns: StreetTurns,
    *,
    wait_s: NDArray[np.float64],
    backwards: bool = False,
) -> Routing:
    """
    Lay out a search whose states are streets by direction.

    Parameters
    ----------
    ways, streets
        The streets.
    turns
        What may be made, and what it costs.
    wait_s
        Lost at each node, whichever way it is passed. [s]
    backwards
        Drive every street, and make every turn, the other way round: what is found from a place is then how long it
        takes to there. What is lost at a node is lost before the street that is left, so each state stands for the
        moment after.
    """
    n_ways, n_nodes = len(ways.tail), len(wait_s)
    before, after, lost_s = turns.before, turns.after, turns.delay_s
    if wait_s.any():
        lost_s = lost_s + wait_s[ways.head[before]].astype(np.float32)
    along_s = np.column_stack([streets.there_s, streets.back_s]).ravel().astype(np.float32)
    open_to = ways.open_to
    if backwards:
        # The other way round a way is its counterpart, and the street that is entered comes first.
        order = np.argsort(after ^ 1, kind="stable")
        before, after, lost_s = after[order] ^ 1, before[order] ^ 1, lost_s[order]
        along_s, open_to = along_s.reshape(-1, 2)[:, ::-1].ravel(), open_to.reshape(-1, 2)[:, ::-1].ravel()
        streets = streets._replace(there_s=streets.back_s, back_s=streets.there_s)
    start = np.zeros(n_ways + n_nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(before, minlength=n_ways), out=start[1 : n_ways + 1])
    start[n_ways + 1 :] = start[n_ways]  # nodes lead nowhere
    arcs = np.empty((len(before), 2), dtype=np.int32)
    time_s = arcs.view(np.float32)[:, 1]
    arcs[:, 0], time_s[:] = after, along_s[before] + lost_s
    longest_s = float(max(time_s.max(initial=0.0), along_s[open_to].max(initial=0.0)))
    streets = kernel.Streets(
        kernel.read_only(streets.first),
        kernel.read_only(streets.last),
        kernel.read_only(streets.there_s),
        kernel.read_only(streets.back_s),
        n_ways,
    )
    graph = kernel.Graph(start, arcs, longest_s, streets)
    nothing_s = np.broadcast_to(0.0, n_ways // 2)
    return Routing(graph, streets, nothing_s, nothing_s)


def _members(start: NDArray[np.int32], of: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the members of some groups, and for each which of these it belongs to."""
    count = start[of + 1] - start[of]
    which = np.repeat(np.arange(len(of)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return start[of][which] + step, which
