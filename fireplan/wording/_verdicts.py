"""Whether something that is held to a limit or a goal keeps it."""

from __future__ import annotations

import math

from fireplan.wording._numbers import NOT_KNOWN, known

MET, MISSED = "met", "missed"


def verdict(met: object) -> str:
    """
    Say a verdict.

    Parameters
    ----------
    met
        True, False, or missing.

    Examples
    --------
    >>> verdict(True), verdict(False), verdict(None)
    ('met', 'missed', 'not known')
    """
    held = known(met)
    if math.isnan(held):
        return NOT_KNOWN
    return MET if held else MISSED
