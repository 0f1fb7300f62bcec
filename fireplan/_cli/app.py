"""Commands, their options, and what a fault looks like on the command line."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fireplan._cli.kinds import Kind, Readers
from fireplan.errors import FireplanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fireplan.project import Project

app = typer.Typer(
    name="fireplan",
    help="Coverage planning for fire departments: drive times, gaps, what-ifs and maps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ProjectFolder = Annotated[Path, typer.Argument(metavar="PROJECT", help="Folder with a plan.toml.")]
OutFolder = Annotated[Path | None, typer.Option("--out", help="Where results go; left out: the plan's output.dir.")]


ForWhom = Annotated[
    Readers | None,
    typer.Option(
        "--profile",
        help="For whom: public, or internal (RESTRICTED in page and file name). Left out: output.profile of the plan,"
        " or else internal, unless nobody's dispatch records are in it.",
    ),
]


class Paper(StrEnum):
    """What a report is printed on."""

    a4 = "A4"
    letter = "Letter"


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Where results go.")] = Path("out/marisol"),
    profile: ForWhom = None,
) -> None:
    """Run the whole line on the bundled, invented city Marisol: coverage, gaps, a new station and a closure."""
    from fireplan._kernel.warmup import beside, compile_outlines  # noqa: PLC0415 - help does not wait for it

    with beside(compile_outlines) as ready:
        from fireplan._cli import assess_and_compare as work  # noqa: PLC0415 - the second process has begun
        from fireplan.examples import marisol_project  # noqa: PLC0415

        work.compare_project(
            lambda tell: marisol_project(tell=tell), out, profile=profile, ledger_in=out, outlines_ready=ready
        )


@app.command()
def assess(project: ProjectFolder, out: OutFolder = None, profile: ForWhom = None) -> None:
    """Hold a department as it stands to its standard: coverage, gaps, isochrones and a map."""
    from fireplan._kernel.warmup import beside, compile_outlines  # noqa: PLC0415 - help does not wait for it

    with beside(compile_outlines) as ready:
        from fireplan._cli import assess_and_compare as work  # noqa: PLC0415 - the second process has begun
        from fireplan.project import open_project  # noqa: PLC0415

        work.assess_project(lambda tell: open_project(project, tell=tell), out, profile=profile, outlines_ready=ready)


@app.command()
def compare(project: ProjectFolder, out: OutFolder = None, profile: ForWhom = None) -> None:
    """Compare a department as it stands with the what-ifs of its plan."""
    from fireplan._kernel.warmup import beside, compile_outlines  # noqa: PLC0415 - help does not wait for it

    with beside(compile_outlines) as ready:
        from fireplan._cli import assess_and_compare as work  # noqa: PLC0415 - the second process has begun
        from fireplan.project import open_project  # noqa: PLC0415

        work.compare_project(lambda tell: open_project(project, tell=tell), out, profile=profile, outlines_ready=ready)


@app.command()
def performance(project: ProjectFolder, out: OutFolder = None, profile: ForWhom = None) -> None:
    """Measure a department's dispatch history: response performance, workload, reliability, and what was left out."""
    from fireplan._cli.performance import performance_project  # noqa: PLC0415 - help does not wait for it
    from fireplan.project import open_project  # noqa: PLC0415

    performance_project(lambda tell: open_project(project, tell=tell), out, profile=profile)


@app.command()
def calibrate(
    project: ProjectFolder,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is learnt, and write nothing.")] = False,
) -> None:
    """
    Learn drive times from a department's dispatch history, and say how wrong they still are.

    Writes calibration.toml into the project and pins it in plan.toml: from then on every command, map and report drives
    by it and prints its error. Runs are chosen by fixed rules; [calibration] of plan.toml changes some.
    """
    from fireplan._cli.calibrate import calibrate_project  # noqa: PLC0415 - help does not wait for it

    calibrate_project(project, dry_run=dry_run)


@app.command()
def replay(
    project: ProjectFolder,
    out: OutFolder = None,
    playback: Annotated[
        str | None, typer.Option("--playback", metavar="DAY", help="Draw this day too, such as 2025-07-04: RESTRICTED.")
    ] = None,
    profile: ForWhom = None,
) -> None:
    """Send the calls of the history again: the error of the model first, then each what-if, call by call."""
    from fireplan._cli.replay import replay_project  # noqa: PLC0415 - help does not wait for it
    from fireplan.project import open_project  # noqa: PLC0415

    replay_project(lambda tell: open_project(project, tell=tell), out, playback=playback, profile=profile)


