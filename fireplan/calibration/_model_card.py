"""What a calibration is, on one page: where it is from, how wrong it is, and what it must not be used for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan._one_release import OfOneRelease
from fireplan.calibration._do_not_use import ALWAYS
from fireplan.calibration._models import UNFITTED
from fireplan.drive_times import MODELS
from fireplan.drive_times._calibration import BESIDE, unlearnt_said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.calibration._diagnostics import Diagnostics
    from fireplan.drive_times import Calibration, Estimate, HeldOutError
    from fireplan.drive_times._calibration import Model


class CardPart(NamedTuple):
    """
    A part of a model card.

    Attributes
    ----------
    title
        Its heading.
    lines
        What stands under it.
    """

    title: str
    lines: tuple[str, ...]


@takes
@dataclass(frozen=True, repr=False)
class ModelCard(OfOneRelease):
    """
    What a calibration is, on one page.

    Attributes
    ----------
    headline
        Its error in one line.
    parts
        What it is, its runs, its error, its values, what it must not be used for, and what it was made by.
    """

    headline: str
    parts: tuple[CardPart, ...]

    def __repr__(self) -> str:
        """Give it as text."""
        return self.markdown

    def _repr_markdown_(self) -> str:
        """Show it in a notebook."""
        return self.markdown

    def __getitem__(self, title: str) -> tuple[str, ...]:
        """Give the lines of a part."""
        return next(part.lines for part in self.parts if part.title == title)

    @property
    def markdown(self) -> str:
        """The whole as Markdown."""
        parts = [f"## {part.title}\n\n" + "\n".join(f"- {line}" for line in part.lines) for part in self.parts]
        return "\n\n".join([f"# {wording.capital(self.headline)}", *parts])


@takes
def model_card(calibration: Calibration, found: Diagnostics | None = None) -> ModelCard:
    """
    Say on one page what a calibration is, how wrong it is, and what it must not be used for.

    Parameters
    ----------
    calibration
        From `fireplan.calibrate`, or from its file.
    found
        What `diagnostics` found in its runs; left out: of what it must not be used for only what holds of all, and
        what its notes say.

    Returns
    -------
    Parts with lines of text; shown as Markdown in a notebook.

    Examples
    --------
    >>> import fireplan as fp
    >>> from fireplan.drive_times import Calibration, HeldOutError
    >>> error = HeldOutError(1919, "days", -0.4, 30.5, 101.0, 0.53)
    >>> card = fp.calibration.model_card(Calibration("linear", error, network="a", history="b"))
    >>> print(card["How wrong it is"][0])
    With days left out in turn: median error 31 s, p90 101 s, bias 0 s; rank correlation 0.53; n = 1,919.
    """
    parts = (
        CardPart("What it is", tuple(_what(calibration))),
        CardPart("Runs", tuple(_runs(calibration))),
        CardPart("How wrong it is", tuple(_error(calibration))),
        CardPart("Values", tuple(_values(calibration))),
        CardPart("What it must not be used for", tuple(_not_for(calibration, found))),
        CardPart("Made by", tuple(_made(calibration))),
    )
    return ModelCard(calibration.headline, parts)


def _what(c: Calibration) -> Iterator[str]:
    yield (
        "Times that first-due units of this department take from their stations to emergencies, learnt from its own"
        f" dispatch records ({c.basis})."
    )
    # A reason that names the model need not be told it.
    yield f"{wording.capital(c.reason)}." if MODELS[c.model] in c.reason else _model_said(c)
    spread = c.over_the_week()
    if spread is not None and c.model in UNFITTED:
        half_s, nine_in_ten_s = (float(spread.quantile_s(np.array([240.0]), level)[0]) for level in (0.5, 0.9))
        yield (
            "A time that is told is that of the model, fitted to nothing, and no median; how far drives lie from it is"
            f" learnt ({spread.shape_is} shape): where it says 4:00 half of them take {wording.clock(half_s)} or less,"
            f" and nine in ten {wording.percentile(nine_in_ten_s)} or less."
        )
    elif spread is not None:
        nine_in_ten_s = float(spread.quantile_s(np.array([240.0]), 0.9)[0])
        yield (
            "A time that is told is the median of such drives; how far they differ from it is learnt too"
            f" ({spread.shape_is} shape): at a median of 4:00 nine in ten take"
            f" {wording.percentile(nine_in_ten_s)} or less."
        )
    else:
        yield "A time that is told is the median of such drives; how far they differ was not learnt: too few runs."


def _model_said(c: Calibration) -> str:
    return f"Model: {MODELS[c.model]}" + (f"; {c.reason}." if c.reason else ".")


def _runs(c: Calibration) -> Iterator[str]:
    n = c.runs or c.error.n
    days = f", {c.first_day} to {c.last_day}" if c.first_day else ""
    yield f"n = {wording.count(n)} runs{days}; no rule looks at speed, or at anything a model says."
    left_out = [f"{rule}: {wording.count(k)}" for rule, k in c.ledger if rule != "used" and k]
    if left_out:
        yield f"Responses left out, by rule: {'; '.join(left_out)}."
    for note in c.notes:
        yield f"{wording.capital(note)}."


def _error(c: Calibration) -> Iterator[str]:
    yield _error_said(c.error)
    if c.by_station is not None:
        yield _error_said(c.by_station)
    later = next((step.by_period for step in c.ladder if step.model == c.model), None)
    if later is not None:
        yield _error_said(later, lead=f"Of {later.held_out}")
    for step in c.ladder:
        if step.model != c.model:
            yield (
                f"Against {MODELS[step.model]}: median error {wording.count(step.error.median_error_s)} s,"
                f" p90 {wording.count(step.error.p90_error_s)} s, on the same folds."
            )


def _error_said(e: HeldOutError, *, lead: str = "") -> str:
    told = (
        f"{lead or f'With {e.held_out} left out in turn'}: median error {wording.count(e.median_error_s)} s,"
        f" p90 {wording.count(e.p90_error_s)} s, bias {wording.signed(e.bias_s)} s;"
        f" rank correlation {wording.number(e.spearman, decimals=2)}"
    )
    if not math.isfinite(e.below_p90):
        return f"{told}; n = {wording.count(e.n)}."
    below = wording.share_of(e.below_p90, e.n, "runs")
    return f"{told}; {below} took no longer than their predicted 90th percentile."


def _values(c: Calibration) -> Iterator[str]:
    if c.start is not None:
        yield f"Start of a drive: {_estimate(c.start, 's', c.model)}."
    for name, speed in sorted(c.speeds_kph.items(), key=lambda item: -item[1].n):
        yield f"{name}: {_estimate(speed, 'km/h', c.model)}."
    if not math.isclose(c.factor, 1.0):
        other = "other classes: " if c.speeds_kph else ""
        yield f"{wording.capital(f'{other}planning speeds')} times {wording.number(c.factor, decimals=2)}."
    for name, delay in c.delay_estimates.items():
        yield f"Delay, {wording.named(name.removesuffix('_s'))}: {_estimate(delay, 's', c.model, held='as usual')}."
    for period in c.periods:
        known = c.period_estimates.get(period.name)
        plain = period.factor if isinstance(period.factor, int | float) else math.nan
        factor = _estimate(known, "", c.model, decimals=3) if known else wording.number(plain, decimals=3)
        when = "" if period.when == period.name else f" ({period.when})"
        yield f"{period.name}{when}: speeds times {factor}."
    moved = [f"{name} by {s.street or 'another street'}" for name, s in c.stations.items() if s.at is not None]
    if moved:
        yield f"Stations whose engines leave by another street than the nearest: {wording.joined(moved)}."
    if c.turnouts is not None:
        yield f"Turnout: as observed at {wording.counted(c.turnouts.n, 'turnout')}."


def _estimate(e: Estimate, unit: str, model: Model, *, decimals: int = 1, held: str = BESIDE) -> str:
    value, low, high = (wording.number(x, decimals=decimals) for x in (e.value, e.low, e.high))
    known = f"{value} {unit}".strip()
    if grounds := unlearnt_said(e, model, held=held):
        return f"{known} ({grounds}: {wording.count(e.n)})"
    return f"{known} ({low} to {high}; n = {wording.count(e.n)})"


def _not_for(c: Calibration, found: Diagnostics | None) -> Iterator[str]:
    if found is not None:
        for text in found.do_not_use_for:
            yield f"{wording.capital(text)}."
    else:
        if c.basis != "observed":
            yield f"Any real department: the runs are {c.basis}."
        for text in ALWAYS:
            yield f"{wording.capital(text)}."


def _made(c: Calibration) -> Iterator[str]:
    yield f"Fingerprint {c.fingerprint}; of streets {c.network}, of the history {c.history}."
    versions = ", ".join(f"{name} {version}" for name, version in c.versions.items())
    seed = "" if "seed" in c.method else f"seed {c.seed}"
    made = [f"made {c.made}" if c.made else "", versions, c.method, seed]
    yield f"{wording.capital('; '.join(text for text in made if text))}."
