"""What public calls take: arguments of a wrong kind are refused at the door, by what the signature says."""

from __future__ import annotations

import ast
import functools
import inspect
import numbers
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast, overload

import numpy as np

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

ALIASES = {
    "LonLat": "tuple[float, float]",
    "Subject": "Comparison | Assessment | Project | Scenario | History | Attendance",
    "CadHistory": "History",
    "Units": "Iterable[str] | pd.DataFrame",
    "Area": "BaseGeometry | gpd.GeoDataFrame | gpd.GeoSeries | None",
    "Profile": "str",
    "By": "str",
    "Figured": "str",
    "Theme": "str",
    "Demand": "str",
}
"""Names that a signature gives to kinds, and what they stand for."""

NOUNS = {
    "Assessment": "an assessment, such as fp.assess gives",
    "WeekOfCover": "cover over the week, such as fp.assess(..., at='by hour') gives",
    "Calibration": "a calibration, such as fp.calibrate gives",
    "Diagnostics": "diagnostics, such as fp.calibration.diagnostics gives",
    "Comparison": "a comparison, such as fp.compare gives",
    "Attendance": "an attendance, such as fp.response_performance.attend gives",
    "Period": "a period of a history, such as fp.response_performance.between gives",
    "Project": "a project, such as fp.open_project gives",
    "RoadNetwork": "a road network, such as fp.roads.from_osm gives",
    "SpeedPeriod": "a period: fp.roads.SpeedPeriod(...)",
    "Vehicle": "a vehicle: fp.roads.Vehicle.preset('engine')",
    "Standard": "a standard, such as fp.standards.NFPA_1710",
    "Objective": "an objective: fp.Objective(...)",
    "Policy": "a policy: fp.Policy(...)",
    "Shifts": "shifts: fp.response_performance.Shifts(...)",
    "Missed": "what fp.why_missed gives",
    "StaffingSheet": "a sheet, such as fp.response_performance.staffing_sheet gives",
    "Replay": "a replay, such as fp.replay gives",
    "DispatchMoment": "a moment: fp.simulation.DispatchMoment(...)",
    "Backfill": "reserves: fp.simulation.Backfill(...)",
    "TableScope": "what a table counts: fp.disclosure.TableScope(...)",
    "Publication": "a publication, such as a public page has in its publications",
    "Publications": "a ledger, such as fp.disclosure.read_publications gives",
    "Siting": "what a question of fp.siting gives",
    "Robustness": "what fp.siting.robustness gives",
    "Rules": "rules: fp.siting.Rules(...)",
    "Places": "places, such as fp.travel.places gives",
    "About": "fp.charts.About(...)",
    "Aim": "an aim: fp.siting.Aim(...)",
    "Spot": "a spot on the road, such as fp.travel.Passing(...).spot gives",
    "Arrival": "an arrival of an assessment",
    "Footer": "fp.maps.Footer(...)",
    "Legend": "fp.maps.Legend(...)",
    "OfflineMap": "a map, such as fp.maps.coverage gives",
    "GeoDataFrame": "a GeoDataFrame",
    "GeoSeries": "a GeoSeries",
    "DataFrame": "a table (DataFrame)",
    "Series": "a Series",
    "BaseGeometry": "a shapely geometry",
}
"""Classes that are told by their name, so that nothing needs to be imported to know them; what people call them."""

TABLES = {"DataFrame", "GeoDataFrame"}
PLAIN_NUMBERS = {float, int}
SEVERAL = {"Sequence", "Iterable", "Collection", "list"}
ARRAYS = {"NDArray", "ArrayLike", "ndarray"}
SHORTEST_PLAUSIBLE_S = 30.0
"""A limit of travel below this is meant as minutes: in half a minute a crew is hardly out. [s]"""

LIMITS = {"within_s", "limit_s", "limits_s", "near_s", "far_s", "cutoff_s"}
"""Arguments that are limits of travel, wherever they stand; of an objective only where its interval holds travel."""

