"""Whatever is done to a table that was handed out, answers are those of the scenario as it was built."""
# ruff: noqa: ARG001, ARG005, PD002, PD011, PLC0206, S301 - edits in place, all of one shape, are what is tested

import contextlib
import copy
import dataclasses
import gc
import pickle
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan._frozen_tables import freeze, freeze_array
from fireplan.errors import TableError

STANDARD = fp.standards.NFPA_1710
BLOCK = 0.001
ELSEWHERE = shapely.Point(-140.0, 30.02)


def build():
    """A street with two stations, engines, a truck, people and calls; built anew each time."""
    town = fp.examples.line_town()
    calls = gpd.GeoDataFrame(
        {"call_type": ["fire", "ems", "ems"], "received": pd.to_datetime(["2026-01-01"] * 3, utc=True)},
        geometry=[shapely.Point(-140, 30 + n * BLOCK) for n in (3, 20, 36)],
        index=pd.Index(["I1", "I2", "I3"], name="incident_id"),
        crs=4326,
    )
    base = fp.Scenario(
        town.roads, town.stations.assign(built=[1990]), town.units,
        town.zones.assign(kind=pd.Categorical(["town", "land"] * 20), dwellings=pd.array([2] * 40, dtype="Int64")),
        incidents=calls,
    )  # fmt: skip
    more = (fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), fp.AddUnit("T1", to="S1", type="truck"))
    return base.apply(*more, name="two")


def answers(scenario):
    """Every figure of it, by measures that ask the memo and by those that do not."""
    assessed = fp.assess(scenario, standard=STANDARD)
    new = scenario.apply(fp.MoveUnit("E1", to="S2"), name="moved")
    compared = fp.compare(scenario, new, standard=STANDARD)
    return {
        "summary": assessed.summary(),
        "zones": pd.DataFrame(assessed.zones).assign(geometry=assessed.zones.geometry.to_wkb()),
        "stations": assessed.stations,
        "first_due": fp.first_due(scenario),
        "gains": compared.gains(),
        "both": pd.DataFrame(compared.zones.drop(columns="geometry")),
        "changes": pd.DataFrame(compared.changes().drop(columns="geometry")),
        "edges": pd.DataFrame(scenario.roads.edges.drop(columns="geometry")),
        "nodes": pd.DataFrame(scenario.roads.nodes.drop(columns="geometry")),
        "parts": scenario.roads.components,
        "calls": pd.DataFrame(scenario.incidents.drop(columns="geometry")),
        "units": scenario.units,
    }


def same(found, wanted):
    assert found.keys() == wanted.keys()
    for name, table in wanted.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True)


AS_BUILT = answers(build())

HANDED = {
    "stations": lambda s: s.stations,
    "units": lambda s: s.units,
    "zones": lambda s: s.zones,
    "incidents": lambda s: s.incidents,
    "tables": lambda s: s.tables.stations,
    "nodes": lambda s: s.roads.nodes,
    "edges": lambda s: s.roads.edges,
    "streets": lambda s: s.roads.streets,
    "components": lambda s: s.roads.components,
    "parent": lambda s: s.parent.zones,
}


def other(values):
    """Values of the same kind, and different ones."""
    if isinstance(values.dtype, gpd.array.GeometryDtype):
        return ELSEWHERE
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.iloc[0] if values.iloc[0] != values.iloc[-1] else values.iloc[1]
    if pd.api.types.is_bool_dtype(values.dtype):
        return not values.iloc[0]
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return pd.Timestamp("2030-01-01", tz="UTC")
    return 77 if pd.api.types.is_numeric_dtype(values.dtype) else "other"


def into(get):
    """An edit that writes into an array of a column."""

    def edit(table, column, row):
        get(table[column])[row] = other(table[column])

    return edit


def by(name):
    def edit(table, column, row):
        rows = table.index[row] if name in {"loc", "at"} else row
        columns = column if name in {"loc", "at"} else table.columns.get_loc(column)
        getattr(table, name)[rows, columns] = other(table[column])

    return edit


def whole(table, column, row):
    table[column] = [other(table[column])] * len(table)


def shared(table, column, row):
    """Through numpy's own door, which asks for no copy."""
    np.array(table[column].array, copy=None)[row] = other(table[column])


