"""The same history in every shape that a mapping can tell of reads back to the same responses as in the plain one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.errors import TableError
from fireplan.incidents import read_cad

ZONE = "America/New_York"
TIMES = ("received", "dispatched", "enroute", "arrived", "cleared")
OF_UNITS = TIMES[1:]
FACTS = ("call_type", "priority", "latitude", "longitude")
STATUSES = {"dispatched": "DP", "enroute": "ER", "arrived": "OS", "cleared": "AQ"}
UNITS = ("E1", "T1", "M2", "B7")
COLUMNS = "".join(f'{name} = "{name}"\n' for name in ("incident_id", "call_type", "priority"))
POINT = '[point]\nlatitude = "latitude"\nlongitude = "longitude"\n'
PROPERTY = settings(max_examples=tries(30), deadline=None)


@st.composite
def histories(draw, *, most_units=4, gaps=True):
    """Rows of a history in plain form, as text: each incident's units in order, their stamps never going back."""
    rows = []
    for number in range(draw(st.integers(1, 5))):
        begin = datetime(2024, 6, 3, tzinfo=ZoneInfo(ZONE)) + timedelta(seconds=draw(st.integers(0, 100 * 86_400)))
        facts = {"call_type": draw(st.sampled_from(["FIRE", "ALARM"])), "priority": draw(st.sampled_from("12"))}
        facts |= {"latitude": f"{40.7 + number / 1000:.6f}", "longitude": "-73.991234"}
        for unit in UNITS[: draw(st.integers(1, most_units))]:
            steps = draw(st.lists(st.integers(0, 3000), min_size=4, max_size=4))
            stamps = [begin + timedelta(seconds=sum(steps[:n])) for n in range(5)]
            written = dict(zip(TIMES, (f"{stamp:%Y-%m-%d %H:%M:%S}" for stamp in stamps), strict=True))
            if gaps:
                for name in draw(st.sets(st.sampled_from(TIMES[2:]))):
                    written[name] = ""
            rows.append({"incident_id": f"24-{number}", "unit_id": unit} | facts | written)
    return pd.DataFrame(rows)


def saved(folder, table, mapping=None, *, name="calls"):
    table.to_csv(folder / f"{name}.csv", index=False)
    if mapping is not None:
        (folder / f"{name}.toml").write_text(mapping, encoding="utf-8")
    return {"path": folder / f"{name}.csv", "mapping": None if mapping is None else folder / f"{name}.toml"}


def read(folder, table, mapping=None, *, rows=None, **more):
    history = read_cad(**saved(folder, table, mapping), timezone=ZONE, **more)
    assert history.rows_in == (len(table) if rows is None else rows)
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate
    assert history.verdict in {"ACCEPT", "REPAIR"}
    return history


def same(one, other):
    """The responses and the incidents are alike, whatever the order of their rows."""
    tables = []
    for history in (one, other):
        table = history.responses
        table = table[[name for name in table if name in one.responses and name in other.responses]]
        tables.append(table.sort_values(["incident_id", "unit_id", "dispatched"], ignore_index=True))
    assert {"unit_id", *TIMES, "total_response_s", "cancelled"} <= set(tables[0])
    pd.testing.assert_frame_equal(*tables)
    facts = [history.incidents.sort_index()[["call_type", "priority", "received"]] for history in (one, other)]
    pd.testing.assert_frame_equal(*facts)
    assert one.incidents.sort_index().geometry.geom_equals(other.incidents.sort_index().geometry).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shapes")


@PROPERTY
@given(histories())
def test_units_side_by_side(folder, plain):
    wide = plain.drop_duplicates("incident_id")[["incident_id", *FACTS, "received"]]
    mapping = f'[columns]\n{COLUMNS}received = "received"\n{POINT}'
    for place, unit in enumerate(UNITS):
        own = plain[plain["unit_id"] == unit].set_index("incident_id")
        for name in ("unit_id", *OF_UNITS):
            wide[f"{name} {place}"] = own[name].reindex(wide["incident_id"], fill_value="").to_numpy()
        told = ", ".join(f'{name} = "{name} {place}"' for name in ("unit_id", *OF_UNITS))
        mapping += f"[[responses]]\ncolumns = {{ {told} }}\n"
    same(read(folder, wide, mapping), read(folder, plain))


