"""Drafts the mapping of a file nobody has described: the public call, and the order of its steps."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pydantic import ValidationError

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import quoted
from fireplan.incidents._columns.mapping import Mapping, bundled_mappings, load_mapping
from fireplan.incidents._columns_and_types import CANONICAL, OPTIONAL, TIMES
from fireplan.incidents._drafts.column_names import name_scores, words_of
from fireplan.incidents._drafts.column_values import ALL_TIMES, ColumnValues
from fireplan.incidents._drafts.field_guesses import Guess, before_the_call, differ, guesses, out_of_order
from fireplan.incidents._drafts.layouts import dates_and_clocks, is_of_something_else, side_by_side, status_log
from fireplan.incidents._drafts.mapping_draft import MappingDraft
from fireplan.incidents._drafts.point_settings import of_one_column, of_two_columns
from fireplan.incidents._drafts.time_formats import formats_of, looks_like_local, looks_like_utc
from fireplan.incidents._formats.open_export import read_records
from fireplan.incidents._formats.table_at_hand import read_table
from fireplan.incidents._formats.text_table import Shape, squeezed
from fireplan.incidents._ledger.ids import holds_several
from fireplan.incidents._ledger.ledger import Ledger
from fireplan.incidents._shapes.second_table import OF_RESPONSES
from fireplan.incidents._times.time_zones import known_zone
from fireplan.progress import steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from fireplan.incidents._drafts.layouts import StatusLog

MOST_LOOKED_AT = 5_000  # rows
SEVERAL = 0.05  # of the rows with several units in a cell, from which on that is how the file is made
ENOUGH = 0.9
LONGEST_EXAMPLE = 40
EPOCHS = {"epoch seconds": "seconds", "epoch milliseconds": "milliseconds", "days": "excel"}
SINCE = {
    "enroute": frozenset(("travel", "enroute", "responding")),
    "dispatched": frozenset(("dispatch", "dispatched", "mobilised", "mobilized", "assigned", "alerted")),
}
"""Words of a name by which what it counts begins later than the call."""
UNTIL_ARRIVAL = frozenset(("response", "attendance", "arrival", "arrive", "arrived", "arriving"))
BETWEEN = frozenset(("to", "from", "since", "after", "until"))
MINUTES = frozenset(("minute", "minutes", "min", "mins"))
FIRST = frozenset(("first", "1st", "primary"))
IN_UTC = frozenset(("utc", "gmt", "zulu"))
OF_UNITS = frozenset((*ALL_TIMES, "unit_id", "unit_type", "station_id", "mode", "crew"))
"""Fields that each of several units in a row may have of its own."""
MOST_MINUTES = 60.0  # of the median of numbers with decimals that may be minutes
SHORTEST_S, LONGEST_S = 20.0, 7_200.0  # of the median of a column of elapsed seconds


class _Elapsed(NamedTuple):
    """What a column counts until the arrival: since when, and in which unit."""

    after: str
    unit: str

    @property
    def in_words(self) -> str:
        """As "seconds since received"."""
        return f"{self.unit} since {self.after}"

    def of(self, column: str) -> dict[str, str]:
        """Say so in the words of a mapping; seconds are left out there."""
        return {"column": column, "after": self.after} | ({"unit": self.unit} if self.unit != "seconds" else {})


@dataclass
class _Draft:
    """What has been understood so far."""

    columns: dict[str, Any] = field(default_factory=dict)
    join: dict[str, Any] = field(default_factory=dict)
    elapsed: dict[str, Any] = field(default_factory=dict)
    responses: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    found: dict[str, Guess] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    held: dict[str, ColumnValues] = field(default_factory=dict)


@takes
def draft_mapping(
    path: str | PathLike[str] | pd.DataFrame,
    *,
    responses: str | PathLike[str] | pd.DataFrame | None = None,
    timezone: str | None = None,
) -> MappingDraft:
    """
    Draft the mapping of a dispatch export by the names and the values of its columns.

    Nothing is read by it yet: look at it, answer its questions, write `draft.to_toml()` to a file, and give that to
    `read_cad`.

    Parameters
    ----------
    path
        A file of any kind that `read_cad` reads, or a table at hand.
    responses
        A second one with one row per unit, where the first has one per incident.
    timezone
        IANA zone of the agency, where it is known: it tells which of day and month is written first if no value does,
        and on which side of Greenwich points lie.

    Returns
    -------
    The draft. A guess below its evidence is a question, never an answer.

    Raises
    ------
    InputError, TableError
        If the file is of no kind that is read, or has no rows.

    Notes
    -----
    Up to 5,000 rows, spread evenly, are looked at. Names count by `name_words.csv` and `synonyms.csv`, values by what
    is read as a time, a point, a unit, a kind of call.

    Examples
    --------
    >>> draft = draft_mapping("calls.csv", timezone="America/New_York")  # doctest: +SKIP
    >>> draft.fields[["column", "certainty", "evidence"]]  # doctest: +SKIP
    """
    if timezone is not None:
        known_zone(timezone)
    file = Path("the table") if isinstance(path, pd.DataFrame) else Path(path)
    values, rows = _cells(path)
    names = list(values)
    if responses is not None:
        bundled, second = "", _cells(responses)[0]
        names += [name for name in second if name not in values]
        draft = _of_two(_drafted(values, {}, timezone=timezone), _drafted(second, {}, timezone=timezone))
        _take_times(draft, timezone=timezone)
        _take_zone(draft, timezone=timezone)
    else:
        bundled, known = _bundled(list(values), values)
        draft = _drafted(values, known, timezone=timezone)
        _take_ids(draft)
    if "log" in draft.more and bundled and load_mapping(bundled).log is None:
        bundled = ""
    mapping = load_mapping(bundled) if bundled else _mapping(draft, file.stem)
    used = _named(mapping)
    if bundled:
        draft.questions.clear()
        draft.found = {name: guess for name, guess in draft.found.items() if guess.column in used}
    return MappingDraft(
        file=file.name,
        rows=rows,
        mapping=mapping,
        bundled=bundled,
        fields=_table(draft),
        questions=tuple(dict.fromkeys(draft.questions)),
        unused=tuple(name for name in names if name not in used),
    )


def _cells(path: str | PathLike[str] | pd.DataFrame) -> tuple[dict[str, ColumnValues], int]:
    """Read the columns of a file, or of a table, as far as they are looked at; and how many rows it has."""
    shape = Shape((), every=True)
    if isinstance(path, pd.DataFrame):
        records = read_table(path, shape, table="the table")
    else:
        records = read_records(path, shape, table=f"CAD file {quoted(Path(path).name)}", ledger=Ledger())
    looked = np.unique(np.linspace(0, len(records.lines) - 1, MOST_LOOKED_AT).astype(np.int64))
    values = {
        name: ColumnValues(records.texts(place).iloc[looked].str.strip().reset_index(drop=True))
        for place, name in enumerate(_told_apart(records.header))
        if name
    }
    with steps(len(values), what="columns") as step:
        for cells in values.values():
            _ = cells.written  # what takes time; it is kept
            step()
    return values, records.rows_in


def _of_two(first: _Draft, second: _Draft) -> _Draft:
    """Put the drafts of two tables together: what is of a unit is taken from the second, all else from the first."""
    keys = [draft.found["incident_id"].column if "incident_id" in draft.found else "" for draft in (first, second)]
    if all(keys):
        first.more["second"] = {"key": keys[0] if keys[0] == keys[1] else keys}
    else:
        first.questions.append("which column of each file holds the incident's number? Name both in [second] key")
    for name, guess in second.found.items():
        if name not in OF_RESPONSES and name in first.found:
            continue
        for part in (first.columns, first.join, first.elapsed):
            part.pop(name, None)
        for mine, theirs in (
            (first.columns, second.columns),
            (first.join, second.join),
            (first.elapsed, second.elapsed),
        ):
            if name in theirs:
                mine[name] = theirs[name]
        first.found[name] = guess
        first.held[guess.column] = second.held[guess.column]
    for key in ("log", "split_units"):
        if key in second.more:
            first.more[key] = second.more[key]
            first.held |= {name: second.held[name] for name in second.held if name not in first.held}
    first.questions += second.questions
    first.responses += second.responses
    first.more.pop("times", None)
    return first


def _told_apart(header: list[str]) -> list[str]:
    """Name columns of the same name `Time#1`, `Time#2`, as a mapping does."""
    times = Counter(name.casefold() for name in header)
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name.casefold()] += 1
        names.append(f"{name}#{seen[name.casefold()]}" if name and times[name.casefold()] > 1 else name)
    return names


def _bundled(header: list[str], values: dict[str, ColumnValues]) -> tuple[str, dict[str, str]]:
    """Find the mapping that comes with fireplan and fits the header, one that was seen before one that is a hint."""
    places = {squeezed(name): name for name in reversed(header)}
    fits: list[tuple[bool, int, str, dict[str, str]]] = []
    for name in bundled_mappings():
        mapping = load_mapping(name)
        found = {
            canonical: next((places[squeezed(s)] for s in sources if squeezed(s) in places), "")
            for canonical, sources in mapping.sources().items()
        }
        parts = {part: places.get(squeezed(part), "") for names in mapping.join.values() for part in names}
        needed = [canonical for canonical in found if not mapping.may_lack(canonical)]
        if not all(found[canonical] for canonical in needed) or not all(parts.values()):
            continue
        known = {canonical: column for canonical, column in found.items() if column}
        times = [c for c in known if c in ALL_TIMES]
        right = all(values[known[c]].written.share >= ENOUGH for c in times if values[known[c]].filled)
        if right and (times or parts):
            fits.append((not mapping.hint, len(known), name, known))
    return max(fits)[2:] if fits else ("", {})


def _drafted(values: dict[str, ColumnValues], known: dict[str, str], *, timezone: str | None) -> _Draft:
    draft = _Draft(held=dict(values))
    beside = side_by_side(list(values))
    apart = {name for columns in (beside.columns.values() if beside else ()) for name in columns.values()}
    alone = {name: cells for name, cells in values.items() if name not in apart}
    pairs = {clock: date for date, clock in dates_and_clocks(alone)}
    for clock, date in pairs.items():
        draft.held[clock] = _joined(values[date], values[clock])
    found = guesses(draft.held, known=known, leave=apart | set(pairs.values()))
    draft.found = {name: found[name] for name in sorted(found, key=_place)}
    _read_log(draft)
    _settle(draft)
    for name, guess in draft.found.items():
        if guess.certainty == "question" or name in {"point", "latitude", "longitude"}:
            continue
        if guess.column in pairs and name in ALL_TIMES:
            draft.join[name] = [pairs[guess.column], guess.column]
        else:
            draft.columns.setdefault(name, guess.column)
    if beside:
        _take_responses(draft, beside.columns)
    _take_elapsed(draft, apart)
    _take_points(draft, timezone=timezone)
    _take_times(draft, timezone=timezone)
    _take_zone(draft, timezone=timezone)
    _ask_of_dates(draft)
    return draft


def _ask_of_dates(draft: _Draft) -> None:
    """Ask of dates that are joined to clocks and may be those of something else."""
    dates = dict.fromkeys(parts[0] for parts in draft.join.values())
    for date in filter(is_of_something_else, dates):
        why = f"{quoted(date)} may be another date than that of the call"
        for name in [name for name, parts in draft.join.items() if parts[0] == date and name in draft.found]:
            draft.found[name] = draft.found[name]._replace(certainty="guess", why=why)
        draft.questions.append(
            f"is {quoted(date)} the date of the call? It is joined to the clocks, for there is no other date of theirs"
        )


def _place(field: str) -> int:
    """Order fields as the canonical columns stand."""
    order = (*CANONICAL, "point", *OPTIONAL)
    return order.index(field) if field in order else len(order)


def _joined(date: ColumnValues, clock: ColumnValues) -> ColumnValues:
    both = (date.texts != "") & (clock.texts != "")
    return ColumnValues((date.texts + " " + clock.texts).where(both, ""))


@cache
def _statuses() -> dict[str, str]:
    text = (files(__package__) / "statuses.csv").read_text(encoding="utf-8")
    return {row["status"]: row["time"] for row in csv.DictReader(text.splitlines())}


def _read_log(draft: _Draft) -> None:
    ids = [draft.found[name].column for name in ("incident_id", "unit_id") if name in draft.found]
    log = status_log(draft.held, ids, _statuses())
    if log is None:
        return
    draft.more["log"] = {"status": log.status, "time": log.time, "values": {t: list(v) for t, v in log.sets.items()}}
    for name in list(draft.found):
        if draft.found[name].column in {log.status, log.time} or name in log.sets:
            del draft.found[name]
    _note_statuses(draft, log)


def _note_statuses(draft: _Draft, log: StatusLog) -> None:
    known = {text for texts in log.sets.values() for text in texts}
    strange = [str(text) for text in draft.held[log.status].counts.index if text not in known]
    if strange:
        few = ", ".join(map(quoted, strange[:8]))
        draft.questions.append(
            f"statuses {few} of column {quoted(log.status)} set no time: add them to [log.values] if they do"
        )
    for taken, others, what in ((log.status, log.statuses, "statuses"), (log.time, log.times, "their times")):
        if others:
            draft.questions.append(f"{what} are taken from column {quoted(taken)}: or are they in {_or(others)}?")


def _or(names: Sequence[str]) -> str:
    return " or ".join(map(quoted, names))


def _settle(draft: _Draft) -> None:
    """Put right what only shows when all guesses are there."""
    found = draft.found
    if "received" not in found and "created" in found:
        found["received"] = found.pop("created")._replace(field="received", certainty="guess")
    elif "created" in found and _fills(draft, "received", "created"):
        draft.columns["received"] = [found["received"].column, found["created"].column]
        why = f"where it is blank, {quoted(found['created'].column)}"
        found["received"] = found["received"]._replace(certainty="guess", why=why)
    if "unit_id" not in found and "station_id" in found:
        station = found.pop("station_id")
        found.setdefault("first_due", station._replace(field="first_due", certainty="guess"))
    stamps = {name: draft.held[found[name].column].stamps for name in TIMES if name in found}
    for name, why in out_of_order(found, stamps).items():
        found[name] = found[name]._replace(certainty="question", why=why)
    for name in _of_the_first_unit(draft):
        guess = found[name]
        own = next((column for column in guess.others if not FIRST & set(words_of(column))), None)
        if own is not None:
            rest = (guess.column, *(column for column in guess.others if column != own))
            found[name] = guess._replace(column=own, certainty="guess", why="each unit's own", others=rest)
        else:
            why = "by its name of the first unit, while each unit of an incident has a row"
            found[name] = guess._replace(certainty="question", why=why)
    for name, guess in found.items():
        if guess.certainty == "question":
            draft.questions.append(f"is column {quoted(guess.column)} {name}? ({guess.why})")
    _ask_of_rivals(draft)


def _of_the_first_unit(draft: _Draft) -> list[str]:
    """Find times that are of an incident's first unit by their name, in a file with a row for each of its units."""
    found = draft.found
    if not {"incident_id", "unit_id"} <= set(found):
        return []
    again = draft.held[found["incident_id"].column].given.duplicated()
    if not again.any():
        return []
    of_units = ("dispatched", "enroute", "arrived", "cleared")
    return [name for name in of_units if name in found and FIRST & set(words_of(found[name].column))]


