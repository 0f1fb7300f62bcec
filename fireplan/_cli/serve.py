"""What `fireplan serve` and `fireplan live` do: put a live view together, say where it is, and run it."""

from __future__ import annotations

import gzip
import json
import logging
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.text import Text

from fireplan import wording
from fireplan._cli import terminal as show
from fireplan._cli.readers import say_for_whom
from fireplan._cli.terminal import plain
from fireplan.errors import InputError, quoted
from fireplan.incidents import read_cad
from fireplan.progress import silent
from fireplan.project import open_project
from fireplan.project._audience import Audience
from fireplan.project._audience_output import audience_output
from fireplan.project._restricted_names import is_restricted, unmarked_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fireplan.live._desk.feed_clock import PlayedClock
    from fireplan.live._web.server import Binding
    from fireplan.live._web.tokens import Tokens
    from fireplan.live.feeds import Feed
    from fireplan.project import Project

    Tell = Callable[[str], None]

log = logging.getLogger(__name__)

STEPS = 9
STORE = "live.sqlite"
EXTRA = "the live view needs more packages: pip install 'fireplan[live]'"


@dataclass(frozen=True)
class Asked:
    """
    What a live view is asked to be.

    Attributes
    ----------
    feeds
        Files of JSON lines, and tables of databases.
    replay
        Play the project's history, or that of `history`.
    history
        A dispatch export to be played.
    speed
        Seconds of history for each second.
    start
        Where the replay begins; None: at six in the morning of the busiest of the last 90 days.
    store
        A file, or the address of a database; None: live.sqlite beside the plan, for a replay nowhere.
    reports
        Folder of daily and monthly reports; None: none are written.
    tokens
        A file of tokens.
    """

    feeds: Sequence[str] = ()
    replay: bool = False
    history: Path | None = None
    speed: float = 1.0
    start: str | None = None
    store: str | None = None
    reports: Path | None = None
    tokens: Path | None = None


def serve_project(folder: Path, asked: Asked, *, listen: dict[str, object]) -> None:
    """Run a project's live view until it is interrupted."""
    try:
        import sqlalchemy  # noqa: F401, PLC0415
        import starlette  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
    except ImportError as error:
        raise InputError(EXTRA) from error
    from fireplan.live._assemble import open_desk  # noqa: PLC0415
    from fireplan.live._reports import Reporter  # noqa: PLC0415 - after the check above
    from fireplan.live._web.server import Binding, Server  # noqa: PLC0415
    from fireplan.live._web.token_file import kept_tokens  # noqa: PLC0415
    from fireplan.live._web.tokens import Tokens  # noqa: PLC0415

    _check(asked)
    tokens = Tokens.found(file=asked.tokens)
    binding = Binding(**listen)  # type: ignore[arg-type]
    binding.names()  # what may not be is said before anything is read
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    with ExitStack() as stack:
        with silent(), show.command_steps(STEPS) as tell:
            project = open_project(folder, tell=tell)
            feeds, clock, source = _feeds(project, asked, tell)
            store = _store(project, asked)
            desk = stack.enter_context(
                open_desk(project, store=store, feeds=feeds, clock=clock, source=source, tell=tell)
            )
            server = Server(desk, binding, tokens=tokens)
        if asked.reports is not None and store is not None:
            reporter = Reporter(project, store_url=str(store), clock=desk.clock, folder=asked.reports)
            reporter.start()
            stack.callback(reporter.stop)
        where = _address(server.url, binding)
        if sys.stdout.isatty():
            lines = _with_tokens(where, tokens)
        else:  # what a service prints is kept in journals that others read
            about = f"Tokens of the live view of {project.title} at {where}"
            lines = _in_file(where, stack.enter_context(kept_tokens(tokens, about=about, port=server.port)), tokens)
        _say([f"{project.title}: the live view is running.", *lines, "Ctrl-C ends it."])
        server.run()


def _check(asked: Asked) -> None:
    if asked.history is not None and not asked.replay:
        raise InputError(f"{quoted(asked.history)} is to be played? say --replay before it")
    if asked.replay and asked.feeds:
        raise InputError("--replay plays a history by a clock of its own: leave --feed out")
    if asked.start is not None and not asked.replay:
        raise InputError("--start is where a replay begins: give --replay too")
    if asked.reports is not None and asked.replay and asked.store is None:
        raise InputError("reports are written from the store, and a replay keeps none: give --store too")


def _feeds(project: Project, asked: Asked, tell: Tell) -> tuple[list[Feed], PlayedClock | None, str]:
    from fireplan.live._assemble import feed_of, replay_of  # noqa: PLC0415 - after the check for the extra

    if not asked.replay:
        return [feed_of(said) for said in asked.feeds], None, ""
    cad = project.plan.inputs.cad
    history, name = project.history, cad if isinstance(cad, str) else ", ".join(cad or ["the history"])
    if asked.history is not None:
        tell("reading the history to be played")
        history = read_cad(
            asked.history,
            timezone=project.plan.timezone,
            units=project.today.units,
            ground=[project.today.roads.streets, project.today.zones],
        )
        name = asked.history.name
    if history is None:
        raise InputError("the project has no dispatch history to play: give a file behind --replay")
    start_us = None
    if asked.start is not None:
        start_us = _instant_us(asked.start, project.plan.timezone)
    tell("turning the history into events")
    feed, clock = replay_of(history, speed=asked.speed, start_us=start_us)
    return [feed], clock, f"replay of {name}"


