"""Dispatch history from JSON: GeoJSON, ArcGIS, records of portals, lines, and NERIS."""

import gzip
import json
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import fireplan as fp
from fireplan.errors import FireplanError, InputError, TableError
from fireplan.incidents._formats import json_records

CASES = Path(__file__).parents[1] / "data" / "cases"
ZONE = "America/New_York"
FIGURES = {
    "handling": [30, 70, 92],
    "turnout": [30, 64, 107],
    "travel": [30, 242, 378],
    "turnout_and_travel": [30, 322, 453],
    "total_response": [30, 392, 510],
}
FEATURES = json.loads((CASES / "incidents.geojson").read_text(encoding="utf-8"))["features"]
RECORDS = [
    feature["properties"] | dict(zip(("longitude", "latitude"), feature["geometry"]["coordinates"], strict=True))
    for feature in FEATURES
]
NERIS = json.loads((CASES / "neris_api.json").read_text(encoding="utf-8"))


def read(content, tmp_path, *, name="calls.json", **options):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return fp.read_cad(path, timezone=ZONE, **options)


def codes(history):
    return set(history.ledger["code"])


def check_counts(history):
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate + history.rows_held
    assert len(history.responses) == history.rows_ok
    assert len(history.quarantine) == history.rows_set_aside


def check_figures(history):
    table = fp.performance(history)
    for measure, expected in FIGURES.items():
        assert table.loc[measure, ["n", "p50_s", "p90_s"]].tolist() == expected
    check_counts(history)


@pytest.mark.parametrize("name", ["neris_api.json", "incidents.geojson"])
def test_neris_and_geojson_read_by_themselves_to_the_figures_of_the_plain_file(name):
    history = fp.read_cad(CASES / name, timezone=ZONE)
    plain = fp.read_cad(CASES / "second_resolution.csv", timezone=ZONE)
    check_figures(history)
    same = ["incident_id", "unit_id", "received", "dispatched", "enroute", "arrived", "cleared"]
    assert_frame_equal(history.responses[same], plain.responses[same])
    assert history.incidents.geometry.notna().all()
    at = history.incidents.geometry["24-10001"]
    assert (at.x, at.y) == (-73.994352, 40.749276)


LAYOUTS = {
    "a list": RECORDS,
    "an object with a list": {"count": 30, "records": RECORDS, "links": [{"rel": "self"}]},
    "lines": "\n".join(map(json.dumps, RECORDS)) + "\n",
    "features": {"features": FEATURES, "type": "FeatureCollection", "name": "calls"},
    "a list of features": FEATURES,
    "nulls between": [None, {}, *RECORDS],
    "in utf-16": json.dumps(RECORDS).encode("utf-16"),
    "gzipped": gzip.compress(json.dumps(RECORDS, indent=1).encode()),
    "with a mark": b"\xef\xbb\xbf\n " + json.dumps(RECORDS).encode(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["calls.json", "calls.txt"])
def test_every_layout_gives_the_same_whatever_the_file_is_called(layout, name, tmp_path):
    history = read(LAYOUTS[layout], tmp_path, name=name)
    check_figures(history)
    assert history.incidents.geometry.notna().all()


def arcgis(**changes):
    features = []
    for record in RECORDS:
        own = {k: v for k, v in record.items() if k not in {"longitude", "latitude"}}
        features.append({"attributes": own, "geometry": {"x": record["longitude"], "y": record["latitude"]}})
    return {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4326}, "features": features} | changes


def test_arcgis_features_have_points_in_the_layers_own_crs_and_dates_as_its_fields_say(tmp_path):
    layer = arcgis(
        spatialReference={"wkid": 102718, "latestWkid": 2263},
        fields=[{"name": "received", "type": "esriFieldTypeDate"}, {"name": "unit_id", "type": "esriFieldTypeString"}],
    )
    points = gpd.GeoSeries.from_xy(
        [r["longitude"] for r in RECORDS], [r["latitude"] for r in RECORDS], crs=4326
    ).to_crs(2263)
    for feature, point in zip(layer["features"], points, strict=True):
        feature["geometry"] = {"x": point.x, "y": point.y}
        local = pd.Timestamp(feature["attributes"]["received"], tz=ZONE)
        feature["attributes"]["received"] = int(local.timestamp() * 1000)
    layer["features"][3]["geometry"] = None
    history = read(layer, tmp_path)
    check_figures(history)
    assert "epoch_read" in codes(history)
    got = history.incidents.geometry
    assert got.isna().sum() == 1
    assert got["24-10001"].x == pytest.approx(-73.994352, abs=1e-6)
    assert got["24-10001"].y == pytest.approx(40.749276, abs=1e-6)
    assert read(layer | {"fields": layer["fields"][::-1]}, tmp_path).rows_ok == 30


