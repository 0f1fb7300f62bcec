"""A chart as a value: it shows itself in a notebook and saves itself."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan._html_escape import escape
from fireplan._whole_file import check_file_name, write_whole
from fireplan.charts._chart_layout import visible
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from fireplan.response_performance import Attendance, History

SALT = "fireplan"
"""Names of parts of an SVG are made from it, so that two drawings are the same bytes."""

PNG_DPI = 192
"""Twice the 96 pixels to an inch of a screen, so that a page of 900 pixels is saved with 1800."""


@takes
@dataclass(frozen=True)
class About:
    """
    What the figures of a chart rest on; its foot says so.

    Attributes
    ----------
    source
        Where the records are from, such as "CAD export of 3 March 2026".
    period
        What time they cover, such as "2024 to 2025"; left out: as the table says.
    basis
        "observed", "modelled" or "invented"; left out: as the table or the history says.
    """

    source: str = ""
    period: str = ""
    basis: str = ""

    @classmethod
    @takes
    def of(cls, history: History | Attendance, *, source: str = "", basis: str = "") -> About:
        """
        Take period and basis from a history.

        Parameters
        ----------
        history
            From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
        source
            Where the records are from.
        basis
            What the history is, if it does not say so itself; left out: observed.
        """
        received = history.incidents["received"].dropna()
        if received.empty:
            raise InputError("this history has no time received, so its period is not known")
        first, last = (t.tz_convert(history.timezone) for t in (received.min(), received.max()))
        return cls(source, span(first, last), basis or str(getattr(history, "basis", "observed")))

    @takes
    def or_else(self, attrs: Mapping[Any, Any]) -> About:
        """Fill in what was left out from the attributes of a table: `start`, `end` (no longer part) and `basis`."""
        period, basis = self.period, self.basis or str(attrs.get("basis", ""))
        if not period and "start" in attrs and "end" in attrs:
            last = pd.Timestamp(attrs["end"]) - pd.Timedelta(seconds=1)
            period = span(pd.Timestamp(attrs["start"]), last)
        return replace(self, period=period, basis=basis)

    def told(self) -> tuple[str, str, str]:
        """Say source, period and basis, and what nobody said."""
        return (
            f"Source: {self.source or 'not stated'}",
            f"Period: {self.period or 'not stated'}",
            f"Basis: {self.basis or 'not stated'}",
        )


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Chart:
    """
    A chart that shows itself in a notebook.

    Attributes
    ----------
    title
        What it is about.
    alt
        What it shows, in words, for those who do not see it.
    draw
        Draws it anew. Use `figure`.
    """

    title: str
    alt: str
    draw: Callable[[], Figure]

    def __post_init__(self) -> None:
        """Leave nothing in its words that a file may not hold."""
        object.__setattr__(self, "title", visible(self.title))
        object.__setattr__(self, "alt", visible(self.alt))

    def __repr__(self) -> str:
        """Say what it shows."""
        return f"Chart: {self.alt}"

    def figure(self) -> Figure:
        """Give a Matplotlib figure of it, a new one each time, to be changed at will."""
        with _house_style():
            return self.draw()

    def svg(self) -> bytes:
        """Give it as SVG, letters as outlines: the same bytes each time, and the same picture on every machine."""
        return self._drawn("svg", metadata={"Date": None, "Title": self.title, "Description": self.alt})

    @takes
    def png(self, *, dpi: float = PNG_DPI) -> bytes:
        """Give it as PNG, so many pixels to an inch; at 96 it is 900 wide."""
        if not 0 < dpi < float("inf"):
            raise InputError(f"dpi is {dpi}: give a number above zero")
        return self._drawn("png", dpi=dpi, metadata={"Software": None, "Title": self.title, "Description": self.alt})

    @takes
    def pixels(self, *, dpi: float = PNG_DPI) -> NDArray[np.uint8]:
        """Give it as it would stand in a PNG: rows x columns x (red, green, blue)."""
        if not 0 < dpi < float("inf"):
            raise InputError(f"dpi is {dpi}: give a number above zero")
        page = BytesIO()
        with _house_style():
            figure = self.draw()
            figure.savefig(page, format="rgba", dpi=dpi)
        wide, high = (int(inches * dpi) for inches in figure.get_size_inches())
        return np.frombuffer(page.getvalue(), dtype=np.uint8).reshape(high, wide, 4)[..., :3]

    def pdf(self) -> bytes:
        """Give it as PDF, the same bytes each time."""
        return self._drawn("pdf", metadata={"CreationDate": None, "Title": self.title, "Subject": self.alt})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """
        Save it, all of it or nothing; returns its path.

        Parameters
        ----------
        path
            Ends in .svg, .png or .pdf, and is written so.

        Raises
        ------
        InputError
            If the name ends otherwise, or the file cannot be written: its folder is not there, a folder has its name,
            or the disk is full.
        """
        target = Path(path)
        writers: dict[str, Callable[[], bytes]] = {".svg": self.svg, ".png": self.png, ".pdf": self.pdf}
        if target.suffix.lower() not in writers:
            raise InputError(f"cannot save {quoted(target.name)}: let its name end in .svg, .png or .pdf")
        check_file_name(target)
        return write_whole(target, writers[target.suffix.lower()]())

    def to_html(self) -> str:
        """Give it as an image element that holds all it needs, with its alternative text."""
        alt = escape(self.alt)
        data = base64.b64encode(self.svg()).decode("ascii")
        return f'<img alt="{alt}" style="width:900px;max-width:100%" src="data:image/svg+xml;base64,{data}">'

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        return self.to_html()

    def _drawn(self, form: str, **how: Any) -> bytes:  # noqa: ANN401 - handed on
        page = BytesIO()
        with _house_style():
            self.draw().savefig(page, format=form, **how)
        return page.getvalue()


def span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Say the days from one to another: ``1 Jan 2024 to 31 Dec 2025``."""
    days = [f"{t.day} {t:%b %Y}" for t in (first, last)]
    return days[0] if days[0] == days[1] else " to ".join(days)


@contextmanager
def _house_style() -> Iterator[None]:
    """Draw as fireplan does, whatever the reader's own settings, and leave those as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {"svg.hashsalt": SALT, "svg.fonttype": "path", "pdf.fonttype": 42, "text.parse_math": False}
        )
        yield