@app.command()
def simulate(project: ProjectFolder, out: OutFolder = None, profile: ForWhom = None) -> None:
    """Simulate days drawn from the history as [simulation] of the plan asks: as it stands, and each what-if."""
    from fireplan._cli.simulate import simulate_project  # noqa: PLC0415 - help does not wait for it
    from fireplan.project import open_project  # noqa: PLC0415

    simulate_project(lambda tell: open_project(project, tell=tell), out, profile=profile)


@app.command()
def site(
    project: ProjectFolder,
    stations: Annotated[
        int | None, typer.Option("--stations", min=1, help="How many to site; left out: the plan's siting.p.")
    ] = None,
    out: OutFolder = None,
    profile: ForWhom = None,
) -> None:
    """Say where to put stations, with proof of how good that is: a map, changes for plan.toml, and what came close."""
    from fireplan._cli.site import site_project  # noqa: PLC0415 - help does not wait for it
    from fireplan.project import open_project  # noqa: PLC0415

    site_project(lambda tell: open_project(project, tell=tell), out, stations=stations, profile=profile)


@app.command()
def report(
    project: ProjectFolder,
    out: OutFolder = None,
    paper: Annotated[Paper, typer.Option("--paper", help="What it is printed on.")] = Paper.a4,
    profile: ForWhom = None,
    *,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write report.pdf too (needs the extra pdf).")] = False,
    siting: Annotated[bool, typer.Option("--siting", help="Answer [siting] of plan.toml in it.")] = False,
) -> None:
    """Write a report a council can read: one page that prints, with every table it rests on inside."""
    from fireplan._kernel.warmup import beside, compile_search  # noqa: PLC0415 - help does not wait for it

    with beside(compile_search) as ready:
        from fireplan._cli.report import report_project  # noqa: PLC0415 - the second process has begun
        from fireplan.project import open_project  # noqa: PLC0415

        def read(tell: Callable[[str], None]) -> Project:
            found = open_project(project, tell=tell)
            ready()
            return found

        report_project(read, out, pdf=pdf, paper=paper.value, sites=siting, profile=profile)


@app.command()
def serve(  # noqa: PLR0913 - one for each option
    project: ProjectFolder,
    history: Annotated[
        Path | None, typer.Argument(metavar="[CAD]", help="With --replay: the export to play; left out: the project's.")
    ] = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(
            "--feed", help="A file that JSON lines are appended to, or DATABASE-URL#VIEW; more than one may be."
        ),
    ] = None,
    *,
    replay: Annotated[bool, typer.Option("--replay", help="Play dispatch history as a feed.")] = False,
    speed: Annotated[float, typer.Option("--speed", help="Of a replay: seconds of history for each second.")] = 1.0,
    start: Annotated[
        str | None, typer.Option("--start", help="Of a replay: local time, 2025-11-06T06:00; left out: a busy day.")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", help="File or postgresql:// address; left out: live.sqlite beside the plan."),
    ] = None,
    reports: Annotated[
        Path | None, typer.Option("--reports", help="Folder for a report of each day and month.")
    ] = None,
    tokens: Annotated[Path | None, typer.Option("--tokens", help="TOML file with viewer, operator and feed.")] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0: any that is free.")] = 8000,
    certfile: Annotated[Path | None, typer.Option("--certfile", help="Certificate for TLS.")] = None,
    keyfile: Annotated[Path | None, typer.Option("--keyfile", help="Key for TLS.")] = None,
    behind_proxy: Annotated[bool, typer.Option("--behind-proxy", help="A proxy with TLS stands before it.")] = False,
    allowed_host: Annotated[
        list[str] | None, typer.Option("--allowed-host", help="Name under which browsers ask for it.")
    ] = None,
) -> None:
    """Run the live view: what is covered right now, and what to move. Open to this machine alone, with a token."""
    from fireplan._cli import serve as serving  # noqa: PLC0415 - help does not wait for it

    asked = serving.Asked(tuple(feed or ()), replay, history, speed, start, store, reports, tokens)
    listen = {"host": host, "port": port, "certfile": certfile, "keyfile": keyfile, "behind_proxy": behind_proxy}
    serving.serve_project(project, asked, listen={**listen, "allowed_hosts": tuple(allowed_host or ())})


live = typer.Typer(help="Reports, export and retention of what a live view has kept.", no_args_is_help=True)
app.add_typer(live, name="live")
StoreOption = Annotated[str, typer.Option("--store", help="File or postgresql:// address of the events.")]


@live.command("report")
def live_report(
    project: ProjectFolder,
    of: Annotated[str, typer.Option("--of", help="A day, 2025-11-06, or a month, 2025-11.")],
    store: StoreOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")],
    profile: ForWhom = None,
) -> None:
    """Write the report of a day or a month from the events kept: for internal use."""
    from fireplan._cli.serve import report_period  # noqa: PLC0415 - help does not wait for it

    report_period(project, name=of, store=store, out=out, profile=profile)


