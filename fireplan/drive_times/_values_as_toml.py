"""Values as plain tables, by what their annotations say, and back; every fault of a table is told, with its place."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from fireplan.errors import Faults

NOTHING = object()
"""What stands for a value that could not be read; its fault is told."""

MAY_BE_UNKNOWN = frozenset({"bias_s", "median_error_s", "p90_error_s", "spearman", "below_p90", "score", "score_se"})
"""Numbers that may be missing, written as nan, or beyond all bounds, as inf: how sure one run makes a model."""

UNIONS = (Union, types.UnionType)


class Codec:
    """
    Turns dataclasses and named tuples into tables that TOML can hold, and back.

    Parameters
    ----------
    names
        What the annotations of the classes name that is imported for a type checker alone.
    """

    def __init__(self, **names: Any) -> None:  # noqa: ANN401 - classes
        self._names = {"Mapping": Mapping} | names

    def table(self, value: Any) -> dict[str, Any]:  # noqa: ANN401 - dataclasses and named tuples
        """Write a value as a table; what is not there, or empty, is left out."""
        found = {}
        for name, (kind, default) in self._fields(type(value)).items():
            held = getattr(value, name)
            if default is not MISSING and _is_empty(held) and _is_empty(default):
                continue
            found[name] = self._plain(kind, held)
        return found

    def value(self, kind: type, given: Any, where: str, faults: Faults) -> Any:  # noqa: ANN401 - what TOML holds
        """Read a value from a table; `NOTHING` if it has faults, which are then told."""
        if not isinstance(given, dict):
            return _wrong(faults, where, given, "a table")
        known = self._fields(kind)
        before = len(faults.found)
        for key in given:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                hint = f"did you mean {quoted(close[0])}?" if close else f"known are {listed(known, most=40)}"
                faults.add(f"key {quoted(_at(where, key))} is unknown: {hint}")
        found = {}
        for name, (hint, default) in known.items():
            if name in given:
                found[name] = self._read(hint, given[name], _at(where, name), faults)
            elif default is MISSING:
                faults.add(f"key {quoted(_at(where, name))} is missing")
        if len(faults.found) > before:
            return NOTHING
        try:
            return kind(**found)
        except InputError as error:
            faults.add(f"{where}: {error}" if where else str(error))
            return NOTHING

    def _fields(self, kind: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401 - classes
        """What a class holds: by name its kind and its default."""
        hints = get_type_hints(kind, localns=self._names)
        if not is_dataclass(kind):
            defaults: dict[str, Any] = kind._field_defaults
            return {name: (hints[name], defaults.get(name, MISSING)) for name in kind._fields}
        return {
            f.name: (hints[f.name], f.default if f.default_factory is MISSING else f.default_factory())
            for f in fields(kind)
        }

    def _plain(self, kind: Any, value: Any) -> Any:  # noqa: ANN401 - one for each kind of value
        origin, inner = get_origin(kind), get_args(kind)
        if origin in UNIONS:
            return self._plain(_chosen(kind, by_mapping=isinstance(value, Mapping)), value)
        if origin is tuple:
            kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
            return [self._plain(k, v) for k, v in zip(kinds, value, strict=True)]
        if origin is not None and issubclass(_class_of(origin), Mapping):
            return self._nested(inner, value)
        if is_dataclass(kind) or hasattr(kind, "_fields"):
            return self.table(value)
        return float(value) if kind is float else int(value) if kind is int else str(value)

    def _nested(self, inner: tuple[Any, ...], value: Mapping[Any, Any]) -> dict[str, Any]:
        """Write a mapping; keys of several parts as tables within tables."""
        found: dict[str, Any] = {}
        for key, held in sorted(value.items()):  # equal mappings may be in another order
            *parts, last = key if isinstance(key, tuple) else (key,)
            table = found
            for part in parts:
                table = table.setdefault(str(part), {})
            table[str(last)] = self._plain(inner[1], held)
        return found

    def _read(self, kind: Any, given: Any, where: str, faults: Faults) -> Any:  # noqa: ANN401, PLR0911 - as above
        origin, inner = get_origin(kind), get_args(kind)
        if origin in UNIONS:
            return self._read(_chosen(kind, by_mapping=isinstance(given, dict)), given, where, faults)
        if origin is Literal:
            if given in inner:
                return given
            faults.add(f"{where} is {quoted(given)}: one of {listed(inner, most=len(inner))}")
            return NOTHING
        if origin is tuple:
            return self._read_tuple(inner, given, where, faults)
        if origin is not None and issubclass(_class_of(origin), Mapping):
            return self._read_mapping(inner, given, where, faults)
        if is_dataclass(kind) or hasattr(kind, "_fields"):
            return self.value(kind, given, where, faults)
        return READERS[kind](given, where, faults)

    def _read_tuple(self, inner: tuple[Any, ...], given: Any, where: str, faults: Faults) -> Any:  # noqa: ANN401
        if not isinstance(given, list):
            return _wrong(faults, where, given, "a list, [ ... ]")
        if inner[-1] is not ... and len(given) != len(inner):
            return _wrong(faults, where, given, f"a list of {len(inner)}")
        kinds = [inner[0]] * len(given) if inner[-1] is ... else inner
        found = [
            self._read(k, v, f"{where}[{i}]", faults) for i, (k, v) in enumerate(zip(kinds, given, strict=True), 1)
        ]
        return tuple(found)

    def _read_mapping(self, inner: tuple[Any, ...], given: Any, where: str, faults: Faults) -> Any:  # noqa: ANN401
        if not isinstance(given, dict):
            return _wrong(faults, where, given, "a table")
        if get_origin(inner[0]) is not tuple:
            return {key: self._read(inner[1], value, _at(where, key), faults) for key, value in given.items()}
        found = {}
        for first, held in given.items():
            if not isinstance(held, dict):
                _wrong(faults, _at(where, first), held, "a table")
                continue
            for last, value in held.items():
                found[first, last] = self._read(inner[1], value, _at(_at(where, first), last), faults)
        return found


def _is_empty(value: object) -> bool:
    """Whether a value says nothing: it is left out of the file then, where nothing is what stands for it anyway."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, tuple | Mapping | str) and not value)


