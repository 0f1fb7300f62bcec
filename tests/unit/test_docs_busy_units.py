"""docs/busy_units.md prints what the model says of the sample city."""

from pathlib import Path

import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan import wording

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "busy_units.md").read_text(encoding="utf-8")
PROJECT = sample_city()


def of(scenario, **how):
    return fp.hypercube(scenario, history=PROJECT.history, standard="NFPA_1710", **how)


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        ((), "home_share", "With all at home, {} of the fire calls"),
        ((), "share", "with engines as busy as they are, {};"),
        ((fp.CloseStation("S2"),), "share", "with Station 2 closed as well, {}, and"),
        ((fp.AddUnit("E9", to="S1", type="engine"),), "share", "with a second engine at Station 1, {}."),
    ],
)
def test_what_is_left_of_the_cover(changes, column, said):
    found = of(PROJECT.today.apply(*changes) if changes else PROJECT.today)
    share = found.cover.loc["first_engine", column]
    assert said.format(wording.share(share)).lower() in " ".join(PAGE.split()).lower()


def test_how_busy_the_engines_are_and_how_far_that_is_from_the_records():
    busy = of(PROJECT.today).units["busy"]
    assert f"out {busy.min() * 100:.0f} % to {busy.max() * 100:.0f} % of the time" in PAGE
    found = of(PROJECT.today, drive_home=False).units["busy"]
    seen = fp.workload(PROJECT.history, scenario=PROJECT.today, by="unit_id")["uhu"].reindex(found.index)
    assert f"lies within {abs(found - seen).max() * 100:.1f} points of its utilisation" in " ".join(PAGE.split())