EDITS = {
    **{name: by(name) for name in ("loc", "iloc", "at", "iat")},
    "values": into(lambda c: c.values),
    "to_numpy": into(lambda c: c.to_numpy()),
    "array": into(lambda c: c.array),
    "asarray": into(np.asarray),
    "shared": shared,
    "whole column": whole,
    "data": into(lambda c: getattr(c.array, "_data", c.array)),
    "series": lambda t, c, r: t[c].__setitem__(t.index[r], other(t[c])),
    "series iloc": lambda t, c, r: t[c].iloc.__setitem__(r, other(t[c])),
    "mask": lambda t, c, r: t[c].mask(t[c].notna(), other(t[c]), inplace=True),
    "out": lambda t, c, r: np.add(t[c].to_numpy(), 5, out=t[c].to_numpy()),
    "add": lambda t, c, r: t.__setitem__(c, t[c] + t[c]),
    "drop rows": lambda t, c, r: t.drop(index=t.index[r], inplace=True),
    "drop column": lambda t, c, r: t.drop(columns=c, inplace=True),
    "pop": lambda t, c, r: t.pop(c),
    "insert": lambda t, c, r: t.insert(0, "new", 1.0),
    "sort": lambda t, c, r: t.sort_index(ascending=False, inplace=True),
    "reset": lambda t, c, r: t.reset_index(inplace=True),
    "set index": lambda t, c, r: t.set_index(c, inplace=True),
    "rename": lambda t, c, r: t.rename(columns={c: "new"}, inplace=True),
    "update": lambda t, c, r: t.update(pd.DataFrame({c: [other(t[c])] * len(t)}, index=t.index)),
    "columns": lambda t, c, r: setattr(t, "columns", [f"{x}_" for x in t.columns]),
    "columns name": lambda t, c, r: setattr(t.columns, "name", "new"),
    "index": lambda t, c, r: setattr(t, "index", pd.RangeIndex(len(t))),
    "index names": lambda t, c, r: setattr(t.index, "names", [f"{n}_" for n in t.index.names]),
    "index values": lambda t, c, r: t.index.values.__setitem__(r, t.index[r - 1]),
    "index array": lambda t, c, r: t.index.array.__setitem__(r, t.index[r - 1]),
    "crs": lambda t, c, r: setattr(t, "crs", None),
    "array crs": lambda t, c, r: setattr(t.geometry.array, "crs", None),
    "to_crs": lambda t, c, r: t.to_crs(3857, inplace=True),
    "set_crs": lambda t, c, r: t.set_crs(3857, allow_override=True, inplace=True),
    "set geometry": lambda t, c, r: t.set_geometry(t.geometry.translate(0.01), inplace=True),
    "attrs": lambda t, c, r: t.attrs.update(note="edited"),
}
"""Ways to edit a table in place; some are refused, and none may reach the scenario."""

EDITING = st.tuples(
    st.sampled_from(sorted(HANDED)), st.sampled_from(sorted(EDITS)), st.integers(0, 99), st.integers(0, 99)
)


def attempt(table, edit, column, row):
    """Edit, and let pandas or numpy refuse."""
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        EDITS[edit](table, table.columns[column % len(table.columns)], row % len(table))


@settings(max_examples=tries(40), deadline=None)
@given(edits=st.lists(EDITING, min_size=1, max_size=6), before=st.booleans())
def test_whatever_is_done_to_a_handed_table_answers_are_those_of_the_scenario_as_built(edits, before):
    scenario = build()
    if before:
        answers(scenario)  # so that there is a memory to give an old answer from
    for table, edit, column, row in edits:
        attempt(HANDED[table](scenario), edit, column, row)
    same(answers(scenario), AS_BUILT)
    again = dataclasses.replace(scenario)
    same(answers(again), AS_BUILT)


@pytest.mark.parametrize("edit", sorted(EDITS))
def test_every_edit_of_every_column_leaves_the_scenario_alone(edit):
    """Each way once on each column of each table, so that none is left to chance."""
    scenario = build()
    for hand in HANDED.values():
        for column in range(len(hand(scenario).columns)):
            attempt(hand(scenario), edit, column, 0)
    same(answers(scenario), AS_BUILT)


