"""The map of the week, on a street with an engine by day at one end and one by night at the other."""

import numpy as np
import pytest

import fireplan as fp
from fireplan import maps
from fireplan.maps._layers.chance_tables import CHANCE_BANDS
from tests.support.histories import department
from tests.support.map_pages import areas, cells, colours, layer_data, shown

STANDARD = fp.standards.NFPA_1710


@pytest.fixture(scope="module")
def week():
    town = fp.examples.line_town().apply(
        fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)),
        fp.SetSchedule("Mon-Fri 08:00-20:00", units=("E1",)),
        name="E1 on weekdays",
    )
    return fp.assess(town, standard=STANDARD, at="by hour")


def test_a_zone_says_how_much_of_the_week_it_is_reached_and_when_it_is_not(week):
    drawn, worst = areas(maps.cover_by_hour(week))
    zones = week.zones
    some = int(np.argmin(np.abs(zones["first_engine_share"] - 60 / 168)))  # reached by E1 alone: 60 hours of the week
    always = int(zones["first_engine_share"].argmax())
    assert cells(drawn, "Over the week")[some] == "35.7 % of the week within 4:00"
    assert cells(drawn, "At worst")[some] == "from Mon 00:00: outside"
    assert cells(drawn, "Outside")[some] == "108.0 of 168 h a week"
    assert cells(drawn, "Over the week")[always] == "100 % of the week within 4:00"
    assert cells(drawn, "At worst")[always] == "all hours alike"
    assert cells(drawn, "Outside")[always] == "0.0 of 168 h a week"
    shades = {band.label: band.colour for band in CHANCE_BANDS}
    assert [colours(drawn)[i] for i in (some, always)] == [shades["30 to 50 %"], shades["over 90 %"]]
    assert [colours(worst)[i] for i in (some, always)] == [shades["up to 10 %"], shades["over 90 %"]]


def test_hours_outside_are_those_of_every_state(week):
    zones = week.zones
    outside = [1 - week.at(f"{d} {h:02d}:00").zones["first_engine_within"] for d in ("Mon", "Sun") for h in (12, 3)]
    hours = 60 * outside[0] + 60 * outside[1] + 48 * outside[2]  # weekdays by day and by night, and the weekend
    np.testing.assert_allclose(zones["first_engine_outside_h"], hours)


def test_the_head_and_the_legend_say_the_week_with_its_n(week):
    page = maps.cover_by_hour(week)
    row = week.summary().loc[("first_engine", "population")]
    assert f"of {row['n']:,.0f} people: first engine within 4:00, over the week" in page.subtitle
    assert f"at worst {100 * row['worst_share']:.1f} % from {row['worst_at']}" in page.subtitle
    text = shown(page)
    assert "Part of the week within 4:00" in text
    assert "All hours of the week weigh alike." in text
    held = [float(entry.note.replace(",", "")) for entry in page.legends[0].entries if entry.note]
    assert sum(held) == pytest.approx(row["n"], abs=len(held))


def test_a_town_that_is_alike_at_all_hours_says_so():
    page = maps.cover_by_hour(fp.assess(fp.examples.line_town(), standard=STANDARD, at="by hour"))
    assert page.subtitle.endswith("; all hours alike")
    assert set(cells(areas(page)[0], "At worst")) == {"all hours alike"}


def test_what_no_station_reaches_is_never_reached():
    page = maps.cover_by_hour(fp.assess(department(T1=("truck", 4)), standard=STANDARD, at="by hour"))
    assert set(cells(areas(page)[0], "Over the week")) == set(cells(areas(page)[1], "At worst")) == {"never reached"}
    assert [kind for kind, _ in layer_data(page)].count("polygons") == 2