WITH_TRAVEL = ("travel", "total")
"""Words in the names of intervals that hold travel: answering or processing a call may well have 15 s."""


class Allowed(NamedTuple):
    """One thing that an argument may be: whether it is, what to call it, and how to take it in."""

    fits: Callable[[Any], bool]
    words: str
    take: Callable[[Any], Any] | None = None


@overload
def takes(function: F) -> F: ...
@overload
def takes(*, own: tuple[str, ...] = (), **hints: str) -> Callable[[F], F]: ...
def takes(function: Any = None, *, own: tuple[str, ...] = (), **hints: str) -> Any:
    """
    Check the arguments of a public function, or of a class when it is made, by its annotations.

    One value where several are meant is taken as one of them, and a list where a tuple is meant as a tuple. What cannot
    be told by its annotation is let through.

    Parameters
    ----------
    function
        The function or class.
    own
        Arguments that the function checks itself, with more to say of them.
    hints
        By argument: what to do instead, for the message.

    Raises
    ------
    InputError
        Of a call with arguments of a wrong kind: all of them, what each is, and what to give.
    """
    if function is None:
        return functools.partial(takes, own=own, **hints)
    if isinstance(function, type):
        made: Any = function
        made.__init__ = _guarded(made.__init__, made.__name__, hints, own)
        return function
    return _guarded(function, function.__name__, hints, own)


def _guarded(function: F, name: str, hints: Mapping[str, str], own: tuple[str, ...]) -> F:
    @functools.cache
    def door() -> _Door:
        """Read the signature at the first call: an import does not wait for those of functions that nobody calls."""
        signature = inspect.signature(function)
        parameters = signature.parameters.values()
        kinds = {
            p.name: kinds
            for p in parameters
            if p.name not in {"self", *own} and isinstance(p.annotation, str) and (kinds := kinds_of(p.annotation))
        }
        spread = {p.name for p in parameters if p.kind is p.VAR_POSITIONAL}
        return _Door(signature, kinds, spread, {p.name: p.default for p in parameters})

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
        signature, kinds, spread, defaults = door()
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # which says what is missing, or too much
        given, faults, changed = bound.arguments, [], False
        for key, value in given.items():
            if key not in kinds or value is defaults[key]:
                continue
            values = value if key in spread else (value,)
            try:
                taken = tuple(_taken(one, kinds[key]) for one in values)
            except _WrongKindError as error:
                hint = f" ({hints[key]})" if key in hints else ""
                faults.append(f"{key} {error}{hint}")
                continue
            new = taken if key in spread else taken[0]
            if key in LIMITS and _holds_travel(given.get("interval", defaults.get("interval"))):
                faults += _minutes_for_seconds(key, new)
            if new is not value:
                given[key], changed = new, True
        if faults:
            raise InputError(f"{name}: " + "; ".join(faults))
        return function(*bound.args, **bound.kwargs) if changed else function(*args, **kwargs)

    return cast("F", call)


class _Door(NamedTuple):
    """What a call is checked by."""

    signature: inspect.Signature
    kinds: Mapping[str, tuple[Allowed, ...]]
    spread: set[str]
    defaults: Mapping[str, Any]


class _WrongKindError(Exception):
    """A value is of none of the kinds asked for."""


def _taken(value: Any, kinds: tuple[Allowed, ...]) -> Any:  # noqa: ANN401 - any value
    """Give the value as the function takes it."""
    for kind in kinds:
        if kind.fits(value):
            return value if kind.take is None else kind.take(value)
    words = " or ".join(dict.fromkeys(kind.words for kind in kinds))
    raise _WrongKindError(f"is {said(value)}: give {words}{_unquoted(value, kinds)}")


