"""Parts that are told beside their whole add up to it, wherever they stand."""

import math
import re

import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_city import sample_city

import fireplan as fp
from fireplan import wording
from fireplan._cli import terminal
from fireplan.measures._gaps import late_told
from fireplan.report._blocks import Prose, Table
from fireplan.report._coverage_sections import gaps_section
from fireplan.report._inputs import material_of
from fireplan.report._summary_section import _gap

NUMBER = r"([\d,]+)"


def counts(pattern, text):
    return [int(n.replace(",", "")) for n in re.search(pattern, text).groups()]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
@settings(max_examples=tries(100))
def test_whole_parts_add_up_and_are_off_by_less_than_one(parts):
    told = wording.parted(parts)
    assert wording.count(sum(told)) == wording.count(math.fsum(parts))
    assert all(abs(n - part) < 1 for n, part in zip(told, parts, strict=True))


@pytest.fixture(scope="module")
def now():
    """A department of which the parts do not add up when each is rounded by itself: else this would be no test."""
    town = sample_city().today
    for closed in ("S5", "S2", "S3", "S4", "S7"):
        found = fp.assess(town.apply(fp.CloseStation(closed)), standard="NFPA_1710")
        late = fp.gaps(found)
        single = [late["late"].sum(), late.attrs["scattered"], late.attrs["elsewhere"]]
        if sum(int(wording.count(n).replace(",", "")) for n in single) != round(late.attrs["outside"]):
            return found
    raise AssertionError


@pytest.fixture(scope="module")
def gaps(now):
    return fp.gaps(now)


def test_terminal_map_and_report_tell_the_same_parts_of_what_is_expected_late(now, gaps):
    told = late_told(gaps)
    parts = [told.in_gaps, told.scattered, told.elsewhere]
    outside = int(wording.count(gaps.attrs["outside"]).replace(",", ""))
    assert sum(parts) == outside
    assert sum(told.rows) == told.in_gaps
    head, *rows = terminal.gap_lines("today", gaps, most=99)
    in_gaps = f"{NUMBER} of them in {len(gaps)} gaps"
    pattern = f": {NUMBER} of .*; {in_gaps}; {NUMBER} of them lie scattered.*; {NUMBER} of them where"
    assert counts(pattern, head) == [outside, *parts]
    assert [counts(f"{NUMBER} expected late", row)[0] for row in rows] == told.rows
    note = fp.maps.gaps(now).legends[0].note
    pattern = f"late: {NUMBER} of .*; {NUMBER} in gaps.*, {NUMBER} in places like that, scattered, {NUMBER} where"
    assert counts(pattern, note) == [outside, *parts]
    blocks = gaps_section(material_of(now)).blocks
    (said,) = [b.text for b in blocks if isinstance(b, Prose) and "are expected not to have" in b.text]
    pattern = f"^{NUMBER} of .*: {NUMBER} in gaps, {NUMBER} scattered.* and {NUMBER} where"
    assert counts(pattern, said) == [outside, *parts]
    (table,) = [b for b in blocks if isinstance(b, Table) and b.key == "gaps"]
    place = [c.name for c in table.columns].index("late")
    assert [row[place] for row in table.rows] == [wording.count(n) for n in told.rows]
    assert f"({wording.count(told.rows[0])} of them expected late)" in _gap(material_of(now))
