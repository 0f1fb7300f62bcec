"""Objectives and the standards they form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan._former_names import warn_of_former
from fireplan.errors import Faults, InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INTERVALS = {
    "travel_s": "travel time",
    "turnout_and_travel_s": "turnout and travel time",
}
"""Intervals a plan can be held to, and what people call them. What comes before the dispatch is not part of a plan."""

CALL_INTERVALS = {
    "answering_s": "call answering",
    "processing_s": "call processing",
    "handling_s": "call handling",
}
"""
Intervals of the call itself: received to answered, answered to the first dispatch, received to the first dispatch.

Handling is the first two together: a limit for one of them says nothing of it.
"""

OBSERVED_INTERVALS = {
    **CALL_INTERVALS,
    "turnout_s": "turnout time",
    **INTERVALS,
    "answered_to_arrival_s": "time from answering to arrival",
    "total_response_s": "total response time to arrival",
}
"""Intervals that dispatch history can be held to. NFPA's own total response ends later, with the initiating action."""

FIRST_STATION = "First due station"
"""What arrives first where no units are known."""

LEFT_OUT = "left out, because a force needs a table of units"

FORMER_INTERVALS = {"call_processing_s": "handling_s"}
"""Names of the release before: what was called processing ran from the call received, so it was handling."""


def current_interval(name: str) -> str:
    """Give the name that an interval has now, and warn of a former one."""
    now = FORMER_INTERVALS.get(name, name)
    if now != name:
        warn_of_former(name, now=f"{now} (received to the first dispatch)", stacklevel=4)
    return now


@takes(own=("where",))
@dataclass(frozen=True)
class Objective:
    """
    One thing to be reached.

    Attributes
    ----------
    key
        Short name, used in columns.
    title
        What is to arrive, such as "First engine".
    limit_s
        Within which time. [s]
    interval
        Which time: a key of `OBSERVED_INTERVALS`; a plan is held to those of `INTERVALS` only.
    needs
        What must have arrived: kinds (`engine`, `truck`, `ambulance`, `battalion`, `rescue`) or `people`, and how many.
    share
        Share that must be reached, 0 to 1; None: no share is set.
    weight
        What the objective weighs, such as "dwellings"; "": whatever is measured.
    at_most_outside
        How much of `weight` may lie outside the limit; None: no such rule.
    applies_to
        To what, in words.
    where
        Which ground it speaks of: columns of the zones, and the values that each must have there, such as
        `{"risk_class": ("high",)}`; `"first_due"` is the ground of stations, as they stand before any change. {}: all.
    categories, priorities, call_types
        Which incidents it speaks of, modelled and observed; (): all. An incident has to be one of each.
    source, edition
        Who says so, and in which edition.
    verified
        Whether the figure was seen in its source; where not, check it before you state it.
    program, risk
        Program and class of risk that an agency's own objective is for, such as "fire" and "high"; "": all.
    """

    key: str
    title: str
    limit_s: float
    interval: str = "travel_s"
    needs: Mapping[str, float] = field(default_factory=lambda: {"engine": 1})
    share: float | None = None
    weight: str = ""
    at_most_outside: float | None = None
    applies_to: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    priorities: tuple[str | int, ...] = ()
    call_types: tuple[str, ...] = ()
    source: str = ""
    edition: str = ""
    verified: bool = False
    program: str = ""
    risk: str = ""

    def __post_init__(self) -> None:
        """Check the figures."""
        object.__setattr__(self, "interval", current_interval(self.interval))
        faults = Faults(f"objective {quoted(self.key)}")
        if not 0 < self.limit_s < float("inf"):
            faults.add(f"limit_s is {self.limit_s}: it must be a number of seconds above zero")
        if self.interval not in OBSERVED_INTERVALS:
            faults.add(f"interval {quoted(self.interval)} is unknown: use {listed(OBSERVED_INTERVALS)}")
        where: dict[str, tuple[str, ...]] = {}
        if isinstance(self.where, Mapping):
            where = {str(column): _several(values) for column, values in self.where.items()}
        else:
            faults.add(
                f"where is {type(self.where).__name__}: give columns and values, such as {{'risk_class': 'high'}}"
            )
        for column in [column for column, values in where.items() if not values]:
            faults.add(f"where names no value of {quoted(column)}: give one, such as {{'risk_class': 'high'}}")
        object.__setattr__(self, "where", where)
        for name in ("categories", "priorities", "call_types"):
            object.__setattr__(self, name, _several(getattr(self, name)))
        if self.share is not None and not 0 < self.share <= 1:
            faults.add(f"share is {self.share}: give a share such as 0.9 for 90 %")
        if not self.needs or any(not n > 0 for n in self.needs.values()):
            faults.add("needs is empty or not above zero: say what must arrive, such as {'engine': 1}")
        if self.at_most_outside is not None and not self.weight:
            faults.add("at_most_outside counts something: name it in weight, such as 'dwellings'")
        if self.at_most_outside is not None and not 0 <= self.at_most_outside < float("inf"):
            faults.add(f"at_most_outside is {self.at_most_outside}: it must be a number, zero or more")
        faults.raise_if_any()

    def __str__(self) -> str:
        """Say it in one sentence."""
        head = f"{self.title} within {wording.clock(self.limit_s)} {OBSERVED_INTERVALS[self.interval]}"
        if self.share is not None:
            head += f" to {wording.goal(self.share)}"
        if self.at_most_outside is not None:
            head += f", at most {wording.count(self.at_most_outside)} {self.weight} outside"
        return head + (f", {self.ground}" if self.where else "")

    @property
    def ground(self) -> str:
        """Where it holds, in words; "": everywhere."""
        return "where " + " and ".join(f"{c} is {_either(v)}" for c, v in self.where.items()) if self.where else ""

    @property
    def calls(self) -> str:
        """Which incidents it speaks of, in words; "": all."""
        priority = f"priority {_either(_several(self.priorities))}" if self.priorities else ""
        return "; ".join(filter(None, (_either(self.categories), priority, _either(self.call_types))))


