"""What a column that is not used says of rows: closed, planned, a reserve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._geofiles.office_tables import cell_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from fireplan._geofiles.office_tables import OfficeTable

WORDS = frozenset(
    (
        "closed", "inactive", "out of service", "not in service", "decommissioned", "retired", "reserve", "spare",
        "proposed", "planned", "future", "under construction", "demolished", "abandoned", "vacated", "former", "sold",
        "unbuilt", "not built",
    )
)  # fmt: skip
MOST_WORDS = 50
"""Different values of a column that may hold states; what has more holds names."""


def out_of_service(table: OfficeTable, used: Collection[str]) -> Iterator[tuple[str, NDArray[np.int64], str]]:
    """
    Find rows that a column which is not used calls out of service.

    Yields
    ------
    The column, the places of the rows, and the first of the words.
    """
    for column in (c for c in map(str, table.rows.columns) if c not in used):
        if pd.api.types.is_numeric_dtype(table.rows[column]):
            continue
        texts = table.rows[column].map(cell_text)
        codes, different = pd.factorize(texts)
        out = [str(text).strip().casefold() in WORDS for text in different] if len(different) <= MOST_WORDS else []
        places = np.flatnonzero(np.array(out, dtype=bool)[codes]) if any(out) else np.array([], dtype=np.int64)
        if len(places):
            yield column, places, str(texts.iloc[places[0]]).strip()
