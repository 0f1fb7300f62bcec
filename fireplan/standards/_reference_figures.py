"""What others publish of themselves: figures to look at beside one's own, and no limits."""

from __future__ import annotations

from dataclasses import dataclass

from fireplan._checked import takes


@takes
@dataclass(frozen=True)
class ReferenceFigure:
    """
    A figure that somebody publishes of how fast they were.

    Attributes
    ----------
    place
        Whose it is.
    statistic
        What it is: a mean says nothing of the slowest tenth, and is no limit.
    value_s
        The figure. [s]
    period
        What it was measured over.
    note
        What has to be known of it.
    source
        Who publishes it.
    verified
        Whether it was seen in its source.
    """

    place: str
    statistic: str
    value_s: float
    period: str
    note: str
    source: str
    verified: bool


@takes
def reference_figures() -> tuple[ReferenceFigure, ...]:
    """
    Give the figures that others publish of themselves.

    Examples
    --------
    >>> import fireplan as fp
    >>> [(f.place, f.statistic, fp.wording.clock(f.value_s)) for f in fp.standards.reference_figures()]
    [('England', 'mean', '8:49')]
    """
    return (
        ReferenceFigure(
            "England", "mean", 529.0, "2018/19", "England sets no limit; the beginning of its clock was not seen",
            "fire statistics of the Home Office", verified=True,
        ),
    )  # fmt: skip
