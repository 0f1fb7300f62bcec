"""`python -m benchmarks [--quick] [--only NAME ...] [--out FILE]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

# One thread for every library: read when they load.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

RESULTS = Path(__file__).with_name("RESULTS.md")
TASKS = (
    "reach", "field", "speeds", "candidates", "snap", "isochrones", "whatif", "performance", "siting", "hypercube",
    "simulation",
    "maps", "live", "live day", "import", "commands", "growth", "county",
    "processes",
)  # fmt: skip
NETWORKS = ("marisol", "sf", "generated-240k", "generated-1m")


def main() -> int:
    options = _options()
    whole = not (options.quick or options.only or options.networks)
    run = Run(options.out or (RESULTS if whole else None), quick=options.quick)
    chosen = options.only or TASKS
    warnings.simplefilter("ignore")
    _measure(run, chosen, options.networks or NETWORKS)
    text = run.write()
    print(text if run.out is None else f"{time.monotonic() - run.began:.0f} s, written to {run.out}")
    return 1 if any(outcome.failure for outcome in run.outcomes) else 0


def _options() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description="fireplan beside other libraries.")
    asked.add_argument("--quick", action="store_true", help="small sizes, a minute")
    asked.add_argument("--only", nargs="+", choices=TASKS, metavar="NAME", help=f"some of: {', '.join(TASKS)}")
    asked.add_argument("--networks", nargs="+", choices=NETWORKS, metavar="NAME", help=f"of: {', '.join(NETWORKS)}")
    asked.add_argument("--out", type=Path, help="where to write; a whole run writes benchmarks/RESULTS.md")
    return asked.parse_args()


class Run:
    """What has been measured so far; written after every contest, so that a run that is cut short leaves its part."""

    def __init__(self, out: Path | None, *, quick: bool) -> None:
        self.out, self.quick = out, quick
        self.repeats = 1 if quick else 5
        self.began = time.monotonic()
        self.outcomes, self.grown, self.told = [], [], []

    def write(self) -> str:
        from benchmarks.report import document  # noqa: PLC0415 - after the threads are set

        text = document(self.outcomes, self.grown, self.told, quick=self.quick)
        if self.out is not None:
            self.out.write_text(text, encoding="utf-8")
        return text

    def hold(self, contests) -> None:
        from benchmarks.measuring import run  # noqa: PLC0415 - after the threads are set

        for contest in contests:
            spent_s = time.monotonic() - self.began
            print(f"{spent_s:5.0f} s  {contest.place}: {contest.title}", file=sys.stderr, flush=True)
            self.outcomes.append(run(contest, repeats=self.repeats))
            self.write()


def _measure(run: Run, chosen, names) -> None:
    from benchmarks.growth import growth  # noqa: PLC0415 - after the threads are set
    from benchmarks.tasks import ALONE, ON_NETWORKS  # noqa: PLC0415
    from fireplan import _kernel as kernel  # noqa: PLC0415

    for name in [task for task in ALONE if task in chosen]:
        run.hold(ALONE[name](quick=run.quick))
    on_networks = [task for task in ON_NETWORKS if task in chosen]
    if on_networks or "growth" in chosen:
        kernel.compile_ahead()
    for place in _places(names, quick=run.quick) if on_networks else ():
        roads = place.roads
        run.told.append(f"{place.name}: {roads.n_nodes:,} nodes, {len(roads.graph.head):,} arcs")
        for name in on_networks:
            run.hold(ON_NETWORKS[name](place))
    if "growth" in chosen:
        for row in growth(_sizes(quick=run.quick), repeats=min(run.repeats, 3)):
            run.grown.append(row)
            run.write()


def _places(names, *, quick: bool):
    """Make the places one after the other: each is let go before the next."""
    from benchmarks import networks  # noqa: PLC0415

    if "marisol" in names:
        yield networks.Place("marisol", networks.marisol(), quick=quick)
    if "sf" in names and not quick:
        streets = networks.san_francisco()
        if streets is not None:
            yield networks.Place("San Francisco", streets)
    if quick:
        if {"generated-240k", "generated-1m"} & set(names):
            yield networks.Place("generated 20k", networks.generated(20_000), quick=True)
        return
    if "generated-240k" in names:
        yield networks.Place("generated 240k", networks.generated(240_000), judged=True)
    if "generated-1m" in names:
        yield networks.Place("generated 1M", networks.generated(1_000_000), judged=True)


def _sizes(*, quick: bool):
    from benchmarks import networks  # noqa: PLC0415

    sizes = (5_000, 10_000, 20_000) if quick else (20_000, 60_000, 240_000, 1_000_000)
    return [networks.Place(f"{n:,}", networks.generated(n), quick=quick) for n in sizes]


if __name__ == "__main__":
    sys.exit(main())
