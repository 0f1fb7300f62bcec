"""Networks kept on disk as plain arrays: quick to read, and unable to run code."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyproj

from fireplan._checked import takes
from fireplan._whole_file import whole_file
from fireplan.errors import FireplanError, NetworkError, one_line
from fireplan.roads._doors import Doors
from fireplan.roads._drive_curve import DriveCurve, check_curve
from fireplan.roads._network import RoadNetwork, take_over
from fireplan.roads._rules.vehicles import Vehicle, as_values
from fireplan.roads._speed_periods import SpeedPeriod, as_plain
from fireplan.roads._turns import TURNS, Control, Feature, TurnDelays, check_delays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads._turns import Turns

    Arrays = dict[str, NDArray[Any]]

FORMAT = 4
ARRAYS = (
    "node_xy_m", "first", "last", "length_m", "there_s", "back_s", "xy_m", "offsets", "highway", "street_name",
    "street_ref", "features", "control", "wait_s", "banned",
)  # fmt: skip
ABOUT = (
    "node_ids", "format", "crs", "source", "notes", "turns", "delays", "vehicle", "periods", "curve", "doors",
    "fingerprint", "content",
)  # fmt: skip
TEXTS = ("crs", "source", "turns", "delays", "vehicle", "periods", "curve", "fingerprint", "content")
"""What is one text each."""

KINDS = {
    **dict.fromkeys(("length_m", "there_s", "back_s", "wait_s", "node_xy_m", "xy_m"), "f"),
    **dict.fromkeys(("first", "last", "offsets", "banned"), "i"),
    **dict.fromkeys(("features", "control"), "u"),
    **dict.fromkeys(("highway", "street_name", "street_ref", *TEXTS), "U"),
    "notes": "U",
    "node_ids": "iU",
    "format": "iu",
}
"""Kinds of numbers or text that each may hold, by the letter of NumPy."""

MOST_PARTS = 64
MOST_UNPACKED_BYTES = 4 * 2**30
"""No network is larger: a state of the United States takes 1 GB."""

MOST_TIMES, FREE_BYTES = 200, 20 * 2**20
"""A file that swells by more than this is refused, from so many bytes on."""


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

    Raises
    ------
    InputError
        If the file cannot be written: its folder is not there, a folder has its name, or the disk is full.
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
    content["content"] = np.array(_digest(content))
    with whole_file(file) as stream:
        np.savez_compressed(stream, **content)
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
    held = _arrays(file)
    if not set(held) >= {*ARRAYS, *ABOUT} or held["format"].tolist() != FORMAT:
        raise NetworkError(f"{file.name} is not a network of format {FORMAT}: save it again")
    wrong = _wrong(held)
    if wrong:
        raise NetworkError(f"{file.name} is damaged: {wrong}")
    for name in ARRAYS:
        held[name].flags.writeable = False
    curve, calibrated = _curve(str(held["curve"]), file.name)
    crs = _crs(str(held["crs"]), file.name)
    delays, vehicle = _delays(str(held["delays"]), file.name), _vehicle(str(held["vehicle"]), file.name)
    periods = _periods(str(held["periods"]), file.name)
    if _digest(held) != str(held["content"]):
        raise NetworkError(f"{file.name} is damaged: what it holds is not what was saved")
    try:
        roads = RoadNetwork(
            node_ids=held["node_ids"].astype(object),
            source=str(held["source"]),
            notes=tuple(str(n) for n in held["notes"]),
            turns=cast("Turns", str(held["turns"])),
            curve=curve,
            calibrated=calibrated,
            crs=crs,
            delays=delays,
            vehicle=vehicle,
            periods=periods,
            **{name: held[name] for name in ARRAYS},
        )
    except FireplanError as error:
        raise NetworkError(f"{file.name} is damaged: {one_line(error)}") from error
    if roads.fingerprint != str(held["fingerprint"]):
        raise NetworkError(f"{file.name} is damaged: its streets are not those that were saved")
    take_over(roads, {"doors": Doors(*held["doors"])})
    return roads


def _arrays(file: Path) -> Arrays:
    """Read every array of a file, after each has been measured: what is unpacked is what was announced."""
    try:
        with file.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            most = max(FREE_BYTES, min(MOST_UNPACKED_BYTES, MOST_TIMES * file.stat().st_size))
            large = len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > most
            held = {} if large else {part.filename.removesuffix(".npy"): _array(archive, part) for part in parts}
    except OSError as error:
        raise NetworkError(f"{file} cannot be read as a saved network: {one_line(error.strerror or error)}") from error
    except Exception as error:  # readers of damaged archives and arrays raise what comes
        raise NetworkError(f"{file} cannot be read as a saved network: {one_line(error)}") from error
    if large:
        raise NetworkError(
            f"{file.name} unpacks to over {most // 2**20} MB, or to over {MOST_PARTS} parts: no network does"
        )
    return held


def _array(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one array; its header is held to the size of the part before any memory is taken for it."""
    with archive.open(part) as stream:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, in_columns, kind = header(stream)
        taken = stream.tell()
        count = int(np.prod(shape, dtype=object)) if shape else 1
        if kind.hasobject or min(shape, default=0) < 0 or count * kind.itemsize + taken != part.file_size:
            raise ValueError(f"{part.filename} is not as long as it says, or no array of numbers or text")
        flat = np.frombuffer(bytearray(stream.read(part.file_size)), dtype=kind) if kind.itemsize else None
    if flat is None:
        return np.zeros(shape, dtype=kind)
    return flat.reshape(shape[::-1]).T if in_columns else flat.reshape(shape)