def test_a_crs_that_is_not_known_or_not_one_is_refused(tmp_path):
    with pytest.raises(InputError, match="crs '999999', which is not known: ask for EPSG:4326"):
        read(arcgis(spatialReference={"wkid": 999999}), tmp_path)
    layer = arcgis()
    for feature, wkid in zip(layer["features"], [2263, 4326] * 15, strict=True):
        feature["geometry"]["spatialReference"] = {"wkid": wkid}
    with pytest.raises(InputError, match="several crs"):
        read(layer, tmp_path)


@pytest.mark.parametrize(
    "more",
    [{"exceededTransferLimit": True}, {"properties": {"exceededTransferLimit": True}}, {"next_cursor": "abc"}],
)
def test_a_page_of_several_says_so(more, tmp_path):
    history = read(arcgis(**more), tmp_path)
    assert "file_cut" in codes(history)
    assert any("fetch the rest" in line for line in history.messages())
    assert "file_cut" not in codes(read(arcgis(next_cursor=None, exceededTransferLimit=False), tmp_path))


def test_objects_within_are_columns_with_dots_and_a_mapping_names_them(tmp_path):
    records = [
        {"call": {"no": r["incident_id"], "at": r["received"], "where": {"type": "Point", "coordinates": [
            r["longitude"], r["latitude"]]}}, "units": [
            {"name": "E1", "status": {"arrived": r["arrived"]}}, {"name": "T1", "status": {"arrived": r["cleared"]}}]}
        for r in RECORDS
    ]  # fmt: skip
    mapping = tmp_path / "own.toml"
    mapping.write_text(
        '[columns]\nincident_id = "call.no"\nreceived = "call.at"\nunit_id = "units.name"\n'
        'arrived = "units.status.arrived"\n[point]\ncolumn = "call.where"\norder = "lon_lat"\n',
        encoding="utf-8",
    )
    history = read({"calls": records}, tmp_path, mapping=mapping)
    assert (len(history.incidents), len(history.responses), history.rows_in) == (30, 60, 60)
    assert history.incidents.geometry.notna().all()
    first = history.responses.iloc[:2]
    assert sorted(first["unit_id"]) == ["E1", "T1"]
    assert fp.performance(history).loc["total_response", ["n", "p50_s", "p90_s"]].tolist() == [30, 392, 510]
    one = read(records[0], tmp_path, name="one.json", mapping=mapping)
    assert (one.rows_in, one.rows_ok) == (2, 2)


def test_lines_are_the_numbers_of_elements_and_those_that_are_no_objects_are_set_aside(tmp_path):
    records = [{"incident_number": n} for n in range(3)]
    incidents = [json.loads(json.dumps(incident)) for incident in NERIS]
    second = incidents[1]["dispatch"]["unit_responses"][0]
    incidents[1]["dispatch"]["unit_responses"] += [second | {"reported_unit_id": ""}, second]
    history = read([incidents[0], 7, *incidents[1:], records], tmp_path)
    check_counts(history)
    assert history.rows_in == 34
    assert history.rows_duplicate == 1
    aside = history.quarantine
    assert sorted(zip(aside["code"], aside["line"], strict=True)) == [
        ("element_no_record", 2), ("element_no_record", 32), ("unit_id_missing", 3),
    ]  # fmt: skip
    told = history.ledger.set_index("code")["lines"]
    assert told["duplicate_row"] == "3"
    assert told["element_no_record"] == "2, 32"


