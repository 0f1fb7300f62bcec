"""A calibration as a file that a planner can read, and back, exactly."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan._bounded_text import toml_content
from fireplan._checked import takes
from fireplan._whole_file import write_whole
from fireplan.drive_times._calibration import (
    BY_HAND,
    MODELS,
    Calibration,
    Draw,
    Estimate,
    HeldOutError,
    LadderStep,
    StationStart,
)
from fireplan.drive_times._travel_spread import TravelSpread
from fireplan.drive_times._turnout_times import TurnoutTimes
from fireplan.drive_times._values_as_toml import NOTHING, Codec
from fireplan.errors import Faults, InputError, quoted
from fireplan.roads import DriveCurve, SpeedPeriod, TurnDelays
from fireplan.roads._drive_curve import check_curve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT = 1
LARGEST_BYTES = 2**24
WIDTH = 118

CODEC = Codec(
    DriveCurve=DriveCurve, Draw=Draw, Estimate=Estimate, HeldOutError=HeldOutError, LadderStep=LadderStep,
    SpeedPeriod=SpeedPeriod, StationStart=StationStart, TravelSpread=TravelSpread, TurnDelays=TurnDelays,
    TurnoutTimes=TurnoutTimes,
)  # fmt: skip

SAID = {
    "model": "What of the ladder below was taken, and why no fuller one.",
    "basis": "What the runs are: observed, invented or simulated.",
    "network": "The streets and the history it was made from: others are refused.",
    "factor": "Planning speeds of classes of road without a speed of their own, or of all, are multiplied by this.",
    "week_sd": "How drives differ by the hour of the week (standard deviation of the logarithm).",
    "ledger": "Runs that were left out, by rule.",
    "notes": "What a reader has to know, and what it must not be used for.",
    "error": "How wrong it is where it was not fitted, days left out in turn [s]; bias: predicted less observed.",
    "by_station": "The same where stations are left out in turn.",
    "speeds_kph": "Speed by class of road over the week [km/h], its 95 % interval, and how many runs it rests on.",
    "curve": "From the seconds of streets and turns to a drive: offset + scale * (start + seconds) ^ power.",
    "delays": "What turns cost [s].",
    "delay_estimates": "How sure that is.",
    "periods": "Hours of the week, and what speeds are multiplied by in them.",
    "period_estimates": "How sure the factors are.",
    "start": "From under way to driving at speed [s].",
    "stations": "How much later engines of a station are at speed [s]; the street they leave by, if not the nearest.",
    "spread": "How drives differ from one another: way from median to 90th percentile (log), and quantiles between.",
    "draws": "Curve and spread as fitted to days drawn anew, one column for each: intervals of shares come from them.",
    "turnouts": "How long crews take to turn out [s]: median and spread (log) by kind, category and hours; stations.",
    "ladder": "Every model on the same folds.",
    "versions": "What it was made by.",
}  # fmt: skip
"""What stands above the parts of the file."""


@takes
def write_calibration(calibration: Calibration, path: str | Path) -> Path:
    """
    Write a calibration to a file.

    Parameters
    ----------
    calibration
        What was learnt.
    path
        File, such as `calibration.toml`; one of that name is replaced.

    Returns
    -------
    The file. It is written whole or not at all; equal calibrations give the same bytes, and what is read from it is
    what was written, to the last digit.

    Raises
    ------
    InputError
        If the file cannot be written (its folder is not there, the disk is full), or the calibration holds what no file
        can keep, such as infinite seconds.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import fireplan as fp
    >>> error = fp.calibration.HeldOutError(1919, "days", 0.2, 30.6, 100.4, 0.54)
    >>> made = fp.Calibration("factor", error, network="a", history="b", factor=0.8)
    >>> file = fp.calibration.write_calibration(made, pathlib.Path(tempfile.mkdtemp()) / "calibration.toml")
    >>> fp.calibration.read_calibration(file) == made
    True
    """
    file = Path(path)
    text = as_toml(calibration)
    if _read(text, file.name).fingerprint != calibration.fingerprint:
        raise InputError(f"{file.name} would not read back the same: give plain numbers and texts")
    return write_whole(file, text.encode())


@takes
def read_calibration(path: str | Path) -> Calibration:
    """
    Read a calibration from a file.

    Parameters
    ----------
    path
        As `write_calibration` or `fireplan calibrate` wrote it.

    Raises
    ------
    InputError
        If there is no such file, or it is not TOML (with the line), or of another format.
    TableError
        With every fault: keys that are missing, unknown (with a suggestion) or of a wrong kind, values that cannot be
        driven by, values that were changed by hand.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{file} does not exist: `fireplan calibrate PROJECT` makes it")
    if file.stat().st_size > LARGEST_BYTES:
        raise InputError(f"{file.name} is larger than {LARGEST_BYTES // 2**20} MB: that is no calibration")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name} is not UTF-8 text: save it as UTF-8, or calibrate anew") from error
    return _read(text, file.name)