def _unquoted(value: Any, kinds: tuple[Allowed, ...]) -> str:  # noqa: ANN401 - any value
    """Say how to write a number that came as text."""
    try:
        as_number = float(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    if as_number is None or not any(kind.fits(as_number) for kind in kinds):
        return ""
    return f": write {value.strip()} without quotes"


def _holds_travel(interval: object) -> bool:
    return not isinstance(interval, str) or any(word in interval for word in WITH_TRAVEL)


def _minutes_for_seconds(name: str, limits: Any) -> list[str]:  # noqa: ANN401 - one limit, several, or a dict of them
    """Say of limits that were plainly meant as minutes how to write them as seconds."""
    held: Any = limits.values() if isinstance(limits, Mapping) else limits
    several = isinstance(held, Collection) and not isinstance(held, str)
    values = [float(v) for v in (held if several else (held,)) if v is not None and _is_number(v)]
    short = [v for v in values if 0 < v < SHORTEST_PLAUSIBLE_S]
    if name == "cutoff_s":  # what turnout leaves of a limit may be short, and is no round figure
        short = [v for v in short if (2 * v).is_integer()]
    if not short:
        return []
    meant = [f"{60 * v if v < SHORTEST_PLAUSIBLE_S else v:g}" for v in values]
    write = f"[{', '.join(meant)}]" if several else meant[0]
    shown = listed((f"{v:g}" for v in short), most=len(short))
    return [f"{name} is {shown}: that is seconds, not minutes; for minutes write {write}"]


def said(value: object) -> str:
    """Say what kind of thing a value is, without showing what is in a table."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, bool | np.bool_ | numbers.Real):
        return f"the number {value}" if not isinstance(value, bool) else str(value)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value).__name__
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


@functools.cache
def kinds_of(annotation: str) -> tuple[Allowed, ...]:
    """Read the kinds that an annotation allows; (): it allows anything, or cannot be told."""
    try:
        tree = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return ()
    found = _kinds(tree)
    return () if found is None else tuple(found)


def _kinds(node: ast.expr) -> list[Allowed] | None:
    if isinstance(node, ast.BinOp):
        sides = _kinds(node.left), _kinds(node.right)
        return None if sides[0] is None or sides[1] is None else [*sides[0], *sides[1]]
    if isinstance(node, ast.Constant):
        if node.value is None:
            return [Allowed(lambda value: value is None, "None")]
        return list(kinds_of(node.value)) or None if isinstance(node.value, str) else None
    if isinstance(node, ast.Subscript):
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _generic(_name(node.value), parts)
    return _plain(_name(node))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _plain(name: str) -> list[Allowed] | None:
    if name in ALIASES:
        return list(kinds_of(ALIASES[name]))
    if name in PLAIN:
        return [PLAIN[name]]
    if name in NOUNS:
        return [Allowed(functools.partial(_is_named, name=name), NOUNS[name])]
    if name in SEVERAL or name in {"Mapping", "dict", "tuple"} | ARRAYS:
        return _generic(name, [])
    return None


def _generic(name: str, parts: list[ast.expr]) -> list[Allowed] | None:  # noqa: PLR0911 - a kind each
    if name == "Handed":  # a table of a frozen class; what its columns must be is for the schema to say
        inner = _kinds(parts[0])
        return None if inner is None else [*inner, *(Allowed(functools.partial(_is_named, name=n), "a table") for n in
                                                     ("FrozenTable", "DataFrame"))]  # fmt: skip
    if name == "Annotated":
        return _kinds(parts[0])
    if name in ARRAYS:
        return [Allowed(_is_array, "an array of numbers")]
    if name in {"Mapping", "dict"}:
        values = (_kinds(parts[1]) or []) if len(parts) > 1 else []
        what = f" to {values[0].words}" if values else ""
        return [Allowed(functools.partial(_is_mapping, values=tuple(values)), f"a dict{what}")]
    if name == "tuple" and parts and not (isinstance(parts[-1], ast.Constant) and parts[-1].value is Ellipsis):
        each = [tuple(_kinds(part) or ()) for part in parts]
        words = ", ".join(kinds[0].words if kinds else "a value" for kinds in each)
        return [Allowed(functools.partial(_is_row, each=each), f"a tuple of {len(each)}: ({words})", tuple)]
    if name in SEVERAL or name == "tuple":
        each_is = tuple(_kinds(parts[0]) or ()) if parts else ()
        whole = tuple if name == "tuple" else None
        what = each_is[0].words.removeprefix("a ").removeprefix("an ") if each_is else "value"
        several = Allowed(functools.partial(_are_several, inner=each_is), f"a list of which each is {each_is[0].words}"
                       if each_is else f"a list of {what}s", whole)  # fmt: skip
        one = [Allowed(kind.fits, kind.words, lambda value: (value,)) for kind in each_is]
        return [several, *one]
    return _plain(name)


def _is_named(value: object, *, name: str) -> bool:
    return any(kind.__name__ == name for kind in type(value).__mro__)


def _is_number(value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return False  # True metres are a slip
    if isinstance(value, numbers.Real):
        return True
    return hasattr(value, "__float__") and getattr(value, "ndim", None) == 0


def _is_whole(value: Any) -> bool:  # noqa: ANN401 - any value
    return _is_number(value) and float(value).is_integer()


def _is_flag(value: object) -> bool:
    return isinstance(value, bool | np.bool_) or (isinstance(value, numbers.Integral) and value in {0, 1})


def _is_array(value: object) -> bool:
    return hasattr(value, "__array__") or isinstance(value, list | tuple) or _is_number(value)


def _is_mapping(value: object, *, values: tuple[Allowed, ...]) -> bool:
    if not isinstance(value, Mapping):
        return False
    return not values or all(any(kind.fits(one) for kind in values) for one in value.values())


def _is_row(value: object, *, each: list[tuple[Allowed, ...]]) -> bool:
    if isinstance(value, str | Mapping) or not hasattr(value, "__len__") or len(value) != len(each):
        return False
    if not isinstance(value, Iterable) or any(_is_named(value, name=n) for n in TABLES):
        return False
    return all(not kinds or any(k.fits(one) for k in kinds) for one, kinds in zip(value, each, strict=True))


def _are_several(value: object, *, inner: tuple[Allowed, ...]) -> bool:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return False
    if any(_is_named(value, name=n) for n in TABLES) or getattr(value, "ndim", 1) != 1:
        return False
    if not inner or not isinstance(value, Collection):  # what is read once is not read here
        return True
    if any(kind.fits is _is_number for kind in inner) and PLAIN_NUMBERS.issuperset(map(type, value)):
        return True  # a shape or a list of draws has hundreds
    return all(any(kind.fits(one) for kind in inner) for one in value)


PLAIN = {
    "Scenario": Allowed(
        lambda value: _is_named(value, name="Scenario") or (hasattr(value, "units") and not hasattr(value, "columns")),
        "a scenario, such as fp.read_project gives",
    ),
    "MultiDiGraph": Allowed(
        lambda value: _is_named(value, name="Graph"), "a networkx MultiDiGraph, such as OSMnx gives"
    ),
    "History": Allowed(
        lambda value: hasattr(value, "responses") and hasattr(value, "incidents"),
        "dispatch history, such as fp.read_cad gives",
    ),
    "Change": Allowed(
        lambda value: callable(value) and not isinstance(value, type),
        "a change, such as fp.CloseStation('S1'); several one by one, or a list as *changes",
    ),
    "str": Allowed(lambda value: isinstance(value, str), "text"),
    "float": Allowed(_is_number, "a number"),
    "int": Allowed(_is_whole, "a whole number"),
    "bool": Allowed(_is_flag, "True or False"),
    "Path": Allowed(lambda value: isinstance(value, os.PathLike), "the path of a file"),
    "PathLike": Allowed(lambda value: isinstance(value, os.PathLike), "the path of a file"),
    "Callable": Allowed(callable, "a function"),
    "Timestamp": Allowed(lambda value: isinstance(value, date | np.datetime64), "a time (pd.Timestamp)"),
}
"""Kinds that need no name of a class."""
