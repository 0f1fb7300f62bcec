import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan._schema import check_table, columns
from fireplan.errors import TableError

TABLES = ["stations", "units", "zones", "incidents", "responses"]


@pytest.mark.parametrize("table", TABLES)
def test_every_schema_says_of_every_column_what_it_is(table):
    for column in columns(table):
        assert column.required in {"index", "yes", "no"}
        assert column.dtype in {"text", "number", "signed", "flag", "instant", "point", "any"}
        assert column.meaning
        assert column.unit or column.dtype not in {"number", "instant"}
        assert not column.column.endswith("_s") or column.unit == "s"


def stations(**columns):
    table = {"name": ["North", "South"]} | columns
    return gpd.GeoDataFrame(
        table, geometry=[shapely.Point(-75, 40), shapely.Point(-75, 41)], crs=4326,
        index=pd.Index(["S1", "S2"], name="station_id"),
    )  # fmt: skip


def faults(frame, table="stations"):
    with pytest.raises(TableError) as raised:
        check_table(frame, table)
    return list(raised.value.faults)


def test_a_whole_table_passes():
    check_table(stations(), "stations")


def test_all_faults_are_raised_at_once_with_their_rows():
    bad = stations(name=["", "South"]).set_crs(None, allow_override=True)
    bad.index = pd.Index(["S1", "S1"], name="station_id")
    bad.loc[:, "geometry"] = [None, shapely.box(0, 0, 1, 1)]
    assert faults(bad) == [
        "station_id 'S1' appears 2 times (rows 1, 2): ids must be unique",
        "column 'name' is empty for 'S1' (row 1): fill it in",
        "crs is not set: call .set_crs('EPSG:4326') if the coordinates are longitude and latitude",
        "geometry is missing for 'S1' (row 1)",
        "geometry is not a point for 'S1' (row 2): use .representative_point()",
    ]


def test_a_missing_column_is_named_with_its_meaning():
    assert faults(stations().drop(columns="name")) == ["column 'name' is missing: add it (what people call it)"]


def test_a_column_that_may_be_left_out_may_be_left_out():
    check_table(stations().assign(), "stations")


@pytest.mark.parametrize("ids", [["S1", ""], ["S1", None], ["S1", "  "]])
def test_an_empty_id_is_a_fault(ids):
    assert faults(stations().set_axis(pd.Index(ids, name="station_id"))) == ["'station_id' is empty in row 2"]


def test_ids_that_are_equal_as_text_are_equal():
    assert "appears 2 times" in faults(stations().set_axis(pd.Index([1, "1"], name="station_id")))[0]


def test_the_index_must_be_the_id():
    assert faults(stations().rename_axis(None)) == ["the index must be 'station_id': call .set_index('station_id')"]


def test_a_plain_frame_is_no_geography():
    assert "not a GeoDataFrame" in faults(pd.DataFrame(stations().drop(columns="geometry").assign(geometry=None)))[0]


def test_an_empty_table_is_a_fault():
    assert faults(stations().iloc[:0]) == ["it is empty: no row to work with"]


def units(**columns):
    return pd.DataFrame(
        {"type": "engine", "station_id": ["S1", "S2"]} | columns, index=pd.Index(["E1", "E2"], name="unit_id")
    )


@pytest.mark.parametrize(
    ("crew", "told"),
    [
        (["four", 4], "column 'crew' is not a number for 'E1' (row 1)"),
        ([4, -1], "column 'crew' is negative or infinite for 'E2' (row 2)"),
        ([np.inf, 4], "column 'crew' is negative or infinite for 'E1' (row 1)"),
    ],
)
def test_numbers_are_finite_and_not_negative(crew, told):
    assert faults(units(crew=pd.Series(crew, dtype=object).to_numpy()), "units") == [told]


@pytest.mark.parametrize("crew", [[4, np.nan], pd.array([4, None], dtype="Int64"), ["4", None], [0, 4.5]])
def test_numbers_may_be_missing_and_may_be_text(crew):
    check_table(units(crew=crew), "units")


def test_many_bad_rows_are_named_up_to_five_and_counted():
    many = pd.DataFrame(
        {"type": "engine", "station_id": "", "crew": -1}, index=pd.Index([f"E{i}" for i in range(9)], name="unit_id")
    )
    assert faults(many, "units")[1].endswith("'E4' (row 5) and 4 more")


def test_the_label_stands_in_the_message():
    with pytest.raises(TableError, match=r"^1 fault in homes\.csv: "):
        check_table(stations().iloc[:0], "stations", label="homes.csv")


def test_text_from_the_data_is_shown_short_and_on_one_line():
    told = faults(stations(name=["", "x"]).set_axis(pd.Index(["a\n\x1b[31m" + "b" * 500, "S2"], name="station_id")))[0]
    assert "\n" not in told
    assert "\x1b" not in told
    assert len(told) < 150