def test_neris_with_seconds_types_modes_and_several_units(tmp_path):
    incident = json.loads(json.dumps(NERIS[0]))
    dispatch = incident["dispatch"]
    dispatch |= {"call_answered": 1710324315, "comments": [{"comment": "her name"}], "location": {"street": "Elm"}}
    dispatch["point"] = {"crs": 4326, "geometry": dispatch["point"]}
    dispatch["tactic_timestamps"] = {"water_on_fire": 1710324909}
    dispatch["call_arrival"] = "1710324309.0"
    more = dispatch["unit_responses"][0] | {
        "reported_unit_id": "T1", "on_scene": 1710324596000, "response_mode": "NON_EMERGENT",
        "med_responses": [{"hospital": "x"}], "canceled_enroute": None,
    }  # fmt: skip
    dispatch["unit_responses"].append(more)
    incident |= {
        "incident_types": [{"type": "MEDICAL||ILLNESS"}, {"type": "FIRE||STRUCTURE_FIRE", "primary": True}],
        "unit_responses": [{"reported_unit_id": "X9", "on_scene": None}],
    }
    history = read({"incidents": [incident], "next_cursor": None}, tmp_path)
    assert history.incidents["call_type"].tolist() == ["FIRE||STRUCTURE_FIRE"]
    assert history.incidents["category"].tolist() == ["fire"]
    assert history.incidents.geometry.iloc[0].x == -73.994352
    units = history.responses.set_index("unit_id")
    assert sorted(units.index) == ["E1", "T1"]
    assert units.loc["T1", "total_response_s"] == 287
    assert units["mode"].to_dict() == {"E1": "emergency", "T1": "non_emergency"}
    assert units["crew"].tolist() == [4, 4]
    assert (units["answered"] - units["received"]).dt.total_seconds().tolist() == [6, 6]
    assert units["water_on_fire"].tolist() == ["2024-03-13T10:15:09Z"] * 2
    everything = " ".join(history.messages()) + history.responses.to_csv() + history.incidents.to_csv()
    assert "her name" not in everything
    assert "Elm" not in everything
    single = read(incident, tmp_path, name="one.json")
    assert single.rows_in == 2


def test_a_unit_is_known_by_its_neris_id_where_it_has_no_other(tmp_path):
    incidents = [json.loads(json.dumps(incident)) for incident in NERIS]
    for incident in incidents[::2]:
        unit = incident["dispatch"]["unit_responses"][0]
        unit |= {"unit_neris_id": f"FD24027000S001U{unit['reported_unit_id'][1:]:>03}", "reported_unit_id": None}
    history = read(incidents, tmp_path)
    assert history.rows_ok == 30
    assert history.responses["unit_id"].str.startswith("FD24027000").sum() == 15
    check_figures(history)


def test_a_point_in_another_crs_than_degrees_is_refused(tmp_path):
    incident = json.loads(json.dumps(NERIS[0]))
    point = incident["dispatch"]["point"]
    incident["dispatch"]["point"] = {"crs": 2263, "geometry": point}
    with pytest.raises(InputError, match="is in crs '2263', not in degrees"):
        read([incident], tmp_path)


def test_ids_that_are_numbers_with_a_fraction_are_noted_whole_ones_are_exact(tmp_path):
    long = 2024_0000_0000_0000_123
    records = [r | {"incident_id": float(n)} for n, r in enumerate(RECORDS)]
    records[0]["incident_id"] = long
    history = read(records, tmp_path)
    told = history.ledger.set_index("code")["rows"]
    assert told["id_was_number"] == 29
    assert str(long) in history.incidents.index
    check_counts(history)


