"""Networks kept on disk as plain arrays: quick to read, and unable to run code."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pyproj

from fireplan._checked import takes
from fireplan.errors import FireplanError, NetworkError
from fireplan.roads._doors import Doors
from fireplan.roads._drive_curve import DriveCurve, check_curve
from fireplan.roads._network import RoadNetwork, take_over
from fireplan.roads._rules.vehicles import Vehicle, as_values
from fireplan.roads._speed_periods import SpeedPeriod, as_plain
from fireplan.roads._turns import TurnDelays

if TYPE_CHECKING:
    from fireplan.roads._turns import Turns

FORMAT = 3
ARRAYS = (
    "node_xy_m", "first", "last", "length_m", "there_s", "back_s", "xy_m", "offsets", "highway", "street_name",
    "street_ref", "features", "control", "wait_s", "banned",
)  # fmt: skip
ABOUT = (
    "node_ids", "format", "crs", "source", "notes", "turns", "delays", "vehicle", "periods", "curve", "fingerprint",
)  # fmt: skip


@takes
def save(roads: RoadNetwork, path: str | Path) -> Path:
    """
    Write a network to an `.npz` file, all or nothing.

    Parameters
    ----------
    roads
        The network.
    path
        Where to; an older file there is replaced.
    """
    file = Path(path)
    ids = roads.node_ids
    whole = all(isinstance(i, int | np.integer) for i in ids)
    content = {name: getattr(roads, name) for name in ARRAYS}
    content["node_ids"] = ids.astype(np.int64) if whole else ids.astype(str)
    content["format"] = np.array(FORMAT)
    content["crs"] = np.array(roads.crs.to_wkt())
    content["source"] = np.array(roads.source)
    content["notes"] = np.array(roads.notes, dtype=str)
    content["turns"] = np.array(roads.turns)
    content["delays"] = np.array(json.dumps(roads.delays._asdict()))
    content["vehicle"] = np.array(json.dumps(as_values(roads.vehicle)))
    content["periods"] = np.array(json.dumps(as_plain(roads.periods)))
    content["curve"] = np.array(json.dumps([roads.calibrated, roads.curve._asdict()]))
    content["fingerprint"] = np.array(roads.fingerprint)
    content["doors"] = np.array(roads.doors)  # judged before streets were shut, where some are
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez_compressed(stream, **content)
        Path(part).replace(file)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return file


@takes
def load(path: str | Path) -> RoadNetwork:
    """
    Read a network that `save` wrote.

    Raises
    ------
    NetworkError
        If the file is missing, damaged, of another format, or not what was saved.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream, np.lib.npyio.NpzFile(stream, allow_pickle=False) as content:
            held = {name: content[name] for name in content.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError, zlib.error, NotImplementedError) as error:
        raise NetworkError(f"{file} cannot be read as a saved network: {error}") from error
    if not set(held) >= {*ARRAYS, *ABOUT} or held["format"].tolist() != FORMAT:
        raise NetworkError(f"{file.name} is not a network of format {FORMAT}: save it again")
    for name in ARRAYS:
        held[name].flags.writeable = False
    curve, calibrated = _curve(str(held["curve"]), file.name)
    roads = RoadNetwork(
        crs=pyproj.CRS.from_wkt(str(held["crs"])),
        node_ids=held["node_ids"].astype(object),
        source=str(held["source"]),
        notes=tuple(str(n) for n in held["notes"]),
        turns=cast("Turns", str(held["turns"])),
        delays=_delays(str(held["delays"]), file.name),
        vehicle=_vehicle(str(held["vehicle"]), file.name),
        periods=_periods(str(held["periods"]), file.name),
        curve=curve,
        calibrated=calibrated,
        **{name: held[name] for name in ARRAYS},
    )
    if roads.fingerprint != str(held["fingerprint"]):
        raise NetworkError(f"{file.name} is damaged: its streets are not those that were saved")
    if "doors" in held:
        if held["doors"].shape != (len(Doors._fields), roads.n_streets) or held["doors"].dtype != bool:
            raise NetworkError(f"{file.name} is damaged: it does not say of each street whether doors open on it")
        take_over(roads, {"doors": Doors(*held["doors"])})
    return roads


def _delays(text: str, name: str) -> TurnDelays:
    try:
        return TurnDelays(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise NetworkError(f"{name} is damaged: its delays at turns cannot be read ({error})") from error


def _vehicle(text: str, name: str) -> Vehicle:
    try:
        return Vehicle(**json.loads(text))
    except (ValueError, TypeError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its vehicle cannot be read ({error})") from error


def _periods(text: str, name: str) -> tuple[SpeedPeriod, ...]:
    try:
        return tuple(SpeedPeriod(**period) for period in json.loads(text))
    except (ValueError, TypeError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its periods cannot be read ({error})") from error


def _curve(text: str, name: str) -> tuple[DriveCurve, bool]:
    try:
        calibrated, values = json.loads(text)
        curve = DriveCurve(**values)
        check_curve(curve)
    except (ValueError, TypeError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its curve of drives cannot be read ({error})") from error
    return curve, bool(calibrated)
