"""Random numbers that belong to what they decide, so that scenarios share them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

RANKS = 1 << 20
"""More units than any call is sent."""


class Decision(IntEnum):
    """What a stream decides."""

    DAYS = 0
    COUNTS = 1
    MOMENTS = 2
    TEMPLATES = 3
    GROWTH = 4
    TURNOUT = 5
    DRIVE = 6
    AID = 7
    HOSPITAL = 8
    WALL = 9


def stream(seed: int, replication: int, what: Decision, rank: int = 0) -> np.random.Generator:
    """
    Give the stream of random numbers for one purpose in one replication.

    Counter-based (Philox): a stream is told by its key alone, whatever was drawn before and on whichever thread. Of
    turnouts and drives there is one for each rank, the place of a unit among those sent to its call, whose k-th number
    belongs to the k-th call in every scenario.
    """
    return np.random.Generator(np.random.Philox(key=np.array([seed, (replication * 16 + what) * RANKS + rank], "u8")))
