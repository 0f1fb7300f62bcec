"""
How near calibrated drive times come to what was observed, and to the figures that Marisol was drawn from.

    python -m benchmarks.truth [--sf FOLDER]

Prints, for Marisol and for San Francisco 2020, each figure that is asked beside the one that is measured, on runs left
out. San Francisco is left out where its files are not beside this tree.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402 - after the threads are set

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ROOT.parent / "shared" / "data" / "sf"
LIMIT_S = 240.0


class Line(NamedTuple):
    """A figure: what it is, what is asked, what was measured, and whether that will do (None: nothing is asked)."""

    what: str
    asked: str
    measured: str
    met: bool | None


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__.split("\n\n")[0].strip())
    asked.add_argument("--sf", type=Path, default=PUBLIC, help="folder with the public files of San Francisco")
    options = asked.parse_args()
    met = show("Marisol: 2024 and 2025, invented", marisol_lines())
    if (options.sf / "sf_drive.graphml.gz").is_file():
        met &= show("San Francisco: 7 to 20 April 2020, observed", san_francisco_lines(options.sf))
    else:
        print(f"San Francisco is left out: {options.sf} has no sf_drive.graphml.gz")
    return 0 if met else 1


def show(title: str, lines: list[Line]) -> bool:
    """Print a table of figures."""
    print(f"\n## {title}\n\n| figure | asked | measured | |\n|---|---|---|---|")
    for line in lines:
        met = "" if line.met is None else "yes" if line.met else "NO"
        print(f"| {line.what} | {line.asked} | {line.measured} | {met} |")
    return all(line.met is not False for line in lines)


def at_most(what: str, limit: float, value: float, digits: int = 1) -> Line:
    return Line(what, f"at most {limit:g}", f"{value:.{digits}f}", bool(value <= limit))


def at_least(what: str, limit: float, value: float, digits: int = 2) -> Line:
    return Line(what, f"at least {limit:g}", f"{value:.{digits}f}", bool(value >= limit))


def near(what: str, truth: float, within: float, value: float, digits: int = 2) -> Line:
    return Line(what, f"{truth:g} ± {within:g}", f"{value:.{digits}f}", bool(abs(value - truth) <= within))


def between(what: str, low: float, high: float, value: float, digits: int = 3) -> Line:
    return Line(what, f"{low:g} to {high:g}", f"{value:.{digits}f}", bool(low <= value <= high))


class Measured(NamedTuple):
    """A calibration, everything that was tried for it, and what it cost."""

    study: object
    calibration: object
    table: object
    cpu_s: float
    most_mb: float


def measure(history, scenario, *, emergency_priorities, longest_s, timed=True) -> Measured:
    """Calibrate; where that is timed, a second time, with everything compiled."""
    from fireplan.calibration._calibrate import held_out_table, told  # noqa: PLC0415 - after the threads
    from fireplan.calibration._study import study_of  # noqa: PLC0415
    from fireplan.progress import silent  # noqa: PLC0415

    def study():
        return study_of(
            history, scenario, emergency_priorities=emergency_priorities, first_types=("engine",),
            longest_s=longest_s, draws=100, seed=1,
        )  # fmt: skip

    with silent():
        if timed:
            study()
        began = time.process_time()
        found = study()
        calibration = told(found, history, scenario, draws=100, seed=1)
    cpu_s = time.process_time() - began
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(found, calibration, held_out_table(found), cpu_s, most_mb)


def fit_cpu_s(study) -> float:
    """What five rounds of seeking ways and fitting cost, compiled. [s]"""
    from fireplan.calibration._models import FitMaterial, learn  # noqa: PLC0415

    ground = study.ground
    began, learnt = time.process_time(), study.rungs["full"].learnt
    for _ in range(5):
        design = ground.design("full", ground.driven(ground.at(learnt)))
        material = FitMaterial({"full": design}, ground.runs.station, len(ground.runs.stations))
        learnt = learn("full", material)
    return time.process_time() - began


def by_fifth(median_s, values):
    """Parts of runs, by fifths of what was predicted."""
    place = np.searchsorted(np.quantile(median_s, [0.2, 0.4, 0.6, 0.8]), median_s)
    return [values[place == k] for k in range(5)]


class ByStation(NamedTuple):
    """
    Errors by station: of the share within the limit, as a mean over stations and over runs, and the latter as chance
    alone would make it; of the p90 [s]; and the shares of the city, expected and observed.
    """

    share: float
    share_by_run: float
    by_chance: float
    p90_s: float
    city: float
    city_observed: float


def by_station(table, spread) -> ByStation:
    """Compare shares and 90th percentiles by station with what was observed, on runs left out."""
    from fireplan.drive_times import LEVELS  # noqa: PLC0415

    median_s, observed_s = table["median_s"].to_numpy(), table["observed_s"].to_numpy()
    chance = spread.chance(median_s, LIMIT_S)
    drawn_s = np.stack([spread.quantile_s(median_s, level) for level in LEVELS], axis=1)
    shares, p90s, weights, chances = [], [], [], []
    rng = np.random.default_rng(1)
    for rows in table.groupby("station_id", sort=True).indices.values():
        shares.append(abs(chance[rows].mean() - (observed_s[rows] <= LIMIT_S).mean()))
        p90s.append(abs(np.quantile(drawn_s[rows], 0.9) - np.quantile(observed_s[rows], 0.9)))
        weights.append(len(rows))
        alone = rng.random((200, len(rows))) < chance[rows]
        chances.append(np.abs(alone.mean(axis=1) - chance[rows].mean()).mean())
    return ByStation(
        float(np.mean(shares)), float(np.average(shares, weights=weights)),
        float(np.average(chances, weights=weights)), float(np.mean(p90s)),
        float(chance.mean()), float((observed_s <= LIMIT_S).mean()),
    )  # fmt: skip


def common_lines(found: Measured, *, n: int) -> list[Line]:
    """Lines of both cities."""
    c = found.calibration
    return [
        Line("runs", f"{n:,}", f"{c.runs:,}", c.runs == n),
        Line("responses in the ledger", "all", f"{sum(k for _, k in c.ledger):,}", None),
        Line("model taken", "", c.model, None),
        *(
            Line(
                f"left out by {step.error.held_out}: {step.model}", "",
                f"{step.error.median_error_s:.1f} / {step.error.p90_error_s:.1f} / {step.error.spearman:.2f}",
                None,
            )
            for step in c.ladder
        ),
    ]  # fmt: skip


def marisol_lines() -> list[Line]:
    """Marisol, against the figures it was drawn from."""
    import fireplan as fp  # noqa: PLC0415

    project = fp.examples.marisol_project(calibrated=False)
    truth = tomllib.loads((fp.examples.marisol_folder() / "truth.toml").read_text(encoding="utf-8"))["travel"]
    found = measure(project.history, project.today, emergency_priorities=("1", "2"), longest_s=1800.0)
    c = found.calibration
    noon = at_noon(c)
    lines = common_lines(found, n=18_973)
    for name in ("primary", "secondary", "tertiary", "residential"):
        kph = truth["speed_kph"][name]
        lines.append(near(f"speed on {name}, km/h", kph, round(0.02 * kph, 2), c.speeds_kph[name].value * noon))
    for name in ("motorway", "trunk", "motorway_link", "unclassified"):
        kph, speed = truth["speed_kph"][name], c.speeds_kph[name]
        low, high = speed.low * noon, speed.high * noon
        told = f"{speed.value * noon:.1f} ({low:.1f} to {high:.1f})"
        lines.append(Line(f"speed on {name}, km/h", f"{kph:g} in the interval", told, low <= kph <= high))
    lines.append(near("start, s", truth["startup_s"], 0.5, c.start.value))
    delays = {"left_s": "left", "right_s": "right", "signal_s": "straight_at_signal"}
    lines += [near(f"delay, {k}", truth["delay_s"][v], 0.8, c.delay_estimates[k].value) for k, v in delays.items()]
    off = [abs(f / t - 1) for f, t in zip(hourly(c) / noon, truth["hour_factor"], strict=True)]
    lines.append(at_most("factors of hours off by, %", 3.0, 100 * max(off)))
    lines.append(near("sigma", truth["noise_sigma"], 0.005, c.spread.upper / 1.2815515655446004, 4))
    lines.append(at_least("exits right, of 7", 6, right_exits(c, project.today), 0))
    step = next(s for s in c.ladder if s.model == c.model)
    lines.append(at_most("weeks left out: median error, s", 15.5, step.error.median_error_s))
    lines.append(at_most("weeks left out: p90 error, s", 50.0, step.error.p90_error_s))
    there = by_station(found.table, c.spread)
    lines.append(at_most("travel p90 by station off by, s", 8.0, there.p90_s))
    lines.append(at_most("share within 240 s by station off by, points", 1.0, 100 * there.share, 2))
    lines.append(at_most("five rounds of ways and fit, s of CPU", 3.0, fit_cpu_s(found.study)))
    lines.append(Line("the whole ladder with intervals, s of CPU", "", f"{found.cpu_s:.1f}", None))
    lines.append(at_most("most memory, MB", 500.0, found.most_mb, 0))
    return lines


def at_noon(calibration) -> float:
    """Factor of the hour at noon, at which Marisol's speeds were written down."""
    return float(hourly(calibration)[12])