def _ask_of_rivals(draft: _Draft) -> None:
    """Ask which it is where another column could be a time as well and says otherwise, or lies before the call."""
    found = draft.found
    taken = {guess.column for guess in found.values()}
    for name in [name for name in TIMES if name in found and found[name].certainty != "question"]:
        guess = found[name]
        stamps = draft.held[guess.column].stamps
        for other in guess.others:
            if other not in taken and guess.certainty == "guess" and differ(stamps, draft.held[other].stamps):
                draft.questions.append(f"{name} is taken from column {quoted(guess.column)}: or is it {quoted(other)}?")
        earlier = [] if name != "received" else [c for c in draft.held if c not in taken and _is_moment(draft, c)]
        for other in earlier:
            share = before_the_call(stamps, draft.held[other].stamps)
            if share is not None and other not in guess.others[: guess.certainty == "guess"]:
                why = f"column {quoted(other)} lies before it in {wording.share(share)} of the rows"
                found[name] = guess._replace(certainty="guess", why=why)
                draft.questions.append(
                    f"did the call come in when column {quoted(other)} says? It lies before {quoted(guess.column)},"
                    f" which is taken for received, in {wording.share(share)} of the rows"
                )


def _is_moment(draft: _Draft, column: str) -> bool:
    return draft.held[column].evidence("received") >= ENOUGH


