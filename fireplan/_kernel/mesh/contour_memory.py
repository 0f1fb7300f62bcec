"""Memory for contours over one mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled, read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ContourSpace:
    """
    Memory of one mesh's contours, reused by the next; one per thread.

    Between uses `time_s` is inf and `seen` false everywhere, so a contour costs what it touches, not what there is.
    """

    def __init__(self, n_vertices: int, n_triangles: int) -> None:
        self.time_s = np.full(n_vertices, np.inf, dtype=np.float32)
        self.touched = np.empty(n_vertices, dtype=np.int32)
        self.seen = np.zeros(3 * n_triangles, dtype=bool)
        self.sides = np.empty(3 * n_triangles, dtype=np.int32)

    def forget(self, vertices: NDArray[np.int32]) -> None:
        """Clear the times at some vertices."""
        forget(read_only(vertices), self.time_s)


@compiled
def forget(vertices, time_s):
    """Clear the times at some vertices."""
    for vertex in vertices:
        time_s[vertex] = np.inf
