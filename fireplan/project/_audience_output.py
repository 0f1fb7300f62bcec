"""Files of a run written whole, under the names their readers are told by, and what is public recorded before it is."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan.disclosure import read_publications, record_publications
from fireplan.errors import listed
from fireplan.maps._pages.disclosure_profile import without_counts
from fireplan.project._atomic_output import whole_outputs
from fireplan.project._audience import Audience, public_manifest, rule_of
from fireplan.project._manifest import file_hash
from fireplan.project._restricted_names import is_restricted, restricted_name, unmarked_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fireplan.disclosure import Publication, Publications

LEDGER = "publications.toml"
"""Beside plan.toml: what was published of a project."""

MOST_NAMED = 8


@dataclass
class AudienceOutput:
    """
    Files of one run.

    Attributes
    ----------
    folder
        Where they will be.
    part
        Where they are written first.
    audience
        For whom they are.
    names
        Those written so far, before any mark.
    left_out
        Those that have no public form.
    older
        Files of runs before that stood there under the other of their two names.
    """

    folder: Path
    part: Path
    audience: Audience
    names: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    older: tuple[str, ...] = ()

    def file(self, name: str) -> Path:
        """Give the path to write a file to, which bears the mark in its name that its readers need."""
        self.names.append(name)
        return self.part / self.audience.name(name)

    def wants(self, name: str) -> bool:
        """Whether a file is to be written; one that has no public form is noted as left out."""
        if self.audience.leaves_out(name):
            self.left_out.append(name)
            return False
        return True

    def write_text(self, name: str, text: str, *, comment: str = "") -> None:
        """Write a text, the mark on its first line; `comment` is what begins one there."""
        if self.audience.profile == "public":  # how many runs drives were learnt from is a count of records
            text = without_counts(text)
        text = self.audience.marked_text(name, text, comment=comment)
        self.file(name).write_text(text, encoding="utf-8", newline="\n")

    def write_manifest(self, name: str, content: dict[str, Any]) -> None:
        """Write what it was all made from; it says for whom each file is."""
        readers = {self.audience.name(n): self.readers(n) for n in sorted([*self.names, name])}
        if self.audience.profile == "public":
            content = public_manifest(content)
        said = {"profile": self.audience.profile, "readers": readers}
        text = json.dumps({**said, **content}, indent=2, ensure_ascii=False) + "\n"
        self.file(name).write_text(text, encoding="utf-8", newline="\n")

    def readers(self, name: str) -> str:
        """Say for whom a file is."""
        if self.audience.restricts(name):
            return "internal"
        return "public" if self.audience.profile == "public" else "anyone"

    def said(self) -> list[str]:
        """Say for whom the files are, what was left out, and what of earlier runs lies beside them."""
        lines = [whom_said(self.audience, self.names)]
        if self.left_out:
            lines.append(f"Left out, as there is no public form of it: {listed(self.left_out, most=MOST_NAMED)}.")
        stay = [name for name in self.older if (self.folder / name).exists()]
        gone = [name for name in self.older if name not in stay]
        if gone:
            lines.append(f"Removed, of a run before: {listed(gone, most=MOST_NAMED)}.")
        unmarked = [name for name in stay if not is_restricted(name)]
        if unmarked:
            lines.append(
                f"Still there, of a run before and not made anew: {listed(unmarked, most=MOST_NAMED)}. Delete what was"
                " not made for the public: its name does not say RESTRICTED."
            )
        if self.audience.profile != "internal" and self.folder.is_dir():
            marked = sorted(f.name for f in self.folder.iterdir() if is_restricted(f.name))
            if marked:
                lines.append(
                    f"The folder holds RESTRICTED files too ({listed(marked, most=3)}): pass on single files, not it."
                )
        return lines


def whom_said(audience: Audience, names: list[str]) -> str:
    """Say for whom files are, named before any mark."""
    if audience.profile is None:
        return f"For anyone: {audience.why}."
    if audience.profile == "public":
        return f"For the public: {wording.counted(len(names), 'file')}."
    marked = [audience.name(n) for n in names if audience.restricts(n)]
    free = [n for n in names if not audience.restricts(n)]
    told = f"For internal use, RESTRICTED in name: {listed(marked, most=MOST_NAMED)}." if marked else ""
    rest = f"For anyone: {listed(free, most=MOST_NAMED)}." if free else ""
    return " ".join(text for text in (told, rest) if text)


@dataclass
class PublicationSeries:
    """
    What was published of a project before, and what is by this run.

    Attributes
    ----------
    file
        Where it is kept.
    known
        What it holds.
    content
        Its bytes, to be put back where nothing is published after all; None: it was not there.
    new
        What this run publishes, in the order in which it was checked.
    """

    file: Path
    known: Publications
    content: bytes | None
    new: list[Publication] = field(default_factory=list)
    recorded: bytes | None = None

    @classmethod
    def read(cls, folder: Path) -> PublicationSeries:
        """Read that of a project's folder."""
        file = folder / LEDGER
        content = file.read_bytes() if file.is_file() else None
        return cls(file, read_publications(file), content)

    @property
    def so_far(self) -> Publications:
        """All that was published before, and by this run until now: what the next page is checked against."""
        return self.known.adding(self.new)

    def add(self, *new: Publication) -> None:
        """Add what was checked against `so_far`."""
        self.new += new

    def record(self) -> None:
        """
        Write what this run publishes into the file.

        Raises
        ------
        InputError
            If another run has published since it was read.
        """
        if self.new:
            record_publications(self.file, self.new)
            self.recorded = self.file.read_bytes()

    def take_back(self) -> None:
        """Make the file what it was when it was read, unless another run has added to it since."""
        if self.recorded is None or not self.file.is_file() or self.file.read_bytes() != self.recorded:
            return
        if self.content is None:
            self.file.unlink()
            return
        part = self.file.with_name(f".{self.file.name}.part")
        part.write_bytes(self.content)
        part.replace(self.file)


@contextmanager
def audience_output(
    folder: Path, audience: Audience, *, ledger: PublicationSeries | None = None
) -> Iterator[AudienceOutput]:
    """
    Collect the files of a run, record what is published by them, and only then move them where they belong.

    Parameters
    ----------
    folder
        Where that is.
    audience
        For whom they are.
    ledger
        What was published before, and where that is kept; None: nothing is published.

    Yields
    ------
    What files are written through. All of them are whole in a hidden folder when the ledger is written, and are moved
    after that. So a crash in between leaves a record of what nobody was shown, which costs later publications some
    detail and gives nobody away; the other way round a page would be out that later ones are not checked against. If
    they cannot be moved and none of them is there, the ledger becomes what it was.

    Raises
    ------
    InputError
        If another run was published meanwhile.
    """
    staged: dict[str, str] = {}
    try:
        with whole_outputs(folder) as part:
            output = AudienceOutput(folder, part, audience)
            yield output
            output.older = tuple(_twins(folder, part))
            if ledger is not None:
                staged = {file.name: file_hash(file) for file in part.iterdir()}
                ledger.record()
    except BaseException:
        if ledger is not None and not any(_is(folder / name, digest) for name, digest in staged.items()):
            ledger.take_back()
        raise


def _is(file: Path, digest: str) -> bool:
    return file.is_file() and file_hash(file) == digest


def _twins(folder: Path, part: Path) -> Iterator[str]:
    """Name files of runs before that stand there under the other of their two names."""
    for file in sorted(part.iterdir()):
        plain = unmarked_name(file.name)
        other = restricted_name(plain) if file.name == plain else plain
        if rule_of(plain).holds != "ground" and (folder / other).is_file():
            yield other
