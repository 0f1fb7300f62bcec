# ruff: noqa: INP001, T201 - a script beside the documents: in no package, and it says what it wrote
"""
Write the reference of plan.toml from the models that read it.

    python docs/make_plan_reference.py

It writes `plan.md` beside this file. Types and defaults come from `fireplan.project`; meanings and examples from
`plan_keys.csv` and `plan_changes.csv`. A test holds the page, the tables and the models together.
"""

from __future__ import annotations

import csv
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from fireplan.project import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

HERE = Path(__file__).parent
PAGE, KEYS, CHANGES = HERE / "plan.md", HERE / "plan_keys.csv", HERE / "plan_changes.csv"
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "anything"}
BEGIN = """# Every key of plan.toml

A project is a folder with a `plan.toml`: `fireplan init` writes the first one. Files are named relative to the folder.
A key that is unknown is an error that says which was meant. What counts, where, and held to what, in words:
[projects.md](projects.md). Which files can be named: [data_formats.md](data_formats.md), of dispatch history
[formats.md](formats.md); which of its columns holds what: [mappings.md](mappings.md).

This page is made by `docs/make_plan_reference.py`.
"""


def keys_of(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Give every key of a model and of the parts in it."""
    for name, field in model.model_fields.items():
        part = part_of(field.annotation)
        if part is None:
            yield before + name, field
        else:
            yield from keys_of(part, f"{before}{name}.")


def part_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """Find the model that a key holds, itself or in a list."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def said(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """Say in words what may stand there."""
    origin, of = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f'`"{value}"`' for value in of)
    if origin in {Union, types.UnionType}:
        return " or ".join(dict.fromkeys(said(kind) for kind in of if kind is not type(None)))
    if origin is tuple:
        return f"list of {said(of[0])}"
    if origin is dict:
        return f"table: {said(of[1])} by name"
    if origin is not None:  # Annotated
        return said(of[0])
    part = part_of(annotation)
    name = getattr(annotation, "__name__", str(annotation))
    return (
        WORDS.get(annotation, name) if part is None else f"tables of {', '.join(f'`{k}`' for k in part.model_fields)}"
    )


def left_out(field: FieldInfo) -> str:
    """Say what holds where the key is left out."""
    if field.is_required():
        return "**must be there**"
    default = field.default
    if default is PydanticUndefined:
        made = field.default_factory() if field.default_factory else {}  # type: ignore[call-arg]
        return f"`{made}`" if made else "none"
    if default in (None, (), ""):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{', '.join(map(str, default))}`" if isinstance(default, tuple) else f"`{default}`"


def page() -> str:
    """Give the page."""
    rows = {row["key"]: row for row in csv.DictReader(KEYS.read_text(encoding="utf-8").splitlines())}
    sections: dict[str, list[str]] = {}
    for key, field in keys_of(Plan):
        section, _, name = key.rpartition(".")
        row = rows[key]
        cells = (f"`{name}`", row["meaning"], said(field.annotation), left_out(field), f"`{row['example']}`")
        sections.setdefault(section, []).append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines = [BEGIN]
    lists = {"standards.local", "risk", "risk.tasks", "changes.add", "scenario"}
    for section, keys in sections.items():
        named = f"[[{section}]]" if section in lists else f"[{section}]"
        lines += [f"## {f'`{named}`' if section else 'At the top'}", ""]
        lines += [
            "| key | what it says | what may stand there | left out | example |",
            "|---|---|---|---|---|",
            *keys,
            "",
        ]
    lines += ["## Changes", "", "Each entry of `changes` in a `[[scenario]]` makes one change, in this order.", ""]
    lines += ["| entry | what it does |", "|---|---|"]
    for row in csv.DictReader(CHANGES.read_text(encoding="utf-8").splitlines()):
        lines.append(f"| `{row['example']}` | {row['meaning']} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
