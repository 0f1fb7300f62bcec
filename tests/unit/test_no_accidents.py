"""What is missing or endless is said in words: no None, nan, inf or NaT reaches a reader, on any surface."""

import io
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from rich.console import Console

import fireplan as fp
from fireplan import maps, siting
from fireplan._cli import terminal as show
from fireplan.report import material_of
from fireplan.report._write_report import report_bytes

ACCIDENT = re.compile(r"(?<![\w.$])(None|nan|NaN|NaT|inf|Infinity|<NA>)(?![\w(:.-])")
"""Words that a program says by mistake, beside those that a page's own script is made of."""


def scenarios(*, staffed):
    """Line town with two zones that no road leads to, one of which weighs nobody knows how much, and a cut street."""
    town = fp.examples.line_town()
    far = gpd.GeoDataFrame(
        {"population": [50.0, np.nan]}, geometry=[shapely.box(x, 30, x + 0.01, 30.01) for x in (-139.5, -139.4)],
        index=pd.Index(["far", "unknown"], name="zone_id"), crs=4326,
    )  # fmt: skip
    units = town.units if staffed else town.units.iloc[:0]
    stations = town.stations.assign(name="S1")  # a station that has only its id for a name
    bare = fp.Scenario(town.roads, stations, units, pd.concat([town.zones, far]), name="bare")
    more = fp.OpenStation("S9", at=(-140.0, 30.03), units=("E9", "T9") if staffed else ())
    cut = fp.CloseRoad("", near=(-140.0, 30.0305))
    return bare, bare.apply(more, name="more"), bare.apply(cut, name="cut")


def words_of(page):
    """What a page shows: its text, the texts of its signs, and the cards of what is drawn."""
    body = page.split("<body", 1)[1]
    cards = " ".join(re.findall(r"fireplan\.\w+\(\w+, (\{.*\})\);", body))
    signs = " ".join(re.findall(r'(?:alt|aria-label|title)="([^"]*)"', body))
    plain = re.sub(r"<script.*?</script>|<style.*?</style>|<svg.*?</svg>", " ", body, flags=re.DOTALL)
    return " ".join([re.sub(r"<[^>]+>", " ", plain), cards, signs])


def terminal(comparison):
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(show.shares_table(comparison, title="shares"))
    gaps = [line for a in comparison.assessments for line in show.gap_lines(a.scenario.name, fp.gaps(a))]
    return "\n".join([console.export_text(), *gaps])


@pytest.mark.parametrize("staffed", [True, False], ids=["with units", "no units"])
def test_what_is_missing_or_endless_is_said_in_words(staffed):
    comparison = fp.compare(*scenarios(staffed=staffed), standard="NFPA_1710")
    today = comparison.baseline
    candidates = siting.grid_sites(fp.examples.line_town(), spacing_m=1200)
    found = siting.max_coverage(today.scenario, candidates=candidates)
    few, late = (ask(today.scenario, candidates=candidates) for ask in (siting.set_cover, siting.p_center))
    pages = {
        "coverage": maps.coverage(today),
        "gaps": maps.gaps(today),
        "erf": maps.erf(today),
        "first due": maps.first_due(today.scenario),
        "compare": maps.compare(comparison),
        "difference": maps.difference(comparison, against="cut"),
        "siting": maps.siting(found, assessment=today),
        "few": maps.siting(few),
        "late": maps.siting(late),
    }
    told = {name: words_of(page.to_html()) for name, page in pages.items()}
    if staffed:  # its pictures take a while
        told["report"] = words_of(report_bytes(material_of(comparison, siting=found)).decode())
    told["terminal"] = terminal(comparison)
    told |= {"repr": f"{today!r} {comparison!r} {found!r} {few!r} {late!r}"}
    said = {name: [text[max(0, m.start() - 40) : m.end() + 40] for m in ACCIDENT.finditer(text)]
            for name, text in told.items()}  # fmt: skip
    assert {name: found for name, found in said.items() if found} == {}
    assert "no station in reach" in told["terminal"]
    assert "not reached" in told["coverage"]
