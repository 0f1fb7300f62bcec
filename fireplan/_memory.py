"""How much memory there is, asked before work that may want more."""

from __future__ import annotations

import psutil

from fireplan.errors import InputError

GIGABYTE = 1e9
SPARE = 0.9
"""Of what is free, how much one piece of work may take."""


def check_room(wanted_bytes: float, *, what: str, mend: str) -> None:
    """
    Refuse work that would not fit into memory, before it begins.

    Parameters
    ----------
    wanted_bytes
        What it will take.
    what
        The work, such as "times from 1,000 stations to 5,000,000 incidents".
    mend
        What to do instead.

    Raises
    ------
    InputError
        With what it takes and what is free.
    """
    free_bytes = psutil.virtual_memory().available
    if wanted_bytes > SPARE * free_bytes:
        raise InputError(
            f"{what} take {wanted_bytes / GIGABYTE:,.1f} GB of memory, and {free_bytes / GIGABYTE:,.1f} GB are free:"
            f" {mend}"
        )


def share_of_memory(share: float) -> int:
    """Give a share of all the memory there is. [bytes]"""
    return int(share * psutil.virtual_memory().total)
