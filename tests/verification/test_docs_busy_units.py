"""What docs/busy_units.md says of replays is so."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "busy_units.md").read_text(encoding="utf-8")
SECTION = re.search(r"## Your own calls, sent again.*?(?=\n## |\Z)", PAGE, re.DOTALL)[0]


@pytest.fixture(scope="module")
def ran():
    names = {}
    for code in re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL):
        exec(compile(code, "docs/busy_units.md", "exec"), names)  # noqa: S102 - our own page
    return names


def test_the_ambulance(ran):
    direct = ran["moved"].loc["direct"]
    told = direct["responses"]
    assert f"{told.sum():,} responses" in SECTION
    south = direct.loc[("S6", "S1")]
    assert f"Station 1 takes {south['responses']:,.0f} (95 % interval {south['low']:,.0f} to" in SECTION
    assert f"Station 4 {told['S6', 'S4']:,}, Station 3 {told['S6', 'S3']:,};\n{told['S6', 'nobody']:,} go to" in SECTION
    assert f"and {ran['moved'].loc['knock-on', 'responses'].sum():,}\nother responses move" in SECTION
    pair = ran["fp"].simulation.compare_replays(ran["before"], ran["after"]).loc[0]
    assert f"{pair['share_after']:.1%} instead of {pair['share_before']:.1%}".replace("%", " %") in SECTION


def test_the_error(ran):
    base = ran["now"].baseline.loc[("all", "all")]
    assert f"{base['single']:,.0f} such calls | {base['right_share']:.1%}".replace("%", " %") in SECTION
    assert round(100 * (base["share_modelled"] - base["share_observed"]), 1) == -0.4


def test_who_was_out(ran):
    fp = ran["fp"]
    one = fp.Standard("one", "One", (ran["engine"],))
    found = fp.performance(ran["project"].history, scenario=ran["today"], policy=ran["engines"], standard=one,
                           by="units_committed").xs("first", level="measure")["share"]  # fmt: skip
    assert (round(found["0"], 2), round(found["3+"], 2)) == (0.81, 0.50)