def _several(values: str | float | Iterable[object]) -> tuple[str, ...]:
    """Values as text, whether one was given or several; whole numbers as they are written."""
    several = not isinstance(values, str) and hasattr(values, "__iter__") and getattr(values, "ndim", 1) > 0
    given = list(values) if several else [values]  # type: ignore[arg-type]
    return tuple(dict.fromkeys(value_text(value) for value in given))


def value_text(value: object) -> str:
    """Write a value of a column as it is compared: 1, 1.0 and "1" are the same."""
    text = str(value).strip()
    whole, point, rest = text.partition(".")
    return whole if point and whole.lstrip("-").isdigit() and rest and not rest.strip("0") else text


def _either(values: tuple[str, ...]) -> str:
    """Say one of several values."""
    return " or ".join(filter(None, (", ".join(values[:-1]), *values[-1:])))


@takes
@dataclass(frozen=True)
class Standard:
    """
    A set of objectives under one name.

    Attributes
    ----------
    name
        Short name.
    title
        Full name with the edition.
    objectives
        What it asks for; their keys differ.
    note
        What a reader of its figures has to know; "": nothing.
    """

    name: str
    title: str
    objectives: tuple[Objective, ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Check that objectives can be told apart."""
        keys = [o.key for o in self.objectives]
        faults = Faults(f"standard {quoted(self.name)}")
        if not keys:
            faults.add("it has no objective")
        if len(set(keys)) < len(keys):
            faults.add(f"two objectives share a key: {listed(keys)}")
        faults.raise_if_any()

    @property
    def planned(self) -> tuple[Objective, ...]:
        """Objectives that a plan can be held to."""
        return tuple(o for o in self.objectives if o.interval in INTERVALS)

    def by_stations(self) -> Standard:
        """
        Give what can be asked where no units are known: objectives that one unit meets, told by stations.

        Raises
        ------
        InputError
            If every objective for plans asks for a force.
        """
        alone = [o for o in self.planned if sum(o.needs.values()) <= 1 and "people" not in o.needs]
        forces = [o for o in self.planned if o not in alone]
        if forces and not alone:
            raise InputError(
                f"no units are given, and {self.name} asks for forces ({listed(o.title for o in forces)}): give a table"
                " of units, or an objective that one unit meets"
            )
        named = {o.key: replace(o, title=FIRST_STATION) for o in alone if any(k in o.title.casefold() for k in o.needs)}
        kept = tuple(named.get(o.key, o) for o in self.objectives if o not in forces)
        left = [f"{LEFT_OUT}: {listed(o.title for o in forces)}"] if forces else []
        return Standard(self.name, self.title, kept, note="\n".join([*filter(None, [self.note]), *left]))

    def unverified(self) -> list[str]:
        """Name each figure that was not seen in its source, with the source it is said to be in."""
        return [
            f"{o.title}, {wording.clock(o.limit_s)} {OBSERVED_INTERVALS[o.interval]}: {o.source or 'no source named'}"
            for o in self.objectives
            if not o.verified
        ]

    def __add__(self, other: Standard) -> Standard:
        """Hold a plan to two standards at once."""
        return Standard(
            f"{self.name} and {other.name}",
            f"{self.title}; {other.title}",
            self.objectives + other.objectives,
            note=" ".join(note for note in (self.note, other.note) if note),
        )

    def __getitem__(self, key: str) -> Objective:
        """Give an objective by its key."""
        for objective in self.objectives:
            if objective.key == key:
                return objective
        raise KeyError(f"{self.name} has no objective {key!r}; it has {listed(o.key for o in self.objectives)}")


@takes
def local_rule(  # noqa: PLR0913 - a rule has this many parts
    name: str,
    *,
    limit_s: float,
    weight: str,
    at_most_outside: float | None = None,
    share: float | None = None,
    interval: str = "travel_s",
    needs: Mapping[str, float] | None = None,
    title: str = "",
    where: Mapping[str, str | Sequence[str]] | None = None,
    categories: Sequence[str] = (),
    priorities: Sequence[str | int] = (),
    call_types: Sequence[str] = (),
    source: str = "local rule",
    note: str = "",
) -> Standard:
    """
    Write a city's own rule as a standard.

    Parameters
    ----------
    name
        What the city calls it.
    limit_s
        Within which time. [s]
    weight
        What is counted, such as "dwellings".
    at_most_outside
        How much of it may lie outside the limit, such as 1500.
    share
        Which share must lie inside it.
    interval
        Which time; see `INTERVALS`.
    needs
        What must have arrived; left out: one engine.
    title
        What the objective is called wherever it is shown; left out: as the rule.
    where, categories, priorities, call_types
        Of which ground and which incidents it speaks; see `Objective`.
    source
        Ordinance or plan that sets it.
    note
        The rule in its own words; a report gives it with the objectives.

    Examples
    --------
    >>> import fireplan as fp
    >>> rule = fp.standards.local_rule("Growth rule", limit_s=300, weight="dwellings", at_most_outside=1500)
    >>> print(rule.objectives[0])
    Growth rule within 5:00 travel time, at most 1,500 dwellings outside
    """
    key = "".join(c if c.isalnum() else "_" for c in name.lower())
    objective = Objective(
        key=key,
        title=title or name,
        limit_s=limit_s,
        interval=interval,
        needs=needs or {"engine": 1},
        share=share,
        weight=weight,
        at_most_outside=at_most_outside,
        where={column: _several(values) for column, values in (where or {}).items()},
        categories=tuple(categories),
        priorities=tuple(priorities),
        call_types=tuple(call_types),
        source=source,
        edition="local",
        verified=True,
    )
    return Standard(name, name, (objective,), note)
