"""The outline of the ground reached within a time, over a triangle mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._kernel.mesh.polygons import polygons_of
from fireplan._kernel.mesh.rings import walk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fireplan._kernel.mesh.contour_memory import ContourSpace
    from fireplan._kernel.mesh.half_edges import Halves


CLEAR_M = 1e-3
"""A ring keeps this far from vertices it does not pass, so that it never touches itself by chance. [m]"""


def trace(
    xy_m: NDArray[np.float64],
    triangles: NDArray[np.int32],
    halves: Halves,
    *,
    reached: tuple[NDArray[np.int32], NDArray[np.float32]],
    limit_s: float,
    beyond_s: float,
    smallest_m2: float,
    space: ContourSpace,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Walk around the ground where time, linear inside each triangle, is within a limit.

    Parameters
    ----------
    xy_m, triangles, halves
        The mesh. [m]
    reached
        Vertices and the time to each. [s] All that are within the limit must be among them.
    limit_s
        The limit. [s]
    beyond_s
        Vertices later than the limit by more than this, and all that are not named, count as later by this. [s]
    smallest_m2
        Islands and holes smaller than this are left out. [m2]
    space
        Memory to reuse.

    Returns
    -------
    Corners of closed rings [m], where each ring begins, and where each polygon begins among the rings. A polygon's
    first ring is its shell, anticlockwise; the others are its holes, clockwise.

    Notes
    -----
    A ring runs with the ground on its left, from triangle to triangle and, where the mesh ends, along its rim. At a
    vertex where the mesh is pinched it stays with the triangles it came from; a ring that comes by such a vertex twice
    is parted there, so that rings touch at points and never cross.
    """
    corners, offsets = walk(
        xy_m,
        triangles,
        halves,
        reached=reached,
        limit_s=limit_s,
        beyond_s=beyond_s,
        clear_m=CLEAR_M,
        space=space,
    )
    return polygons_of(corners, offsets, smallest_m2=smallest_m2)