def _instant_us(said: str, timezone: str) -> int:
    try:
        stamp = pd.Timestamp(said)
        stamp = stamp.tz_localize(timezone) if stamp.tzinfo is None else stamp
    except (ValueError, TypeError):
        raise InputError(f"{quoted(said)} is no local time such as 2025-11-06T06:00") from None
    return int(stamp.timestamp() * 1_000_000)


def _store(project: Project, asked: Asked) -> str | Path | None:
    """Where events are kept; None: only as long as the view runs."""
    if asked.store is not None:
        return asked.store if "://" in asked.store else Path(asked.store)
    if asked.replay:
        return None
    return _own_store(project.folder, project.folder / project.plan.output.dir)


def _own_store(folder: Path, outputs: Path) -> Path:
    """
    Choose the store of a project: beside its plan, for folders of outputs are deleted (`make clean`).

    One that an earlier release put among the outputs is used on, and that is told.
    """
    store, former = folder / STORE, outputs / STORE
    if not former.is_file() or former == store:
        return store
    where = f"{outputs.name}/{STORE}"
    if store.is_file():
        log.warning("%s holds events too, and is not read: move it away, or give it with --store", plain(where))
        return store
    log.warning(
        "the store is %s, in a folder of outputs that may be deleted: end the service, and move it to %s with its"
        " -wal and -shm",
        plain(where),
        STORE,
    )
    return former


def _address(url: str, binding: Binding) -> str:
    return url if not binding.behind_proxy else f"https://{next(iter(binding.allowed_hosts))}"


def _with_tokens(where: str, tokens: Tokens) -> list[str]:
    """Say how to get in. Tokens stand behind a #, which no server and no log gets to see."""
    return [
        f"  operator  {where}/#token={tokens.operator}",
        f"  viewer    {where}/#token={tokens.viewer}",
        f"  feed      POST {where}/api/events with the header 'Authorization: Bearer {tokens.feed}'",
    ]


def _in_file(where: str, file: Path | None, tokens: Tokens) -> list[str]:
    """Say where the tokens are, and none of them."""
    lines = [f"  address   {where}/"]
    if file is None:
        return [*lines, "  tokens    as they were given"]
    note = f"of {', '.join(tokens.drawn)}; only you can read it, and it goes when the view ends"
    return [*lines, f"  tokens    {file}", f"            {note}"]


def _say(lines: Sequence[str]) -> None:
    """Say where the view is, and how to get in."""
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(plain(line)))


def report_period(folder: Path, *, name: str, store: str, out: Path, profile: str | None = None) -> None:
    """Write the report of a day or a month from a store; `profile` may be "internal", as it always is."""
    from fireplan.live._reports import ReportSpan, write_period_report  # noqa: PLC0415 - needs the extra
    from fireplan.live._store import Store  # noqa: PLC0415

    if profile == "public":
        raise InputError(
            "a report of a day or a month rests on few calls, so that there is no public form of it:"
            " `fireplan report --profile public` tells of all the history"
        )
    with silent(), show.command_steps(STEPS) as tell:
        project = open_project(folder, tell=tell)
        span = ReportSpan.named(name, timezone=project.plan.timezone)
        kept = Store.open(store)
        try:
            tell(f"writing the report of {name}")
            file = write_period_report(project, kept, span, out, profile=profile)
        finally:
            kept.close()
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"{file.name}: {file.parent.resolve()}"))
    console.print(Text("For internal use: RESTRICTED." if is_restricted(file.name) else "For anyone: invented data."))


def export_events(*, store: str, out: Path, addresses: bool, profile: str | None = None) -> None:
    """Write every event of a store as JSON lines, such as a feed would send them; `profile` may be "internal"."""
    from fireplan.live._store import Store  # noqa: PLC0415 - needs the extra
    from fireplan.operations._events.event import as_said  # noqa: PLC0415

    if profile == "public":
        raise InputError("an export holds single calls, so that there is no public form of it")
    if out.suffix not in {".jsonl", ".gz"}:
        raise InputError(f"cannot write {quoted(out.name)}: let its name end in .jsonl or .jsonl.gz")
    kept = Store.open(store)
    try:
        n = 0
        with audience_output(out.parent, Audience("internal")) as output:
            target = output.file(unmarked_name(out.name))
            opened = gzip.open if out.suffix == ".gz" else open
            with opened(target, "wt", encoding="utf-8", newline="\n") as file:
                for event in kept.events():
                    kept_event = event if addresses else replace(event, address=None)
                    file.write(json.dumps(as_said(kept_event), ensure_ascii=False) + "\n")
                    n += 1
    finally:
        kept.close()
    written = out.with_name(target.name)
    Console(highlight=False).print(Text(plain(f"{wording.counted(n, 'event')}: {written.resolve()}")), soft_wrap=True)
    say_for_whom(output)


def forget_events(*, store: str, days: int) -> None:
    """Delete what a store holds of longer ago."""
    from fireplan.live._desk.feed_clock import WallClock  # noqa: PLC0415 - needs the extra
    from fireplan.live._desk.retention import day_of, forgetting_before_us  # noqa: PLC0415
    from fireplan.live._store import Store  # noqa: PLC0415

    kept = Store.open(store)
    try:
        now_us = WallClock().now_us()
        before_us = forgetting_before_us(kept, now_us, days)
        newest_us = kept.newest_us()
        if before_us is None and newest_us is not None:
            raise InputError(
                f"nothing was deleted: the clock says {day_of(now_us)}, but the newest events are of"
                f" {day_of(newest_us)}: set the clock right. A store that is not needed at all is deleted as a file",
            )
        n = 0 if before_us is None else kept.forget(before_us)
    finally:
        kept.close()
    Console(highlight=False).print(Text(f"{wording.counted(n, 'event')} deleted"), soft_wrap=True)