@PROPERTY
@given(histories(), st.randoms(use_true_random=False))
def test_a_status_log(folder, plain, random):
    log = [
        {name: row[name] for name in ("incident_id", "unit_id", *FACTS, "received")}
        | {"status": status, "at": row[name]}
        for row in plain.to_dict("records")
        for name, status in STATUSES.items()
        if row[name]
    ]
    log += [log[0] | {"status": "RADIO"}]
    random.shuffle(log)
    values = "".join(f'{name} = ["{status}"]\n' for name, status in STATUSES.items())
    mapping = f'[columns]\n{COLUMNS}unit_id = "unit_id"\nreceived = "received"\n{POINT}'
    mapping += f'[log]\nstatus = "status"\ntime = "at"\n[log.values]\n{values}'
    same(read(folder, pd.DataFrame(log), mapping), read(folder, plain))


@PROPERTY
@given(histories(), st.randoms(use_true_random=False))
def test_a_second_table(folder, plain, random):
    calls = plain.drop_duplicates("incident_id")[["incident_id", *FACTS, "received"]]
    units = plain[["incident_id", "unit_id", *OF_UNITS]].sample(frac=1, random_state=random.randrange(1000))
    second = saved(folder, units, name="units")["path"]
    same(read(folder, calls, rows=len(calls) + len(units), responses=second), read(folder, plain))


@PROPERTY
@given(histories())
def test_clocks_beside_the_date_of_the_call(folder, plain):
    apart = plain[["incident_id", "unit_id", *FACTS]].copy()
    apart["day"] = plain["received"].str[:10]
    for name in TIMES:
        apart[name] = plain[name].str[11:]
    joined = "".join(f'{name} = ["day", "{name}"]\n' for name in TIMES)
    mapping = f'[columns]\n{COLUMNS}unit_id = "unit_id"\n[join]\n{joined}{POINT}'
    same(read(folder, apart, mapping), read(folder, plain))


@PROPERTY
@given(histories(), st.sampled_from(["seconds", "minutes"]))
def test_what_passed_since_the_call(folder, plain, unit):
    stamps = plain[list(TIMES)].apply(pd.to_datetime)
    passed = plain[["incident_id", "unit_id", *FACTS, "received"]].copy()
    each = 60 if unit == "minutes" else 1
    for name in OF_UNITS:
        seconds = (stamps[name] - stamps["received"]).dt.total_seconds() / each
        passed[name] = [repr(value) if value == value else "" for value in seconds.tolist()]  # noqa: PLR0124 - NaN
    told = "".join(f'{n} = {{ column = "{n}", after = "received", unit = "{unit}" }}\n' for n in OF_UNITS)
    mapping = f'[columns]\n{COLUMNS}unit_id = "unit_id"\nreceived = "received"\n[elapsed]\n{told}{POINT}'
    same(read(folder, passed, mapping), read(folder, plain))


@PROPERTY
@given(histories(), st.sampled_from(["seconds", "milliseconds", "excel", "UTC"]))
def test_numbers_for_times_and_stamps_of_another_zone(folder, plain, how):
    local = plain[list(TIMES)].apply(pd.to_datetime)
    utc = local.apply(lambda column: column.dt.tz_localize(ZONE).dt.tz_convert("UTC").dt.tz_localize(None))
    start = pd.Timestamp("1899-12-30" if how == "excel" else "1970-01-01")
    each = {"seconds": "1s", "milliseconds": "1ms", "excel": "1D"}
    written = plain.copy()
    for name in TIMES:
        column = local[name] if how == "excel" else utc[name]
        count = (column - start) / pd.Timedelta(each.get(how, "1s"))
        whole = count.map(lambda n: "" if n != n else f"{n:.9f}" if how == "excel" else f"{n:.0f}")  # noqa: PLR0124
        written[name] = column.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("") if how == "UTC" else whole
    times = "".join(f'{name} = "{name}"\n' for name in ("unit_id", *TIMES))
    said = 'zone = "UTC"' if how == "UTC" else f'epoch = "{how}"'
    same(read(folder, written, f"[columns]\n{COLUMNS}{times}{POINT}[times]\n{said}\n"), read(folder, plain))


