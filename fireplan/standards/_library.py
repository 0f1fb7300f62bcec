"""The standards that come with fireplan."""

from __future__ import annotations

import functools
import warnings
from dataclasses import replace
from importlib import resources
from typing import Any, TypeVar

from fireplan._bounded_text import toml_content
from fireplan._checked import takes
from fireplan.errors import UnknownIdError
from fireplan.standards._objectives import Objective, Standard

Given = TypeVar("Given", bound="Standard | None")

FORMER = {
    f"{standard}_{zone}": (standard, f"{zone.lower()}_force")
    for standard in ("NFPA_1720", "NFPA_1750_VOLUNTEER")
    for zone in ("URBAN", "SUBURBAN", "RURAL")
}
"""Standards that were one for each demand zone, until objectives had a ground: where each is now."""


@functools.cache
def _library() -> dict[str, Standard]:
    text = (resources.files(__package__) / "library.toml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = toml_content(text, label="library.toml")
    return {
        name: Standard(name, entry["title"], _objectives(entry, entries), note=entry.get("note", ""))
        for name, entry in entries.items()
    }


def _objectives(entry: dict[str, Any], entries: dict[str, dict[str, Any]]) -> tuple[Objective, ...]:
    """Objectives of an entry, or those it carries over under its own edition; what is carried over was not seen."""
    if "carries_over" not in entry:
        return tuple(Objective(**o) for o in entry["objectives"])
    older = _objectives(entries[entry["carries_over"]], entries)
    said = "not seen in {title}; carried over from the {older} edition of {source}"
    return tuple(
        replace(
            o,
            edition=entry["edition"],
            verified=False,
            source=said.format(title=entry["title"], older=o.edition, source=o.source),
        )
        for o in older
    )


@takes
def names() -> tuple[str, ...]:
    """Names of the standards in the library."""
    return tuple(_library())


@takes
def named(name: str) -> Standard:
    """
    Give a standard by name.

    Raises
    ------
    UnknownIdError
        If there is none of that name; the message lists those there are.
    """
    if name in FORMER:
        whole, key = FORMER[name]
        warnings.warn(
            f"{name} is now the objective {key!r} of {whole}, held to the zones whose demand_zone it speaks of; the"
            " name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return Standard(name, f"{_library()[whole].title}, {key.split('_')[0]} demand zone", (_library()[whole][key],))
    if name not in _library():
        raise UnknownIdError("standard", name, _library())
    return _library()[name]


def standard_of(standard: Given | str) -> Given | Standard:
    """Give the standard itself, whether it or its name was given; nothing for nothing."""
    return named(standard) if isinstance(standard, str) else standard
