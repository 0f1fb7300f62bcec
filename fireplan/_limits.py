"""When a time counts as within a limit: one rule for all that is modelled, observed, drawn and said."""

from __future__ import annotations

from ctypes import c_float

LEEWAY = 2.0**-21
"""
How far over its limit a time may lie and still count as within, as a part of the limit: 0.1 ms at four minutes.

Times are sums kept in single precision, where the time of a street, the sum at a place, turnout and arrival are each
rounded by at most one part in 2^24. Together that is at most half of this; the other half is for drives told by a
curve or made faster. It is far below what anybody measures, so that no time that is really over its limit counts as
within unless by less than that.
"""


def last_within(limit: float) -> float:
    """
    Give the longest time, or the longest way, that counts as within a limit.

    Parameters
    ----------
    limit
        The limit. [s] or [m]

    Returns
    -------
    The limit and `LEEWAY`, as a number that single and double precision can both hold: a comparison with it comes out
    alike in both. In the unit of the limit.

    Examples
    --------
    >>> import numpy as np
    >>> nine_streets_s = np.float32(0.0)
    >>> for _ in range(9):
    ...     nine_streets_s += np.float32(24.1)
    >>> bool(nine_streets_s <= 216.9), bool(nine_streets_s <= last_within(216.9)), bool(216.91 <= last_within(216.9))
    (False, True, False)
    """
    return c_float(float(limit) + LEEWAY * abs(float(limit))).value
