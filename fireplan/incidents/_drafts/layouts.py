"""How an export is laid out: which columns stand once, and which are parts of one thing."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fireplan.incidents._columns_and_types import TIMES
from fireplan.incidents._drafts.column_names import OF_A_STAMP, name_scores, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.incidents._drafts.column_values import ColumnValues

ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
ENDINGS = frozenset(("st", "nd", "rd", "th"))
FEWEST_BESIDE, MOST_BESIDE = 2, 40
BEFORE = frozenset(("old", "previous", "prev", "prior", "former", "from", "before", "last"))
"""Words of a status that a unit had before, of which the time is not that of the row."""
STATUS = re.compile(r"status|(?:^|\s)(?:event|action|activity|stat|state)(?:$|\s)")
MOST_STATUSES, KNOWN_STATUSES, AGAIN = 40, 0.5, 0.5


class UnitsBeside(NamedTuple):
    """Columns of units that stand side by side: of each number, the columns by the words that all have."""

    columns: dict[int, dict[str, str]]


class StatusLog(NamedTuple):
    """
    A log.

    Attributes
    ----------
    status
        The column of statuses.
    time
        That of their times.
    sets
        Of each time the statuses that set it.
    statuses, times
        Further columns that could be the one or the other.
    """

    status: str
    time: str
    sets: dict[str, tuple[str, ...]]
    statuses: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


def side_by_side(header: Sequence[str]) -> UnitsBeside | None:
    """
    Find units that stand side by side, as in `unit1`, `unit1_arrived`, `unit2`, `unit2_arrived`.

    A unit may lack columns that others have: all that are numbered belong to it, and none to the whole row.
    """
    found: dict[int, dict[str, str]] = {}
    for name in header:
        words = _without_endings(words_of(name))
        numbers = [(at, _number_of(word)) for at, word in enumerate(words) if _number_of(word)]
        if len(numbers) != 1:
            continue
        at, number = numbers[0]
        found.setdefault(number, {})[" ".join([*words[:at], "*", *words[at + 1 :]])] = name
    times = Counter(words for columns in found.values() for words in columns)
    common = {words for words, n in times.items() if n >= FEWEST_BESIDE}
    groups = {
        number: {words: columns[words] for words in sorted(common & set(columns))}
        for number, columns in sorted(found.items())
    }
    groups = {number: columns for number, columns in groups.items() if columns}
    fields = {fits.field for words in common for fits in name_scores(words.replace("*", "").strip())[:1]}
    if len(groups) < FEWEST_BESIDE or len(common) < FEWEST_BESIDE or not fields & {*TIMES, "unit_id"}:
        return None
    return UnitsBeside(groups)


def _without_endings(words: list[str]) -> list[str]:
    """Leave out what follows the number of "1st" and "2nd", which are words of their own here."""
    return [word for at, word in enumerate(words) if not (word in ENDINGS and at and words[at - 1].isdigit())]


def _number_of(word: str) -> int:
    number = ORDINALS.get(word, int(word) if word.isdigit() and len(word) <= 2 else 0)
    return number if number <= MOST_BESIDE else 0


def status_log(values: Mapping[str, ColumnValues], ids: Sequence[str], statuses: Mapping[str, str]) -> StatusLog | None:
    """
    Tell a status log, in which each unit of an incident has a row for each status.

    Parameters
    ----------
    values
        Of each column.
    ids
        The columns of incident and unit.
    statuses
        What known statuses set, squeezed.
    """
    if len(ids) < 2:
        return None
    again = pd.DataFrame({name: values[name].texts for name in ids}).duplicated().mean()
    if again < AGAIN:
        return None
    fitting = _status_columns(values, statuses)
    for name, known in fitting.items():
        times = [n for n in values if values[n].written.kind == "stamp" and n != name and n not in ids]
        near = [n for n in times if set(words_of(n)) & (set(words_of(name)) - OF_A_STAMP)] or [
            n for n in times if not name_scores(n) or name_scores(n)[0].field == "received"
        ]
        if near:
            setting: dict[str, list[str]] = {}
            for text, time in known.items():
                setting.setdefault(time, []).append(text)
            sets = {time: tuple(sorted(setting[time])) for time in TIMES if time in setting}
            return StatusLog(name, near[0], sets, tuple(n for n in fitting if n != name), tuple(near[1:]))
    return None


def _status_columns(values: Mapping[str, ColumnValues], statuses: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Find the columns of statuses, and which time each status of theirs sets; that of the status before is none."""
    found: dict[str, dict[str, str]] = {}
    for name, column in values.items():
        words = words_of(name)
        if not STATUS.search(" ".join(words)) or BEFORE & set(words) or len(column.counts) > MOST_STATUSES:
            continue
        plain = {str(text): _plain(str(text)) for text in column.counts.index}
        known = {text: statuses[code] for text, code in plain.items() if code in statuses}
        if known and sum(column.counts[text] for text in known) >= KNOWN_STATUSES * len(column.given):
            found[name] = known
    return found


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def dates_and_clocks(values: Mapping[str, ColumnValues]) -> list[tuple[str, str]]:
    """
    Pair each clock that stands alone with the date that belongs to it.

    The date of the same words, else the only one there is, else the one that stands nearest before it.
    """
    names = list(values)
    dates = [n for n in names if values[n].written.kind == "date" and values[n].filled > 0]
    pairs = []
    for name in (n for n in names if values[n].written.kind == "clock"):
        own = [d for d in dates if _core(d) and _core(d) == _core(name)]
        before = [d for d in dates if names.index(d) < names.index(name)]
        if own or dates:
            pairs.append(((own or before[-1:] or dates)[0], name))
    return pairs


def _core(name: str) -> list[str]:
    return [word for word in words_of(name) if word not in OF_A_STAMP]
