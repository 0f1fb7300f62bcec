"""TOML within limits of depth and number of keys, told before it is parsed; JSON whose objects name no key twice."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_LEVELS = 32
"""Of tables, arrays and dotted keys within each other; files of ours have four."""

MOST_KEYS = 20_000
"""In a file, each part of a dotted key counted: every one of them is a table for the parser, and one to remember it."""

_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')"""
_TOKEN = re.compile(
    rf"""
      (?P<comment>\#[^\n]*+)
    | (?P<long>\"\"\"|''')
    | (?P<key>{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)
    | (?P<opens>[\[{{])
    | (?P<closes>[\]}}])
    | (?P<sets>=)
    | (?P<quote>["'])
    """,
    re.VERBOSE,
)
_ENDS = {'"""': re.compile(r'(?:[^"\\]++|\\.|"(?!""))*+"""', re.DOTALL), "'''": re.compile(r"(?:[^']++|'(?!''))*+'''")}
_QUOTED_PART = re.compile(r""""(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'""")


def toml_content(
    text: str, *, label: str, kind: type[InputError] = InputError, most_keys: int = MOST_KEYS
) -> dict[str, Any]:
    """
    Read TOML, once a look over its text has shown that it cannot exhaust the machine.

    The time and the room that a parser takes grow with the square of the length of a dotted key: 40 KB of them took
    1.8 GB. Every TOML file that fireplan reads is read here.

    Parameters
    ----------
    text
        The whole file.
    label
        What to call it in errors.
    kind
        Of error to raise.
    most_keys
        Keys that it may have.

    Raises
    ------
    InputError
        If it is nested too deeply, has too many keys, or is not TOML (with the line).

    Examples
    --------
    >>> toml_content("network.delays.left_s = 4", label="plan.toml")
    {'network': {'delays': {'left_s': 4}}}
    """
    if fault := _too_much(text, most_keys):
        raise kind(f"{label} {fault}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise kind(f"{label} is not TOML: {error}") from error


def _too_much(text: str, most_keys: int) -> str:
    """Say what is too much in a text, and on which line; "" if nothing is. What no parser reads is left to that."""
    depth = keys = inside = 0
    heads = False
    for what, start, end in _tokens(text):
        if what == "key":
            inside = _parts(text[start:end])
        elif what == "opens":
            heads = (heads or not depth) and not text[text.rfind("\n", 0, start) + 1 : start].strip(" \t[")
            depth, inside = depth + 1, 0
        else:  # a key ends where it is set, a table's name where its bracket closes
            keys += inside if what == "sets" or heads else 0
            inside, heads = 0, False
            depth -= what == "closes" and depth > 0
        if depth + inside > MOST_LEVELS:
            return f"is nested more than {MOST_LEVELS} levels deep on line {text.count(chr(10), 0, start) + 1}"
        if keys > most_keys:
            return f"has more than {most_keys:,} keys: that is more than any file of fireplan holds"
    return ""


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Give keys, brackets and equals signs with where they stand; end at a text that is never closed."""
    at = 0
    while found := _TOKEN.search(text, at):
        what, at = found.lastgroup or "", found.end()
        if what == "long":
            closed = _ENDS[found.group()].match(text, at)
            if closed is None:
                return
            at = closed.end()
        elif what == "quote":
            return
        elif what != "comment":
            yield what, found.start(), at


def _parts(key: str) -> int:
    """Count the parts of a dotted key."""
    if "." not in key:
        return 1
    return (_QUOTED_PART.sub("", key) if '"' in key or "'" in key else key).count(".") + 1


class KeyTwiceError(ValueError):
    """A JSON object names a key twice: readers disagree on which of them counts."""

    def __init__(self, key: str) -> None:
        super().__init__(f"key {quoted(key)} stands twice in one object")
        self.key = key


def no_key_twice(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """
    Make an object of its pairs, for `json`'s `object_pairs_hook`.

    Raises
    ------
    KeyTwiceError
        If a key stands twice.
    """
    held = object_or_fault(pairs)
    if isinstance(held, KeyTwiceError):
        raise held
    return held


def object_or_fault(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any] | KeyTwiceError:
    """Make an object of its pairs, or give the fault in its place, so that what stands beside it can be read."""
    held = dict(pairs)
    if len(held) == len(pairs):
        return held
    seen: set[str] = set()
    return KeyTwiceError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
