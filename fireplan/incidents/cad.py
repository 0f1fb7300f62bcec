"""Reads dispatch (CAD) history: the one public reader, and the order of its steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.errors import Faults, quoted
from fireplan.incidents.clock import read_stamps
from fireplan.incidents.columns import pick_columns
from fireplan.incidents.files import read_text
from fireplan.incidents.history import CadHistory
from fireplan.incidents.identity import drop_duplicates, set_aside_bad_ids, spelt_alike
from fireplan.incidents.ledger import Ledger
from fireplan.incidents.mapping import TEXTS, Mapping, load_mapping
from fireplan.incidents.order import drop_reversed
from fireplan.incidents.places import Places, read_places
from fireplan.incidents.tables import build_incidents, build_responses, finished
from fireplan.incidents.text import Shape, split_records
from fireplan.incidents.values import check_priority, translated
from fireplan.incidents.zones import known_zone

if TYPE_CHECKING:
    from os import PathLike


def read_cad(path: str | PathLike[str], *, timezone: str, mapping: str | PathLike[str] | None = None) -> CadHistory:
    """
    Read a dispatch export with one row per unit per incident.

    Every column is read as text and parsed here, so ids stay what they are. An unusable value costs what depends on
    it: a bad location the maps, a bad stamp its intervals. A row is set aside only when nothing is left to measure,
    its clock is in doubt, or its identity is. Each row and each repair is counted in the ledger.

    Parameters
    ----------
    path
        A CSV file, plain or gzipped: comma, semicolon, tab or bar; any line end; UTF-8, UTF-16 with its mark, or
        Windows-1252.
    timezone
        IANA name of the zone of times without an offset, such as `America/Los_Angeles`.
    mapping
        Which column holds what: None if the file has the canonical columns `incident_id`, `unit_id`, `call_type`,
        `priority`, `latitude`, `longitude`, `received`, `dispatched`, `enroute`, `arrived`, `cleared` (others are
        ignored); the name of a bundled mapping (`san_francisco`); or the path of a TOML mapping file.

    Returns
    -------
    The tables, in UTC and EPSG:4326, with the ledger of what was done to each row.

    Raises
    ------
    TableError
        If the file as a whole cannot be used: columns missing, times in a form that cannot be told, points on the
        wrong side of the globe. All faults found are named at once.
    InputError
        If the file is no CSV, or the time zone or the mapping cannot be used.
    UnknownIdError
        If there is no mapping of that name.

    Notes
    -----
    A call received more than a day after the moment of reading is refused, so reading depends on the clock in this
    one respect. Limits: 1 GB, and for a gzipped file 200 MB unpacked and 100 times its size.

    Examples
    --------
    >>> history = read_cad("calls.csv.gz", timezone="America/Los_Angeles", mapping="san_francisco")  # doctest: +SKIP
    >>> for line in history.messages():  # doctest: +SKIP
    ...     log.info(line)
    """
    zone = known_zone(timezone)
    plan = load_mapping(mapping)
    ledger = Ledger()
    name = f"CAD file {quoted(Path(path).name)}"
    text = read_text(path, ledger, encoding=plan.text.encoding)
    shape = Shape(tuple(plan.sources().values()), plan.text.delimiter)
    records = split_records(text, shape, table=name, ledger=ledger)
    written = pick_columns(records, plan, table=name)
    unique = drop_duplicates(written, ledger=ledger)
    set_aside_bad_ids(unique, ledger=ledger)
    faults = Faults(name)
    clocked = read_stamps(unique, plan, zone=zone, faults=faults, ledger=ledger)
    kept = ~np.array(ledger.is_set_aside(unique.index.to_list()), dtype=bool)
    used = unique[kept]
    places = read_places(used, plan.point, timezone=timezone, faults=faults, ledger=ledger)
    faults.raise_if_any()
    ordered = drop_reversed(clocked.stamps[kept], used.index.to_numpy(), ledger=ledger)
    table = _described(used, plan, places=places, ledger=ledger)
    responses = build_responses(table, ordered, given=clocked.given[kept], ledger=ledger)
    incidents = build_incidents(responses, ledger=ledger)
    return CadHistory(
        incidents=incidents,
        responses=finished(responses, incidents),
        ledger=ledger.frame(rows_ok=len(used)),
        quarantine=ledger.quarantine(written[["incident_id", "unit_id"]]),
        timezone=timezone,
        rows_in=records.rows_in,
        rows_ok=len(used),
        rows_set_aside=ledger.rows_set_aside,
        rows_duplicate=ledger.count("duplicate_row"),
    )


def _described(used: pd.DataFrame, plan: Mapping, *, places: Places, ledger: Ledger) -> pd.DataFrame:
    """Give ids, texts and points: everything of the rows but their times."""
    table = pd.DataFrame({"incident_id": used["incident_id"], "unit_id": spelt_alike(used["unit_id"], ledger=ledger)})
    for name in (*TEXTS, *plan.carry):
        if name in used:
            table[name] = translated(used[name], plan.translate.get(name, {}), column=name, ledger=ledger)
    for name in ("call_type", "priority"):
        if name not in table:
            table[name] = pd.Series(pd.NA, index=used.index, dtype="str")
    if "priority" in plan.columns:
        check_priority(table["priority"], mapped="priority" in plan.translate, ledger=ledger)
    if "call_type" in plan.columns:
        ledger.add("call_type_missing", used.index[table["call_type"].isna()], column="call_type")
    return table.assign(latitude=places.latitude, longitude=places.longitude)
