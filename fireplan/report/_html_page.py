"""Sections set as one HTML page: numbered, escaped, without a script, and with all it needs inside."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup

from fireplan._html_escape import escape
from fireplan._page_kit.content_policy import sha256_source
from fireplan.charts._choropleth import small_png
from fireplan.colours import INK, LIGHT, SOFT, custom_properties
from fireplan.project._safe_export import safe_text
from fireplan.report._blocks import Figure, Table, attached

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fireplan.report._blocks import Block, Section

MAP_DPI = 120
DIGITS = "%.9g"
"""Of numbers in attached tables: more than anything here is known to."""
WIDTH_PX = 900
PAPERS = {"A4": "A4", "Letter": "letter"}
SVG_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)pt" height="([0-9.]+)pt"')


@dataclass(frozen=True)
class Attachment:
    """
    A table as a file.

    Attributes
    ----------
    file
        Its name.
    csv
        UTF-8 with a mark that Excel knows, formulas made harmless.
    title
        The table or figure it belongs to.
    """

    file: str
    csv: bytes
    title: str


@dataclass(frozen=True)
class Item:
    """One block as the template sees it, with its number if it has one."""

    block: Block
    form: str
    name: str = ""
    file: str = ""
    href: Markup = field(default_factory=Markup)
    picture: Markup = field(default_factory=Markup)
    height: int = 0


@dataclass(frozen=True)
class Chapter:
    """A section as the template sees it."""

    number: int
    title: str
    items: tuple[Item, ...]

    @property
    def anchor(self) -> str:
        """What links to it name."""
        return f"s{self.number}"


def set_page(
    title: str,
    sections: Sequence[Section],
    *,
    facts: Sequence[tuple[str, str]] = (),
    invented: bool = False,
    notice: str = "",
    paper: str = "A4",
    embedded: bool = True,
) -> tuple[str, tuple[Attachment, ...]]:
    """
    Set sections as HTML.

    Parameters
    ----------
    title
        What stands over it.
    sections
        In order.
    facts
        Names and values for the head.
    invented
        Say at the head that the data are invented.
    notice
        A marking that must be seen: over the title, and at the head of every page that is printed. Our own words.
    paper
        A key of `PAPERS`.
    embedded
        Put the tables into the page, as links that save them; else they are only named.

    Returns
    -------
    The page, and its tables as files. Every text passes `escape` once, on its way out of the template.
    """
    attachments: list[Attachment] = []
    chapters = tuple(_numbered(sections, attachments, embedded=embedded))
    css = f":root {{ {custom_properties(LIGHT)} }}\n{_part('page.css')}"
    # Margins of a page see no custom property.
    css = css.replace("size: PAPER", f"size: {PAPERS[paper]}").replace("color: SOFT", f"color: {SOFT}")
    if notice:
        css += f'@page {{ @top-center {{ content: "{notice}"; font: bold 9pt sans-serif; color: {INK}; }} }}\n'
    policy = f"default-src 'none'; img-src data:; style-src {sha256_source(css)}; base-uri 'none'; form-action 'none'"
    template = _environment().from_string(_part("page.html.jinja"))
    page = template.render(
        title=title, sections=chapters, facts=facts, invented=invented, notice=notice, embedded=embedded,
        css=Markup(css), policy=Markup(policy),  # noqa: S704 - both are our own
    )  # fmt: skip
    return page, tuple(attachments)


def _environment() -> jinja2.Environment:
    """Escape whatever leaves the template, by the one function that may."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_escaped)
    environment.filters["longest"] = lambda text: max(map(len, text.split()), default=0)
    return environment


def _escaped(value: Any) -> Markup:  # noqa: ANN401 - whatever stands in a template
    return value if isinstance(value, Markup) else Markup(escape(value))  # noqa: S704 - this is the escape


def _part(name: str) -> str:
    return (resources.files("fireplan.report") / name).read_text(encoding="utf-8")


def _numbered(sections: Sequence[Section], attachments: list[Attachment], *, embedded: bool) -> Iterator[Chapter]:
    """Number sections, tables and figures, and collect the tables."""
    counts = {"table": 0, "figure": 0}
    for number, section in enumerate(sections, start=1):
        items = []
        for block in section.blocks:
            if not isinstance(block, (Table, Figure)):
                items.append(Item(block, block.form))
                continue
            counts[block.form] += 1
            name = f"{block.form.capitalize()} {counts[block.form]}"
            file = f"{block.form}-{counts[block.form]:02d}-{block.key}.csv"
            data = csv_of(block.data)
            attachments.append(Attachment(file, data, name))
            href = _data_uri("text/csv;charset=utf-8", data) if embedded else Markup()
            picture, height = _picture(block) if isinstance(block, Figure) else (Markup(), 0)
            items.append(Item(block, block.form, name, file, href, picture, height))
        yield Chapter(number, section.title, tuple(items))


def _picture(figure: Figure) -> tuple[Markup, int]:
    """Draw a figure: lines as SVG, maps as PNG, with the height it is shown at. [px]"""
    if figure.dots:
        drawn = small_png(figure.chart, dpi=MAP_DPI)
        wide, high = struct.unpack(">II", drawn[16:24])
        return _data_uri("image/png", drawn), round(WIDTH_PX * high / wide)
    drawn = figure.chart.svg()
    found = SVG_SIZE.search(drawn)
    size = (float(found[1]), float(found[2])) if found else (1.0, 1.0)
    return _data_uri("image/svg+xml", drawn), round(WIDTH_PX * size[1] / size[0])


def _data_uri(kind: str, data: bytes) -> Markup:
    return Markup(f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}")  # noqa: S704 - letters and digits


def csv_of(table: pd.DataFrame) -> bytes:
    """Write a table as CSV, as `fireplan.project.write_csv` does: nothing in it runs as a formula."""
    flat = attached(table)
    plain = flat.reset_index(drop=isinstance(flat.index, pd.RangeIndex) and flat.index.name is None)
    for column in plain.columns[[not pd.api.types.is_numeric_dtype(t) for t in plain.dtypes]]:
        plain[column] = plain[column].astype(object).map(safe_text)
    plain.columns = pd.Index([safe_text(str(c)) for c in plain.columns])
    return plain.to_csv(index=False, lineterminator="\n", float_format=DIGITS).encode("utf-8-sig")
