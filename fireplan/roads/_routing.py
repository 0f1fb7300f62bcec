"""What a search runs over: states an engine can be in, and the streets between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Routing(NamedTuple):
    """
    States of a search and the arcs between them, as the kernel takes them.

    Attributes
    ----------
    graph
        Arcs between states, with the time along a street and what is lost at its end. A state is a node.
    streets
        State in which each street is entered at its first and at its last node, and the time along it and back. [s]
    lost_there_s, lost_back_s
        Lost at the end of each street, before the next is entered: at its last node, and at its first. [s]
    """

    graph: kernel.Graph
    streets: kernel.Streets
    lost_there_s: NDArray[np.float64]
    lost_back_s: NDArray[np.float64]

    @property
    def n_states(self) -> int:
        """Number of states."""
        return self.graph.n_nodes

    def seeds(self, street: NDArray[np.int32], along: NDArray[np.float64], *, owner: NDArray[np.int64]) -> kernel.Seeds:
        """Both ways onto the network from points on streets, where they may be driven; at an end, its node, however."""
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


def over_nodes(graph: kernel.Graph, streets: kernel.Streets, *, wait_s: NDArray[np.float64]) -> Routing:
    """Lay out a search whose states are nodes, at which time may be lost whichever way they are passed. [s]"""
    return Routing(graph, streets, wait_s[streets.last], wait_s[streets.first])