def test_the_edits_do_edit():
    """On a table of the caller's own nearly all of them have an effect: the tests above try something."""
    idle = []
    for edit in EDITS:
        table = build().zones.copy()
        before = table.copy()
        for column in range(len(before.columns)):
            attempt(table, edit, min(column, len(table.columns) - 1), 0)
        try:
            pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))
            if table.attrs == before.attrs and getattr(table, "crs", None) == before.crs:
                idle.append(edit)
        except AssertionError:
            pass
    assert set(idle) <= {
        "values",
        "to_numpy",
        "asarray",
        "series",
        "series iloc",
        "mask",
        "out",
        "index values",
        "index array",
    }, idle  # fmt: skip - these pandas itself refuses, or gives a copy


@settings(max_examples=tries(15), deadline=None)
@given(edits=st.lists(EDITING, min_size=1, max_size=4))
def test_the_callers_own_tables_stay_theirs(edits):
    """Edited after the scenario was built from them, they change neither it nor its answers."""
    own = build()
    mine = {name: getattr(own, name).copy() for name in ("stations", "units", "zones", "incidents")}
    taken = {name: table.copy(deep=False) for name, table in mine.items()}
    scenario = fp.Scenario(own.roads, **taken, name="two")
    wanted = answers(scenario)
    for table, edit, column, row in edits:
        attempt(mine.get(table, mine["zones"]), edit, column, row)
        attempt(taken.get(table, taken["zones"]), edit, column, row)
    same(answers(scenario), wanted)


@settings(max_examples=tries(15), deadline=None)
@given(edits=st.lists(EDITING, min_size=1, max_size=4))
def test_tables_of_results_are_the_editors_own(edits):
    scenario = build()
    assessed = fp.assess(scenario, standard=STANDARD)
    compared = fp.compare(scenario, scenario.apply(fp.RemoveUnit("E2"), name="less"), standard=STANDARD)
    tables = [
        lambda: assessed.zones, lambda: assessed.stations, lambda: compared.zones, compared.gains, compared.summary,
        compared.changes, assessed.summary, lambda: fp.first_due(scenario),
    ]  # fmt: skip
    before = [ask().copy() for ask in tables]
    for number, edit, column, row in edits:
        attempt(tables[(len(number) + column) % len(tables)](), edit, column, row)
    for ask, wanted in zip(tables, before, strict=True):
        found = ask()
        pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(wanted), check_exact=True)
        assert getattr(found, "crs", None) == getattr(wanted, "crs", None)


def test_a_siting_hands_out_views():
    town = fp.examples.line_town()
    sites = fp.siting.grid_sites(town, spacing_m=500)
    found = fp.siting.max_coverage(town, stations=1, candidates=sites, within_s=120)
    before = {name: getattr(found, name).copy() for name in ("sites", "set_aside", "runner_ups", "curve", "chosen")}
    for name in before:
        for edit in EDITS:
            for column in range(len(before[name].columns)):
                if len(before[name]):
                    attempt(getattr(found, name), edit, column, 0)
    for name, wanted in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(found, name)), pd.DataFrame(wanted))
    assert pickle.loads(pickle.dumps(found)).plan == found.plan


def test_a_view_that_outlives_its_scenario_can_still_be_edited():
    """Its buffers are barred from writing, but pandas knows that and copies first."""
    stations = build().stations
    units = build().units.assign(note="")
    calls = build().incidents["call_type"]
    gc.collect()
    stations.loc["S1", "open"] = False
    stations.loc["S1", "geometry"] = ELSEWHERE
    units.loc["E1", "crew"] = 9
    calls.iloc[0] = "other"
    stations.loc["S2", "open"] = False
    assert stations["open"].tolist() == [False, False]
    assert stations.geometry.iloc[0] == ELSEWHERE
    assert units["crew"].loc["E1"] == 9
    assert calls.tolist()[:2] == ["other", "ems"]


def test_handing_out_copies_no_data():
    scenario = build()
    one, other_one = scenario.zones, scenario.zones
    assert one is not other_one
    assert np.shares_memory(one["population"].to_numpy(), other_one["population"].to_numpy())
    assert np.shares_memory(one.geometry.array._data, other_one.geometry.array._data)


