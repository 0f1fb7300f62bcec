"""Towns drawn in text are what they look like."""

import pytest
from ascii_roads import drawn

CROSS = """
  a
  |
b-c-d
  |
  e
"""


def test_a_drawn_town_is_read_as_drawn(tmp_path):
    town = drawn(CROSS, ways={"ace": "primary maxspeed=36", "bc": "maxspeed=36", "cd": "maxspeed=36 oneway=yes"},
                 folder=tmp_path)  # fmt: skip
    assert town.network.length_m == pytest.approx(200, rel=1e-4)
    assert town.seconds("a", "d") == pytest.approx(40, rel=1e-4)
    assert (town.route("b", "d"), town.route("d", "b")) == ("bcd", "")
    assert (town.open("a", "c"), town.open("c", "d"), town.open("d", "c")) == ("both", "there", "back")
    assert town.state("c", "d") ^ town.state("d", "c") == 1
    assert sorted(town.network.highway) == ["primary", "primary", "residential", "residential"]
