"""Names of files that are not for the public."""

from __future__ import annotations

RESTRICTED_NAME = "RESTRICTED"
"""Stands before the ending of a file that is not for the public."""


def restricted_name(name: str) -> str:
    """Put RESTRICTED before the ending of a name: map.RESTRICTED.html, events.RESTRICTED.jsonl.gz."""
    if is_restricted(name):
        return name
    stem, *endings = name.split(".")
    last = 2 if endings[-1:] == ["gz"] and len(endings) > 1 else min(1, len(endings))
    return ".".join([stem, *endings[: len(endings) - last], RESTRICTED_NAME, *endings[len(endings) - last :]])


def is_restricted(name: str) -> bool:
    """Whether a name says RESTRICTED."""
    return RESTRICTED_NAME in name.split(".")[1:]


def unmarked_name(name: str) -> str:
    """Take RESTRICTED out of a name."""
    stem, *endings = name.split(".")
    return ".".join([stem, *(end for end in endings if end != RESTRICTED_NAME)])
