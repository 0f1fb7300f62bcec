"""What ambulances do after the scene: the drive to a hospital, the wall, and the drive home from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._kernel.simulation import nearest_first
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.simulation._hospitals import LEAST_SCENE_S
from fireplan.simulation._simulate._drive_medians import call_places, minute_of_week, on_road, periods_driven
from fireplan.travel._travel_times import time_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._hospitals import Hospitals
    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.simulation._simulate._drive_medians import DriveMedians
    from fireplan.travel._places import Places

NOWHERE = -1
"""In place of a hospital: no patient is taken."""


class HospitalLegs(NamedTuple):
    """
    Transports of the patterns of calls.

    Attributes
    ----------
    hospitals
        As given.
    takes
        Of each unit asked for in the templates, whether it takes a patient to hospital.
    scene_s
        Its stay at the scene alone. [s]
    leg_s
        Periods x places x hospitals: the drive there, at the median. [s]
    first_place
        Row of the first hospital among the places of the drives.
    cumulated
        Of the shares of the hospitals; None: the nearest is taken.
    """

    hospitals: Hospitals
    takes: NDArray[np.bool_]
    scene_s: NDArray[np.float64]
    leg_s: NDArray[np.float32]
    first_place: int
    cumulated: NDArray[np.float64] | None

    def chosen(
        self, period: NDArray[np.integer], place: NDArray[np.integer], level: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Say to which hospital each patient is taken: the nearest, or by a number from 0 to 1."""
        legs = self.leg_s[period, place]
        if self.cumulated is None:
            return np.asarray(np.argmin(legs, axis=1), dtype=np.int64)
        at = np.searchsorted(self.cumulated, level, side="right")
        return np.asarray(np.minimum(at, legs.shape[1] - 1), dtype=np.int64)


def hospital_legs(
    scenario: Scenario, templates: CallTemplates, drives: DriveMedians, hospitals: Hospitals
) -> tuple[DriveMedians, HospitalLegs, list[str]]:
    """
    Add hospitals to the places of drives, and part the stays of the history into scene, drive and wall.

    Parameters
    ----------
    scenario
        Whose roads.
    templates, drives
        Calls of the history, and drives to their places.
    hospitals
        Where patients are taken.

    Raises
    ------
    InputError
        If nothing says who takes patients, or a category is not one of the history.
    """
    ends, place, _ = call_places(scenario, templates)
    xy = shapely.get_coordinates(hospitals.places.geometry.to_numpy())
    there = on_road(scenario, xy)
    _refuse_off_road(scenario, hospitals, there)
    named = there._replace(ids=pd.Index([f"hospital {name}" for name in hospitals.ids], name="station_id"))
    driven = periods_driven(scenario)
    # As everywhere in a simulation, a way takes as long there as back.
    leg_s = np.stack([time_rows(one, ends, starts=named).T for one in driven])
    home_s = np.stack([time_rows(one, there).T for one in driven])
    median_s = np.concatenate([drives.median_s, home_s], axis=1)
    drives = drives._replace(median_s=median_s, nearest=nearest_first(median_s), ends=(*drives.ends, there))
    takes, notes = _takers(templates, hospitals)
    call = np.repeat(np.arange(len(templates.item_start) - 1), np.diff(templates.item_start))
    period = drives.period_of_minute[minute_of_week(templates.incidents["local"])][call]
    cumulated = None
    wall_s = np.array([hospitals.mean_s(name, in_history=True) for name in hospitals.ids])
    legs = leg_s[period, place[call]].astype(float)
    if hospitals.shares is None:
        nearest = np.argmin(legs, axis=1)
        away_s = np.take_along_axis(legs + wall_s, nearest[:, None], axis=1)[:, 0]
    else:
        share = np.array([hospitals.shares.get(name, 0.0) for name in hospitals.ids])
        cumulated = np.cumsum(share) / share.sum()  # one of no share, at the end, is never chosen
        with np.errstate(invalid="ignore"):
            away_s = np.where(share > 0, share * (legs + wall_s), 0.0).sum(axis=1)
    lost = takes & ~np.isfinite(away_s)
    if lost.any():
        n = wording.counted(int(lost.sum()), "transport of the history starts", "transports of the history start")
        notes.append(f"{n} where no road leads to its hospital: simulated without the way there")
        takes &= ~lost
    stay_s = templates.stay_s
    least_s = np.minimum(stay_s, LEAST_SCENE_S)
    left_s = stay_s - np.where(takes, away_s, 0.0)
    short = takes & (left_s < least_s)
    scene_s = np.where(takes, np.maximum(left_s, least_s), stay_s)
    notes.append(_said(hospitals, takes, scene_s, away_s, short))
    return drives, HospitalLegs(hospitals, takes, scene_s, leg_s, drives.median_s.shape[1] - len(xy), cumulated), notes