def hourly(calibration):
    """Factor of every hour of a Wednesday."""
    factor = np.ones(24)
    for period in calibration.periods:
        minutes = period.minutes[2 * 1440 : 3 * 1440]
        factor[minutes[::60]] = period.factor
    return factor


def right_exits(calibration, scenario) -> int:
    """Stations that leave by the main street on which they were set down."""
    from fireplan.travel._places import station_places  # noqa: PLC0415

    roads = scenario.roads
    driven = scenario.calibrated(calibration)
    return int(np.isin(roads.highway[station_places(driven).on_road.street], ["primary", "secondary"]).sum())


def san_francisco_lines(source: Path) -> list[Line]:
    """San Francisco, against what was observed."""
    import fireplan as fp  # noqa: PLC0415

    sys.path.insert(0, str(ROOT / "data"))
    make = importlib.import_module("make_san_francisco").main

    with tempfile.TemporaryDirectory() as folder:
        make(source, Path(folder))
        project = fp.open_project(folder)
    found = measure(project.history, project.today, emergency_priorities=("3", "E"), longest_s=900.0)
    c, table = found.calibration, found.table
    median_s, observed_s = table["median_s"].to_numpy(), table["observed_s"].to_numpy()
    error_s, below = median_s - observed_s, observed_s <= table["p90_s"].to_numpy()
    steps = {step.model: step for step in c.ladder}
    mine = steps[c.model]
    lines = common_lines(found, n=1_919)
    lines.append(near("a day left out: median bias, s", 0, 2, mine.error.bias_s))
    worst = max((float(np.median(part)) for part in by_fifth(median_s, error_s)), key=abs)
    lines.append(near("the same, in the worst fifth of what was predicted, s", 0, 4, worst))
    lines.append(at_most("a day left out: median error, s", 31.0, mine.error.median_error_s))
    lines.append(at_most("a day left out: p90 error, s", 101.0, mine.error.p90_error_s))
    lines.append(at_least("a day left out: Spearman", 0.53, mine.error.spearman, 3))
    lines.append(at_most("a station left out: median error, s", 31.5, mine.by_station.median_error_s))
    lines.append(at_least("a station left out: Spearman", 0.49, mine.by_station.spearman, 3))
    for other in ("linear", "rand_fitted"):
        lines.append(at_most(f"score no worse than {other}", round(steps[other].score, 4), mine.score, 4))
    lines.append(between("share below the predicted p90", 0.885, 0.915, float(below.mean())))
    fifths = [float(part.mean()) for part in by_fifth(median_s, below)]
    lines.append(between("the same, lowest fifth", 0.86, 0.94, min(fifths)))
    lines.append(between("the same, highest fifth", 0.86, 0.94, max(fifths)))
    there = by_station(table, c.spread)
    lines.append(at_most("share within 240 s by station off by, mean over runs", 0.042, there.share_by_run, 4))
    lines.append(Line("the same, by chance alone", "", f"{there.by_chance:.4f}", None))
    lines.append(Line("the same, mean over stations", "", f"{there.share:.4f}", None))
    lines.append(at_most("share within 240 s, city, points off", 1.5, 100 * abs(there.city - there.city_observed), 2))
    lines.append(at_most("travel p90 by station off by, s", 36.0, there.p90_s))
    if mine.by_period is not None:
        by_period = f"{mine.by_period.bias_s:.1f} / {mine.by_period.median_error_s:.1f} / {mine.by_period.spearman:.2f}"
        lines.append(Line("second week from the first: bias / median error / Spearman", "", by_period, None))
    return lines


if __name__ == "__main__":
    sys.exit(main())
