"""A day on a page: refused with the reason where there is none, and told truly where there is one."""

import re

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import maps
from fireplan.maps._layers.day_of_units import COLUMNS, OF_CALLS
from fireplan.wording import count
from tests.support.histories import NOON, SmallHistory, department, history, went
from tests.support.map_pages import _integers

FAR, NEAR = (-140.0, 30.03), (-140.0, 30.01)
TOWN = department(E1=("engine", 4), E2=("engine", 4), M1=("ambulance", 2))
ROWS = (
    went("a", "E1", 0, 60, 120, 420, 1200),
    went("b", "M1", 100, 130, 150, 300, 400),
    went("c", "E2", 900, 930, 960, 1000, 1100),
    went("c", "OX9", 900, 930, 960, 1400, 1500),
)
SEEN = history(*ROWS, points=[FAR, None, NEAR])
DAY = {"day": "2025-03-03", "policy": fp.Policy(aid_received=True)}


def of(data, key, names):
    """Packed rows as a table."""
    flat = np.array([*_integers(data[key])]).reshape(-1, len(names))
    return pd.DataFrame(flat, columns=list(names))


@pytest.fixture(scope="module")
def page():
    return maps.playback(SEEN, TOWN, **DAY)


def test_what_is_packed_is_what_happened(page):
    calls = of(page.day, "calls", OF_CALLS)
    assert (calls["begins"] - calls["begins"][0]).tolist() == [0, 100, 900]
    assert calls["begins"][0] == 12 * 3600
    assert calls["lasts"].tolist() == [1200, 300, 600]
    assert (calls["place"] < 0).tolist() == [False, True, False]
    assert calls["reached"].tolist() == [420, 200, 100]
    assert calls["late"].tolist() == [120 + 240, -1, -1]  # three hundred seconds of travel, of which 240 are allowed
    spells = of(page.day, "spells", COLUMNS)
    assert (spells[spells["unit"] < 3].groupby("unit")["lasts"].sum() == 86400).all()
    way = spells[spells["way"] >= 0]
    assert (way["is_there"] > way["sets_out"]).all()
    assert (way["place"] == -1).all()
    assert page.day["units"]["names"] == ["E1", "E2", "M1", "OX9"]
    assert page.day["own"] == 3


def test_the_footer_adds_up_and_says_what_is_estimated(page):
    text = page.footer.method
    assert "3 calls: 2 drawn; 1 without a place, listed only." in text
    assert "4 responses: 3 of the department's units; 1 of others', drawn at the call alone." in text
    assert "asked of 3 calls: 1 in time; 1 late; 1 without that time." in text
    assert "estimated" in text
    for whole, parts in re.findall(r"(\d+) (?:calls|responses): ([^.]*)\.", text):
        assert sum(map(int, re.findall(r"(?:^|; )(\d+)", parts))) == int(whole)


def test_the_table_by_the_hour_says_what_the_strip_shows(page):
    head, *rows = page.hours
    assert len(rows) == 24
    assert sum(int(row[1]) for row in rows) == 3
    noon = rows[12]
    assert noon[:3] == ("12:00", "3", "2")
    assert float(noon[3]) == round((1140 + 270 + 170) / 3600, 1)
    assert {row[2] for i, row in enumerate(rows) if i != 12} == {"0"}
    assert "at most 2 of 3 units out at once" in page.subtitle
    assert head[0] == "From"


