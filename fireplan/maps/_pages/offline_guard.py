"""
What a finished map would need that its page does not carry.

The page carries Leaflet, its own script and a little of what Folium calls. Whatever else a map's script names, and
whatever it would fetch, is found here in the script itself, so that also kinds of layers nobody thought of are refused.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from fireplan._page_kit.leaflet import leaflet_script

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/                                     # comments
    |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<data>[-\d][-\d.,\[\]\s+eE]*)                          # numbers, and rows of them
    |(?P<sign>=>|[=!<>]=+|\.{3}|\S)""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = frozenset({
    "await", "break", "case", "catch", "class", "const", "continue", "default", "delete", "do", "else",
    "extends", "false", "finally", "for", "function", "if", "in", "instanceof", "let", "new", "null", "of",
    "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void",
    "while", "yield", "async", "get", "set", "arguments"
})  # fmt: skip
OF_THE_BROWSER = frozenset({
    "Array", "BigInt", "Boolean", "Date", "Error", "Infinity", "Intl", "JSON", "Map", "Math", "NaN", "Number",
    "Object", "Promise", "RangeError", "RegExp", "Set", "String", "Symbol", "TypeError", "WeakMap", "WeakSet",
    "alert", "cancelAnimationFrame", "clearInterval", "clearTimeout", "console", "decodeURIComponent",
    "document", "encodeURIComponent", "event", "globalThis", "isFinite", "isNaN", "navigator", "parseFloat",
    "parseInt", "requestAnimationFrame", "self", "setInterval", "setTimeout", "window", "Float32Array",
    "Float64Array", "Int32Array", "Uint8Array", "HTMLElement", "Element", "Node"
})  # fmt: skip
"""What every browser has and what fetches nothing."""
CARRIED = frozenset({"L", "fireplan", "$", "packed"})
WINDOWS = frozenset({"window", "self", "globalThis"})
DECLARES = frozenset({"var", "let", "const", "class", "function", "catch"})
LOADERS = frozenset(
    {"tileLayer", "imageOverlay", "videoOverlay", "TileLayer", "ImageOverlay", "VideoOverlay", "wms", "WMS"}
)
ADDRESS_KEYS = frozenset({"iconUrl", "iconRetinaUrl", "shadowUrl", "shadowRetinaUrl", "errorTileUrl"})
LOADING_TAG = re.compile(
    r"""<\s*(?P<tag>iframe|frame|embed|object|link|script|base|form|portal)\b
    |<\s*[a-z][\w:-]*\b[^<>]*?\s(?:src|srcset|data|poster|background)\s*=\s*["']?(?!data:|\#)(?P<source>[^\s"'>]+)
    |<\s*(?:image|use)\b[^<>]*?\s(?:xlink:)?href\s*=\s*["']?(?!data:|\#)(?P<drawn>[^\s"'>]+)""",
    re.VERBOSE | re.IGNORECASE,
)
STYLES = re.compile(r"""<style\b[^>]*>(.*?)</style|\sstyle\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE | re.DOTALL)
LOADING_STYLE = re.compile(
    r"""url\(\s*["']?(?!data:|\#|["')])(?P<url>[^"')]+)|@import\s+["']?(?P<sheet>[^"';]+)""", re.VERBOSE | re.IGNORECASE
)
INSIDE = re.compile(r"\$\{([^{}]*)\}")
"""Code in a template literal."""


class ScriptPiece(NamedTuple):
    """A piece of a script: its kind ("text", "name", "data" or "sign") and what stands there."""

    kind: str
    text: str


def tokens(script: str) -> Iterator[ScriptPiece]:
    """Yield the pieces of a script, without comments; rows of numbers are one piece."""
    for found in TOKEN.finditer(script):
        if found.lastgroup is not None:
            yield ScriptPiece(found.lastgroup, found[0])


def wants(pieces: list[ScriptPiece], *, known: Collection[str] = ()) -> list[str]:
    """
    Say what a script needs that the page does not carry.

    Parameters
    ----------
    pieces
        What an element of a map puts into the page's script.
    known
        Names that other scripts of the page have made.

    Returns
    -------
    What is missing: names as ``'d3'`` or ``'L.heatLayer'``, addresses as they stand.
    """
    own = CARRIED | OF_THE_BROWSER | KEYWORDS | set(known) | set(declared(pieces))
    faults: dict[str, None] = {}
    for i, piece in enumerate(pieces):
        before = pieces[i - 1].text if i else ""
        after = pieces[i + 1].text if i + 1 < len(pieces) else ""
        if piece.kind == "name":
            fault = _of_name(pieces, i, before, after, own)
        elif piece.kind == "text":
            fault = _of_text(pieces, i)
        else:
            continue
        if fault:
            faults[fault] = None
        if piece.text.startswith("`"):
            for inside in INSIDE.findall(piece.text):
                faults |= dict.fromkeys(wants(list(tokens(inside)), known=own))
    return list(faults)


def _of_name(pieces: list[ScriptPiece], i: int, before: str, after: str, own: set[str] | frozenset[str]) -> str:
    name = pieces[i].text
    if _is_member(before):
        holder = pieces[i - 2].text if i > 1 else ""
        if holder in WINDOWS and name not in OF_THE_BROWSER | CARRIED and after != "=":
            return repr(f"{holder}.{name}")
        chain = _chain(pieces, i)
        if chain[0] == "L" and len(chain) <= 3 and name not in leaflet_names() and after != "=":
            return repr(".".join(chain))
        return ""
    if name == "$" and after.startswith("."):
        return repr(f"$.{pieces[i + 2].text}" if i + 2 < len(pieces) else "$.")
    return "" if name in own or after == ":" else repr(name)


def _of_text(pieces: list[ScriptPiece], i: int) -> str:
    text = plain_text(pieces[i].text)
    if found := loads(text):
        return found
    before = [p.text for p in pieces[max(0, i - 3) : i]]
    loaded = before[-1:] == ["("] and before[-2:-1] and before[-2] in LOADERS
    keyed = before[-1:] == [":"] and len(before) > 1 and plain_text(before[-2]) in ADDRESS_KEYS
    if (loaded or keyed) and text.strip() and not text.strip().lower().startswith(("data:", "#", "blob:")):
        return repr(text.strip())
    return ""


def loads(text: str, *, styles: bool = False) -> str:
    """Say what a piece of HTML, or of a style sheet, would fetch; nothing: it fetches nothing."""
    if "<" in text and (found := LOADING_TAG.search(text)):
        return repr(html.unescape(found["source"] or found["drawn"] or f"<{found['tag'].lower()}>"))
    styled = [text] if styles else [found[1] or found[2] for found in STYLES.finditer(text)]
    if found := next(filter(None, map(LOADING_STYLE.search, styled)), None):
        return repr(html.unescape((found["url"] or found["sheet"]).strip()))
    return ""


def declared(pieces: list[ScriptPiece]) -> Iterator[str]:
    """Yield the names that a script makes: variables, functions, their arguments, and what it gives a value."""
    for i, piece in enumerate(pieces):
        if piece.kind == "name" and piece.text in DECLARES:
            yield from _after(pieces, i + 1)
        elif piece.text == "=>":
            yield from _arguments(pieces, i - 1)
        elif (
            piece.text == "=" and i and pieces[i - 1].kind == "name" and not (i > 1 and _is_member(pieces[i - 2].text))
        ):
            yield pieces[i - 1].text


def _after(pieces: list[ScriptPiece], i: int) -> Iterator[str]:
    """Yield the names from a declaration up to the value or the body it has."""
    depth = 0
    for piece in pieces[i:]:
        if piece.kind == "name":
            if piece.text in {"of", "in", "extends"} and not depth:
                return
            yield piece.text
        elif piece.text in "([{":
            if piece.text == "{" and not depth and pieces[i - 1].text in {"function", "class", "catch"}:
                return
            depth += 1
        elif piece.text in ")]}":
            depth -= 1
            if depth <= 0 and piece.text == ")":
                return
        elif piece.text in {"=", ";"} and not depth:
            return


def _arguments(pieces: list[ScriptPiece], i: int) -> Iterator[str]:
    """Yield the names before an arrow."""
    if pieces[i].text != ")":
        yield pieces[i].text
        return
    depth = 0
    for piece in reversed(pieces[: i + 1]):
        depth += (piece.text == ")") - (piece.text == "(")
        if piece.kind == "name":
            yield piece.text
        if not depth:
            return


def _is_member(before: str) -> bool:
    return before.endswith(".") and before != "..."


def _chain(pieces: list[ScriptPiece], i: int) -> list[str]:
    """Names joined by dots up to this one: L, control, scale."""
    chain = [pieces[i].text]
    while i > 1 and pieces[i - 1].text == "." and pieces[i - 2].kind == "name":
        i -= 2
        chain.insert(0, pieces[i].text)
    return chain


def plain_text(literal: str) -> str:
    """Read a text as it stands in a script; a name stays as it is."""
    if literal[:1] not in {'"', "'", "`"}:
        return literal
    inside = literal[1:-1]
    try:
        return str(json.loads(f'"{inside}"', strict=False)) if literal[0] == '"' else _unescaped(inside)
    except ValueError:
        return _unescaped(inside)


def _unescaped(text: str) -> str:
    numbered = re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)
    return re.sub(r"\\(.)", r"\1", numbered, flags=re.DOTALL)


@cache
def leaflet_names() -> frozenset[str]:
    """Every name that stands in Leaflet."""
    return frozenset(re.findall(r"[A-Za-z_$][\w$]*", leaflet_script()))