def _fills(draft: _Draft, name: str, other: str) -> bool:
    """Tell whether one column has a value in most of the rows in which another has none."""
    blank, there = (draft.held[draft.found[field].column] for field in (name, other))
    rows = ~blank.texts.isin(blank.given.unique())
    return bool(rows.mean() > 1 - ENOUGH and there.texts[rows].isin(there.given.unique()).mean() > ENOUGH)


def _take_responses(draft: _Draft, columns: dict[int, dict[str, str]]) -> None:
    """Describe units that stand side by side, each by the same words."""
    of_words = {words: name for named in reversed(columns.values()) for words, name in named.items()}
    plain = {words: _of_unit(" ".join(words.replace("*", " ").split())) for words in of_words}
    together = {
        words: ColumnValues(pd.concat([draft.held[named[words]].texts for named in columns.values() if words in named]))
        for words in of_words
    }
    found = guesses({plain[words]: values for words, values in together.items()})
    found = {name: guess for name, guess in found.items() if name in OF_UNITS}
    back = {text: words for words, text in plain.items()}
    chosen_words = {name: back[guess.column] for name, guess in found.items() if guess.certainty != "question"}
    left = [words for words in together if words not in chosen_words.values() and "arrived" not in chosen_words]
    waits = ((words, _elapsed_since(draft, together[words], plain[words])) for words in left)
    waited, passed = next(((words, passed) for words, passed in waits if passed), ("", None))
    for named in columns.values():
        own = {f: named[words] for f, words in chosen_words.items() if words in named}
        elapsed = {"arrived": passed.of(named[waited])} if passed and waited in named else {}
        if own or elapsed:
            draft.responses.append({"columns": own} | ({"elapsed": elapsed} if elapsed else {}))
    for name, guess in found.items():
        column = of_words[back[guess.column]]
        draft.found[name] = guess._replace(column=column, why=f"{guess.why}, {len(columns)} side by side")
    if passed:
        draft.found["arrived"] = Guess("arrived", of_words[waited], 0.7, 1.0, "guess", passed.in_words)
    for name in (*found, *(["arrived"] if passed else [])):
        draft.columns.pop(name, None)
        draft.join.pop(name, None)