def _refuse_off_road(scenario: Scenario, hospitals: Hospitals, there: Places) -> None:
    """Refuse hospitals that no road leads to: ambulances would be on their way there for days."""
    faults = Faults("Hospitals")
    for name, away_m in zip(hospitals.ids, there.on_road.offset_m, strict=True):
        if not away_m <= scenario.snap_limit_m:
            faults.add(
                f"hospital {quoted(name)} lies farther than {wording.distance(scenario.snap_limit_m)} from every road:"
                " check its coordinates, and that the roads cover it"
            )
    faults.raise_if_any()


def _takers(templates: CallTemplates, hospitals: Hospitals) -> tuple[NDArray[np.bool_], list[str]]:
    """Say which units asked for take a patient to hospital."""
    wanted = np.isin(np.array(templates.kinds, dtype=object), list(hospitals.types))
    able = wanted[templates.kind] & np.isnan(templates.called_off_s)
    if not able.any():
        raise InputError(
            f"no call of the history asks for a unit that takes patients ({listed(hospitals.types)}): see types"
        )
    if hospitals.transports is None:
        if np.isnan(templates.transported).all():
            raise InputError(
                "nothing says who takes patients to hospital: give transports, a share by category, such as"
                " {'ems': 0.7}, or a history whose responses have a column 'transported'"
            )
        unknown = int((able & np.isnan(templates.transported)).sum())
        notes = []
        if unknown:
            n = wording.counted(unknown, "response", "responses")
            notes.append(f"whether a patient was taken is not known of {n} of ambulances: simulated as not")
        return able & (np.nan_to_num(templates.transported) > 0), notes
    strange = [name for name in hospitals.transports if name not in templates.categories]
    if strange:
        raise InputError(
            f"transports names {listed(map(quoted, strange))}, but the categories of the history are"
            f" {listed(map(quoted, templates.categories))}"
        )
    call = np.repeat(np.arange(len(templates.item_start) - 1), np.diff(templates.item_start))
    category = templates.category[call]
    found = np.zeros(len(able), dtype=bool)
    for name, share in hospitals.transports.items():
        rows = np.flatnonzero(able & (category == templates.categories.index(name)))
        longest = rows[np.argsort(-templates.stay_s[rows], kind="stable")]
        found[longest[: round(share * len(rows))]] = True
    return found, ["of each category the ambulances that stayed longest are taken to be those that took a patient"]


def _said(
    hospitals: Hospitals,
    takes: NDArray[np.bool_],
    scene_s: NDArray[np.float64],
    away_s: NDArray[np.float64],
    short: NDArray[np.bool_],
) -> str:
    """Say how stays were parted."""
    n = wording.counted(int(takes.sum()), "response of the history takes", "responses of the history take")
    if not takes.any():
        return f"{n} a patient to hospital"
    scene, away = (wording.clock(float(np.mean(values[takes]))) for values in (scene_s, away_s))
    how = "by their shares" if hospitals.shares is not None else "the nearest by road"
    told = (
        f"{n} a patient to hospital ({how}): their stays are parted into {scene} at the scene, and {away} of driving"
        " there and waiting, on average"
    )
    if short.any():
        told += f"; of {wording.count(int(short.sum()))} the stay was too short for that, and is longer here"
    return told