def test_a_change_that_edits_its_table_in_place_changes_nothing_of_the_parent():
    class Careless:
        def __str__(self):
            return "edit in place"

        def __call__(self, tables):
            units = tables.units
            units.loc["E1", "station_id"] = "S2"
            return tables._replace(units=units)

    scenario = build()
    answers(scenario)
    moved = scenario.apply(Careless())
    assert moved.units.loc["E1", "station_id"] == "S2"
    wanted = fp.first_due(scenario.apply(fp.MoveUnit("E1", to="S2")))
    pd.testing.assert_frame_equal(fp.first_due(moved), wanted)
    same(answers(scenario), AS_BUILT)


def copies():
    return {
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda s: pickle.loads(pickle.dumps(s)),
        "replace": dataclasses.replace,
    }


@pytest.mark.parametrize("way", sorted(copies()))
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_copy_is_the_scenario(way, asked_before):
    scenario = build()
    if asked_before:
        answers(scenario)
    copied = copies()[way](scenario)
    same(answers(copied), AS_BUILT)
    assert (copied.name, copied.changes, copied.source) == (scenario.name, scenario.changes, scenario.source)
    assert copied.roads.fingerprint == scenario.roads.fingerprint
    for hand in HANDED.values():
        for edit in ("array", "data", "loc", "whole column", "shared"):
            for column in range(len(hand(copied).columns)):
                attempt(hand(copied), edit, column, 0)
    same(answers(copied), AS_BUILT)
    same(answers(scenario), AS_BUILT)
    with pytest.raises(ValueError, match="read-only"):
        copied.roads.there_s[0] = 1.0


def test_pickling_keeps_who_shares_what():
    scenario = build()
    child = scenario.apply(fp.ScaleDemand(2.0))
    one, two = pickle.loads(pickle.dumps((scenario, child)))
    assert two.parent is one
    assert two.memo is one.memo
    assert two.roads is one.roads
    assert len(pickle.dumps(child)) < 1.5 * len(pickle.dumps(scenario))


def test_replacing_a_table_or_the_roads_gives_the_answers_of_the_new_ones():
    scenario = build()
    answers(scenario)
    stations = scenario.stations
    stations.loc["S2", "open"] = False
    closed = dataclasses.replace(scenario, stations=stations, units=scenario.units.drop(index="E2"), name="closed")
    pd.testing.assert_frame_equal(
        fp.first_due(closed), fp.first_due(scenario.apply(fp.CloseStation("S2"))), check_dtype=False
    )
    slow = dataclasses.replace(scenario, roads=scenario.apply(fp.ScaleSpeeds(0.5)).roads)
    pd.testing.assert_frame_equal(fp.first_due(slow), fp.first_due(scenario.apply(fp.ScaleSpeeds(0.5))))
    same(answers(scenario), AS_BUILT)


def test_what_replaces_a_table_is_checked_also_where_there_is_a_parent():
    scenario = build()
    assert scenario.parent is not None
    with pytest.raises(TableError, match="E1"):
        dataclasses.replace(scenario, units=scenario.units.assign(station_id="S9"))


def test_a_network_made_by_replace_does_not_follow_the_callers_array():
    roads = build().roads
    times = roads.there_s * 2
    slow = dataclasses.replace(roads, there_s=times)
    before = slow.fingerprint
    times[:] = 1.0
    assert slow.there_s[0] == roads.there_s[0] * 2
    assert dataclasses.replace(slow).fingerprint == before != roads.fingerprint


def test_arrays_of_a_network_cannot_be_written_to_by_a_view_of_theirs():
    own = np.arange(3.0)
    view = own[:]
    view.flags.writeable = False
    frozen = freeze_array(view)
    own[0] = 9.0
    assert frozen[0] == 0.0
    assert freeze_array(frozen) is frozen


def test_a_frozen_table_is_its_own_copy_and_travels():
    frozen = freeze(pd.DataFrame({"x": [1.0, 2.0], "t": pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True)}))
    assert copy.deepcopy(frozen) is frozen
    arrived = pickle.loads(pickle.dumps(frozen))
    pd.testing.assert_frame_equal(arrived.view(), frozen.view())
    assert arrived.token is not frozen.token
    with pytest.raises(ValueError, match="read-only"):
        arrived.view()["x"].array[0] = 5.0