def _of_unit(words: str) -> str:
    """Name a column of a unit: a number beside others is the unit's, not the incident's."""
    if not words:
        return "unit"
    return f"unit {words}" if any(fit.field == "incident_id" for fit in name_scores(words)[:1]) else words


def _elapsed_since(draft: _Draft, values: ColumnValues, words: str) -> _Elapsed | None:
    """Tell whether a column counts until the arrival, since when, and in which unit, by its name and its values."""
    said = set(words_of(words))
    named = UNTIL_ARRIVAL & said  # and not "on scene": that may be how long it took there
    since = next((name for name, of_it in SINCE.items() if of_it & said), "received")
    if since == "dispatched" and not BETWEEN & said:
        since = "received"  # "dispatch response" says nothing of when it begins
    if not (since in draft.columns or since in draft.join) or not named:
        return None
    with np.errstate(invalid="ignore"):
        number = values.numbers[np.isfinite(values.numbers)]
    if len(number) < ENOUGH * len(values.given) or not len(number):
        return None
    middle = float(np.median(number))
    in_parts = middle < MOST_MINUTES and bool(np.mean(number != np.rint(number)) > ENOUGH / 2)
    unit = "minutes" if MINUTES & said else "seconds"
    if in_parts and unit == "seconds":  # minutes, most likely, and the name does not say so
        return None
    middle_s = middle * (60 if unit == "minutes" else 1)
    return _Elapsed(since, unit) if SHORTEST_S <= middle_s <= LONGEST_S else None


