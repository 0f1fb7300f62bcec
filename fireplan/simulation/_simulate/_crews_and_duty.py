"""The department's units as the loop takes them: what they serve as, when they are on duty, how they turn out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._kernel.simulation import LAST_OF_ALL_S, UnitsInService, lent_terms, mates_of, units_by_kind
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.response_performance._time_bins import Spans, merge, staffed_spans
from fireplan.scenario import held
from fireplan.simulation._aid_rules import lending
from fireplan.simulation._spells_out import without_spells
from fireplan.stations._apparatus import ALSO_COUNTS_AS
from fireplan.stations._schedules import ALWAYS
from fireplan.stations._shared_crews import crew_numbers, crews_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.scenario import Scenario
    from fireplan.simulation._aid_rules import AidRule, Lending

HOURS = 24
MICRO = 1e6


class OnDuty(NamedTuple):
    """
    Units in service.

    Attributes
    ----------
    units
        Rows of the table of units whose station is open.
    fleet
        The same as arrays.
    duty
        Spans on duty, by row of `units`. [us since 1970, UTC]
    terms
        On what terms neighbours' units are among them.
    notes
        Which units are not in service, and what nobody can be sent for.
    """

    units: pd.DataFrame
    fleet: UnitsInService
    duty: Spans
    terms: Lending
    notes: tuple[str, ...]


def units_on_duty(
    scenario: Scenario,
    *,
    stations: Sequence[str],
    kinds: Sequence[str],
    clock: LocalPeriod,
    brown_outs: Mapping[str, Sequence[str | tuple[str, str]]],
    assignable: bool,
    aid: Sequence[AidRule] | None = None,
) -> OnDuty:
    """
    Give the units in service, with their hours.

    Parameters
    ----------
    scenario
        Whose units.
    stations, kinds
        Open stations and kinds of unit, in the order of the rows that stand for them.
    clock
        From when on, and until when.
    brown_outs
        By unit: hours of the week, or spells (begin, end) in local time, in which it is out of service.
    assignable
        Whether units may be sent while they drive home.
    aid
        On what terms neighbours' units are sent; None: as the department's own.
    """
    units = held(scenario).units
    if not len(units):
        raise InputError("this scenario has no units, so nobody can be sent: give it a table of units")
    for unit_id in brown_outs:
        if unit_id not in units.index:
            raise UnknownIdError("unit", unit_id, units.index)
    row = pd.Index(stations).get_indexer(pd.Index(units["station_id"].astype(str)))
    notes = []
    if (row < 0).any():
        n = wording.counted((row < 0).sum(), "unit is", "units are")
        notes.append(f"{n} not in service, as the station is closed: {listed(units.index[row < 0])}")
    units, row = units[row >= 0], row[row >= 0]
    if not len(units):
        raise InputError("no unit of this scenario stands at an open station, so nobody can be sent")
    duty = _duty(units, clock, brown_outs)
    types = units["type"].tolist()
    terms = lending(scenario, units, aid)
    serves = np.array([[kind == t or kind in ALSO_COUNTS_AS.get(t, ()) for t in types] for kind in kinds]) & terms.sent
    nobody = [kind for kind, found in zip(kinds, serves, strict=True) if not found.any()]
    if nobody:
        notes.append(f"the department has no {listed(nobody)}: whatever of it is asked for counts as unmet or as aid")
    crews = sorted(set(types))
    factor = units["turnout_s"].to_numpy(float)
    turnouts = None if scenario.calibration is None else scenario.calibration.turnouts
    if turnouts is not None:
        factor = factor / turnouts.of_units(units.assign(station_id=""))["turnout_s"].to_numpy(float)
    kind_start, kind_unit = units_by_kind(serves, row, len(stations))
    mate_start, mate = mates_of(crew_numbers(units))
    notes += crews_said(units)
    asked = _asked_in(duty, terms.after_s)
    count = np.bincount(asked.owner, minlength=len(units))
    fleet = UnitsInService(
        station=row.astype(np.int32),
        kind_start=kind_start,
        kind_unit=kind_unit,
        duty_start=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        duty_begin_s=(asked.begin_us - clock.ends_us[0]) / MICRO,
        duty_end_s=(asked.end_us - clock.ends_us[0]) / MICRO,
        crew=np.array([crews.index(t) for t in types], dtype=np.int32),
        factor=factor,
        assignable=assignable,
        mate_start=mate_start,
        mate=mate,
        **lent_terms(terms.after_s + LAST_OF_ALL_S * terms.asked_last, terms.lender, terms.lends)._asdict(),
    )
    return OnDuty(units, fleet, duty, terms, (*notes, *terms.notes))


def _duty(units: pd.DataFrame, clock: LocalPeriod, brown_outs: Mapping[str, Sequence[str | tuple[str, str]]]) -> Spans:
    """Spans on duty of each unit, without those in which it is browned out."""
    known: dict[str, Spans] = {}
    parts = []
    for unit, (unit_id, schedule) in enumerate(units["schedule"].fillna(ALWAYS).astype(str).items()):
        if schedule not in known:
            known[schedule] = staffed_spans(schedule, clock)
        out = brown_outs.get(str(unit_id), ())
        spans = without_spells(known[schedule], out, clock, f"brown_outs of {quoted(unit_id)}")
        parts.append(Spans(np.full(len(spans.owner), unit, dtype=np.int64), spans.begin_us, spans.end_us))
    return merge(Spans(*(np.concatenate(part) for part in zip(*parts, strict=True))))


def _asked_in(duty: Spans, after_s: NDArray[np.float64]) -> Spans:
    """Give the spans in which units can be asked for: one that is sent only after a while is to be on duty then."""
    end_us = duty.end_us - np.round(after_s[duty.owner] * MICRO).astype(np.int64)
    some = end_us > duty.begin_us
    return Spans(duty.owner[some], duty.begin_us[some], end_us[some])


def turnout_table(scenario: Scenario, units: pd.DataFrame, categories: Sequence[str]) -> NDArray[np.float64]:
    """
    Quantiles of turnout by type of unit (in order of name), and by category and hour.

    Units' own turnouts stand beside as factors: where no turnout was learnt these are the seconds, and quantiles ones.
    """
    types = sorted(units["type"].unique())
    turnouts = None if scenario.calibration is None else scenario.calibration.turnouts
    if turnouts is None:
        return np.ones((len(types), len(categories) * HOURS, 100))
    return np.array(
        [
            [turnouts.distribution_s([kind], [name], hours=[hour]) for name in categories for hour in range(HOURS)]
            for kind in types
        ]
    )
