"""The records of a JSON file, one by one: what stands in a list, in an object around one, or on lines of its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from fireplan._bounded_text import KeyTwiceError, no_key_twice
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_BEGINS = re.compile(rb"\s*(?:\{|\[\s*[\[\]{}\"0-9tfn-])")
_LISTS = re.compile(r"\[[ \t\r\n]*\[")
_OBJECTS = re.compile(r"\[[ \t\r\n]*\{")
HEAD_BYTES = 4096
LAYOUT = ("fields", "columns", "meta")
"""Keys whose lists say how records are laid out, and are none themselves."""


def looks_like_json(head: bytes) -> bool:
    """Tell by its first bytes whether a file is JSON, rather than a CSV file."""
    plain = head.replace(b"\0", b"") if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else head
    return _BEGINS.match(plain.lstrip(b"\xef\xbb\xbf\xff\xfe")) is not None


class Elements:
    """
    The elements of a JSON text, one after the other: a file of any length takes the room of its text and one element.

    Attributes
    ----------
    around
        What stands beside the list of records in the object that holds it, once all elements were given.
    """

    def __init__(self, text: str, *, name: str, wanted: Callable[[object, str], int]) -> None:
        """
        Take a text.

        Parameters
        ----------
        text
            The whole file.
        name
            Of the file, for errors.
        wanted
            Counts the wanted names in an element, as if it stood under a key; "" for a record of its own.
        """
        self.around: dict[str, Any] = {}
        self._text, self._name, self._wanted = text, name, wanted
        self._decoder = json.JSONDecoder(object_pairs_hook=no_key_twice)

    def __iter__(self) -> Iterator[object]:
        """Give the elements in order, as they are decoded."""
        try:
            at = self._skip(0)
            if self._text[at : at + 1] == "[":
                at = yield from self._items(at)
            elif self._is_lines(at) or not self._holds_list(at):
                at = yield from self._values(at)
            else:
                at = yield from self._envelope(at)
            if self._skip(at) < len(self._text):
                self._refuse("more follows after its end", self._skip(at))
        except json.JSONDecodeError as error:
            self._refuse(error.msg, error.pos)
        except KeyTwiceError as error:
            raise InputError(f"{quoted(self._name)}: {error}") from error
        except RecursionError as error:
            raise InputError(f"{quoted(self._name)} is nested too deeply to hold records") from error
        except ValueError as error:  # a number of thousands of digits
            if isinstance(error, InputError):
                raise
            raise InputError(f"{quoted(self._name)} holds a number that cannot be read") from error

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _refuse(self, what: str, at: int) -> NoReturn:
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at)
        raise InputError(
            f"{quoted(self._name)} is not whole JSON: {what} at line {line}, column {column}; was it cut off?"
        )

    def _value(self, at: int) -> tuple[Any, int]:
        return self._decoder.raw_decode(self._text, self._skip(at))

    def _expect(self, at: int, marks: str) -> int:
        """Give the place of one of a few marks, which must come next."""
        at = self._skip(at)
        if self._text[at : at + 1] not in tuple(marks):
            self._refuse(f"{' or '.join(map(quoted, marks))} is missing", at)
        return at

    def _items(self, at: int) -> Generator[object, None, int]:
        """Give the items of a list, and return where it ends."""
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "]":
            return at + 1
        while True:
            value, at = self._value(at)
            yield value
            at = self._expect(at, ",]")
            if self._text[at] == "]":
                return at + 1
            at += 1

    def _values(self, at: int) -> Generator[object, None, int]:
        """Give values that follow each other without commas, and return where the last one ends."""
        while at < len(self._text):
            value, at = self._value(at)
            yield value
            at = self._skip(at)
        return at

    def _is_lines(self, at: int) -> bool:
        """Tell whether the first line is a whole object and others follow: one record on each line."""
        end = self._text.find("\n", at)
        if end < 0 or self._skip(end) == len(self._text):
            return False
        line = self._text[at:end]
        try:
            _, stop = self._decoder.raw_decode(line)
        except json.JSONDecodeError:
            return False
        return not line[stop:].strip()

    def _holds_list(self, at: int) -> bool:
        """Tell whether an object holds a list of records, rather than being one with a list in it."""
        own = 0
        for key, value_at in self._keys(at):
            if key == "data" and _LISTS.match(self._text, value_at):
                return True
            if _OBJECTS.match(self._text, value_at):
                first, _ = self._value(self._text.index("{", value_at))
                as_records, within = self._wanted(first, ""), self._wanted(first, key)
                if key == "features" or as_records > max(own, within):
                    return True
                own = max(own, within)
            elif self._text[value_at : value_at + 1] != "[":
                own += self._wanted({key: self._value(value_at)[0]}, "")
        return not own

    def _keys(self, at: int) -> Iterator[tuple[str, int]]:
        """Give the keys of an object with where their values begin."""
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "}":
            return
        while True:
            self._expect(at, '"')
            key, at = self._value(at)
            value_at = self._skip(self._expect(at, ":") + 1)
            yield key, value_at
            at = self._expect(self._end_of(value_at), ",}")
            if self._text[at] == "}":
                return
            at += 1

    def _end_of(self, at: int) -> int:
        """Find the end of a value, a list item by item so that none takes room."""
        if not _OBJECTS.match(self._text, at):
            return self._value(at)[1]
        items = self._items(at)
        while True:
            try:
                next(items)
            except StopIteration as end:
                return int(end.value)

    def _envelope(self, at: int) -> Generator[object, None, int]:
        """Give the records of the one list in an object, and return where the object ends."""
        taken = ""
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "}":
            return at + 1
        while True:
            self._expect(at, '"')
            key, at = self._value(at)
            at = self._skip(self._expect(at, ":") + 1)
            if key in self.around or key == taken:
                raise KeyTwiceError(key)
            if self._is_records(key, at):
                if taken:
                    both = listed(map(quoted, (taken, key)))
                    raise InputError(f"{quoted(self._name)} holds several lists of records ({both}): keep one of them")
                taken = key
                at = yield from self._items(at)
            elif key == "data" and _LISTS.match(self._text, at) and (names := _column_names(self.around)):
                taken = key
                at = yield from self._named(at, names)
            elif _OBJECTS.match(self._text, at) and key not in LAYOUT:
                self.around[key], at = None, self._end_of(at)
            else:
                self.around[key], at = self._value(at)
            at = self._expect(at, ",}")
            if self._text[at] == "}":
                return at + 1
            at += 1

    def _named(self, at: int, names: list[str]) -> Generator[object, None, int]:
        """Give lists of values as objects by the names of the columns, and return where the list of them ends."""
        items = self._items(at)
        while True:
            try:
                row = next(items)
            except StopIteration as end:
                return int(end.value)
            if isinstance(row, list) and len(row) == len(names):
                row = dict(zip(names, row, strict=True))
            yield row

    def _is_records(self, key: str, at: int) -> bool:
        if key == "features" and self._text[at : at + 1] == "[":
            return True
        if key in LAYOUT or not _OBJECTS.match(self._text, at):
            return False
        first, _ = self._value(self._text.index("{", at))
        return self._wanted(first, "") > 0


def _column_names(around: dict[str, Any]) -> list[str]:
    """Give the names of the columns that a Socrata portal puts before rows of values; [] where it has none."""
    meta = around.get("meta")
    view = meta.get("view") if isinstance(meta, dict) else None
    columns = view.get("columns") if isinstance(view, dict) else None
    known = [c.get("name") for c in columns if isinstance(c, dict)] if isinstance(columns, list) else []
    return [str(name) for name in known] if all(known) and len(set(known)) == len(known) else []
