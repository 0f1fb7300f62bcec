"""Names under which exports hold the canonical columns, as data: `synonyms.csv`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from fireplan.incidents._columns_and_types import CANONICAL, OPTIONAL
from fireplan.incidents._formats.text_table import squeezed


class Synonym(NamedTuple):
    """
    One name: the canonical column that it stands for, and where it was seen.

    Of several names of one column in a file that of the lowest `rank` is taken. A name of kind `hint` was only found in
    templates or made up, one of kind `seen` in an agency's data or a standard.
    """

    canonical: str
    name: str
    rank: int
    source: str
    kind: str


@cache
def synonyms() -> dict[str, Synonym]:
    """Read the names, squeezed."""
    text = (files(__package__) / "synonyms.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    known = [Synonym(r["canonical"], r["name"], int(r["rank"]), r["source"], r["kind"]) for r in rows]
    own = {squeezed(name): Synonym(name, name, 0, "fireplan", "canonical") for name in (*CANONICAL, *OPTIONAL, "point")}
    return {squeezed(item.name): item for item in known} | own