def _digest(held: Arrays) -> str:
    """Name of all that a file holds: every array with its name, kind and shape."""
    digest = hashlib.sha256()
    for name in sorted(set(held) - {"content"}):
        array = np.ascontiguousarray(held[name])
        digest.update(f"{name} {array.dtype.str} {held[name].shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _wrong(held: Arrays) -> str:
    """What of the arrays cannot be; "": nothing."""
    lists = ("node_ids", "first", "xy_m", "notes")
    if not all(held[name].ndim for name in lists):
        return f"one of {', '.join(lists)} is no list"
    n_nodes, n_streets, n_vertices = (held[name].shape[:1] for name in lists[:3])
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(("first", "last", "length_m", "there_s", "back_s"), n_streets),
        **dict.fromkeys(("highway", "street_name", "street_ref", "features"), n_streets),
        **dict.fromkeys(("node_ids", "wait_s"), n_nodes),
        **dict.fromkeys(TEXTS, ()),
        "node_xy_m": (*n_nodes, 2),
        "xy_m": (*n_vertices, 2),
        "offsets": (n_streets[0] + 1,),
        "control": (*n_streets, 2),
        "banned": (*held["banned"].shape[:1], 2),
        "notes": (held["notes"].size,),
    }
    if held["doors"].shape != (len(Doors._fields), *n_streets) or held["doors"].dtype != bool:
        return "it does not say of each street whether doors open on it"
    for name, shape in shapes.items():
        if held[name].shape != shape or held[name].dtype.kind not in KINDS[name]:
            return f"{name} is {held[name].dtype} of shape {held[name].shape}, which does not fit the rest"
    if not n_nodes[0] or len(set(held["node_ids"].tolist())) != n_nodes[0]:
        return "its ids of nodes are none, or not unique"
    return _wrong_values(held, n_nodes[0], n_streets[0], n_vertices[0])


def _wrong_values(held: Arrays, n_nodes: int, n_streets: int, n_vertices: int) -> str:  # noqa: PLR0911 - one a fault
    """What of the numbers cannot be, where the shapes fit."""
    for name in ("first", "last"):
        if n_streets and not (held[name].min() >= 0 and held[name].max() < n_nodes):
            return f"{name} names nodes that are not there"
    if held["banned"].size and not (held["banned"].min() >= 0 and held["banned"].max() < 2 * n_streets):
        return "turns are banned of streets that are not there"
    offsets = held["offsets"]
    if offsets[0] != 0 or offsets[-1] != n_vertices or (np.diff(offsets) < 2).any():
        return "its streets are not drawn one after the other"
    for name in ("node_xy_m", "xy_m", "length_m", "wait_s"):
        least = 0.0 if name in {"length_m", "wait_s"} else -np.inf
        if not (np.isfinite(held[name]) & (held[name] >= least)).all():
            return f"{name} is negative, infinite or no number somewhere"
    if held["control"].size and held["control"].max() > max(Control):
        return "control has a value of no meaning"
    if held["features"].size and held["features"].max() >= 2 * max(Feature):
        return "features has a bit of no meaning"
    return "" if str(held["turns"]) in TURNS else "its turns are reckoned in no known way"


def _crs(text: str, name: str) -> pyproj.CRS:
    try:
        crs = pyproj.CRS.from_wkt(text)
    except (pyproj.exceptions.CRSError, ValueError) as error:
        raise NetworkError(f"{name} is damaged: its CRS cannot be read") from error
    if not crs.is_projected:
        raise NetworkError(f"{name} is damaged: its CRS is not metric")
    return crs


def _delays(text: str, name: str) -> TurnDelays:
    try:
        delays = TurnDelays(**json.loads(text))
        check_delays(delays)
    except (ValueError, TypeError, RecursionError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its delays at turns cannot be read ({one_line(error)})") from error
    return delays


def _vehicle(text: str, name: str) -> Vehicle:
    try:
        return Vehicle(**json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its vehicle cannot be read ({one_line(error)})") from error


def _periods(text: str, name: str) -> tuple[SpeedPeriod, ...]:
    try:
        return tuple(SpeedPeriod(**period) for period in json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its periods cannot be read ({one_line(error)})") from error


def _curve(text: str, name: str) -> tuple[DriveCurve, bool]:
    try:
        calibrated, values = json.loads(text)
        curve = DriveCurve(**values)
        check_curve(curve)
    except (ValueError, TypeError, AttributeError, RecursionError, FireplanError) as error:
        raise NetworkError(f"{name} is damaged: its curve of drives cannot be read ({one_line(error)})") from error
    return curve, bool(calibrated)