def _take_elapsed(draft: _Draft, apart: set[str]) -> None:
    """Take seconds since the call for the arrival where no stamp says when that was."""
    given = {*draft.columns, *draft.join, *(n for r in draft.responses for n in (*r["columns"], *r.get("elapsed", ())))}
    if "arrived" in given or "log" in draft.more:
        return
    taken = {guess.column for guess in draft.found.values()}
    for name, values in draft.held.items():
        passed = None if name in apart or name in taken else _elapsed_since(draft, values, name)
        if passed:
            draft.elapsed["arrived"] = passed.of(name)
            draft.found["arrived"] = Guess("arrived", name, 0.65, 1.0, "guess", passed.in_words)
            draft.questions.append(f"does {quoted(name)} count {passed.in_words}? It is taken so for arrived")
            return


def _take_points(draft: _Draft, *, timezone: str | None) -> None:
    found = draft.found
    sure = {
        name for name in ("latitude", "longitude", "point") if name in found and found[name].certainty != "question"
    }
    if {"latitude", "longitude"} <= sure:
        lat, lon = found["latitude"].column, found["longitude"].column
        settings = of_two_columns(draft.held[lat], draft.held[lon], timezone=timezone)
        draft.more["point"] = {"latitude": lat, "longitude": lon, **settings.keys}
    elif "point" in sure:
        column = found["point"].column
        settings = of_one_column(draft.held[column])
        draft.more["point"] = {"column": column, **settings.keys}
    else:
        return
    if settings.question:
        draft.questions.append(settings.question)
        for name in sure:
            found[name] = found[name]._replace(certainty="guess", why=settings.question)
        if not settings.keys:
            del draft.more["point"]
            for name in sure:
                found[name] = found[name]._replace(certainty="question")