@PROPERTY
@given(histories(), st.lists(st.booleans(), min_size=20, max_size=20))
def test_the_first_of_two_columns_that_holds_a_value(folder, plain, here):
    rows = pd.Series((here * len(plain))[: len(plain)])
    split = plain.assign(other=plain["received"].where(~rows, "NULL"), received=plain["received"].where(rows, ""))
    times = "".join(f'{name} = "{name}"\n' for name in ("unit_id", *OF_UNITS))
    mapping = f'[columns]\n{COLUMNS}{times}received = ["received", "other"]\n{POINT}'
    same(read(folder, split, mapping), read(folder, plain))


@PROPERTY
@given(histories(most_units=1, gaps=False), st.integers(1, 4))
def test_several_units_in_a_cell(folder, plain, count):
    cells = plain.assign(unit_id="/".join(UNITS[:count]))
    rows = pd.concat([plain.assign(unit_id=unit, first=unit == UNITS[0]) for unit in UNITS[:count]], ignore_index=True)
    for name in ("enroute", "arrived"):
        rows[name] = rows[name].where(rows["first"], "")
    times = "".join(f'{name} = "{name}"\n' for name in ("unit_id", *TIMES))
    found = read(folder, cells, f"split_units = true\n[columns]\n{COLUMNS}{times}{POINT}")
    right = read(folder, rows.drop(columns="first"))
    columns = ["incident_id", "unit_id", *TIMES, "turnout_s", "travel_s"]
    tables = [h.responses[columns].sort_values(columns[:2], ignore_index=True) for h in (found, right)]
    pd.testing.assert_frame_equal(*tables)
    assert not found.responses["cancelled"].any()
    assert set(found.responses.loc[found.responses["arrived"].notna(), "unit_id"]) == {"E1"}


@settings(max_examples=tries(50), deadline=None)
@given(histories(), st.data())
def test_damaged_files_of_every_shape_add_up_or_are_refused(folder, plain, data):
    wild = st.sampled_from(["", "NULL", "x", "1", "2024-13-45 99:99:99", "E1;T1", "1710309909000", "9" * 30, "\u0415"])
    damaged = plain.copy()
    for _ in range(data.draw(st.integers(1, 8))):
        row = data.draw(st.integers(0, len(damaged) - 1))
        damaged.loc[row, data.draw(st.sampled_from(list(damaged.columns)))] = data.draw(wild)
    damaged = pd.concat([damaged, damaged.sample(frac=0.5, random_state=1)])
    times = "".join(f'{name} = "{name}"\n' for name in TIMES)
    shape = data.draw(st.sampled_from(["split", "log", "wide", "second", "number"]))
    base = f"[columns]\n{COLUMNS}{times}"
    mappings = {
        "split": f'split_units = true\n{base}unit_id = "unit_id"\n{POINT}',
        "log": f'{base}unit_id = "unit_id"\n{POINT}[log]\nstatus = "call_type"\ntime = "arrived"\n[log.values]\n'
        'dispatched = ["FIRE"]\ncleared = ["ALARM"]\n',
        "wide": f'{base}{POINT}[[responses]]\ncolumns = {{ unit_id = "unit_id" }}\n[[responses]]\n'
        'columns = { unit_id = "priority", dispatched = "arrived" }\n',
        "second": f'{base}unit_id = "unit_id"\n{POINT}',
        "number": f'number_rows = true\n{base}unit_id = "unit_id"\n{POINT}',
    }
    more = {}
    if shape == "second":
        more["responses"] = saved(folder, damaged[["incident_id", "unit_id", "dispatched"]], name="units")["path"]
    try:
        history = read_cad(**saved(folder, damaged, mappings[shape]), timezone=ZONE, **more)
    except TableError:
        return
    assert history.rows_in == len(damaged) * (2 if more else 1)
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate
    assert not (history.responses.filter(regex="_s$") < 0).any().any()
    assert history.responses["incident_id"].isin(history.incidents.index).all()
