"""The few signs beside a station on a map: what people call it, where its id is only a number of some register."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NUMBER_OF_NAME = re.compile(
    r"(?:station|stn|sta|house|firehouse|company|hall|post|wache|feuerwache|parque|caserne|caserma|no\.?|n[°º]|#)"
    r"\s*(?:no\.?|n[°º]|#)?\s*(\d{1,3}[a-z]?)\b",
    re.IGNORECASE,
)
MOST_LETTERS = 14
"""A longer name hides the map, and its neighbours' names."""


def station_labels(stations: pd.DataFrame) -> list[str]:
    """
    Label stations as people speak of them.

    Parameters
    ----------
    stations
        By `station_id`, with `name`.

    Returns
    -------
    The id of each that has letters or repeats its name's number ("S8"). Of an id that is a number of some register
    ("692") the number in the name ("10" of "Fire Station #10"), else a short name, else the id. If two would be
    labelled alike, or one by the id of another, all are labelled by their ids.

    Examples
    --------
    >>> import pandas as pd
    >>> station_labels(pd.DataFrame({"name": ["Fire Station #10", "Fire Station #7 - Division 3"]}, index=["692", "9"]))
    ['10', '7']
    """
    ids = [str(key) for key in stations.index]
    labels = [_label(key, str(name).strip()) for key, name in zip(ids, stations["name"], strict=True)]
    alike = len(set(labels)) < len(labels)
    another = any(label != key and label in ids for label, key in zip(labels, ids, strict=True))
    return ids if alike or another else labels


def _label(key: str, name: str) -> str:
    """Label one station."""
    if not key.isdecimal():
        return key
    found = NUMBER_OF_NAME.search(name)
    if found is not None:
        number = found[1].upper()
        return key if key.lstrip("0") == number.lstrip("0") else number
    return name if 0 < len(name) <= MOST_LETTERS else key
