# ruff: noqa: INP001 - a script beside the documents, in no package
"""
Writes the tables of docs/data_formats.md anew from the tables that the readers use.

    python docs/make_data_formats.py
"""

from __future__ import annotations

import csv
import re
from functools import partial
from pathlib import Path

from fireplan._geofiles.column_names import ColumnName, column_names
from fireplan._geofiles.office_tables import DATABASES, TEXT, WORKBOOKS
from fireplan._geofiles.vector_files import READABLE
from fireplan.roads._lines.line_codes import CODES, DIRECTIONS

PAGE = Path(__file__).with_name("data_formats.md")
CLASSES = Path(__file__).parents[1] / "fireplan" / "roads" / "_lines" / "road_classes.csv"


def names(table: str) -> str:
    """Write which names stand for each column of a table."""
    rows = ["| column | other names, in any capitals and punctuation |", "|---|---|"]
    by_column: dict[str, list[ColumnName]] = {}
    for item in column_names():
        if item.table == table:
            by_column.setdefault(item.column, []).append(item)
    for column, items in by_column.items():
        other = [f"`{i.name}`" for i in items if i.name != column]
        rows.append(f"| `{column}` | {', '.join(other) or 'no other'} |")
    return "\n".join(rows)


def endings() -> str:
    """Write which endings are read as what."""
    rows = ["| kind | endings |", "|---|---|"]
    for kind, known in (
        ("tables of text", TEXT),
        ("workbooks", WORKBOOKS),
        ("layers", READABLE),
        ("files of SQLite", DATABASES),
    ):
        rows.append(f"| {kind} | {', '.join(f'`{e}`' for e in known)} |")
    return "\n".join(rows)


def classes() -> str:
    """Write which class of OpenStreetMap each code of a road stands for."""
    rows = ["| system | code | driven as | meaning |", "|---|---|---|---|"]
    with CLASSES.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            driven = f"`{row['highway']}`" if row["highway"] else "not driven"
            rows.append(f"| {row['source']} | `{row['code']}` | {driven} | {row['meaning']} |")
    return "\n".join(rows)


def oneways() -> str:
    """Write which one-way codes are known."""
    rows = ["| direction | codes |", "|---|---|"]
    for direction in DIRECTIONS[:-1]:
        known = [f"`{code}`" if code else "blank" for code, meant in CODES.items() if meant == direction]
        rows.append(f"| {direction} | {', '.join(known)} |")
    return "\n".join(rows)


MADE = {
    "endings": endings, "classes": classes, "oneways": oneways,
    **{table: partial(names, table) for table in ("stations", "units", "zones", "incidents", "roads")},
}  # fmt: skip


def written(text: str) -> str:
    """Give the page with every table that is made written anew."""
    for key, make in MADE.items():
        parts = re.split(rf"<!-- made: {key} -->\n.*?<!-- end -->", text, flags=re.DOTALL)
        if len(parts) != 2:
            raise ValueError(f"{PAGE.name} has no place, or several, for {key}")
        before, after = parts
        text = f"{before}<!-- made: {key} -->\n{make()}\n<!-- end -->{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
