"""Tables as they may be published in a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.disclosure._marks import SMALLEST
from fireplan.disclosure._publications import Publication, Publications, TableScope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@takes
def publishable(
    table: pd.DataFrame,
    *,
    by: str | Sequence[str],
    counts: str | Sequence[str] = "n",
    times: str | Sequence[str] = (),
    of: TableScope | None = None,
    smallest: int = SMALLEST,
    published: Publications | None = None,
) -> tuple[pd.DataFrame, Publication]:
    """
    Give a table as it may be published beside all that was published before, and what to record of it.

    Parameters
    ----------
    table, by, counts, smallest
        As in `public_table`.
    times
        Columns of times [s]: they are rounded to 30 s.
    of
        What was counted, and when; left out: nobody knows, and a later table of the same kind shows this one again.
    published
        The ledger, from `read_publications`; left out: nothing was published before.

    Returns
    -------
    The table as it may be published, and its publication for `record_publications`.
    """
    raise NotImplementedError