WHOLE = json.dumps(RECORDS)
MANY = [{f"{a}{n}": {f"n{n}": 1} for n in range(3000)} for a in "km"]
BAD = {
    "cut off": (WHOLE[:-200], "is not whole JSON: .* at line 1, column .* was it cut off"),
    "key twice": (WHOLE.replace('"call_type"', '"unit_id"', 1), "key 'unit_id' stands twice in one object"),
    "key twice around": ('{"a": 1, "a": 2, "rows": ' + WHOLE + "}", "key 'a' stands twice"),
    "deep": ('[{"incident_id": ' + "[" * 200_000 + "]" * 200_000 + "}]", "nested too deeply"),
    "more after": (WHOLE + "]", "more follows after its end"),
    "no list": ('{"status": "ok"}', "it holds no list of records"),
    "nothing": ("[]", "it holds no list of records"),
    "numbers": ("[1, 2, 3]", "it holds no list of records"),
    "no names": ('[{"foo": 1}]', "none of its names is one of the columns wanted.*found 'foo'"),
    "two lists": (
        '{"a": ' + WHOLE + ', "b": ' + WHOLE + "}", r"several lists of records \('a', 'b'\): keep one of them",
    ),
    "long number": ('[{"incident_id": ' + "1" * 10_000 + "}]", "a number that cannot be read"),
    "not text": (WHOLE.encode().replace(b"E1", b"E\xff"), "JSON but not UTF-8 text"),
    "many names": (json.dumps(MANY), "holds more than 5,000 different names"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_with_a_file_is_said(fault, tmp_path):
    content, words = BAD[fault]
    with pytest.raises((InputError, TableError), match=words) as caught:
        read(content, tmp_path)
    assert len(str(caught.value)) < 3000


def test_objects_are_gone_into_as_far_as_names_are_wanted(tmp_path):
    deep = '{"a":' * 40 + "1" + "}" * 40
    records = WHOLE.replace('"call_type": "x"', f'"call_type": "x", "more": {deep}')
    check_figures(read(records, tmp_path))
    with pytest.raises(InputError, match="nested too deeply"):
        fp.incidents.draft_mapping(tmp_path / "calls.json")
    lost = read(WHOLE.replace('"received": "', f'"received": {deep}, "at": "'), tmp_path)
    assert lost.ledger.set_index("code").loc["received_missing", "rows"] == 30


def test_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(json_records, "MAX_BYTES", 100)
    with pytest.raises(InputError, match=r"bytes of JSON \(limit 100\): split it by year"):
        read(RECORDS, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(json_records, "MAX_REPEATED", 1000)
    incident = json.loads(json.dumps(NERIS[0]))
    incident["dispatch"]["unit_responses"] *= 50
    with pytest.raises(InputError, match="element 1 unpacks to too much text"):
        read([incident], tmp_path)


def test_lists_of_records_within_must_be_one(tmp_path):
    both = [r | {"unit": {}, "a": [{"x": 1}], "b": [{"x": 1}]} for r in RECORDS]
    mapping = tmp_path / "own.toml"
    mapping.write_text(
        '[columns]\nincident_id = "incident_id"\nreceived = "received"\nunit_id = "a.x"\nstation_id = "b.x"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"two lists within its records hold wanted names \('a', 'b'\)"):
        read(both, tmp_path, mapping=mapping)
    nested = [r | {"a": [{"x": 1, "b": [{"x": 2}]}]} for r in RECORDS]
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("b.x", "a.b.x"), encoding="utf-8")
    with pytest.raises(InputError, match=r"'a\.b' is a list within a list of objects"):
        read(nested, tmp_path, mapping=mapping)


def test_half_a_surrogate_is_replaced_and_noted(tmp_path):
    records = json.dumps(RECORDS).replace('"call_type": "x"', '"call_type": "\\ud83d"', 2)
    history = read(records, tmp_path)
    assert history.ledger.set_index("code").loc["bytes_replaced", "lines"] == "1, 2"
    check_counts(history)


def test_rows_of_values_get_the_names_of_a_portals_columns(tmp_path):
    names = list(RECORDS[0])
    columns = [{"name": name, "fieldName": name} for name in names]
    rows = [list(record.values()) for record in RECORDS]
    portal = {"meta": {"view": {"name": "Calls", "columns": columns}}, "data": [*rows, [1, 2]]}
    history = read(portal, tmp_path)
    assert history.quarantine[["line", "code"]].to_numpy().tolist() == [[31, "element_no_record"]]
    check_figures(history)
    with pytest.raises(TableError, match="no list of records"):
        read(portal | {"meta": {}}, tmp_path)


def test_a_list_of_values_is_one_text(tmp_path):
    records = [r | {"unit_id": ["E1", "T1"]} for r in RECORDS]
    with pytest.raises(TableError, match="unit_id holds several units in 30 of 30 rows, such as 'E1;T1'"):
        read(records, tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2024-03-13 06:05:09"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def changed(draw, records):
    """Records with some values of any kind, some keys lost, and some elements that are no objects."""
    records = json.loads(json.dumps(records[: draw(st.integers(1, 4))]))
    for _ in range(draw(st.integers(0, 4))):
        node = draw(st.sampled_from(records))
        while isinstance(node, dict) and node:
            key = draw(st.sampled_from(sorted(node)))
            inner = node[key][0] if isinstance(node[key], list) and node[key] else node[key]
            if isinstance(inner, dict) and draw(st.booleans()):
                node = inner
                continue
            if draw(st.booleans()):
                del node[key]
            else:
                node[key] = draw(VALUES)
            break
    for _ in range(draw(st.integers(0, 2))):
        records.insert(draw(st.integers(0, len(records))), draw(VALUES))
    return json.dumps(records)


@settings(max_examples=tries(250), deadline=None)
@given(data=st.data())
def test_any_change_of_json_ends_in_an_error_or_a_ledger(data):
    kind = data.draw(st.sampled_from(["records", "neris", "features"]))
    text = data.draw(changed({"records": RECORDS, "neris": NERIS, "features": FEATURES}[kind]))
    if data.draw(st.booleans()):
        text = '{"features": ' + text + "}"
    if data.draw(st.integers(0, 3)) == 0:
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at] + data.draw(st.sampled_from(["", "[", "]", "{", '"', ",", "\\", "1e999", "NaN"])) + text[at + 1 :]
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.json"
        path.write_text(text, encoding="utf-8")
        try:
            history = fp.read_cad(path, timezone=ZONE)
        except FireplanError as error:
            words = str(error)
        else:
            words = "read"
            check_counts(history)
            assert np.isin(history.quarantine["line"], np.arange(1, 50)).all()
        assert 0 < len(words) < 5000
