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
from fireplan._cli.terminal import error_lines, plain
from fireplan.changes import CloseStation
from fireplan.siting._results import siting_words as words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.siting import Robustness, Siting

WIDEST_PLACE = 34


def report(
    found: Siting,
    curve: pd.DataFrame,
    runs: Robustness | None,
    *,
    title: str,
    folder: Path,
    notes: int,
    named: Callable[[str], str],
) -> None:
    """Print the answer, its sites, what each further station buys, and where everything is, as files are `named`."""
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
        console.print(_curve(curve, found))
    if runs is not None:
        say(str(runs))
    for line in error_lines(found.scenario):
        say(line)
    where = Console(highlight=False, soft_wrap=True)
    resolved = folder.resolve()
    told = wording.counted(notes, "note")
    where.print(Text(f"\n{told} on the data and the method: {resolved / named('siting_notes.txt')}"))
    where.print(Text(f"For plan.toml: {resolved / named('changes.toml')}"))
    where.print(Text(f"Map: {resolved / named('siting.html')}"))


def _answer(found: Siting) -> list[str]:
    """Say what is attained, whether it is worth it, and how sure that is."""
    if isnan(found.objective):
        return [words.proof_said(found), *([found.reason] if found.reason else [])]
    what = "Takes   " if found.unit == "stations" else "Attained"
    lines = [f"{what}  {words.attained_said(found)}"]
    lines += [f"Today     {before}"] if (before := words.before_said(found)) else []
    lines += [little] if (little := words.little_said(found)) else []
    bound = words.figure_said(found.bound, found.unit)
    lines.append(f"Bound     {bound}, gap {wording.share(found.gap)}; {words.proof_said(found)}")
    lines += [found.reason] if found.reason else []
    said = words.plan_said(found)
    closing = [text for change, text in zip(found.plan, said, strict=True) if isinstance(change, CloseStation)]
    lines += [f"Closed    {', '.join(closing)}"] if closing else []
    return lines if found.plan else [*lines, "No change improves on the department as it stands."]


def _sites(found: Siting, runs: Robustness | None) -> Table:
    """Lay out the sites of the plan."""
    table = _table()
    table.add_column("site", max_width=WIDEST_PLACE)
    headings = ["longitude", "latitude", "gains alone", "lost without"]
    units = found.chosen["chosen"].gt(1).any()
    headings += ["units"] if units else []
    headings += ["best in"] if runs is not None else []
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    names, unit = words.names_of(found), found.score_unit
    for site in found.chosen.to_crs("EPSG:4326").itertuples():
        cells = [names.get(str(site.Index), str(site.Index)), f"{site.geometry.x:.6f}", f"{site.geometry.y:.6f}"]
        cells += [words.figure_said(float(site.alone), unit), words.figure_said(float(site.beside), unit)]
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
    best, names = ups.iloc[0], words.names_of(found)
    take, leave = (names.get(str(best[key]), str(best[key])) for key in ("take", "leave_out"))
    instead = f"{take} for {leave}"
    same = int((ups["behind"] <= 0).sum())
    if same:
        many = f"{same} or more plans" if same == len(ups) else wording.counted(same, "plan")
        return f"As good: {many} with one site changed, such as {instead}."
    return f"Next best: {instead}, worse by {words.apart_said(float(best['behind']), found.score_unit)}."


def _curve(curve: pd.DataFrame, found: Siting) -> Table:
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
    table.add_column("sites" if of_plans else "site", max_width=WIDEST_PLACE)
    names, unit = words.names_of(found), found.score_unit
    goal = None if isnan(found.goal) else found.goal
    for number, row in curve.iterrows():
        if not isfinite(row["objective"]):
            continue
        cells = [str(number), words.figure_said(row["objective"], unit)]
        cells.append(words.gain_said(row["gain"], unit) if number and isfinite(row["gain"]) else "")
        cells += [wording.share(row["share"], goal=goal)] if curve["share"].notna().any() else []
        cells += [wording.share(row["gap"])] if proven else []
        sites = row["sites" if of_plans else "take"]
        cells.append("" if pd.isna(sites) else words.sites_said(str(sites), names))
        table.add_row(*(Text(plain(c)) for c in cells))
    return table


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False)
