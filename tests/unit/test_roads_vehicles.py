"""The vehicle that a network is read for."""

import copy
import csv
import pickle
from dataclasses import fields, replace
from importlib import resources

import numpy as np
import pytest
from ascii_roads import drawn

from fireplan import examples, roads
from fireplan.errors import InputError, NetworkError, UnknownIdError
from fireplan.roads import Vehicle
from fireplan.roads._rules.vehicles import vehicle_presets


def test_the_engine_is_what_is_meant_where_nothing_is_said():
    assert Vehicle() == Vehicle.preset() == Vehicle.preset("engine")
    assert examples.line_town().roads.vehicle == Vehicle.preset("engine")


def test_usual_vehicles_are_told_apart_and_say_where_they_come_from():
    presets = vehicle_presets()
    assert list(presets) == ["engine", "truck", "ambulance", "brush", "car"]
    assert presets["truck"].weight_t > presets["engine"].weight_t > presets["ambulance"].weight_t
    assert presets["brush"].worst_track > presets["engine"].worst_track
    assert [v.name for v in presets.values() if not v.emergency] == ["car"]
    text = (resources.files("fireplan.roads._rules") / "vehicles.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert all(row["source"] for row in rows)
    assert set(rows[0]) == {"vehicle", "source"} | {f.name for f in fields(Vehicle)} - {"name"}


def test_figures_of_ones_own_stand_beside_those_of_a_preset():
    own = Vehicle.preset("truck", weight_t=33.5, speeds="class")
    assert (own.weight_t, own.speeds, own.length_m) == (33.5, "class", Vehicle.preset("truck").length_m)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"weight_t": 0}, "weight_t is 0: give a number above zero"),
        ({"height_m": float("nan")}, "height_m is nan"),
        ({"floor_kph": 120}, "floor_kph is 120, above top_kph 109"),
        ({"worst_track": 6}, "worst_track is 6: give 1 to 5, or 0 for no track"),
        ({"worst_smoothness": "awful"}, "worst_smoothness is 'awful': choose excellent"),
        ({"speeds": "fast", "weight_limits": "none"}, "weight_limits is 'none': choose bridges, all; speeds is 'fast'"),
        ({"weight_t": "18 t"}, "weight_t is the text '18 t': give a number"),
    ],
)
def test_what_no_vehicle_is_is_refused(other, told):
    with pytest.raises(InputError, match=told):
        Vehicle.preset("engine", **other)


def test_a_preset_or_a_field_that_is_not_known_is_said():
    with pytest.raises(UnknownIdError, match="unknown vehicle 'engin': did you mean 'engine'"):
        Vehicle.preset("engin")
    with pytest.raises(UnknownIdError, match="unknown field of a vehicle 'weight': did you mean 'weight_t'"):
        Vehicle.preset("engine", weight=20)


def test_a_network_keeps_its_vehicle(tmp_path):
    line = examples.line_town().roads
    other = roads.RoadNetwork(
        **{f.name: getattr(line, f.name) for f in fields(line) if f.name not in {"vehicle", "_"}},
        vehicle=Vehicle.preset("brush"),
    )
    assert roads.load(roads.save(other, tmp_path / "a.npz")).vehicle == Vehicle.preset("brush")
    assert other.with_times(there_s=other.there_s * 2, back_s=other.back_s).vehicle == other.vehicle
    assert other.with_turns("mean").vehicle == other.vehicle
    assert other.fingerprint == line.fingerprint  # of what is driven, for whatever it was read


def test_a_kept_network_whose_vehicle_is_torn_is_damaged(tmp_path):
    file = roads.save(examples.line_town().roads, tmp_path / "a.npz")
    with np.load(file) as content:
        held = {name: content[name] for name in content.files}
    for torn in ("{", '{"weight_t": -1}', '{"wings": 2}', "[]"):
        np.savez(file, **{**held, "vehicle": np.array(torn)})
        with pytest.raises(NetworkError, match="its vehicle cannot be read"):
            roads.load(file)


def test_for_whom_a_network_is_read_is_noted_but_of_the_usual_engine(tmp_path):
    town = {v: drawn("a-b", ways={"ab": "primary"}, folder=tmp_path, vehicle=v).network for v in ("engine", "truck")}
    assert town["engine"].repairs == town["truck"].repairs == ()
    told = "read for the vehicle truck: 30 t, 3.7 m high, 2.55 m wide, 13 m long, at most 97 km/h"
    assert told in town["truck"].notes
    assert not any(note.startswith("read for") for note in town["engine"].notes)


def test_the_name_of_a_usual_vehicle_without_its_figures_is_refused():
    """It would be an engine that is called so: shorter, faster, and on tracks that no truck drives."""
    mend = r"write Vehicle.preset\('truck', weight_t=19, height_m=3.6\)"
    for given in ({"name": "truck"}, {"preset": "truck"}):
        with pytest.raises(InputError, match=mend):
            Vehicle(**given, weight_t=19, height_m=3.6)
    with pytest.raises(UnknownIdError, match="unknown field of a vehicle 'weight': did you mean 'weight_t'"):
        Vehicle(weight=19)
    with pytest.raises(UnknownIdError, match="unknown vehicle 'ladder'"):
        Vehicle(preset="ladder")
    with pytest.raises(InputError, match="name is a list"):
        Vehicle(["truck"])
    truck = Vehicle.preset("truck", weight_t=19)
    assert pickle.loads(pickle.dumps(truck)) == copy.deepcopy(truck) == replace(truck) == truck  # noqa: S301 - our own
    assert Vehicle("Ladder 5", weight_t=19).length_m == Vehicle().length_m
