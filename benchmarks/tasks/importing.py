"""How long it takes until fireplan answers at all."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measuring import Contest, Way


def contests(*, quick: bool):
    for title, most_ms, arguments in (
        ("import fireplan", 500.0, ["-c", "import fireplan"]),
        ("fireplan --help", 600.0, ["-c", "from fireplan._cli import main; main()", "--help"]),
    ):
        yield Contest(
            task="import",
            title=f"{title}, in a process of its own",
            place="-",
            ours=Way("fireplan", lambda arguments=arguments: _run(arguments)),
            peers=(Way("bare python", lambda: _run(["-c", "pass"]), same_work=False),),
            most_ms=most_ms,
            clock="wall",
            in_process=False,
            judged=not quick,
        )


def _run(arguments: list[str]) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 - our own command
