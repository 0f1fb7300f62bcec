"""What the name of a column says of what it holds, by words seen in exports: `name_words.csv`."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from fireplan.incidents._columns.synonyms import synonyms
from fireplan.incidents._columns_and_types import MORE_TIMES, TIMES
from fireplan.incidents._formats.text_table import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_TIMES = (*TIMES, *MORE_TIMES)
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_PLACE_IN_HEADER = re.compile(r"(?<=\S)#[1-9][0-9]?$")  # of columns of one name: Time#2
OF_A_STAMP = frozenset(
    (
        "date", "time", "datetime", "dt", "tm", "dttm", "dtm", "dtg", "datim", "stamp", "timestamp", "clock", "ts",
        "at", "the", "and", "of", "utc", "local", "gmt", "t", "d", "fixed",
    )
)  # fmt: skip
OF_WHOM = frozenset(("incident", "unit", "first", "primary", "call", "event", "inc", "fire", "ems", "agency"))
OF_SOMETHING_ELSE = frozenset(
    (
        "hospital", "hosp", "transport", "patient", "water", "control", "controlled", "extinguished", "second",
        "seconds", "secs", "sec", "qy", "third", "2nd", "3rd", "last", "delay", "duration", "interval", "elapsed",
        "minutes", "mins", "under", "travel", "modified", "updated", "report", "loaded", "quarters", "destination",
        "birth", "narrative", "watch", "year", "month", "day", "hour", "timezone", "status", "sequence", "quantity",
        "count", "valid",
    )
)  # fmt: skip
"""Words that make a time another one, unless the name as a whole is known."""


class NameScore(NamedTuple):
    """How sure a name is of a field: from 0 to 1, and by which words."""

    field: str
    score: float
    words: str


@cache
def _known() -> dict[str, tuple[str, int]]:
    text = (files(__package__) / "name_words.csv").read_text(encoding="utf-8")
    return {row["words"]: (row["field"], int(row["rank"])) for row in csv.DictReader(text.splitlines())}


@cache
def _bare() -> dict[str, tuple[str, int]]:
    """Give the words without those of any stamp."""
    found = {
        " ".join(word for word in words.split() if word not in OF_A_STAMP): known for words, known in _known().items()
    }
    return found | _known()


def words_of(name: str) -> list[str]:
    """
    Part a column's name into its words.

    Examples
    --------
    >>> words_of("DateAndTimeMobilised"), words_of("CREATE_TIME_INCIDENT"), words_of("Incident #")
    (['date', 'and', 'time', 'mobilised'], ['create', 'time', 'incident'], ['incident', 'number'])
    """
    return [word.casefold() for word in _WORDS.findall(_PLACE_IN_HEADER.sub("", name).replace("#", " Number "))]


def name_scores(name: str) -> list[NameScore]:
    """
    Say which fields a name may stand for.

    A name that was seen in an export counts whole; one that is known but for words such as "date" or "incident"
    counts less; one that only holds known words among others the least.
    """
    name = _PLACE_IN_HEADER.sub("", name)
    words = words_of(name)
    found: dict[str, NameScore] = {}
    for item in (*_whole(name, words), *_among_others(words)):
        if item.score > found.get(item.field, NameScore(item.field, 0.0, "")).score:
            found[item.field] = item
    return sorted(found.values(), key=lambda item: -item.score)


def _whole(name: str, words: list[str]) -> Iterator[NameScore]:
    seen = synonyms().get(squeezed(name))
    if seen is not None:
        yield NameScore(seen.canonical, 1.0 - 0.04 * max(seen.rank - 1, 0), seen.name)
    bare = [word for word in words if word not in OF_A_STAMP]
    core = [word for word in bare if word not in OF_WHOM]
    for table, known, less in ((_known(), words, 0.02), (_bare(), bare, 0.08), (_bare(), core, 0.14)):
        field, rank = table.get(" ".join(known), ("", 0))
        if not known and len(bare) == len(words):
            continue  # a name of nothing but "incident" says nothing of a time
        if field and (known is words or field in ALL_TIMES):
            yield NameScore(field, 1.0 - less - 0.06 * (rank - 1), " ".join(known))


def _among_others(words: list[str]) -> Iterator[NameScore]:
    if OF_SOMETHING_ELSE & set(words):
        return
    core = [word for word in words if word not in OF_A_STAMP | OF_WHOM]
    for phrase, (field, rank) in _known().items():
        part = phrase.split()
        if field in ALL_TIMES and part and len(part) < len(core) and _within(part, core):
            yield NameScore(field, 0.7 - 0.06 * (rank - 1) - 0.02 * (len(core) - len(part)), phrase)
        elif 1 < len(part) < len(words) and _within(part, words):
            yield NameScore(field, 0.64 - 0.06 * (rank - 1) - 0.02 * (len(words) - len(part)), phrase)


def _within(part: list[str], words: list[str]) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))
