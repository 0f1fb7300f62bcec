"""The result of reading dispatch history."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import Handed
from fireplan._one_release import OfOneRelease

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@takes
@dataclass(frozen=True, eq=False)
class CadHistory(OfOneRelease):
    """
    Dispatch history: incidents, unit responses, and what was done to each row.

    The rows add up: `rows_in` = `rows_ok` + `rows_set_aside` + `rows_duplicate` + `rows_held`. A row with a repair
    counts as ok. They are the rows of the file, or of both files: by its mapping one may hold several responses, and
    in a status log several make one. Such a row is ok if any of its responses is, or if nothing was to be made of it.

    Parameters
    ----------
    incidents
        One row per incident, indexed by `incident_id`, in EPSG:4326: `call_type`, `category`, `priority`,
        `received` (UTC) and `geometry`, None where the incident could not be located; and, where the file has them,
        `answered` and `created` (when the call was answered, and its incident created; UTC), `mode` (`emergency` if any
        unit came so, else `non_emergency`), `first_due`, `zone`, `shift` and `aid`.
    responses
        One row per unit per incident: `incident_id`, `unit_id`, `unit_type`; the stamps `received`, `dispatched`,
        `enroute`, `arrived`, `cleared` and, where the file has them, `answered`, `created`, `staged` and
        `cancelled_enroute` (UTC); `call_processing_s` (received to this unit's dispatch: call handling under its
        former name, see `fireplan.response_performance.attend`), `turnout_s`, `travel_s`, `total_response_s`, NaN where
        unknown [s]; the flags `cancelled`, `on_view`, `already_on_road`; where the file has them `station_id`, `mode`
        and `crew` [people]; `mutual_aid` if a list of units was given; and the columns that the mapping carries. With
        `grain` "incident" there is one row per incident, without anything of units.
    ledger
        One row per reason code: `code`, `outcome`, `column`, `rows`, `lines` (the first few physical lines; those of a
        second file with its name), `meaning`, `source` (where the rule comes from).
    quarantine
        One row per row set aside: `line`, `incident_id`, `unit_id`, `code`, `reason`; of a row that holds several
        responses one per response set aside, also where the others are used. Of two files, also `file`, blank for the
        first; of several read as one, the name of each. Of JSON, `line` is the number of the element.
    timezone
        The IANA zone of the agency's local time.
    rows_in, rows_ok, rows_set_aside, rows_duplicate, rows_held
        Counts of the rows of the file, or of both files, blank lines left out. No rule of this reader holds a row back
        until now.
    grain
        "unit" if the file has one row per unit per incident, "incident" if it has no units.
    """

    incidents: Handed[gpd.GeoDataFrame] = Handed(own=True)
    responses: Handed[pd.DataFrame] = Handed(own=True)
    ledger: Handed[pd.DataFrame] = Handed(own=True)
    quarantine: Handed[pd.DataFrame] = Handed(own=True)
    _: KW_ONLY
    timezone: str
    rows_in: int
    rows_ok: int
    rows_set_aside: int
    rows_duplicate: int
    rows_held: int = 0
    grain: Literal["unit", "incident"] = "unit"

    def __repr__(self) -> str:
        """Say what was read, without a row of it: places of calls belong in no notebook that is passed on."""
        when = self.incidents["received"].dropna().dt.tz_convert(self.timezone)
        span = f", {when.min():%Y-%m-%d} to {when.max():%Y-%m-%d}" if len(when) else ""
        units = "" if self.grain == "incident" else f", {wording.counted(len(self.responses), 'response')} of units"
        return (
            f"Dispatch history, {self.verdict}: {wording.counted(self.rows_in, 'row')},"
            f" {wording.count(self.rows_ok)} used, {wording.count(self.rows_set_aside)} set aside,"
            f" {wording.count(self.rows_duplicate)} twice;"
            f" {wording.counted(len(self.incidents), 'incident')}{units}{span} ({self.timezone}). Its ledger says why."
        )

    def messages(self) -> list[str]:
        """
        Tell the ledger in lines of text, one per reason code.

        Each gives the code, the number of rows, the first few physical lines, the columns, and the meaning. No
        address and no narrative is ever in them.
        """
        texts = []
        entries: list[dict[str, Any]] = self.ledger.to_dict("records")  # type: ignore[assignment]
        for entry in entries:
            rows, lines = entry["rows"], entry["lines"]
            count = wording.counted(rows, "row") if rows else "whole file"
            if entry["code"] == "rows_used":
                count = f"{wording.count(rows)} of {wording.count(self.rows_in)} rows"
            at = f", {'lines' if ',' in lines else 'line'} {lines}" if lines else ""
            column = f" [{entry['column']}]" if entry["column"] else ""
            texts.append(f"{entry['code']} ({entry['outcome']}): {count}{at}{column}: {entry['meaning']}")
        return texts

    @property
    def verdict(self) -> str:
        """QUARANTINE if rows were set aside, else REPAIR if anything was repaired, doubled or noted, else ACCEPT."""
        if self.rows_set_aside:
            return "QUARANTINE"
        worth_a_look = self.ledger["outcome"].isin(["repaired", "noted", "duplicate"]).any()
        return "REPAIR" if worth_a_look else "ACCEPT"
