"""One wording: the same cases in Python and in the page's script, and what holds of every figure."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_words import asked_of_the_page, camel

from fireplan import wording
from fireplan._limits import last_within

ROOT = Path(__file__).resolve().parents[2]
CASES = json.loads((ROOT / "tests" / "support" / "wording_cases.json").read_text(encoding="utf-8"))
ENDLESS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
PUBLIC = {name for name in wording.__all__ if callable(getattr(wording, name))}


def plain(value):
    return ENDLESS.get(value, value) if isinstance(value, str) else value


def in_python(name, args, options):
    told = getattr(wording, name)(*map(plain, args), **{k: plain(v) for k, v in options.items()})
    return list(told) if isinstance(told, tuple) else told


ASKED = [(name, args, options, expected) for name, cases in CASES.items() for args, options, expected in cases]


@pytest.mark.parametrize(("name", "args", "options", "expected"), ASKED)
def test_python_says_it_so(name, args, options, expected):
    assert in_python(name, args, options) == expected


def test_every_public_function_has_cases():
    assert set(CASES) == PUBLIC


def test_the_page_says_it_so():
    there = set(asked_of_the_page([])["there"])
    asked = [case for case in ASKED if camel(case[0]) in there]
    said = asked_of_the_page([case[:3] for case in asked])["told"]
    wrong = [(*case, said) for case, said in zip(asked, said, strict=True) if said != case[3]]
    assert wrong == []
    beside = {"isNumber", "lastWithin", "LocalTime"}  # what it has beside the shared words
    assert there - {camel(name) for name in CASES} == beside


def test_the_page_says_what_python_says_of_a_thousand_figures():
    # Random figures, awkward ones among them; the arithmetic is the same, so the digits are.
    random = np.random.default_rng(12)
    near = 0.9 + random.normal(0, 1e-4, 100)
    shares = np.concatenate([random.random(400), random.integers(0, 2000, 300) / 2000, near])
    seconds = np.concatenate([random.random(300) * 7200, random.integers(0, 9000, 100) / 2])
    asked = [("share", [s], {"goal": 0.9}) for s in shares.tolist()] + [("share", [s], {}) for s in shares.tolist()]
    asked += [(f, [s], {}) for s in seconds.tolist() for f in ("clock", "percentile", "passed", "roughly", "count")]
    assert asked_of_the_page(asked)["told"] == [in_python(*case) for case in asked]


def percent(text):
    return float(text.removesuffix(" %").replace(",", ""))


@given(st.floats(0, 1), st.sampled_from([0.5, 0.75, 0.9, 0.95, 0.999, 1.0]))
def test_a_share_stays_on_its_side_of_the_goal_and_of_all_and_nothing(part, goal):
    told = wording.share(part, goal=goal)
    if told.startswith("just under"):
        end = percent(told.removeprefix("just under ")) / 100
        assert part < end < part + 1e-6
    elif told.startswith("just over"):
        end = percent(told.removeprefix("just over ")) / 100
        assert part > end > part - 1e-6
    else:
        reached = part >= goal * (1 - 1e-12)  # as an assessment judges it
        assert (percent(told) >= 100 * goal - 1e-9) == reached
        assert (told == "100 %") == (part >= 1 - 1e-12 if goal == 1 else part == 1)
        assert (told == "0 %") == (part == 0)
        assert abs(percent(told) - 100 * part) <= 0.05 + 1e-9


@given(st.floats(0, 20_000), st.integers(1, 20_000))
def test_times_are_to_the_nearest_second_and_percentiles_never_below(seconds, limit):
    def read(text):
        return sum(int(part) * 60**i for i, part in enumerate(reversed(text.split(":"))))

    assert abs(read(wording.clock(seconds)) - seconds) <= 0.5
    told = read(wording.percentile(seconds))  # below only by the rounding of sums, as in `last_within`
    assert told - seconds < 1
    assert seconds <= max(last_within(told), told + 1e-5)
    assert 0 <= seconds - read(wording.passed(seconds)) < 1
    if seconds > max(last_within(limit), limit + 1e-5):
        assert read(wording.clock(seconds, limit_s=limit)) > limit
        assert read(wording.percentile(seconds)) > limit
    if seconds <= limit:
        assert read(wording.clock(seconds, limit_s=limit)) <= limit


def test_cells_of_a_table_are_told_too():
    assert wording.share(pd.NA) == wording.clock(pd.NaT) == wording.verdict(pd.NA) == "not known"
    assert wording.verdict(np.ones(1, dtype=bool)[0]) == "met"
    assert wording.count(np.int64(1200)) == "1,200"


def test_it_needs_nothing_heavy():
    code = "import fireplan.wording, sys; print(sorted({'pandas', 'numpy', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
