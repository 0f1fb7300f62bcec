"""What a person reads in the terminal of a siting question: how good the answer is, its sites, and what came close."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fireplan import wording
from fireplan._cli.terminal import plain
from fireplan.siting._solvers.incumbent import STATUSES

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.siting import Robustness, Siting

WIDEST_ID = 24


def report(
    found: Siting, curve: pd.DataFrame, runs: Robustness | None, *, title: str, folder: Path, notes: int
) -> None:
    """Print the answer, its sites, what each further station buys, and where everything is."""
    console = Console(highlight=False)

    def say(text: str, style: str = "") -> None:
        for line in text.splitlines() or [""]:
            console.print(Text(plain(line), style=style))

    say(title, "italic")
    say(found.question)
    say("")
    for line in _answer(found):
        say(line)
    if len(found.chosen):
        say("\nSites of the plan" + (" (best in: share of runs with other assumptions)" if runs else ""), "italic")
        console.print(_sites(found, runs))
        say(_near(found))
    if not isnan(found.objective):
        of_plans = "sites" in curve
        what = "Best plan for each number of stations" if of_plans else "The plan, in the best order of building"
        say(f"\n{what}", "italic")
        console.print(_curve(curve))
    if runs is not None:
        say(str(runs))
    where = Console(highlight=False, soft_wrap=True)
    resolved = folder.resolve()
    where.print(Text(f"\n{notes} notes on the data and the method: {resolved / 'siting_notes.txt'}"))
    where.print(Text(f"For plan.toml: {resolved / 'changes.toml'}"))
    where.print(Text(f"Map: {resolved / 'siting.html'}"))


def _answer(found: Siting) -> list[str]:
    """Say what is attained, and how sure that is."""
    proof = f"{wording.named(found.status)}: {STATUSES[found.status]}"
    if isnan(found.objective):
        return [proof, *([found.reason] if found.reason else [])]
    of = f" of {wording.figure(found.total)}" if isfinite(found.total) else ""
    share = f" ({wording.share(found.share)})" if isfinite(found.total) else ""
    today = f"; today {wording.figure(found.before)}" if isfinite(found.before) else ""
    what = "Takes   " if found.unit == "stations" else "Attained"
    lines = [
        f"{what}  {wording.figure(found.objective)}{of} {found.unit}{share}{today}",
        f"Bound     {wording.figure(found.bound)}, gap {wording.share(found.gap)}; {proof}",
    ]
    lines += [found.reason] if found.reason else []
    closing = [c for c in map(str, found.plan) if c.startswith("Close")]
    lines += [f"Closed    {', '.join(closing)}"] if closing else []
    return lines if found.plan else [*lines, "No change improves on the department as it stands."]


def _sites(found: Siting, runs: Robustness | None) -> Table:
    """Lay out the sites of the plan."""
    table = _table()
    table.add_column("site", max_width=WIDEST_ID, no_wrap=True, overflow="ellipsis")
    headings = ["longitude", "latitude", "gains alone", "lost without"]
    units = found.chosen["chosen"].gt(1).any()
    headings += ["units"] if units else []
    headings += ["best in"] if runs is not None else []
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for site in found.chosen.to_crs("EPSG:4326").itertuples():
        cells = [str(site.Index), f"{site.geometry.x:.6f}", f"{site.geometry.y:.6f}"]
        cells += [wording.figure(float(site.alone)), wording.figure(float(site.beside))]
        cells += [wording.count(site.chosen)] if units else []
        if runs is not None:
            known = site.Index in runs.sites.index
            cells.append(wording.share(runs.sites["chosen_share"][site.Index]) if known else "-")
        table.add_row(*(Text(plain(c)) for c in cells))
    return table


def _near(found: Siting) -> str:
    """Say how many plans with one other site are as good, or nearly."""
    ups = found.runner_ups
    if not len(ups):
        return "No other plan with one site changed."
    best = ups.iloc[0]
    instead = f"{best['take']} for {best['leave_out']}"
    same = int((ups["behind"] <= 0).sum())
    if same:
        many = f"{same} or more" if same == len(ups) else f"{same}"
        return f"As good: {many} plans with one site changed, such as {instead}."
    return f"Next best: {instead}, worse by {wording.figure(float(best['behind']))} {found.unit}."


def _curve(curve: pd.DataFrame) -> Table:
    """Lay out what each further station buys."""
    of_plans = "sites" in curve
    table = _table()
    table.add_column("stations", justify="right")
    table.add_column("attained", justify="right", no_wrap=True)
    table.add_column("gain", justify="right", no_wrap=True)
    if curve["share"].notna().any():
        table.add_column("share", justify="right", no_wrap=True)
    proven = of_plans and curve["gap"].fillna(0.0).gt(0).any()
    if proven:
        table.add_column("gap", justify="right", no_wrap=True)
    table.add_column("sites" if of_plans else "site", max_width=34, no_wrap=True, overflow="ellipsis")
    for number, row in curve.iterrows():
        if not isfinite(row["objective"]):
            continue
        cells = [str(number), wording.figure(row["objective"])]
        cells.append(wording.signed_figure(row["gain"]) if number and isfinite(row["gain"]) else "")
        cells += [wording.share(row["share"])] if curve["share"].notna().any() else []
        cells += [wording.share(row["gap"])] if proven else []
        cells.append("" if pd.isna(sites := row["sites" if of_plans else "take"]) else str(sites))
        table.add_row(*(Text(plain(c)) for c in cells))
    return table


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False)
