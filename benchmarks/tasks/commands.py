"""What a planner waits for: the demo, first and later, and the report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Contest, Way
from fireplan.examples import marisol_folder

CLI = "from fireplan._cli import main; main()"


def contests(*, quick: bool):
    folder = tempfile.TemporaryDirectory()

    def run(*arguments: str, cold: bool = False) -> object:
        with tempfile.TemporaryDirectory(dir=folder.name) as here:
            where = {"NUMBA_CACHE_DIR": str(Path(here) / "compiled")} if cold else {}
            command = [sys.executable, "-c", CLI, *arguments, "--out", str(Path(here) / "out")]
            subprocess.run(command, check=True, capture_output=True, env=os.environ | where)  # noqa: S603
        return folder

    for title, most_ms, arguments, cold in (
        ("fireplan demo", 2_500.0, ["demo"], False),
        ("fireplan demo, nothing compiled yet", 5_000.0, ["demo"], True),
        ("fireplan report of marisol", 4_000.0, ["report", str(marisol_folder())], False),
    ):
        yield Contest(
            task="commands",
            title=f"{title}, in a process of its own",
            place="-",
            ours=Way("fireplan", lambda arguments=arguments, cold=cold: run(*arguments, cold=cold)),
            most_ms=most_ms,
            clock="wall",
            in_process=False,
            judged=not quick,
        )
