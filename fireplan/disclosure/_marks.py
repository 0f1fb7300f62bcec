"""How a page or a file says whom it is for."""

from __future__ import annotations

from typing import Literal, get_args

from fireplan._checked import takes
from fireplan.errors import InputError, listed, quoted

Profile = Literal["public", "internal"]

SMALLEST = 11
"""Smallest count that may be shown: no cell of 1 to 10."""

RESTRICTED = "RESTRICTED: shows single incidents. Not for publication."
"""What stands over every page, and in every file, that shows single incidents."""

PUBLIC_NOTE = "Counts of 1 to 10 are not shown, nor any that would give one away."
"""What a public page says of what it leaves out."""

MARKS: dict[str, str] = {"public": "", "internal": RESTRICTED}
"""The marking of each profile, for `Footer.notice` of a page and `notice` of `fireplan.project.write_tables`."""


@takes
def mark_of(profile: str) -> str:
    """Return the marking of a profile: none for "public", RESTRICTED for "internal"."""
    if profile not in MARKS:
        raise InputError(f"unknown profile {quoted(profile)}: known are {listed(get_args(Profile))}")
    return MARKS[profile]
