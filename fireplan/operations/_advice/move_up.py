"""Move-up: which free unit should stand by at which empty station, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._kernel.simulation import LEAST_SHARE, MOST_MOVES, SHORTEST_S
from fireplan.operations._events.event import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.operations._status.unit_status import UnitNow


@dataclass(frozen=True, slots=True)
class Move:
    """
    One unit sent to stand by at another station.

    Attributes
    ----------
    unit_id, origin, to
        Which unit, from which station (None: it is on the road) to which.
    drive_s
        How long it drives. [s]
    regains, loses
        Demand that comes within the objective, and that falls out of it.
    unit
        What demand is counted in.
    reason
        Why, in one or two sentences.
    """

    unit_id: str
    origin: str | None
    to: str
    drive_s: float
    regains: float
    loses: float
    unit: str
    reason: str

    @property
    def net(self) -> float:
        """What is gained in all."""
        return self.regains - self.loses

    @property
    def per_minute(self) -> float:
        """What is gained for each minute of driving."""
        return self.net / (max(self.drive_s, SHORTEST_S) / 60)


def best_moves(cover: CoverNow, units: Sequence[UnitNow], *, now_us: int) -> list[Move]:
    """
    Find the moves that regain most uncovered demand for each minute of driving.

    Parameters
    ----------
    cover
        What is reached now.
    units
        How every unit stands.
    now_us
        The instant. [us since 1970, UTC]

    Returns
    -------
    Up to `MOST_MOVES`, the best first, of different units to different stations. None that would uncover more than it
    covers, that regains less than a hundredth of all demand, or that would come after the station's own unit is back.

    Notes
    -----
    Every free unit that meets the objective alone is tried at every open station where none stands; what it would
    regain and what it would uncover where it leaves are worked out on the zones. While it drives it is taken to reach
    neither: the figure is that on arrival. All are modelled.
    """
    demand = cover.measures[0]
    counted = set(cover.counted())
    free = [u for u in units if u.unit_id in counted and u.standing is not None and u.standing.spot is not None]
    empty = _empty_stations(cover, units)
    if not free or not empty:
        return []
    now = cover.within()
    found: list[Move] = []
    # Every unit at every empty station, by counting zones: what is covered without the unit is the same for all of
    # them.
    for unit in free:
        without = cover.within_if([(unit.unit_id, None)])
        for station, back_us in empty.items():
            move = _weighed(cover, unit, station, now=now, without=without)
            late = back_us is not None and now_us + move.drive_s * SECOND_US >= back_us
            if move.net >= LEAST_SHARE * demand.n and np.isfinite(move.drive_s) and not late:
                found.append(move)
    found.sort(key=lambda m: (-m.per_minute, m.drive_s, m.unit_id, m.to))
    chosen: list[Move] = []
    # Best first, each unit and each station once: moves are weighed one by one, not together, so few are given.
    for move in found:
        if all(move.unit_id != c.unit_id and move.to != c.to for c in chosen):
            chosen.append(_with_reason(cover, units, move))
        if len(chosen) == MOST_MOVES:
            break
    return chosen


def _empty_stations(cover: CoverNow, units: Sequence[UnitNow]) -> Mapping[str, int | None]:
    """Open stations where no counted unit stands, and when the next of their own is back, if one is on its way."""
    counted = set(cover.counted())
    housed = {str(cover.scenario.units["station_id"].loc[u]) for u in counted}
    stand = {u.post for u in units if u.unit_id in counted and u.free and u.status in {"in_quarters", "moved_up"}}
    back: dict[str, int | None] = {s: None for s in sorted(housed) if s not in stand and cover.at(s) is not None}
    for unit in units:
        if unit.unit_id in counted and unit.post in back and unit.home_by_us is not None:
            stood = back[unit.post]
            back[unit.post] = unit.home_by_us if stood is None else min(stood, unit.home_by_us)
    return back


def _weighed(
    cover: CoverNow, unit: UnitNow, station: str, *, now: NDArray[np.bool_], without: NDArray[np.bool_]
) -> Move:
    there = cover.at(station)
    spot = unit.standing.spot if unit.standing is not None else None
    if there is None or spot is None:
        return Move(unit.unit_id, unit.post, station, float("inf"), 0.0, 0.0, "", "")
    after = without | cover.reach(unit.unit_id, there)
    demand = cover.measures[0]
    at_post = unit.status in {"in_quarters", "moved_up"}
    return Move(
        unit.unit_id,
        unit.post if at_post else None,
        station,
        cover.passing.time_to(station, spot),
        float(demand.weight[after & ~now].sum()),
        float(demand.weight[now & ~after].sum()),
        demand.unit,
        "",
    )


def _with_reason(cover: CoverNow, units: Sequence[UnitNow], move: Move) -> Move:
    """Say why."""
    homes = cover.scenario.units["station_id"]
    counted = set(cover.counted())
    away = [
        u for u in units if u.unit_id in counted and str(homes.get(u.unit_id)) == move.to and u.unit_id != move.unit_id
    ]
    said = [f"{u.unit_id} is at {u.incident_id}" for u in away if u.incident_id is not None]
    said += [f"{u.unit_id} is out of service" for u in away if u.status == "out_of_service"]
    said += [f"{u.unit_id} stands by elsewhere" for u in away if u.status == "moved_up"]
    names = cover.scenario.stations["name"]
    why = f"{names.get(move.to, move.to)} is empty" + (f" ({'; '.join(said)})" if said else "") + ". "
    gains = (
        f"There {move.unit_id} brings {wording.count(move.regains)} {move.unit} back within"
        f" {wording.clock(cover.objective.limit_s)}"
    )
    costs = (
        f" and {wording.count(move.loses)} fall out of it at {names.get(move.origin, move.origin)}"
        if move.loses and move.origin
        else f" and {wording.count(move.loses)} fall out of it"
        if move.loses
        else ", and nobody loses cover"
    )
    return Move(
        move.unit_id, move.origin, move.to, move.drive_s, move.regains, move.loses, move.unit,
        f"{why}{gains}{costs}, after {wording.clock(move.drive_s)} of driving.",
    )  # fmt: skip