def test_it_is_restricted_and_no_address_number_or_type_of_a_call_is_in_it(page):
    given = SmallHistory(
        SEEN.incidents.assign(call_type="CARDIAC ARREST", address="12 Elm Street"), SEEN.responses, SEEN.timezone
    )
    text = maps.playback(given, TOWN, **DAY).to_html()
    assert "CARDIAC" not in text
    assert "Elm Street" not in text
    assert "RESTRICTED" in text
    assert maps.playback(SEEN, TOWN, profile="internal", **DAY).footer.notice.startswith("RESTRICTED")
    with pytest.raises(fp.FireplanError, match="there is no public page"):
        maps.playback(SEEN, TOWN, profile="public", **DAY)
    assert page.footer.basis == "observed"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"day": "2025-03-05"}, "there are 1 day with calls, 2025-03-03 to 2025-03-03, the nearest 2025-03-03"),
        ({}, "give day, such as"),
        ({"day": "2025-03-03", "start": "2025-03-03 10:00"}, "or else start"),
        ({"day": "soon"}, "write it as '2025-07-04'"),
        ({"start": "2025-03-03", "end": "2025-03-11"}, "more than a week after start"),
        ({"start": "2025-03-03", "end": "2025-03-03"}, "no later than it starts"),
        ({"start": "soon"}, "start is 'soon'"),
        ({"day": "2025-03-03", "end": "2025-03-04"}, "it goes with start"),
        ({"start": "2025-03-03 00:00", "end": "2025-03-03 02:00"}, "nothing is on record 3 March 2025 00:00 to 02:00"),
        (
            {"day": "2025-03-03", "objective": fp.Objective("x", "Force", 480, needs={"engine": 2})},
            "for the first unit of one kind",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(asked, said):
    with pytest.raises(fp.FireplanError, match=re.escape(said)):
        maps.playback(SEEN, TOWN, policy=DAY["policy"], **asked)


def test_more_responses_than_a_page_carries_are_refused(monkeypatch):
    monkeypatch.setattr("fireplan.maps._views.playback.MOST_RESPONSES", 3)
    with pytest.raises(fp.FireplanError, match=r"4 responses in these hours are more than a page carries \(3\)"):
        maps.playback(SEEN, TOWN, **DAY)


def test_a_week_is_shown_and_without_an_end_a_day():
    asked = {"policy": DAY["policy"], "start": "2025-03-03"}
    assert maps.playback(SEEN, TOWN, end="2025-03-10", **asked).day["length"] == 7 * 86400 - 3600  # clocks go forward
    day = maps.playback(SEEN, TOWN, **asked)
    assert day.day["length"] == 86400
    assert day.title.startswith("Monday 3 March 2025, observed")


def test_a_history_without_units_and_a_town_without_any_are_refused():
    bare = SEEN.responses.drop(columns="unit_id").drop_duplicates("incident_id")
    with pytest.raises(fp.FireplanError, match="one row per incident"):
        maps.playback(SmallHistory(SEEN.incidents, bare), TOWN, **DAY)
    empty = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units.iloc[:0], TOWN.zones)
    with pytest.raises(fp.FireplanError, match="has no units"):
        maps.playback(SEEN, empty, **DAY)


@pytest.mark.parametrize(
    ("day", "hours", "zones"), [("2025-03-09", 23, ["PST", "PDT"]), ("2025-11-02", 25, ["PDT", "PST"])]
)
def test_the_day_on_which_clocks_change_is_as_long_as_it_is(day, hours, zones):
    noon = pd.Timestamp(f"{day} 12:00", tz="America/Los_Angeles").tz_convert("UTC")
    seen = history(went("a", "E1", 0, 60, 120, 420, 1200, at=noon), points=[FAR])
    page = maps.playback(seen, TOWN, day=day)
    assert page.day["length"] == hours * 3600
    (first, second) = page.day["clocks"]
    assert [first[2], second[2]] == zones
    assert second[1] - first[1] == (60 if hours == 23 else -60)
    call = of(page.day, "calls", OF_CALLS)["begins"][0]
    assert call + second[1] * 60 - first[1] * 60 == 12 * 3600  # noon by the clock on the wall
    assert sum(int(row[1]) for row in page.hours[1:]) == 1


def test_a_name_of_a_neighbour_at_two_calls_at_once_stands_at_both():
    rows = [went("a", "OX9", 0, 60, 120, 300, 1200), went("b", "OX9", 100, 130, 150, 400, 900), ROWS[2]]
    page = maps.playback(history(*rows, points=[FAR, NEAR, NEAR]), TOWN, **DAY)
    assert page.day["units"]["names"] == ["E1", "E2", "M1", "OX9", "OX9"]


def test_it_says_whether_a_day_is_observed_replayed_or_simulated():
    weeks = [went(f"d{i}", "E1", 0, 60, 120, 420, 1200, at=NOON + pd.Timedelta(days=i)) for i in range(14)]
    seen = history(*weeks, points=[FAR] * 14)
    again = fp.replay(TOWN, seen)
    shown = {
        "Observed": maps.playback(seen, TOWN, day="2025-03-04"),
        "Replayed": maps.playback(again, TOWN, day="2025-03-04"),
    }
    made = fp.simulate(TOWN, seen, days=2, replications=2, seed=3)
    first = made.responses["received"].min().tz_convert(made.timezone)
    shown["Simulated"] = maps.playback(made, TOWN, day=first.date())
    for word, page in shown.items():
        assert page.day["basis"] == word
        assert word.lower() in page.title
        assert word == "Observed" or f"{word}, not observed" in page.footer.method
    assert "replication 1 of 2, seed 3" in shown["Simulated"].footer.method


def test_the_same_day_gives_the_same_bytes_and_shows_itself_in_a_notebook(page):
    assert page.to_html() == maps.playback(SEEN, TOWN, **DAY).to_html()
    assert page._repr_html_().startswith("<iframe")


def test_objectives_of_other_calls_hold_none(page):
    fires = fp.Objective("x", "First engine", 240, categories=("rescue",))
    other = maps.playback(SEEN, TOWN, objective=fires, **DAY)
    assert "asked of none of these calls" in other.footer.method
    assert (of(other.day, "calls", OF_CALLS)["late"] == -1).all()
    assert count(3) in page.subtitle
