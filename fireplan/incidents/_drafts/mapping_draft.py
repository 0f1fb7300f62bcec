"""A draft of the mapping for one file, as a value: what was understood, by which evidence, and what has to be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import tomlkit

from fireplan import wording
from fireplan.errors import UnknownIdError
from fireplan.incidents._columns_and_types import CANONICAL, IDS, TIMES

if TYPE_CHECKING:
    import pandas as pd

    from fireplan.incidents._columns.mapping import Mapping

SECTIONS = ("columns", "join", "elapsed", "point", "times", "text", "log")


@dataclass(frozen=True, eq=False)
class MappingDraft:
    """
    What each column of a file seems to hold.

    Attributes
    ----------
    file
        Its name.
    rows
        How many rows it has.
    mapping
        The mapping as far as it is understood; None if what is needed of every file is missing: an id of incident or
        unit, or one time.
    bundled
        Name of the mapping that comes with fireplan and fits this file; "" if there is none.
    fields
        One row per canonical column that was found: `column` (or columns), `certainty` ("sure", "guess": look at it,
        "question": it is left out of the mapping until you say), `evidence` (share of the rows with a value whose value
        can be of that kind), `filled` (share of the rows with a value), `example`, `why`, `others` (columns that could
        be it, too).
    questions
        What only you can know, each a sentence.
    unused
        Columns of the file that the mapping does not name.
    """

    file: str
    rows: int
    mapping: Mapping | None
    bundled: str
    fields: pd.DataFrame
    questions: tuple[str, ...]
    unused: tuple[str, ...]

    def __repr__(self) -> str:
        """Say what was understood, a line for each column, then what is asked."""
        kind = f"; the mapping {self.bundled!r}, which comes with fireplan, fits" if self.bundled else ""
        lines = [f"Draft of a mapping for {self.file}: {wording.counted(self.rows, 'row')}{kind}"]
        for field, row in self.fields.iterrows():
            mark = "" if row["certainty"] == "sure" else f" ({row['certainty'].upper()}: {row['why']})"
            lines.append(f"  {field}: {row['column']}{mark}")
        lines += [f"  not in it: {', '.join(self.absent)}"] if self.absent else []
        return "\n".join([*lines, *(f"  ? {question}" for question in self.questions)])

    @property
    def absent(self) -> tuple[str, ...]:
        """Canonical columns that nothing in the file seems to hold."""
        here = set(self.fields.index[self.fields["certainty"] != "question"])
        if self.mapping is not None:
            here |= self.mapping.given
        if "point" in here:
            here |= {"latitude", "longitude"}
        return tuple(name for name in CANONICAL if name not in here)

    def taking(self, field: str) -> MappingDraft:
        """
        Give the draft in which a column that was asked about is taken for what it was guessed to be.

        Raises
        ------
        UnknownIdError
            If nothing was asked about that field.
        """
        asked = self.fields.index[self.fields["certainty"] == "question"]
        if field not in asked or self.mapping is None:
            raise UnknownIdError("field", field, list(asked))
        column = str(self.fields.loc[field, "column"])
        fields = self.fields.copy()
        fields.loc[field, "certainty"] = "guess"
        content = self.mapping.model_dump(exclude_defaults=True)
        content["columns"] = {**content.get("columns", {}), field: column}
        return replace(self, mapping=type(self.mapping).model_validate(content), fields=fields)

    def to_toml(self) -> str:
        """
        Give the draft as the text of a mapping file, with what has to be looked at in comments.

        Returns
        -------
        TOML that `read_cad(mapping=...)` takes, as soon as the questions are answered.
        """
        lines = [
            f"# How {self.file} is read: drafted by fireplan from its header and {wording.counted(self.rows, 'row')}.",
            "# Every line can be changed; what is written for GUESS or QUESTION should be looked at.",
            *(f"# QUESTION: {question}" for question in self.questions),
        ]
        if self.mapping is None:
            lines += ["# Not enough was understood for a mapping: name the columns below.", "", "[columns]"]
            lines += [f'# {name} = "..."' for name in (*IDS, *TIMES)]
            return "\n".join(lines) + "\n"
        content = _content(self.mapping)
        top = {
            key: value for key, value in content.items() if key not in {*SECTIONS, "responses", "carry", "translate"}
        }
        lines += ["", tomlkit.dumps(top).strip()] if top else [""]
        for section in SECTIONS:
            if section in content:
                lines += ["", f"[{section}]", *self._entries(section, content[section])]
                if section == "columns":
                    lines += self._left_out()
        if "columns" not in content:
            lines += ["", "[columns]", *self._left_out()]
        rest = {key: value for key, value in content.items() if key in {"carry", "translate"}}
        if rest:
            lines += ["", tomlkit.dumps(rest).strip()]
        for response in content.get("responses", ()):
            lines += ["", tomlkit.dumps({"responses": [response]}).strip()]
        return "\n".join(lines).strip() + "\n"

    def _entries(self, section: str, values: dict[str, Any]) -> list[str]:
        lines = []
        for key, value in values.items():
            text = _inline(value)
            said = self._said(key) if section in {"columns", "join", "elapsed", "point"} else ""
            lines.append(f"{key} = {text}{said}")
        return lines

    def _said(self, field: str) -> str:
        """Comment on one entry: how sure it is, and what else it could be."""
        field = "point" if field == "column" else field
        if field not in self.fields.index:
            return ""
        row = self.fields.loc[field]
        if row["certainty"] == "sure":
            return ""
        others = f"; or {', '.join(row['others'])}" if row["others"] else ""
        return f"  # GUESS {row['why']}{others}"

    def _left_out(self) -> list[str]:
        asked = self.fields[self.fields["certainty"] == "question"]
        return [
            f"# {field} = {_inline(row['column'])}  # QUESTION {row['why']}: take the # away if it is so"
            for field, row in asked.iterrows()
        ]


def _content(mapping: Mapping) -> dict[str, Any]:
    """Give what a mapping says, without what it leaves at its default."""
    found: dict[str, Any] = mapping.model_dump(exclude_defaults=True, exclude_none=True, mode="json")
    return {key: value for key, value in found.items() if value not in ({}, [], ())}


def _inline(value: Any) -> str:  # noqa: ANN401 - any TOML value
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return tomlkit.dumps({"v": value}).removeprefix("v = ").strip()