def _take_times(draft: _Draft, *, timezone: str | None) -> None:
    columns = [draft.found[name].column for name in draft.found if name in ALL_TIMES and name not in draft.elapsed]
    if "log" in draft.more:
        columns.append(draft.more["log"]["time"])
    for response in draft.responses:
        columns += [column for name, column in response["columns"].items() if name in ALL_TIMES]
    written = {column: draft.held[column].written for column in dict.fromkeys(columns)}
    written = {column: how for column, how in written.items() if how.kind != "none"}
    kinds = {how.kind for how in written.values()}
    epochs = {EPOCHS[kind] for kind in kinds if kind in EPOCHS}
    if len(epochs) == 1 and kinds <= set(EPOCHS):
        draft.more["times"] = {"epoch": epochs.pop()}
        return
    if epochs:
        draft.questions.append("some times are numbers and others are text: export them in one form")
        return
    settled = [how for how in written.values() if how.formats]
    open_ = [how for how in written.values() if how.either]
    plainly = [how for how in written.values() if not how.formats and not how.either]
    if not settled and (not open_ or plainly):
        return  # read without formats: one column that tells settles the others
    formats = formats_of(list(written.values()), {c: draft.held[c].texts for c in written}, timezone=timezone)
    if open_ and not settled:
        draft.questions.append(
            f"is the day or the month written first? No value tells: {formats[0]!r} is taken, change it if it is wrong"
        )
    draft.more["times"] = {"formats": formats}


