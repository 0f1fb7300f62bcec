"""How an export is laid out: which columns stand once, and which are parts of one thing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fireplan.incidents._columns_and_types import TIMES
from fireplan.incidents._drafts.column_names import OF_A_STAMP, name_scores, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.incidents._drafts.column_values import ColumnValues

ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
FEWEST_BESIDE = 2
STATUS = re.compile(r"status|(?:^|\s)(?:event|action|activity|stat|state)(?:$|\s)")
MOST_STATUSES, KNOWN_STATUSES, AGAIN = 40, 0.5, 0.5


class UnitsBeside(NamedTuple):
    """Columns of units that stand side by side: of each number, the columns by the words that all have."""

    columns: dict[int, dict[str, str]]


class StatusLog(NamedTuple):
    """A log: the column of statuses, that of their times, and of each time the statuses that set it."""

    status: str
    time: str
    sets: dict[str, tuple[str, ...]]


def side_by_side(header: Sequence[str]) -> UnitsBeside | None:
    """Find units that stand side by side, as in `unit1`, `unit1_arrived`, `unit2`, `unit2_arrived`."""
    found: dict[int, dict[str, str]] = {}
    for name in header:
        words = words_of(name)
        numbers = [(at, _number_of(word)) for at, word in enumerate(words) if _number_of(word)]
        if len(numbers) != 1:
            continue
        at, number = numbers[0]
        found.setdefault(number, {})[" ".join([*words[:at], "*", *words[at + 1 :]])] = name
    groups = {number: columns for number, columns in found.items() if len(columns) >= FEWEST_BESIDE}
    if len(groups) < FEWEST_BESIDE:
        return None
    common = set.intersection(*(set(columns) for columns in groups.values()))
    fields = {fits.field for words in common for fits in name_scores(words.replace("*", "").strip())[:1]}
    if len(common) < FEWEST_BESIDE or not fields & {*TIMES, "unit_id"}:
        return None
    return UnitsBeside(
        {number: {words: columns[words] for words in common} for number, columns in sorted(groups.items())}
    )


def _number_of(word: str) -> int:
    return ORDINALS.get(word, int(word) if word.isdigit() and len(word) == 1 else 0)


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
    for name, column in values.items():
        if not STATUS.search(" ".join(words_of(name))) or len(column.counts) > MOST_STATUSES:
            continue
        known = {text: statuses.get(_plain(str(text))) for text in column.counts.index}
        if sum(column.counts[text] for text, time in known.items() if time) < KNOWN_STATUSES * len(column.given):
            continue
        times = [n for n in values if values[n].written.kind == "stamp" and n != name and n not in ids]
        near = [n for n in times if set(words_of(n)) & (set(words_of(name)) - OF_A_STAMP)] or [
            n for n in times if not name_scores(n) or name_scores(n)[0].field == "received"
        ]
        if near:
            setting: dict[str, list[str]] = {}
            for text, time in known.items():
                if time:
                    setting.setdefault(time, []).append(str(text))
            return StatusLog(name, near[0], {time: tuple(sorted(setting[time])) for time in TIMES if time in setting})
    return None


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