def _class_of(origin: Any) -> type:  # noqa: ANN401 - what a generic alias stands for
    return origin if isinstance(origin, type) else object


def _chosen(kind: Any, *, by_mapping: bool) -> Any:  # noqa: ANN401 - annotations
    """Of several kinds the one that a value is of: a table where it is one, and never nothing."""
    kinds = [k for k in get_args(kind) if k is not type(None)]
    tables = [k for k in kinds if not (k in READERS or get_origin(k) is tuple)]
    others = [k for k in kinds if k not in tables]
    return (tables if (by_mapping and tables) or not others else others)[0]


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _wrong(faults: Faults, where: str, given: object, wanted: str) -> object:
    faults.add(f"{where} is {quoted(given)}: give {wanted}")
    return NOTHING


def _number(given: object, where: str, faults: Faults) -> object:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return _wrong(faults, where, given, "a number")
    if not (math.isfinite(given) or where.rsplit(".", 1)[-1] in MAY_BE_UNKNOWN):
        return _wrong(faults, where, given, "a number that is finite")
    return float(given)


def _whole(given: object, where: str, faults: Faults) -> object:
    if isinstance(given, bool) or not isinstance(given, int):
        return _wrong(faults, where, given, "a whole number")
    return given


def _text(given: object, where: str, faults: Faults) -> object:
    return given if isinstance(given, str) else _wrong(faults, where, given, 'text, in "quotes"')


READERS: dict[type, Callable[[Any, str, Faults], Any]] = {float: _number, int: _whole, str: _text}
