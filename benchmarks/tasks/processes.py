"""Two hundred what-ifs of one department, in one process and in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

import fireplan as fp
from benchmarks.measuring import Contest, Way
from benchmarks.tasks.county import MANY_NODES, department

if TYPE_CHECKING:
    from benchmarks.networks import Place

WHAT_IFS, QUICK_WHAT_IFS = 200, 6
STATIONS = 50
STANDARD = "NFPA_1710"


def contests(place: Place):
    if place.roads.n_nodes > MANY_NODES:  # minutes for a figure that the smaller one gives
        return
    count = QUICK_WHAT_IFS if place.quick else WHAT_IFS
    made = department(place, 20 if place.quick else STATIONS)
    lonlat = made.roads.nodes[["x", "y"]].to_numpy()[place.draw_nodes(count, seed=5)]
    sites = {
        f"more {k}": fp.OpenStation(f"N{k}", at=(x, y), units=(f"E99{k}0",)) for k, (x, y) in enumerate(lonlat.tolist())
    }

    def ask(processes: int) -> pd.DataFrame:
        # Anew each time: what is kept of the what-ifs of the last run would answer those of this one.
        today = fp.Scenario(made.roads, made.stations, made.units, made.zones, incidents=made.incidents)
        return fp.compare_many(today, sites, standard=STANDARD, processes=processes)

    def check(found, theirs):
        pd.testing.assert_frame_equal(found, theirs["one process"], check_exact=True)
        return "the same figures to the last bit", True

    yield Contest(
        task="processes",
        title=f"{len(sites)} what-ifs: apply, compare, summary, gains",
        place=place.name,
        ours=Way("two processes", lambda: ask(2), note="the start of the second included"),
        peers=(Way("one process", lambda: ask(1)),),
        check=check,
        times_faster={"one process": 1.7},
        clock="wall",
        in_process=False,
        judged=place.judged,
    )
