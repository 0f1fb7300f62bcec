"""
The page's JavaScript: ES modules, served one by one or written into a page as one script.

A page that is served loads the modules as they stand. A page that is one file carries them as one classic script, which
a content security policy can name by its hash and which has run when the script after it starts. Each module becomes a
function that is called once and gives back what the module exports, in an order in which none is asked for what is not
there yet: so names of one module never meet those of another.

Only the forms of import and export that this can follow are taken, and no circle of imports; what is exported is never
assigned anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

KIT = Path(__file__).parent / "browser"
"""The folder of the modules that every page shares."""

IMPORTED = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+\.js)";$', re.MULTILINE)
RUN = re.compile(r'^import "(\.[^"]+\.js)";$', re.MULTILINE)
PASSED_ON = re.compile(r'^export \{([^}]*)\} from "(\.[^"]+\.js)";$', re.MULTILINE)
EXPORTED = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
NOT_FOLLOWED = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)
FROM_KIT = re.compile(r'(?<= from ")[./]*/_page_kit/browser/')


def unix(text: str) -> str:
    """Line breaks as a browser reads them, so that the hashes hold."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def kit_modules() -> dict[str, Path]:
    """The modules that every page shares, by name."""
    return {path.name: path for path in sorted(KIT.glob("*.js"))}


def beside(text: str) -> str:
    """A module as it is served: those of the kit lie in one folder with those of the page."""
    return FROM_KIT.sub("./", text)


def one_script(entry: Path) -> str:
    """
    Write a module and all that it needs as one classic script.

    Parameters
    ----------
    entry
        The module that the page starts from. Those it imports are found by their paths, as a browser would.

    Raises
    ------
    InputError
        If modules import each other in a circle, a module is written in a form that is not followed, or it asks another
        for what that does not export.
    """
    names: dict[Path, str] = {}
    given: dict[Path, set[str]] = {}
    written = [_as_function(path, names, given) for path in _in_order(entry.resolve(), ())]
    return '(() => {\n"use strict";\n' + "\n".join(dict.fromkeys(written)) + "\n})();\n"


def _in_order(path: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the modules that a module needs, and it: each after those it needs, some more than once."""
    if path in above:
        raise InputError(f"modules import each other in a circle: {listed(p.name for p in (*above, path))}")
    text = path.read_text(encoding="utf-8")
    for needed in sorted({found[-1] for pattern in (IMPORTED, RUN, PASSED_ON) for found in _found(pattern, text)}):
        yield from _in_order((path.parent / needed).resolve(), (*above, path))
    yield path


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, ...]]:
    yield from (found.groups() for found in pattern.finditer(text))


def _as_function(path: Path, names: dict[Path, str], given: dict[Path, set[str]]) -> str:
    """Write a module as a function that is called once; the modules it needs have their names, and exports, by then."""
    name = names.setdefault(path, f"module_{len(names) + 1}_{re.sub(r'[^a-z0-9]', '_', path.stem)}")
    text = unix(path.read_text(encoding="utf-8"))
    exported = [found[0] for found in _found(EXPORTED, text)]
    passed_on = list[str]()

    def checked(asked: str, other: Path) -> None:
        wanted = {part.split(" as ")[0].strip() for part in asked.split(",") if part.strip()}
        if wanted - given[other]:
            raise InputError(
                f"{path.name} asks {other.name} for {listed(wanted - given[other])}, which it does not export"
            )

    def imported(found: re.Match[str]) -> str:
        checked(found[1], (path.parent / found[2]).resolve())
        other = names[(path.parent / found[2]).resolve()]
        return f"const {{{found[1].replace(' as ', ': ')}}} = {other};"

    def handed_on(found: re.Match[str]) -> str:
        checked(found[1], (path.parent / found[2]).resolve())
        other = names[(path.parent / found[2]).resolve()]
        for part in filter(None, map(str.strip, found[1].split(","))):
            inner, _, outer = part.partition(" as ")
            passed_on.append(f"{outer or inner}: {other}.{inner}")
        return ""

    text = IMPORTED.sub(imported, text)
    text = PASSED_ON.sub(handed_on, text)
    text = EXPORTED.sub("", RUN.sub("", text))
    left = NOT_FOLLOWED.search(text)
    if left:
        raise InputError(f"{path.name}: {quoted(left[0].strip())} is not followed when modules become one script")
    given[path] = {*exported, *(part.partition(":")[0] for part in passed_on)}
    all_ = ", ".join([*exported, *passed_on])
    return f"const {name} = (() => {{\n{text}return {{ {all_} }};\n}})();"
