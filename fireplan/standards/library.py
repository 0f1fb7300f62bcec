"""The standards that come with fireplan."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from fireplan.errors import UnknownIdError
from fireplan.standards.objectives import Objective, Standard


@functools.cache
def _library() -> dict[str, Standard]:
    text = (resources.files(__package__) / "library.toml").read_text(encoding="utf-8")
    return {
        name: Standard(name, entry["title"], tuple(Objective(**o) for o in entry["objectives"]))
        for name, entry in tomllib.loads(text).items()
    }


def names() -> tuple[str, ...]:
    """Names of the standards in the library."""
    return tuple(_library())


def named(name: str) -> Standard:
    """
    Give a standard by name.

    Raises
    ------
    UnknownIdError
        If there is none of that name; the message lists those there are.
    """
    if name not in _library():
        raise UnknownIdError("standard", name, _library())
    return _library()[name]
