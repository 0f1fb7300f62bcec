"""The ledger of what was published, and what it lets a page show."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan import disclosure, maps
from fireplan.disclosure import (
    Publication,
    Publications,
    PublishedFigure,
    TableScope,
    publishable,
    read_publications,
    record_publications,
)
from fireplan.disclosure._page_series import coarse
from fireplan.disclosure._series import RecordSet, small_differences
from fireplan.errors import InputError
from fireplan.maps._pages.disclosure_profile import for_audience, without_counts
from fireplan.maps._views.performance import NO_FIGURE
from tests.support.histories import department, history, went

JANUARY, MARCH = dt.date(2026, 1, 1), dt.date(2026, 3, 1)
ONE = Publication(
    dt.date(2026, 12, 1), "table", 'Calls "by" station\x7f\\', categories=("ems",),
    figures=(PublishedFigure("S1", JANUARY, MARCH, (("n", 44.0),)), PublishedFigure("é", None, None, ())),
    checked=Publications().mark,
)  # fmt: skip


@pytest.fixture
def file(tmp_path):
    return tmp_path / "publications.toml"


def test_what_was_recorded_is_read_back(file):
    assert read_publications(file) == Publications()
    record_publications(file, [])
    assert not file.exists()
    record_publications(file, ONE)
    two = disclosure.Publication(JANUARY, "incidents", checked=Publications((ONE,)).mark)
    record_publications(file, [two])
    assert read_publications(file) == Publications((ONE, two))
    assert read_publications(file).mark == Publications((ONE, two)).mark


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: "", "has format"),
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace("44.0", "43.0"), "not as it was written"),
        (lambda text: text.replace("44.0", "nan"), "publication 1 is damaged"),
        (lambda text: text.replace("2026-01-01", '"soon"'), "publication 1 is damaged"),
        (lambda text: text.replace("format = 1", "format = 2"), "has format '2', not 1"),
        (lambda text: text[: text.index("mark =")], "lacks publications or its mark"),
        (lambda text: text.replace("format = 1", "format = 1\nmore = 2"), "holds more"),
        (lambda text: text.replace('measure = "n", ', ""), "publication 1 is damaged"),
        (lambda _: "[" * 100_000, "damaged"),
    ],
)
def test_a_damaged_ledger_is_never_an_empty_one(file, damage, said):
    record_publications(file, ONE)
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    before = file.read_bytes()
    with pytest.raises(InputError, match=said) as told:
        read_publications(file)
    assert "docs/publishing.md" in str(told.value)
    with pytest.raises(InputError):
        record_publications(file, ONE)
    assert file.read_bytes() == before


def test_what_is_no_file_is_no_empty_ledger(file, tmp_path):
    file.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_publications(file)
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "gone.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_publications(link)
    file.rmdir()
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_publications(file)


def test_of_two_runs_that_checked_the_same_ledger_one_is_refused(file):
    def run(title):
        try:
            record_publications(file, Publication(JANUARY, "table", title, checked=Publications().mark))
        except InputError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(run, "abcdefgh"))
    assert said.count("") == 1
    assert all("another run has published meanwhile" in text for text in said if text)
    assert len(read_publications(file)) == 1


def test_what_cannot_be_written_leaves_the_ledger_as_it_was(file, tmp_path):
    with pytest.raises(InputError, match="cannot be locked"):
        record_publications(tmp_path / "nowhere" / "publications.toml", ONE)
    assert not file.exists()


@pytest.mark.parametrize(
    ("asked", "n", "seen", "tells"),
    [
        (RecordSet(0, 11), 105, [(RecordSet(0, 10), 100)], True),
        (RecordSet(0, 11), 111, [(RecordSet(0, 10), 100)], False),
        (RecordSet(0, 20), 161, [(RecordSet(0, 10), 100), (RecordSet(10, 20), 60)], True),
        (RecordSet(0, 10), 100, [(RecordSet(0, 10, frozenset({"ems"})), 95)], True),
        # other than medical calls between the two days, from four figures
        (
            RecordSet(0, 20, frozenset({"ems"})), 125,
            [(RecordSet(0, 10, frozenset({"ems"})), 50), (RecordSet(0, 10), 120), (RecordSet(0, 20), 200)], True,
        ),
        (RecordSet(10, 30), 100, [(RecordSet(0, 20), 95)], False),
        (RecordSet(0, 10, None, frozenset({"1"})), 100, [(RecordSet(0, 10), 104)], True),
        (RecordSet(0, 10), 100, [], False),
    ],
)  # fmt: skip
def test_sums_and_differences_that_count_records_once(asked, n, seen, tells):
    assert small_differences(asked, float(n), seen) is tells


def calls(zones):
    """Calls to zones, so many on each day; travel takes 100 s, 101 s and so on."""
    rows, points = [], []
    for zone, by_day in zones.items():
        for day, many in enumerate(by_day):
            for i in range(many):
                start = day * 86_400 + 60 * i
                arrived = start + 220 + (7 * len(rows)) % 100
                rows.append(went(f"I{zone}-{day}-{i}", "E1", start, start + 60, start + 120, arrived, start + 2000))
                points.append((-140.0, 30.0005 + 0.001 * zone))
    return history(*rows, points=points)


@pytest.fixture(scope="module")
def dept():
    return department(E1=("engine", 4))


def said_of(page, label):
    (layer,) = [m for m in page._children.values() if "p90" in getattr(m, "layer_name", "")]
    return layer.data["cells"][layer.data["labels"].index(label)]


def test_a_percentile_changes_only_with_eleven_new_records(dept):
    first = maps.performance(calls({0: [130], 3: [12]}), dept, profile="public")
    series = Publications().adding(first.publications)
    assert said_of(first, "90th percentile")[0] == "3:00"
    # twelve records carry no percentile; a zone without any looks like that
    assert said_of(first, "90th percentile")[3] == said_of(first, "90th percentile")[7] == NO_FIGURE
    assert said_of(first, "Days counted")[0] == "2025-03-03 to 2025-03-03"
    for new, days in ((1, "2025-03-03 to 2025-03-03"), (11, "2025-03-03 to 2025-03-04")):
        # the zone's figure is that of the first page, until there are eleven new records in it, whatever came elsewhere
        later = maps.performance(calls({0: [130, new], 3: [12, 30]}), dept, profile="public", published=series)
        assert said_of(later, "Days counted")[0] == days
        assert said_of(later, "Median")[3] != NO_FIGURE
    text = later.to_html()
    assert "(n =" not in text
    assert "n =" not in later.subtitle
    assert later.subtitle == "90 % within 3:00 travel time (2025-03-03 to 2025-03-04)"
    assert "incidents received" not in text


def test_times_are_to_half_a_minute():
    assert [coarse(s) for s in (0.0, 14.9, 15.0, 44.9, 45.0, 187.0, -20.0)] == [0, 0, 30, 30, 60, 180, -30]
    assert np.isnan(coarse(np.nan))


def test_other_zones_than_those_published_are_refused(dept):
    first = maps.performance(calls({0: [130]}), dept, profile="public")
    moved = dept.zones.assign(geometry=dept.zones.geometry.translate(0, 1e-4))
    other = fp.Scenario(dept.roads, dept.stations, dept.units, moved)
    with pytest.raises(InputError, match="two sets of zones give small counts away"):
        maps.performance(
            calls({0: [130]}), other, profile="public", published=Publications().adding(first.publications)
        )


def points(n, *, spread=0.0, seed=0):
    rng = np.random.default_rng(seed)
    middle = h3.cell_to_latlng(h3.latlng_to_cell(30.005, -140.0, 9))[::-1]
    xy = np.array(middle) + rng.normal(0, 1e-4 + spread, (n, 2))
    day = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 30, n), unit="D")
    return gpd.GeoDataFrame({"received": day, "category": "ems"}, geometry=shapely.points(xy), crs=4326)


def test_a_map_of_incidents_stays_until_there_are_eleven_more(dept):
    table = points(60)
    late = points(11, seed=2).assign(received=pd.Timestamp("2026-02-02", tz="UTC"))
    first = maps.incidents(dept, table=table, profile="public")
    series = Publications().adding(first.publications)
    for more, n in ((1, 60), (10, 60), (11, 71)):
        page = maps.incidents(dept, table=pd.concat([table, late.iloc[:more]]), profile="public", published=series)
        assert page.subtitle == f"n = {n} incidents shown"
    assert page.publications[0].checked == series.mark
    # without days nobody can tell what is new
    timeless = table.drop(columns="received")
    again = maps.incidents(dept, table=timeless, profile="public", published=series)
    assert not again.publications[0].figures


def test_runs_are_shown_again_until_there_are_eleven_more(dept):
    table = points(41).assign(predicted_s=100.0, observed_s=140.0)
    first = maps.residuals(table.iloc[:30], dept, profile="public")
    series = Publications().adding(first.publications)
    slow = table.assign(observed_s=300.0)
    slow.loc[30:, "received"] = pd.Timestamp("2026-02-02", tz="UTC")
    assert first.subtitle == "Half of the runs within about 0:30 of what was predicted; the median run 0:30 slower"
    assert maps.residuals(slow.iloc[:40], dept, profile="public", published=series).subtitle == first.subtitle
    assert "3:30 slower" in maps.residuals(slow, dept, profile="public", published=series).subtitle


@pytest.mark.parametrize("kept", ["as made", "without counts", "read again", "with people", "other ids"])
def test_hexagons_of_incidents_are_no_zones_of_a_public_page(dept, kept, tmp_path):
    table = points(300, spread=0.004)
    zones = fp.demand.hexagons(table, resolution=9)
    if kept == "without counts":
        zones = zones.drop(columns="incidents").assign(population=10.0)
    if kept == "with people":
        zones = zones.assign(population=10.0)
    if kept == "read again":
        zones.reset_index().to_file(tmp_path / "zones.geojson", driver="GeoJSON", COORDINATE_PRECISION=6)
        zones = gpd.read_file(tmp_path / "zones.geojson").set_index("zone_id")
    if kept == "other ids":
        zones = zones.set_index(pd.Index([f"Z{i}" for i in range(len(zones))], name="zone_id"))
    city = fp.Scenario(dept.roads, dept.stations, dept.units, zones)
    with pytest.raises(InputError, match="hexagons counted from incidents"):
        maps.coverage(fp.assess(city, standard=fp.standards.NFPA_1710), profile="public")


def test_all_hexagons_of_a_city_are_zones_as_any_other(dept):
    cells = h3.grid_disk(h3.latlng_to_cell(30.01, -140.0, 9), 3)
    outlines = [shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(c)]) for c in sorted(cells)]
    zones = gpd.GeoDataFrame({"population": 5.0}, geometry=outlines, index=sorted(cells), crs=4326)
    city = fp.Scenario(dept.roads, dept.stations, dept.units, zones.rename_axis("zone_id"), incidents=incidents_of(9))
    assert for_audience(city, "public").incidents is None


def incidents_of(n):
    return points(n).rename(index=lambda i: f"I{i}").rename_axis("incident_id")


def test_places_of_incidents_are_no_zones_of_a_public_page(dept):
    zones = fp.demand.from_incidents(incidents_of(20))
    city = fp.Scenario(dept.roads, dept.stations, dept.units, zones)
    with pytest.raises(InputError, match="are the places of incidents"):
        for_audience(city, "public")


def test_how_many_runs_drives_were_learnt_from_is_not_said():
    said = "Drive times: median error 31 s, p90 101 s, held out (n = 1,089)"
    assert without_counts(said) == "Drive times: median error 31 s, p90 101 s, held out"


SCOPE = {"start": JANUARY, "title": "Calls"}


def table(**counts):
    return pd.DataFrame({"station": list(counts), "n": list(counts.values())})


def test_a_table_shows_the_earlier_one_until_eleven_more_came():
    shown, entry = publishable(table(S1=60, S2=45), by="station", of=TableScope(end=MARCH, **SCOPE))
    assert shown["n"].tolist() == [60, 45]
    series = Publications().adding([entry])
    april = TableScope(end=dt.date(2026, 4, 1), **SCOPE)
    again, none = publishable(table(S1=63, S2=52), by="station", of=april, published=series)
    assert again["n"].tolist() == [60, 45]  # ten more in all
    assert (again.attrs["again"], again.attrs["days"]) == (True, "2026-01-01 to 2026-02-28")
    assert none.figures == ()
    part, _ = publishable(table(S1=63, S2=145), by="station", of=april, published=series)
    assert part["n"].tolist() == [60, 45]  # with the total, the hundred more of S2 would tell the three more of S1
    assert part.attrs["again"]
    more, _ = publishable(table(S1=71, S2=145), by="station", of=april, published=series)
    assert more["n"].tolist() == [71, 145]
    assert more.attrs["days"] == "2026-01-01 to 2026-03-31"


def test_windows_that_roll_and_records_that_were_corrected_show_the_earlier_table():
    of = TableScope(end=MARCH, **SCOPE)
    _, entry = publishable(table(S1=60, S2=45), by="station", of=of)
    series = Publications().adding([entry])
    rolled = TableScope("Calls", dt.date(2026, 1, 15), dt.date(2026, 4, 1))
    for scope, counts in (
        (rolled, {"S1": 160, "S2": 145}),
        (of, {"S1": 61, "S2": 45}),
        (TableScope(end=dt.date(2026, 4, 1), **SCOPE), {"S1": 59, "S2": 145}),
        (TableScope("Calls"), {"S1": 160, "S2": 145}),
    ):
        shown, _ = publishable(table(**counts), by="station", of=scope, published=series)
        assert shown["n"].tolist() == [60, 45]
    other, _ = publishable(
        table(S1=160, S2=145), by="station", of=TableScope("Runs", rolled.start, rolled.end), published=series
    )
    assert other["n"].tolist() == [160, 145]


def test_groups_that_are_all_of_one_part_are_left_out_and_times_are_coarse():
    rows = pd.DataFrame(
        {"station": ["S1", "S2", "S3"], "met": [40, 30, 120], "missed": [0, 20, 30], "p90_s": [217.0, 226.0, 314.0],
         "median_s": [100.0, 101.0, 106.0]}
    )  # fmt: skip
    shown, entry = publishable(rows, by="station", counts=["met", "missed"], times=["p90_s", "median_s"])
    assert shown["met"].isna().tolist()[0]
    assert shown["p90_s"].isna().tolist() == [True, True, False]
    assert shown["p90_s"].tolist()[2] == 300.0
    assert shown["median_s"].tolist()[2] == 120.0
    assert len(entry.figures) == 3
    with pytest.raises(InputError, match="column 'p50_s' of times is missing"):
        publishable(rows, by="station", counts="met", times="p50_s")
    with pytest.raises(InputError, match="give the first, and the one after the last"):
        publishable(rows, by="station", counts="met", of=TableScope(start=MARCH, end=JANUARY))


# --- what an attacker found who had only the tables


def parted(of, published=None, *, by="station", start=JANUARY, end=MARCH, objective="240 s", **counts):
    """Publish counts of met and missed, such as S1=(40, 20); what is shown of each, and the ledger after it."""
    rows = pd.DataFrame(
        {by: list(counts), "met": [n for n, _ in counts.values()], "missed": [n for _, n in counts.values()]}
    )
    scope = TableScope(of, start, end, objective=objective)
    shown, entry = publishable(rows, by=by, counts=["met", "missed"], of=scope, published=published)
    told = {
        row[0]: row[1:] for row in shown[[by, "met", "missed"]].itertuples(index=False) if pd.notna(list(row)).all()
    }
    return told, (published if published is not None else Publications()).adding([entry]), shown.attrs


def test_a_group_all_of_one_part_does_not_follow_from_the_total():
    told, _, _ = parted("Calls", hazmat=(28, 0), ems=(200, 60), fire=(100, 30))
    assert set(told) == {"ems"}  # hazmat alone would be what ems and fire are less than all
    told, _, _ = parted("Calls", hazmat=(28, 0), alarm=(40, 0), ems=(200, 60), fire=(100, 30))
    assert set(told) == {"ems"}  # the two of them together, too
    told, _, _ = parted("Calls", hazmat=(28, 0), rescue=(20, 14), ems=(200, 60), fire=(100, 30))
    assert set(told) == {"ems", "fire"}


def test_of_two_columns_no_group_of_one_part_follows_from_any_total():
    rows = pd.DataFrame(
        [(s, k, 40 + i, 20 + j) for i, s in enumerate("ABC") for j, k in enumerate("xyz")],
        columns=["station", "kind", "met", "missed"],
    )
    rows.loc[4, ["met", "missed"]] = (45, 0)
    shown, _ = publishable(rows, by=["station", "kind"], counts=["met", "missed"])
    hidden = shown["missed"].isna()
    assert hidden[4]
    for column in ("station", "kind"):
        for value in rows[column].unique():
            line = (rows[column] == value) & hidden
            assert not line.any() or rows.loc[line, "missed"].sum() >= 11


def test_what_came_all_of_one_part_is_not_told():
    first, series, _ = parted("Calls", ems=(177, 51), fire=(86, 30), hazmat=(36, 19))
    april = dt.date(2026, 4, 1)
    again, _, attrs = parted("Calls", series, end=april, ems=(212, 51), fire=(100, 50), hazmat=(50, 40))
    assert again == first  # all 35 that came to ems were met
    assert attrs["again"]
    more, _, _ = parted("Calls", series, end=april, ems=(212, 71), fire=(100, 50), hazmat=(50, 40))
    assert more["ems"] == (212, 71)


def test_what_came_between_two_tables_follows_from_no_table_of_a_third_window():
    def of(days, published=None, **counts):
        start, end = (JANUARY + dt.timedelta(days=day) for day in days)
        return parted("Calls", published, start=start, end=end, **counts)

    _, series, _ = of((0, 10), A=(40, 30), B=(40, 30))
    _, series, _ = of((20, 30), series, A=(40, 30), B=(40, 30))
    _, _, attrs = of((0, 30), series, A=(100, 60), B=(120, 90))
    assert attrs["again"]  # from day 10 to 20 all 20 of A were met
    told, _, _ = of((0, 30), series, A=(100, 80), B=(120, 90))
    assert told["A"] == (100, 80)


def test_limits_that_change_from_day_to_day_tell_no_small_count_of_records():
    _, series, _ = parted("Calls", A=(100, 60), B=(90, 50))
    april = dt.date(2026, 4, 1)
    told, _, _ = parted("Calls", series, end=april, objective="300 s", A=(125, 38), B=(115, 45))
    assert told == {}  # three came to A, and twenty to B
    told, _, _ = parted("Calls", series, objective="300 s", A=(125, 38), B=(115, 25))
    assert told == {}  # of the same days three more of A
    told, _, _ = parted("Calls", series, objective="300 s", A=(125, 35), B=(115, 25))
    assert set(told) == {"A", "B"}


def test_a_sum_of_what_two_limits_hide_is_no_small_count_either():
    _, series, _ = parted("Calls", A=(100, 60), B=(90, 50), C=(300, 200), D=(400, 300))
    told, _, _ = parted(
        "Calls", series, objective="245 s", A=(102, 58), B=(93, 47), C=(330, 170), D=(460, 240)
    )  # fmt: skip
    assert set(told) == {"D"}  # A and B together: five were reached between the limits


def test_the_ledger_says_at_its_head_that_it_is_not_for_publication(file):
    record_publications(file, parted("Calls", A=(100, 60))[1].entries)
    assert file.read_text(encoding="utf-8").splitlines()[0].startswith("# RESTRICTED: holds counts that were not shown")
