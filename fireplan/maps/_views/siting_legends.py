"""What stands beside the map of a siting question: the plan in figures, the classes of gain, and what came close."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._page_kit import style
from fireplan._page_kit.style import Band
from fireplan.colours import GAIN, SLOWER, UNKNOWN
from fireplan.maps._layers.legend import Entry, Legend, band_entries, station_entries
from fireplan.maps._layers.scenario_layers import GAP_COLOUR
from fireplan.siting._results import siting_words as words
from fireplan.siting._solvers.incumbent import STATUSES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.siting._results.siting_result import Siting

CLASSES = 5
MOST_IN_FIRST = 0.6
"""Share of the gains that may fall into the lowest of even classes."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
NEXT_BEST = 5
"""How many of the plans that came close are listed."""

MOST_BUILT = 5
"""A plan of more stations than this is listed folded."""


def score_bands(values: pd.Series[float], unit: str = "") -> tuple[Band, ...]:
    """Part scores into classes at round limits; what gains nothing, or loses, is a class of its own."""
    known = np.asarray(values, dtype=float)
    top = float(known[np.isfinite(known)].max(initial=0.0))
    nothing = Band(label="nothing", colour=UNKNOWN, up_to=1e-9 * top)
    if not top > 0:
        return (nothing,)
    limits = _limits(known[known > nothing.up_to], top)
    ends = [nothing.up_to, *limits[:-1], math.inf]
    said = [_limit(limit, unit) for limit in limits]
    labels = [f"up to {said[0]}", *(f"{low} to {high}" for low, high in pairwise(said))]
    rising = [
        Band(label=text, colour=colour, above=low, up_to=high)
        for text, colour, (low, high) in zip(labels, style.ramp(GAIN, len(limits)), pairwise(ends), strict=True)
    ]
    return (nothing, *rising)


def _limit(limit: float, unit: str) -> str:
    """Say the limit of a class; seconds that are no whole ones as such, so that no two limits look alike."""
    if unit == words.SECONDS and limit != int(limit):
        return f"{wording.figure(limit)} s"
    return words.figure_said(limit, unit)


def _limits(gains: NDArray[np.float64], top: float) -> list[float]:
    """Round limits in even steps; where most gains would fall below the first, in steps of about two."""
    power = 10.0 ** math.floor(math.log10(top / CLASSES))
    step = next(s * power for s in STEPS if s * power * CLASSES >= top * (1 - 1e-9))
    even = [step * i for i in range(1, math.ceil(top / step - 1e-9) + 1)]
    if (gains <= step).mean() <= MOST_IN_FIRST:
        return even
    exponent = math.floor(math.log10(top))
    doubling = [s * 10.0**e for e in range(exponent - 2, exponent + 2) for s in (1.0, 2.0, 5.0)]
    last = next(i for i, limit in enumerate(doubling) if limit >= top * (1 - 1e-9))
    return doubling[last - CLASSES + 1 : last + 1]


def share_bands() -> tuple[Band, ...]:
    """Part shares of runs into classes of a fifth."""
    lows = (0.0, *SHARES[:-1])
    said = [wording.goal(share) for share in SHARES]
    labels = [f"up to {said[0]}", *(f"{low} to {high}" for low, high in pairwise(said))]
    rising = [
        Band(label=text, colour=colour, above=low, up_to=high)
        for text, colour, low, high in zip(labels, style.ramp(SLOWER, len(SHARES)), lows, SHARES, strict=True)
    ]
    return (Band(label="in no run", colour=UNKNOWN, up_to=0.0), *rising)


