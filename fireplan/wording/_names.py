"""Names and words inside sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def joined(items: Iterable[str]) -> str:
    """
    Join words as in a sentence.

    Examples
    --------
    >>> joined(["A", "B", "C"]), joined(["A"]), joined([])
    ('A, B and C', 'A', '')
    """
    words = list(items)
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def named(key: object) -> str:
    """
    Say a key as words.

    Examples
    --------
    >>> named("gap_limit")
    'gap limit'
    """
    return str(key).replace("_", " ")


def lower(text: str) -> str:
    """
    Begin a title as a word inside a sentence; an abbreviation stays as it is.

    Examples
    --------
    >>> lower("First engine"), lower("EMS first responder")
    ('first engine', 'EMS first responder')
    """
    first = text.split(" ", maxsplit=1)[0]
    is_word = len(first) > 1 and first[1:] == first[1:].lower() and first.isalpha()
    return text[:1].lower() + text[1:] if is_word else text


def capital(text: str) -> str:
    """
    Begin a sentence.

    Examples
    --------
    >>> capital("too far")
    'Too far'
    """
    return text[:1].upper() + text[1:]
