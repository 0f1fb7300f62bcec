"""The ledger of what was published: read, added to and written as `publications.toml`."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fireplan._bounded_text import toml_content
from fireplan._checked import takes
from fireplan.errors import Faults, InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FORMAT = 1
MOST_BYTES = 64_000_000
"""A ledger of this size is none: sixty pages of a large city take about a megabyte."""

TEXTS = ("kind", "title", "areas", "measure", "objective", "scenario")
FILTERS = ("categories", "priorities")
MEND = "put back the copy that was kept of it, or begin a new series as docs/publishing.md says"
HEADING = """\
# RESTRICTED: holds counts that were not shown. Not for publication.
# What was published, so that nobody can subtract one publication from another.
# Keep it with the project, and keep a copy. Written by fireplan: a line changed by hand makes its check worthless.
"""


@dataclass(frozen=True)
class PublishedFigure:
    """
    What a publication said of one area.

    Attributes
    ----------
    area
        Which: the name of a zone with a mark of its outline, the H3 indexes of an area, or the group of a table.
    start, end
        The days that were counted: the first, and the one after the last. None: it was not known when records were.
    numbers
        What was shown, by name with its unit, such as ("n", 44.0) or ("p90_s", 330.0).
    """

    area: str
    start: dt.date | None
    end: dt.date | None
    numbers: tuple[tuple[str, float], ...]


@takes
@dataclass(frozen=True)
class TableScope:
    """
    What a table counts, and of what it speaks.

    Attributes
    ----------
    title
        What it is: tables of one title, columns, objective and scenario are checked against one another.
    start, end
        The days that were counted: the first, and the one after the last. None: not known.
    categories, priorities
        What was counted; None: all.
    objective, scenario
        Of what it speaks; "" for none.
    """

    title: str = ""
    start: date | None = None
    end: date | None = None
    categories: tuple[str, ...] | None = None
    priorities: tuple[str, ...] | None = None
    objective: str = ""
    scenario: str = ""


@dataclass(frozen=True)
class Publication:
    """
    One page or table as it was published: what it counted and what it showed.

    Attributes
    ----------
    date
        The day it was made.
    kind
        What it was, such as "incidents", "performance" or "table".
    title
        What stood over it.
    areas
        Of what its areas were: "zones", "hexagons", or the columns of a table.
    categories, priorities
        What was counted, in order of name; None: all there were.
    measure
        What was measured, such as "n" or "travel_s".
    objective, scenario
        Of which objective and of which scenario it spoke; "" where of none.
    figures
        Those that were new in it; what it showed again stands where it was new.
    checked
        The `Publications.mark` of the ledger it was checked against. It is not written.
    """

    date: dt.date
    kind: str
    title: str = ""
    areas: str = ""
    categories: tuple[str, ...] | None = None
    priorities: tuple[str, ...] | None = None
    measure: str = "n"
    objective: str = ""
    scenario: str = ""
    figures: tuple[PublishedFigure, ...] = ()
    checked: str = field(default="", compare=False)


@dataclass(frozen=True)
class Publications:
    """
    All that was published, in order: the ledger of a series.

    Attributes
    ----------
    entries
        The publications, the oldest first.

    Examples
    --------
    >>> import fireplan as fp
    >>> series = fp.disclosure.Publications()
    >>> len(series), len(series.mark)
    (0, 64)
    """

    entries: tuple[Publication, ...] = ()

    def __len__(self) -> int:
        """Count the publications."""
        return len(self.entries)

    @property
    def mark(self) -> str:
        """What this ledger, and no other, is known by: a hash of all that stands in it."""
        return hashlib.sha256(_text(self).encode()).hexdigest()

    def adding(self, new: Iterable[Publication]) -> Publications:
        """
        Return this ledger with publications at its end.

        Pages of one run are each given the ledger with those made before them: `published.adding(page.publications)`.
        """
        return Publications((*self.entries, *new))


@takes
def read_publications(path: str | os.PathLike[str]) -> Publications:
    """
    Read the ledger of what was published.

    Parameters
    ----------
    path
        Of `publications.toml`. Where there is no such file nothing was published.

    Raises
    ------
    InputError
        If there is a file, or anything else, that is no whole ledger; it is never taken for an empty one.
    """
    file = Path(path)
    if not (file.exists() or file.is_symlink()):
        return Publications()
    try:
        large = file.stat().st_size > MOST_BYTES
        raw = "" if large else file.read_text(encoding="utf-8")
        content = toml_content(raw, label="its text", most_keys=MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        said = "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or "unreadable"
        raise InputError(f"the ledger {file.name} cannot be read ({said}): {MEND}") from None
    except InputError as error:
        raise InputError(f"the ledger {file.name} is damaged ({error}): {MEND}") from None
    if large:
        raise InputError(f"{file.name} is larger than any ledger: {MEND}")
    found = _read(content, file.name)
    if content["mark"] != found.mark:
        raise InputError(
            f"the ledger {file.name} is not as it was written, a line of it was changed or is missing: {MEND}"
        )
    return found


@takes
def record_publications(path: str | os.PathLike[str], new: Publication | Iterable[Publication]) -> None:
    """
    Add publications to the ledger, all of them or none.

    Parameters
    ----------
    path
        Of `publications.toml`; made if it is not there.
    new
        As a page has them in `publications`, in the order in which they were made: each was checked against the ledger
        with those before it.

    Raises
    ------
    InputError
        If the ledger has changed since they were checked against it, or cannot be read: nothing is written then. Make
        the pages again with the ledger as it is now.
    """
    entries = (new,) if isinstance(new, Publication) else tuple(new)
    if not entries:
        return
    file = Path(path).resolve()
    with _alone(file):
        ledger = read_publications(file)
        for entry in entries:
            if entry.checked != ledger.mark:
                raise InputError(
                    f"{file.name} has changed since {quoted(entry.title or entry.kind)} was checked against it:"
                    " another run has published meanwhile; run this again"
                )
            ledger = ledger.adding([entry])
        _written_whole(file, f"{HEADING}{_text(ledger)}mark = {_quoted(ledger.mark)}\n")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the ledger for this process until the end."""
    lock = file.with_name(f".{file.name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(f"{file.name} cannot be locked ({error.strerror}): may its folder be written to?") from None
    try:
        try:
            import fcntl  # noqa: PLC0415 - only where there is one
        except ImportError:
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _written_whole(file: Path, text: str) -> None:
    """Write a file so that it is there whole, and on the disk, or as it was."""
    part = ""
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8", newline="\n", delete=False) as out:
            part = out.name
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(part, 0o644)  # noqa: PTH101 - a name, not a path
        os.replace(part, file)  # noqa: PTH105
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise InputError(f"{file.name} cannot be written ({error.strerror}): nothing was recorded") from None


def _text(ledger: Publications) -> str:
    """Write a ledger as TOML, without its mark; the figures of a publication one to a line."""
    lines = [f"format = {FORMAT}"]
    rows = []
    for entry in ledger.entries:
        held = [f"date = {entry.date.isoformat()}"]
        held += [f"{name} = {_quoted(getattr(entry, name))}" for name in TEXTS]
        for name in FILTERS:
            chosen = getattr(entry, name)
            held += [] if chosen is None else [f"{name} = [{', '.join(map(_quoted, chosen))}]"]
        figures = "".join(f"\n    {_figure(figure)}," for figure in entry.figures)
        rows.append(f"  {{{', '.join(held)}, figures = [{figures}\n  ]}},\n")
    return "\n".join([*lines, f"publications = [\n{''.join(rows)}]\n"])


def _figure(figure: PublishedFigure) -> str:
    window = [] if figure.start is None or figure.end is None else [figure.start.isoformat(), figure.end.isoformat()]
    numbers = [f"[{_quoted(name)}, {float(value)!r}]" for name, value in figure.numbers]
    return f"[{_quoted(figure.area)}, [{', '.join(window)}], [{', '.join(numbers)}]]"


def _quoted(text: str) -> str:
    """Write a text as TOML does, which is as JSON does but for the character 127."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(content: Mapping[str, Any], name: str) -> Publications:
    """Read a ledger from what stands in the file, all faults together."""
    if content.get("format") != FORMAT:
        raise InputError(f"{name} has format {quoted(content.get('format'))}, not {FORMAT}: {MEND}")
    strange = set(content) - {"format", "publications", "mark"}
    if strange or not isinstance(content.get("publications"), list) or not isinstance(content.get("mark"), str):
        raise InputError(f"{name} lacks publications or its mark{_and(strange)}: {MEND}")
    faults = Faults(name)
    entries = []
    for number, row in enumerate(content["publications"], 1):
        try:
            entries.append(_entry(row))
        except (KeyError, TypeError, ValueError) as error:
            faults.add(f"publication {number} is damaged ({quoted(str(error))}): {MEND}")
    faults.raise_if_any()
    return Publications(tuple(entries))


def _and(strange: set[str]) -> str:
    return f", and holds {listed(sorted(strange))}" if strange else ""


def _entry(row: Mapping[str, Any]) -> Publication:
    strange = set(row) - {"date", "figures", *TEXTS, *FILTERS}
    if strange:
        raise ValueError(f"{min(strange)} is no key of it")
    texts: dict[str, str] = {name: _kept(row[name], str) for name in TEXTS}
    filters = {
        name: tuple(_kept(word, str) for word in _kept(row[name], list)) if name in row else None for name in FILTERS
    }
    figures = []
    for area, window, numbers in _kept(row["figures"], list):
        start, end = [_kept(day, dt.date) for day in window] or (None, None)
        told = tuple((_kept(key, str), _number(value)) for key, value in numbers)
        figures.append(PublishedFigure(_kept(area, str), start, end, told))
    return Publication(
        date=_kept(row["date"], dt.date),
        kind=texts["kind"],
        title=texts["title"],
        areas=texts["areas"],
        categories=filters["categories"],
        priorities=filters["priorities"],
        measure=texts["measure"],
        objective=texts["objective"],
        scenario=texts["scenario"],
        figures=tuple(figures),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _kept(value: Any, kind: type) -> Any:  # noqa: ANN401 - what a file holds
    if not isinstance(value, kind) or isinstance(value, dt.datetime):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
