"""
The one way text from data reaches a page.

Folium renders what it has rendered once more, as a template, and sets popups inside JavaScript template literals. So
text from data could run in Python or in the browser although its HTML is escaped. `escape` leaves nothing that either
of them reads.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_BREAK = re.compile("\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
JOINERS = "\u200c\u200d"
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
REPLACEMENT = "\ufffd"
FAR_SIDE_OF_ASCII = "\x80"


def escape(value: object) -> str:
    """
    Make text from data safe anywhere on a page, so that it shows as it was typed.

    The result may stand in HTML text, in a quoted attribute, in JSON or in a JavaScript template literal, and may be
    rendered as a template any number of times. Escape once, where text enters a page: a second time would show the
    entities.

    Parameters
    ----------
    value
        Anything; its `str` is taken.

    Returns
    -------
    The text on one line, with `& < > " ' { } $ ` and the backslash as HTML entities. Line breaks and tabs become
    spaces; control characters and characters without a shape are removed; marks that turn the direction of the text
    are spelled out, as in ``[U+202E]``; half a surrogate pair becomes U+FFFD.

    Examples
    --------
    >>> escape("Box {{7*7}} & <b>")
    'Box &#123;&#123;7*7&#125;&#125; &amp; &lt;b&gt;'
    """
    text = html.escape(plain(value), quote=True)
    return text.translate(ENTITIES)


ENTITIES = {ord(c): f"&#{ord(c)};" for c in "{}$`\\"}


def plain(value: object) -> str:
    """
    Show a value as one line of visible text, not yet escaped.

    This is what a reader sees on the page after `escape`.
    """
    text = LINE_BREAK.sub(" ", str(value))
    if text.isprintable():  # nothing without a shape is
        return text
    if any(joiner in text for joiner in JOINERS):
        return "".join(_visible(text))
    return text.translate({ord(c): _shown(c) for c in set(text)})


def _visible(text: str) -> Iterator[str]:
    """Yield the characters of a text that have a shape, and stand-ins for those that turn it round."""
    for i, c in enumerate(text):
        if c in JOINERS:
            # Scripts and emoji need them to join; between plain letters they only hide something.
            before, after = text[i - 1 : i], text[i + 1 : i + 2]
            if before >= FAR_SIDE_OF_ASCII and after >= FAR_SIDE_OF_ASCII and after not in JOINERS:
                yield c
        else:
            yield _shown(c)


@cache
def _shown(c: str) -> str:
    """Return what stands for one character on the page."""
    if c in BIDI:
        return f"[U+{ord(c):04X}]"
    category = unicodedata.category(c)
    if category == "Cs":
        return REPLACEMENT
    return "" if category in {"Cc", "Cf"} else c
