"""Calibrations in files: what is written reads back the same, and every fault of a file is told."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.drive_times import (
    MODELS,
    Calibration,
    Draw,
    Estimate,
    HeldOutError,
    LadderStep,
    StationStart,
    StationTurnout,
    TravelSpread,
    TurnoutLaw,
    TurnoutTimes,
    read_calibration,
    write_calibration,
)
from fireplan.errors import InputError, TableError
from fireplan.roads import DriveCurve, SpeedPeriod, TurnDelays

numbers = st.floats(-1e6, 1e6, allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
counts = st.integers(0, 10**7)
estimates = st.builds(Estimate, numbers, numbers, numbers, counts, st.sampled_from(["fitted", "planning"]))
speeds = st.builds(Estimate, st.floats(3, 200), numbers, numbers, counts)
unknown = numbers | st.sampled_from([math.nan, math.inf])
errors = st.builds(HeldOutError, counts, texts, unknown, unknown, unknown, unknown, unknown)
delays = st.builds(TurnDelays, *[st.floats(0, 600)] * 8, st.sampled_from(["right", "left"]))
hundred = st.builds(
    lambda first, last: tuple(np.linspace(first, first + last, 100).tolist()), st.floats(-9, 9), st.floats(0, 900)
)
spreads = st.builds(
    TravelSpread, st.floats(0.01, 3), st.floats(-2, 2), hundred, st.sampled_from(["lognormal", "observed"])
)
periods = st.builds(
    SpeedPeriod,
    st.text("abcdefgh ", min_size=1, max_size=9).map(lambda t: f"p{t}"),
    hours=st.sampled_from([(0.0, 24.0), (7.5, 9.0), (22.0, 6.0)]),
    weekdays=st.sampled_from([(), ("Monday",), ("Saturday", "Sunday")]),
    factor=st.floats(0.05, 3)
    | st.dictionaries(st.sampled_from(["primary", "residential"]), st.floats(0.05, 3), min_size=1),
    basis=texts,
)
places = st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90))
starts = st.builds(StationStart, numbers, counts, texts, places, numbers, numbers)
laws = st.builds(
    TurnoutLaw, texts, texts, st.sampled_from([(0, 24), (7, 22), (22, 7)]), counts, st.floats(0.1, 3600), numbers,
    numbers, st.floats(0, 3),
)  # fmt: skip
crews = st.builds(StationTurnout, st.floats(0.1, 10), numbers, numbers, counts)
turnouts = st.builds(
    TurnoutTimes, counts, st.lists(laws, min_size=1, max_size=3).map(tuple),
    st.dictionaries(texts, crews, max_size=2), hundred, st.sampled_from(["lognormal", "observed"]),
    st.lists(st.tuples(texts, counts), max_size=2).map(tuple), st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip
curves = st.builds(
    DriveCurve, st.floats(0, 600), st.floats(-600, 600), st.floats(0.001, 100), st.floats(0.2, 1.5), st.floats(0, 600)
)
models = st.sampled_from(sorted(MODELS))
steps = st.builds(LadderStep, models, errors, unknown, unknown, st.none() | errors, st.none() | errors)
calibrations = st.builds(
    Calibration, models, errors, texts, texts, texts,
    speeds_kph=st.dictionaries(texts, speeds, max_size=3), factor=st.floats(0.05, 5), curve=curves, delays=delays,
    delay_estimates=st.dictionaries(texts, estimates, max_size=3), periods=st.lists(periods, max_size=2).map(tuple),
    period_estimates=st.dictionaries(texts, estimates, max_size=2), week_sd=numbers, start=st.none() | estimates,
    stations=st.dictionaries(texts, starts, max_size=3), spread=st.none() | spreads,
    draws=st.lists(st.builds(Draw, *[numbers] * 6), max_size=3).map(tuple), turnouts=st.none() | turnouts,
    ladder=st.lists(steps, max_size=2).map(tuple),
    by_station=st.none() | errors, ledger=st.lists(st.tuples(texts, counts), max_size=3).map(tuple), runs=counts,
    first_day=texts, last_day=texts, made=texts, versions=st.dictionaries(texts, texts, max_size=2), seed=counts,
    method=texts, basis=texts, notes=st.lists(texts, max_size=3).map(tuple),
)  # fmt: skip

ERROR = HeldOutError(1919, "days", 0.2, 30.6, 100.4, 0.54)
PLAIN = Calibration("linear", ERROR, network="a", history="b", factor=0.8, runs=1919, basis="invented")


def in_order(value):
    """Every figure of a value, written as text, so that what is not known equals itself."""
    if isinstance(value, TurnoutTimes | SpeedPeriod):
        return [in_order(held) for held in vars(value).values()]
    if isinstance(value, dict):
        return [(key, in_order(held)) for key, held in sorted(value.items())]
    return [in_order(held) for held in value] if isinstance(value, tuple) else repr(value)


@settings(max_examples=tries(100))
@given(calibrations)
def test_what_is_written_reads_back_the_same(tmp_path_factory, made):
    file = tmp_path_factory.mktemp("written") / "calibration.toml"
    back = read_calibration(write_calibration(made, file))
    assert back.fingerprint == made.fingerprint
    for name, held in vars(made).items():
        assert in_order(vars(back)[name]) == in_order(held), name
    first = file.read_bytes()
    assert write_calibration(back, file).read_bytes() == first


def test_equal_calibrations_give_the_same_bytes(tmp_path):
    slow, quick = Estimate(30, 29, 31, 5), Estimate(60.0, 58.0, 62.0, 9)
    one = replace(PLAIN, speeds_kph={"residential": slow, "primary": quick}, week_sd=np.float64(0.5))
    other = replace(PLAIN, speeds_kph={"primary": quick, "residential": Estimate(30.0, 29.0, 31.0, 5)}, week_sd=0.5)
    assert one == other
    assert one.fingerprint == other.fingerprint
    written = [write_calibration(c, tmp_path / f"{i}.toml").read_bytes() for i, c in enumerate((one, other))]
    assert written[0] == written[1]
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_line_ends_and_comments_may_change(tmp_path):
    file = write_calibration(PLAIN, tmp_path / "calibration.toml")
    text = file.read_text(encoding="utf-8")
    file.write_bytes(("# mine\n" + text).replace("\n", "\r\n").encode())
    assert read_calibration(file) == PLAIN


def test_a_file_says_what_it_is_in_its_first_lines(tmp_path):
    head = write_calibration(PLAIN, tmp_path / "calibration.toml").read_text(encoding="utf-8").splitlines()[:3]
    assert head[0] == "# Drive times: median error 31 s, p90 100 s, held out, n = 1,919."
    assert head[1].startswith("# Learnt from 1,919 invented runs; taken: a start and planning speeds")


def changed(tmp_path, *edits):
    file = write_calibration(replace(PLAIN, stations={"S1": StationStart(2.0, 30)}), tmp_path / "calibration.toml")
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert re.search(old, text, re.MULTILINE), old
        text = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    return file


def test_values_changed_by_hand_are_refused_until_someone_answers_for_them(tmp_path):
    with pytest.raises(TableError, match="delete the line `content` to answer for them yourself"):
        read_calibration(changed(tmp_path, ("^factor = 0.8$", "factor = 0.9")))
    mine = read_calibration(changed(tmp_path, ("^factor = 0.8$", "factor = 0.9"), ("^content = .*$", "")))
    assert mine.factor == 0.9
    assert "changed by hand" in mine.notes[-1]


def test_every_fault_is_told_with_its_mend(tmp_path):
    edits = [
        ("^content = .*$", ""), ("^factor = 0.8$", "faktor = 0.8"), ("^n = 1919$", 'n = "many"'),
        ("later_s = 2.0", "later_s = inf"), ("^drives_on = .*$", 'drives_on = "middle"'), ("^network = .*$", ""),
    ]  # fmt: skip
    with pytest.raises(TableError) as raised:
        read_calibration(changed(tmp_path, *edits))
    said = "\n".join(raised.value.faults)
    assert len(raised.value.faults) == 5
    for words in (
        "key 'faktor' is unknown: did you mean 'factor'?", "error.n is 'many': give a whole number",
        "stations.S1.later_s is 'inf': give a number that is finite",
        "delays.drives_on is 'middle': one of right, left",
        "key 'network' is missing",
    ):  # fmt: skip
        assert words in said, said


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("^factor = 0.8$", "factor = 80"), "factor is 80.0: give a number from 0.05 to 5"),
        (("^power = 1.0$", "power = 9.0"), "power is 9, which is not from 0.2 to 1.5"),
        (("^format = 1$", "format = 2"), "is of format '2', and this release reads 1"),
        (("^format = 1$", ""), "has no format"),
        (("^factor = 0.8$", "factor ="), "is not TOML: .*line"),
        (("^factor = 0.8$", "factor = 0.8\ndraws = 3"), "draws: give a list for each of start_s"),
        (("^factor = 0.8$", "factor = 0.8\ndraws = { start_s = [1.0] }"), "draws holds 'start_s' of 1: give a list"),
    ],
)
def test_what_cannot_be_driven_by_is_refused(tmp_path, edit, words):
    with pytest.raises(InputError, match=words):
        read_calibration(changed(tmp_path, ("^content = .*$", ""), edit))


def test_no_file_and_no_folder(tmp_path):
    with pytest.raises(InputError, match="`fireplan calibrate PROJECT` makes it"):
        read_calibration(tmp_path / "calibration.toml")
    with pytest.raises(InputError, match="there is no folder"):
        write_calibration(PLAIN, tmp_path / "nowhere" / "calibration.toml")


def test_what_no_file_can_keep_is_refused_before_anything_is_written(tmp_path):
    file = tmp_path / "calibration.toml"
    with pytest.raises(InputError, match="later_s"):
        write_calibration(replace(PLAIN, stations={"S1": StationStart(math.inf, 3)}), file)
    assert not list(tmp_path.iterdir())