@live.command("export")
def live_export(
    store: StoreOption,
    out: Annotated[Path, typer.Option("--out", help="File ending in .jsonl or .jsonl.gz.")],
    *,
    addresses: Annotated[bool, typer.Option("--addresses", help="Write addresses too.")] = False,
    profile: ForWhom = None,
) -> None:
    """Write the events kept as JSON lines, as a feed would send them: single calls, so RESTRICTED in name."""
    from fireplan._cli.serve import export_events  # noqa: PLC0415 - help does not wait for it

    export_events(store=store, out=out, addresses=addresses, profile=profile)


@live.command("forget")
def live_forget(
    store: StoreOption, days: Annotated[int, typer.Option("--older-than-days", min=1, help="What is older goes.")]
) -> None:
    """Delete events that are older than they are to be kept."""
    from fireplan._cli.serve import forget_events  # noqa: PLC0415 - help does not wait for it

    forget_events(store=store, days=days)


@app.command()
def check(  # noqa: PLR0913 - one for each option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to check.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What it should be.")],
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="Of a dispatch export's local times: America/Los_Angeles, ...")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="Of a dispatch export: a bundled mapping's name, or a TOML file.")
    ] = None,
    stamp_timezone: Annotated[
        str | None,
        typer.Option("--stamp-timezone", help="Of a dispatch export's stamps, where it is another: UTC, ..."),
    ] = None,
    responses: Annotated[
        Path | None, typer.Option("--responses", help="Of a dispatch export: a second file with one row per unit.")
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project", help="The project it belongs to: where the city is, its units, how columns are read."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder for ledger.csv and quarantine.csv; RESTRICTED in name for a dispatch export."
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check an input file before it is used. Exit code 0: it can be used; 1: it cannot."""
    from fireplan._cli import check as checking  # noqa: PLC0415 - help does not wait for it

    beside = checking.CheckedBeside(timezone, mapping, stamp_timezone, responses, project)
    code = checking.check(file, kind=kind, beside=beside, out=out, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def init(  # noqa: PLR0913 - one for each option
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The project's folder; made if it is not there.")],
    roads: Annotated[str | None, typer.Option("--roads", help="OSM extract, GraphML or street centrelines.")] = None,
    stations: Annotated[str | None, typer.Option("--stations", help="Stations with their places.")] = None,
    units: Annotated[str | None, typer.Option("--units", help="Units and where each is housed.")] = None,
    cad: Annotated[
        list[str] | None,
        typer.Option(
            "--cad", help="Dispatch (CAD) history of any layout; again for more files of it, or for its units."
        ),
    ] = None,
    zones: Annotated[str | None, typer.Option("--zones", help="Outlines with people and dwellings.")] = None,
    place: Annotated[
        str | None, typer.Option("--place", help="Fetch the roads of this place from OpenStreetMap.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="IANA zone; left out: where the stations stand.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the best guess, and mark it.")] = False,
) -> None:
    """Make a project of whatever files there are: what is understood, what is at fault, what is missing."""
    from fireplan._cli.init import init_project  # noqa: PLC0415 - help does not wait for it

    files = {"roads": roads, "stations": stations, "units": units, "cad": cad or None, "zones": zones}
    raise typer.Exit(init_project(folder, files, place=place, timezone=timezone, ask=not yes))


@app.command("map")
def map_columns(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A dispatch (CAD) export of any layout.")],
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", help="Of its local times; with it the draft is tried: America/Denver, ..."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Mapping file to write, such as mapping.toml.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Draft how a dispatch export is read: which column holds what, by which evidence, and what only you can know."""
    from fireplan._cli.map_file import map_file  # noqa: PLC0415 - help does not wait for it

    raise typer.Exit(map_file(file, timezone=timezone, out=out, as_json=as_json))


ALLOCATED = 200_000
"""Objects made between two searches for unreachable ones; Python's own 700 makes a tenth of a run of them."""


@contextmanager
def _rare_searches() -> Iterator[None]:
    """Search less often for objects that hold one another alone: while modules and tables are read there are few."""
    usual = gc.get_threshold()
    gc.set_threshold(ALLOCATED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def main() -> None:
    """Run the command line. Exit code 2: something in the input; 130: interrupted, and nothing written."""
    try:
        with _rare_searches():
            app()
    except FireplanError as error:
        from fireplan._cli.terminal import plain  # noqa: PLC0415 - help does not wait for it

        sys.stderr.write(f"fireplan: {plain(str(error))}\n")
        raise SystemExit(2) from None