def _read(text: str, label: str) -> Calibration:
    given = toml_content(text, label=label)
    made_as = given.pop("format", None)
    if made_as != FORMAT:
        what = "has no format" if made_as is None else f"is of format {quoted(made_as)}"
        raise InputError(f"{label} {what}, and this release reads {FORMAT}: calibrate anew, by `fireplan calibrate`")
    stands_for = given.pop("content", None)
    by_hand = stands_for is None
    faults = Faults(label)
    if not by_hand and stands_for != _content(given):
        faults.add(
            "values were changed after it was made, so its error is that of others: calibrate anew, or delete the line"
            " `content` to answer for them yourself, which results then say"
        )
    draws = _rows(given.get("draws"), faults)
    found = CODEC.value(Calibration, given if draws is None else given | {"draws": draws}, "", faults)
    if found is not NOTHING:
        try:
            check_curve(found.curve)
        except InputError as error:
            faults.add(str(error))
    faults.raise_if_any()
    calibration: Calibration = found
    notes = (*(note for note in calibration.notes if note != BY_HAND), BY_HAND)
    return replace(calibration, notes=notes) if by_hand else calibration


def as_toml(calibration: Calibration) -> str:
    """Write a calibration as text: the same for equal values."""
    table = CODEC.table(calibration)
    if calibration.draws:
        table["draws"] = {name: [row[name] for row in table["draws"]] for name in Draw._fields}
    # A section ends the values of the file itself, so these come first.
    plain = {key: value for key, value in table.items() if not _is_section(value)}
    sections = {key: value for key, value in table.items() if _is_section(value)}
    lines = [*_head(calibration), f"format = {FORMAT}", "# Stands for all values below: change none by hand."]
    lines.append(f'content = "{_content(table)}"')
    for key, value in plain.items():
        lines += ["", f"# {SAID[key]}"] if key in SAID else []
        lines += _assigned(key, value)
    order = sorted(sections, key=lambda key: (key == "draws", key == "turnouts"))  # figures nobody reads come last
    for key in order:
        lines += ["", f"# {SAID[key]}"] if key in SAID else [""]
        lines += _section(_key(key), sections[key])
    return "\n".join(lines) + "\n"


def _head(calibration: Calibration) -> Iterator[str]:
    """Say in a few lines what the file is."""
    yield f"# {wording.capital(calibration.headline)}."
    said = f"Learnt from {wording.counted(calibration.runs, f'{calibration.basis} run')}" if calibration.runs else ""
    if said and calibration.first_day:
        said += f", {calibration.first_day} to {calibration.last_day}"
    model = f"taken: {MODELS[calibration.model]}."
    whole = f"{said}; {model}" if said else wording.capital(model)
    for line in wrap("".join(c if c.isprintable() else "?" for c in whole), WIDTH):
        yield f"# {line}"
    yield "# Written by fireplan; `fireplan calibrate PROJECT` makes it anew."
    yield ""


def _content(table: Mapping[str, Any]) -> str:
    """Name what stands in a file, whatever its lines end in and its comments say."""
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:16]


def _rows(columns: object, faults: Faults) -> list[dict[str, Any]] | None:
    """Put what was drawn in rows again; None, where there is nothing."""
    if columns is None:
        return None
    wanted = f"a list for each of {', '.join(Draw._fields)}, all of one length"
    if not isinstance(columns, dict) or not all(isinstance(held, list) for held in columns.values()):
        faults.add(f"draws: give {wanted}")
        return None
    if set(columns) != set(Draw._fields) or len({len(held) for held in columns.values()}) > 1:
        sizes = ", ".join(f"{quoted(name)} of {len(held)}" for name, held in columns.items())
        faults.add(f"draws holds {sizes}: give {wanted}")
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _is_section(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _section(path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - tables, and lists of them
    """Write a table under its name, or several; what is deep in it as tables of their own."""
    if isinstance(value, list):
        for i, row in enumerate(value):
            if i:
                yield ""
            yield f"[[{path}]]"
            for key, held in row.items():
                yield from _assigned(key, held)
        return
    deep = {key: held for key, held in value.items() if isinstance(held, dict) and not _is_flat(held)}
    yield f"[{path}]"
    for key, held in value.items():
        if key not in deep:
            yield from _assigned(key, held)
    for key, held in deep.items():
        yield ""
        yield from _section(f"{path}.{_key(key)}", held)


def _is_flat(table: dict[str, Any]) -> bool:
    """Whether a table can stand in one line."""
    return bool(table) and all(
        not isinstance(held, dict) and (not isinstance(held, list) or len(held) <= 2) for held in table.values()
    )


def _assigned(key: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - what TOML holds
    whole = f"{_key(key)} = {_inline(value)}"
    if len(whole) <= WIDTH or not isinstance(value, list):
        yield whole
        return
    yield f"{_key(key)} = ["
    if all(isinstance(held, float) for held in value):
        yield from (f"    {line}" for line in wrap(", ".join(map(_inline, value)) + ",", WIDTH - 4))
    else:
        yield from (f"    {_inline(held)}," for held in value)
    yield "]"


def _inline(value: Any) -> str:  # noqa: ANN401 - what TOML holds
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_inline(held)}" for key, held in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return _quote(value) if isinstance(value, str) else repr(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quote(key)


def _quote(text: str) -> str:
    """Write text in quotes, as TOML has it: as JSON does, and one control character more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
