"""Names of the release before go on working, and say what to write instead."""

import inspect

import pytest

import fireplan as fp


def test_a_cut_off_was_called_a_limit():
    town = fp.examples.line_town()
    with pytest.warns(DeprecationWarning, match=r"travel_times\(within_s=\) is now cutoff_s=") as told:
        before = fp.travel_times(town, within_s=100)
    assert told[0].filename == __file__
    assert before.identical(fp.travel_times(town, cutoff_s=100))


def test_both_names_at_once_are_refused():
    with pytest.raises(TypeError, match="both cutoff_s and its former name within_s"):
        fp.travel_times(fp.examples.line_town(), within_s=100, cutoff_s=100)


def test_help_shows_the_new_name_alone():
    assert list(inspect.signature(fp.travel_times).parameters) == ["scenario", "to", "cutoff_s", "periods"]
