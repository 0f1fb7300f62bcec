"""Weighted points grouped by density."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOISE = -1
"""Label of what belongs to no cluster."""


def density_clusters(
    xy_m: NDArray[np.float64], weight: NDArray[np.float64], *, link_m: float, least: float
) -> NDArray[np.int64]:
    """
    Group points by density.

    Parameters
    ----------
    xy_m
        Points, n x 2. [m]
    weight
        What each weighs.
    link_m
        Points no farther apart than this are neighbours. [m]
    least
        A point is the core of a cluster where it and its neighbours weigh at least this.

    Returns
    -------
    Cluster of each point, numbered by their first core; `NOISE`: of none.

    Notes
    -----
    DBSCAN [1]_ in two steps. Clusters are the connected components of cores; a point beside cores of several belongs to
    the first of them, as it would if they were grown one after the other.

    References
    ----------
    .. [1] M. Ester et al., "A density-based algorithm for discovering clusters in large spatial databases with noise",
       KDD, 1996.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415
    from scipy.spatial import cKDTree  # noqa: PLC0415

    n = len(xy_m)
    one, other = cKDTree(xy_m).query_pairs(link_m, output_type="ndarray").T
    about = weight + np.bincount(one, weight[other], minlength=n) + np.bincount(other, weight[one], minlength=n)
    core = about >= least
    joined = core[one] & core[other]
    links = coo_array((np.ones(joined.sum(), dtype=np.int8), (one[joined], other[joined])), shape=(n, n))
    _, part = connected_components(links, directed=False)
    label = np.full(n, n, dtype=np.int64)
    _, first, cluster = np.unique(part[core], return_index=True, return_inverse=True)
    label[core] = np.argsort(np.argsort(first))[cluster]
    found = label.copy()
    for here, there in ((one, other), (other, one)):
        beside = core[there] & ~core[here]
        np.minimum.at(found, here[beside], label[there[beside]])
    return np.where(found < n, found, NOISE)
