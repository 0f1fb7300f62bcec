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


def called(key: str, name: str) -> str:
    """
    Call a thing by its name, with its id in brackets where the name does not say it.

    Parameters
    ----------
    key
        The id.
    name
        What people call it; blank: nothing.

    Examples
    --------
    >>> called("G0089", "Galeon Ln / Viento Way"), called("8", "Station 8"), called("S8", "")
    ('Galeon Ln / Viento Way (G0089)', 'Station 8', 'S8')
    """
    text = name.strip()
    if not text or text == key:
        return key
    words = text.split()
    says_it = len(words) == 2 and words[1] == key
    return text if says_it else f"{text} ({key})"


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
