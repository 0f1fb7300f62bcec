"""For whom what a command writes is, said at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from fireplan._cli.terminal import plain

if TYPE_CHECKING:
    from fireplan.project._audience_output import AudienceOutput


def say_for_whom(output: AudienceOutput) -> None:
    """Print for whom the files of a run are, and what of runs before stands beside them."""
    console = Console(highlight=False)
    for line in output.said():
        console.print(Text(plain(line)))
