"""Text columns: value maps, priorities, and the coarse category of a call."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._bounded_text import toml_content
from fireplan.errors import listed, quoted
from fireplan.incidents._formats.text_table import squeezed
from fireplan.stations import unit_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fireplan.incidents._ledger.ledger import Ledger

CATEGORIES = ("fire", "ems", "alarm", "rescue", "hazmat", "service", "other")
MOST_CREW = 100  # people on one unit; beyond it, it is no crew
PLAIN_PRIORITY = r"[0-9]|[A-Za-z]"
_NFIRS = re.compile(r"\s*([1-9]\d\d)(?!\d)")


class CategoryRules(NamedTuple):
    """The category rules: NFIRS code prefixes, longest first, and patterns in the order in which they are tried."""

    codes: tuple[tuple[str, str], ...]
    patterns: tuple[tuple[re.Pattern[str], str], ...]


@cache
def category_rules() -> CategoryRules:
    """Read the category rules from `categories.toml`."""
    text = (files(__package__) / "categories.toml").read_text(encoding="utf-8")
    data = toml_content(text, label="categories.toml")
    codes = sorted(data["nfirs"].items(), key=lambda item: -len(item[0]))
    patterns = []
    for rule in data["rule"]:
        words = "|".join(re.escape(word).replace(r"\ ", r"[\s_-]+") for word in rule["words"])
        patterns.append((re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])", re.IGNORECASE), rule["category"]))
    return CategoryRules(tuple(codes), tuple(patterns))


def category_of(call_type: str) -> str:
    """
    Class one call type as fire, ems, alarm, rescue, hazmat, service or other.

    Examples
    --------
    >>> [category_of(said) for said in ("STRUCTURE FIRE", "Gas Leak (Natural and LP Gases)", "745 Alarm activation")]
    ['fire', 'hazmat', 'alarm']
    """
    rules = category_rules()
    code = _NFIRS.match(call_type)
    if code:
        return next((category for prefix, category in rules.codes if code[1].startswith(prefix)), "other")
    return next((category for pattern, category in rules.patterns if pattern.search(call_type)), "other")


def categories(call_types: pd.Series[str], *, ledger: Ledger) -> pd.Series[str]:
    """Class all call types; those that no rule knows are 'other' and are counted."""
    known = {text: category_of(str(text)) for text in call_types.dropna().unique()}
    result = _looked_up(call_types, known).fillna("other")
    ledger.add("category_other", call_types.index[result == "other"], column="call_type")
    return result


def translated(text: pd.Series[str], values: Mapping[str, str], *, column: str, ledger: Ledger) -> pd.Series[str]:
    """Translate the values a mapping knows; note the others and keep them; blank becomes missing."""
    given = text.mask(text == "").astype("str")
    if not values:
        return given
    known = _looked_up(given, values)
    strange = known.isna() & given.notna()
    detail = f"{column}: {_named(given[strange])}" if strange.any() else ""
    ledger.add("value_unmapped", text.index[strange], column=column, detail=detail)
    return known.fillna(given)


def check_priority(priority: pd.Series[str], *, mapped: bool, ledger: Ledger) -> None:
    """Note rows without a priority and, where no value map settles it, priorities neither a digit nor a letter."""
    ledger.add("priority_missing", priority.index[priority.isna()], column="priority")
    if not mapped:
        given = priority.dropna()
        strange = given[~given.str.fullmatch(PLAIN_PRIORITY)]
        detail = _named(strange) if len(strange) else ""
        ledger.add("priority_unmapped", strange.index, column="priority", detail=detail)


def read_unit_types(text: pd.Series[str], values: Mapping[str, str], *, ledger: Ledger) -> pd.Series[str]:
    """Name types of unit as the rest of the package does; those that no table knows are kept as text and noted."""
    given = translated(text, values, column="unit_type", ledger=ledger)
    known = {str(value): unit_type(str(value)) for value in given.dropna().unique()}
    result = _looked_up(given, {value: kind for value, kind in known.items() if kind})
    counts = given[result.isna() & given.notna()].value_counts()
    detail = listed(f"{quoted(value, limit=20)} in {count:,} rows" for value, count in counts.items())
    strange = given.index[result.isna() & given.notna()]
    ledger.add("unit_type_unknown", strange, column="unit_type", detail=detail if len(counts) else "")
    return result.fillna(given)


@cache
def modes() -> dict[str, str]:
    """Read the modes of response from `modes.toml`, squeezed."""
    data = toml_content((files(__package__) / "modes.toml").read_text(encoding="utf-8"), label="modes.toml")
    return {squeezed(text): mode for mode, texts in data.items() for text in (*texts, mode)}


def read_modes(text: pd.Series[str], values: Mapping[str, str], *, ledger: Ledger) -> pd.Series[str]:
    """Translate modes of response to `emergency` and `non_emergency`; others are dropped and noted."""
    known = {str(value): modes().get(squeezed(values.get(str(value), str(value)))) for value in text.dropna().unique()}
    result = _looked_up(text.mask(text == "").astype("str"), {v: mode for v, mode in known.items() if mode})
    strange = result.isna() & (text != "")
    detail = _named(text[strange]) if strange.any() else ""
    ledger.add("mode_unknown", text.index[strange], column="mode", detail=detail)
    return result


def read_crews(text: pd.Series[str], *, ledger: Ledger) -> pd.Series[float]:
    """Read crews as numbers of people; NaN where there is none or it was dropped."""
    number = pd.to_numeric(text, errors="coerce").astype("float64")
    good = (number >= 0) & (number <= MOST_CREW) & (number == number.round())
    ledger.add("crew_unreadable", text.index[(text != "") & ~good], column="crew")
    return number.where(good)


def _looked_up(text: pd.Series[str], known: Mapping[str, str]) -> pd.Series[str]:
    """Look each value up; missing where it is not known."""
    codes, values = pd.factorize(text)
    found = np.array([*(known.get(str(value)) for value in values), None], dtype=object)
    return pd.Series(found[codes], index=text.index, dtype="str")


def _named(values: pd.Series[str]) -> str:
    return listed(sorted(quoted(value, limit=20) for value in values.unique()))
