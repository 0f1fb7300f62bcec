"""Public names that hold a time, a length or a speed say their unit."""

import contextlib
import dataclasses
import inspect
import re
from pathlib import Path

import pytest

import fireplan
from fireplan._schema import columns
from fireplan.changes import ALL

QUANTITY = re.compile(
    r"(^|_)(seconds?|minutes?|hours?|time|duration|turnout|travel|distance|dist|length|radius|offset"
    r"|tolerance|metres?|meters?|speed|limit)(_|$)"
)
UNIT = re.compile(r"_(s|m|km|km2|kph|mps|deg|bytes|per_hour)$")
NAMES_OF_COLUMNS = {"roads.from_lines": ["speed", "speed_unit"], "roads.SpeedPeriod": ["hours"]}
"""Arguments that name a column of somebody's file, and its unit, or hours of the day: they hold no quantity."""
TIMES_OF_DAY = {"hours"}
"""Fields of changes that say between which hours of the day: they hold no quantity."""

ROOT = Path(__file__).resolve().parents[2]


def described():
    """Every public class and function: those of the package, and those of its public modules."""
    for name in fireplan.__all__:
        value = getattr(fireplan, name)
        if not inspect.ismodule(value):
            yield name, value
            continue
        for part in dict.fromkeys([*vars(value), *getattr(value, "VIEWS", ())]):  # those of maps come when asked for
            inner = getattr(value, part)
            ours = getattr(inner, "__module__", "").startswith("fireplan")
            if not part.startswith("_") and ours and (inspect.isclass(inner) or inspect.isfunction(inner)):
                yield f"{name}.{part}", inner


def quantities(value):
    """Names of a signature or of fields that stand for something with a unit."""
    names = {f.name for f in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else set()
    with contextlib.suppress(ValueError):  # some classes have no signature
        names |= set(inspect.signature(value).parameters)
    of_changes = TIMES_OF_DAY if value in ALL else set()
    return sorted(n for n in names - of_changes if QUANTITY.search(n))


CALLS = dict(described())


@pytest.mark.parametrize("name", CALLS)
def test_every_quantity_names_its_unit(name):
    assert [q for q in quantities(CALLS[name]) if not UNIT.search(q)] == NAMES_OF_COLUMNS.get(name, [])


def test_the_rule_sees_what_it_looks_for():
    seen = {q for value in CALLS.values() for q in quantities(value)}
    assert {"turnout_s", "speed_kph", "snap_limit_m", "limit_s", "length_m"} <= seen
    assert not UNIT.search("travel_time")
    assert {c.__name__ for c in ALL} <= set(CALLS)


@pytest.mark.parametrize("table", ["stations", "units", "zones", "incidents", "responses"])
def test_every_number_in_a_schema_has_a_unit(table):
    assert [c.column for c in columns(table) if c.dtype == "number" and not c.unit] == []
    wrong = [c.column for c in columns(table) if c.unit == "s" and not c.column.endswith("_s")]
    assert wrong == []