def plan_legend(siting: Siting) -> Legend:
    """List the plan in the best order of building, and say how sure it is."""
    entries, names, unit = [], words.names_of(siting), siting.score_unit
    for number, row in siting.curve.iterrows():
        built = row["take"] in siting.sites.index
        gain = f"{words.gain_said(row['gain'], unit)} \N{RIGHTWARDS ARROW} " if built else ""
        note = f"{gain}{words.figure_said(row['objective'], unit)}".replace(" ", "\N{NO-BREAK SPACE}")
        what = f"{number}: {names.get(str(row['take']), row['take'])}" if built else "as it stands"
        entries.append(Entry(label=what, sign="opened" if built else "existing", note=note))
    little = words.little_said(siting)
    sure = f"{little} {wording.capital(words.proof_said(siting))}" if little else words.proof_said(siting)
    if not math.isnan(siting.objective):
        sure += f". Bound {words.figure_said(siting.bound, siting.unit)}, gap {wording.share(siting.gap)}"
    return Legend(
        title="Plan, in building order",
        unit=words.unit_said(unit),
        entries=entries,
        held_to=sure,
        n="" if siting.plan else "Nothing improves on the department as it stands.",
        folded=len(siting.chosen) > MOST_BUILT,
    )


def notes_legend(siting: Siting) -> Legend | None:
    """Give what a reader of the figures has to know; None: nothing."""
    notes = [note for note in (siting.reason, *siting.notes) if note]
    return Legend(title="Notes", note=" ".join(notes), folded=True) if notes else None


def score_legend(siting: Siting, bands: tuple[Band, ...], markers: pd.DataFrame, *, gaps: str) -> Legend:
    """Say what the discs and the signs stand for."""
    entries = list(band_entries(bands))
    if siting.sites[["alone", "beside"]].isna().any(axis=None):
        entries.append(Entry(label=wording.NOT_KNOWN, colour=UNKNOWN))
    if gaps:
        entries.append(Entry(label=gaps, colour=GAP_COLOUR, sign="line"))
    there = [s for s in ("existing", "opened", "closed") if (markers["status"] == s).any()]
    off, sites = len(siting.set_aside), wording.counted(len(siting.sites), "candidate site")
    aside = f"; {wording.count(off)} more cannot be used" if off else ""
    return Legend(
        title="Gain of a candidate site",
        unit=words.unit_said(siting.score_unit),
        entries=[*entries, *station_entries(*there)],  # type: ignore[arg-type]
        n=f"n = {sites}{aside}",
        note="By itself: added to what stays of the department. Beside the plan: added to the plan's other sites.",
    )


def runs_legend(sites: pd.DataFrame, shares: tuple[Band, ...]) -> Legend:
    """Say what the discs of the runs stand for."""
    runs = sites.loc[sites["runs"] > 0, "runs"]
    most = " to ".join(dict.fromkeys(map(wording.count, (runs.min(), runs.max()))))
    many = f"{most} {'run' if most == '1' else 'runs'}, {wording.counted(len(runs), 'candidate site')}"
    return Legend(
        title="How often chosen",
        unit="share of runs",
        entries=band_entries(shares),
        n=f"n = {many}" if len(runs) else "no runs",
        folded=True,
    )


def next_best_legend(siting: Siting) -> Legend:
    """List the plans that differ in one site and come closest."""
    best, names, unit = siting.runner_ups.head(NEXT_BEST), words.names_of(siting), siting.score_unit
    entries = []
    for _, row in best.iterrows():
        take, leave = (names.get(str(row[key]), str(row[key])) for key in ("take", "leave_out"))
        behind = float(row["behind"])
        note = words.apart_said(behind, unit) if unit == words.SECONDS else words.figure_said(behind, unit)
        entries.append(Entry(label=f"{take} instead of {leave}", sign="dot", note=note))
    head = f"{words.unit_said(unit)} behind"
    return Legend(title="Plans that came close", unit=head, entries=entries, folded=True)


def attained(siting: Siting) -> str:
    """Say what the plan attains, and where that is next to nothing, so."""
    if math.isnan(siting.objective):
        return f"no answer. {siting.reason or STATUSES[siting.status]}"
    was = f", before {before}" if (before := words.before_said(siting)) else ""
    little = f". {text}" if (text := words.little_said(siting)) else ""
    return f"{words.attained_said(siting)}{was}{little}"
