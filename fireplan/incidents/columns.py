"""From the rows of a file to the columns that are used, under their canonical names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import pandas as pd

from fireplan.errors import Faults, listed, quoted
from fireplan.incidents.arrays import TIMES
from fireplan.incidents.mapping import CANONICAL_MAPPING

if TYPE_CHECKING:
    from fireplan.incidents.mapping import Mapping
    from fireplan.incidents.text import Records

HEADER_IS_SURE = 3  # wanted names in line 1, from which on its other fields may be shown as names


def pick_columns(records: Records, mapping: Mapping, *, table: str) -> pd.DataFrame:
    """
    Pick the columns that a mapping wants.

    Parameters
    ----------
    records
        The rows of the file.
    mapping
        Gives the source name of each column. Names are compared regardless of case and outer spaces.
    table
        What to call the file in errors.

    Returns
    -------
    Text columns, stripped but for `unit_id`, indexed by physical line; the five times are always there, blank where
    the mapping has none.

    Raises
    ------
    TableError
        If columns are missing or stand there twice.
    """
    sources = mapping.sources()
    header = [name.casefold() for name in records.header]
    if mapping is CANONICAL_MAPPING and "unit_type" in header:
        sources["unit_type"] = "unit_type"
    places = {name: header.index(source.casefold()) for name, source in sources.items() if source.casefold() in header}
    faults = Faults(table)
    for name, source in sources.items():
        if name not in places:
            faults.add(_missing(name, source, header=records.header, sure=len(places) >= HEADER_IS_SURE))
        elif header.count(source.casefold()) > 1:
            faults.add(f"column {quoted(source)} stands in the header twice: rename one")
    if faults.found and len(places) >= HEADER_IS_SURE:
        faults.add(f"the columns found are {listed((quoted(name) for name in records.header), most=20)}")
    faults.raise_if_any()
    index = pd.Index(records.lines, name="line", dtype="int64")
    columns = {name: [row[place] for row in records.rows] for name, place in places.items()}
    frame = pd.DataFrame(columns, index=index, dtype="str")
    for name in frame.columns:
        if name != "unit_id":
            frame[name] = frame[name].str.strip()
    for name in TIMES:
        if name not in frame:
            frame[name] = pd.Series("", index=index, dtype="str")
    return frame


def described(name: str, mapping: Mapping) -> str:
    """Name a column for a message, with the source column where that has another name."""
    source = mapping.sources().get(name, name)
    return quoted(name) if source == name else f"{quoted(name)} (in the file {quoted(source)})"


def _missing(name: str, source: str, *, header: list[str], sure: bool) -> str:
    close = (
        get_close_matches(source.casefold(), [found.casefold() for found in header], n=1, cutoff=0.75) if sure else []
    )
    meant = (
        f", did you mean {quoted(close[0])}?" if close else ": add it, or name the column that holds it in a mapping"
    )
    wanted = quoted(source) if source == name else f"{quoted(source)} (for {name})"
    return f"column {wanted} is missing{meant}"
