"""What is said of turns and hours wherever their figures are shown."""

from dataclasses import replace

import pytest

import fireplan as fp
from fireplan.errors import InputError
from fireplan.report._methods_text import methods
from fireplan.roads import SpeedPeriod, TurnDelays

TOWN = fp.examples.line_town()


def with_turns(turns, delays=None):
    return replace(TOWN, roads=TOWN.roads.with_turns(turns, delays), name=turns)


@pytest.mark.parametrize(("turns", "how"), [("exact", "each by itself"), ("mean", "as a mean at every junction")])
def test_turns_are_told_in_notes_on_maps_and_in_reports(turns, how):
    town = with_turns(turns, TurnDelays())
    said = f"turns count {how}: left 4 s, right 2 s, signal 4 s, stop sign 3 s, give way 1 s, roundabout 2 s (assumed)"
    found = fp.assess(town, standard="NFPA_1710")
    assert found.notes()[1].startswith(said)
    assert said[1:] in fp.maps.coverage(found).footer.method
    assert said[1:] in methods(town.roads)[0]
    assert methods(town.roads)[0].endswith("Not modelled: traffic, time of day.")


def test_a_citys_own_delays_are_not_called_assumed():
    (said,) = with_turns("exact", TurnDelays(left_s=5.0, drives_on="right")).roads.time_notes
    assert "left 5 s" in said
    assert "assumed" not in said
    (abroad,) = with_turns("exact", TurnDelays(drives_on="left")).roads.time_notes
    assert "(assumed)" in abroad


def test_without_turns_nothing_is_said_of_them_but_that_they_are_left_out():
    assert with_turns("none").roads.time_notes == []
    assert methods(TOWN.roads)[0].endswith("Not modelled: turn delays, traffic, time of day.")
    assert methods(None)[0].endswith("Not modelled: turn delays, traffic, time of day.")


def test_maps_of_a_period_say_that_its_speeds_are_assumed():
    town = TOWN.with_periods(SpeedPeriod("pm peak", hours=(16, 19), factor=0.5))
    peak = town.during("pm peak", incidents=False)
    both = fp.compare(town, peak, standard="NFPA_1710")
    said = "driven as in pm peak (16:00 to 19:00): speeds x 0.5 (assumed)"
    assert said in peak.roads.time_notes[0]
    for page in (fp.maps.difference(both), fp.maps.compare(both)):
        assert said in page.footer.method.replace("Driven", "driven")
    assert methods(town.roads)[0].endswith("as factors on speeds. Not modelled: turn delays.")


@pytest.mark.parametrize("delays", ["4 s", {"left_s": 4}, (1, 2), 4.0])
def test_delays_of_another_kind_are_refused(delays):
    with pytest.raises(InputError, match="delays"):
        TOWN.roads.with_turns("exact", delays)