def _take_zone(draft: _Draft, *, timezone: str | None) -> None:
    """Find out whether stamps are those of the place, by their names or by the hours at which calls come in."""
    columns = [
        guess.column for name, guess in draft.found.items() if name in ALL_TIMES and guess.certainty != "question"
    ]
    if columns and all(IN_UTC & set(words_of(column)) for column in columns):
        draft.more["times"] = draft.more.get("times", {}) | {"zone": "UTC"}
    elif timezone is not None and "received" in draft.found and draft.found["received"].certainty != "question":
        stamps = draft.held[draft.found["received"].column].stamps
        written = draft.held[draft.found["received"].column].written
        if written.kind == "stamp" and looks_like_utc(stamps, ZoneInfo(timezone)):
            draft.questions.append(
                'are the times in UTC? As local times they make the night the busiest: [times] zone = "UTC" if so'
            )
        if written.kind in {"epoch seconds", "epoch milliseconds"} and looks_like_local(stamps, ZoneInfo(timezone)):
            draft.questions.append(
                f"do the numbers of column {quoted(draft.found['received'].column)} count local time? They are read as"
                " UTC, and so make the night the busiest: if they do, export date and time as text"
            )


def _take_ids(draft: _Draft) -> None:
    unit = draft.found.get("unit_id")
    if unit is not None and unit.certainty != "question":
        several = draft.held[unit.column].share_of(holds_several)
        if several > SEVERAL and not draft.responses:
            draft.more["split_units"] = True
            draft.questions.append(
                f"column {quoted(unit.column)} names several units in {wording.share(several)} of the rows: each gets a"
                " row; when each of them arrived cannot be told"
            )
    if "incident_id" not in draft.columns and "incident_id" not in draft.join:
        draft.more["number_rows"] = True
        draft.questions.append(
            "no column holds an incident's number: the rows are numbered, each an incident of its own"
        )


def _mapping(draft: _Draft, title: str) -> Mapping | None:
    content: dict[str, Any] = {"title": title, "columns": draft.columns, "join": draft.join, "elapsed": draft.elapsed}
    content |= {"responses": draft.responses} | draft.more
    try:
        return Mapping.model_validate({key: value for key, value in content.items() if value not in ({}, [], None)})
    except ValidationError:
        draft.questions.append("no id of incident or unit, or no time was found: name the columns that hold them")
        return None


def _named(mapping: Mapping | None) -> set[str]:
    if mapping is None:
        return set()
    names = {source for sources in mapping.sources().values() for source in sources}
    names |= {part for parts in mapping.join.values() for part in parts}
    names |= {item.column for item in mapping.elapsed.values()}
    for response in mapping.responses:
        for sources in response.columns.values():
            names |= {sources} if isinstance(sources, str) else set(sources)
        names |= {part for parts in response.join.values() for part in parts}
        names |= {item.column for item in response.elapsed.values()}
    if mapping.second is not None:
        names |= {mapping.second.key} if isinstance(mapping.second.key, str) else set(mapping.second.key)
    if mapping.log is not None:
        names |= {mapping.log.status, *([mapping.log.time] if isinstance(mapping.log.time, str) else mapping.log.time)}
    return names


def _table(draft: _Draft) -> pd.DataFrame:
    rows = []
    for name, guess in sorted(draft.found.items(), key=lambda item: _place(item[0])):
        values = draft.held[guess.column]
        column = " + ".join(draft.join[name]) if name in draft.join else guess.column
        example = str(values.counts.index[0])[:LONGEST_EXAMPLE] if len(values.counts) else ""
        rows.append((name, column, guess.certainty, guess.evidence, values.filled, example, guess.why, guess.others))
    table = pd.DataFrame(
        rows, columns=["field", "column", "certainty", "evidence", "filled", "example", "why", "others"]
    )
    return table.set_index("field")
