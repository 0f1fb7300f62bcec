"""Reports of a day and of a month, written from the store when these are over."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fireplan._conversions import HOUR_US
from fireplan.errors import InputError, quoted
from fireplan.live._desk.day_figures import REACHING_BACK_US
from fireplan.operations._events.event import EPOCH, in_us
from fireplan.operations._events.event_records import Board
from fireplan.operations._events.to_history import history_of_incidents
from fireplan.project._audience import day_audience
from fireplan.project._restricted_names import restricted_name
from fireplan.report import write_report
from fireplan.response_performance import attend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.live._desk.feed_clock import FeedClock
    from fireplan.live._store import Store
    from fireplan.project import Project

log = logging.getLogger(__name__)

CHAPTERS = ("performance", "reliability", "methods", "ledger")
AFTER_US = 2 * HOUR_US
"""A report is written so long after midnight: by then late events have come, and night's incidents are over. [us]"""

LOOKED_S = 20.0


@dataclass(frozen=True)
class ReportSpan:
    """
    A day or a month of local time.

    Attributes
    ----------
    name
        "2025-11-06" or "2025-11".
    start_us, end_us
        Its instants; the end is left out. [us since 1970, UTC]
    title
        As it is read.
    """

    name: str
    start_us: int
    end_us: int
    title: str

    @classmethod
    def named(cls, name: str, *, timezone: str) -> ReportSpan:
        """Find the span of a day, such as 2025-11-06, or a month, such as 2025-11."""
        try:
            first = date.fromisoformat(name if len(name) > 7 else f"{name}-01")
        except ValueError:
            raise InputError(f"{quoted(name)} is no day such as 2025-11-06, nor a month such as 2025-11") from None
        if len(name) > 7:
            last, title = first + timedelta(days=1), f"{first:%A}, {first.day} {first:%B %Y}"
        else:
            last, title = (first + timedelta(days=32)).replace(day=1), f"{first:%B %Y}"
        return cls(name, _midnight_us(first, timezone), _midnight_us(last, timezone), title)


def write_period_report(
    project: Project, store: Store, span: ReportSpan, folder: Path, *, profile: str | None = None
) -> Path:
    """
    Write the report of a day or a month.

    Parameters
    ----------
    project
        Whose department, standard and policy.
    store
        Where the events are.
    span
        Incidents received in it are reported on.
    folder
        Where it goes, as its name and .html, with RESTRICTED in between unless the data are invented.
    profile
        "internal": so, whatever the data are.

    Raises
    ------
    InputError
        If no unit was sent anywhere in that time.
    """
    board = Board(kept_us=None)
    for event in store.events(start_us=span.start_us, end_us=span.end_us + REACHING_BACK_US):
        board.take(event)
    incidents = [
        i for i in board.incidents() if i.received_us is not None and span.start_us <= i.received_us < span.end_us
    ]
    history = history_of_incidents(incidents, timezone=project.plan.timezone, units=project.today.units)
    if history is None:
        raise InputError(f"the store holds no response of {span.name}: there is nothing to report")
    attendance = attend(history, scenario=project.today, policy=project.plan.performance.policy)
    folder.mkdir(parents=True, exist_ok=True)
    audience = day_audience(project.plan.provenance, profile)
    return write_report(
        project.today,
        folder / audience.name(f"{span.name}.html"),
        history=attendance,
        standard=project.standard,
        title=f"{project.title}, {span.title}",
        chapters=CHAPTERS,
        profile="internal" if audience.profile else None,
    )


def due_spans(now_us: int, *, timezone: str, written: Callable[[str], bool]) -> list[str]:
    """
    Name the reports that are due: of the last day that is over, and of the last month.

    Parameters
    ----------
    now_us
        The instant. [us since 1970, UTC]
    timezone
        IANA zone of local time.
    written
        Whether the report of that name is there already.
    """
    today = (EPOCH + timedelta(microseconds=now_us - AFTER_US)).astimezone(ZoneInfo(timezone)).date()
    yesterday = today - timedelta(days=1)
    last_month = today.replace(day=1) - timedelta(days=1)
    return [n for n in (yesterday.isoformat(), f"{last_month:%Y-%m}") if not written(n)]


class Reporter:
    """
    Has reports written on their schedule, each in a process of its own, so that the live view does not wait for them.

    Parameters
    ----------
    project, store_url
        Whose reports, from which store.
    clock
        Tells which days are over.
    folder
        Where reports go. One that is there is not written again.
    """

    def __init__(self, project: Project, *, store_url: str, clock: FeedClock, folder: Path) -> None:
        self._project, self._store_url, self._clock, self.folder = project, store_url, clock, folder
        self._stop = threading.Event()
        self._tried: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Begin to look whether one is due."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(LOOKED_S):
            self.write_due()

    def write_due(self) -> list[str]:
        """Write what is due; each is tried once while the service runs."""
        names = due_spans(self._clock.now_us(), timezone=self._project.plan.timezone, written=self._written)
        for name in names:
            self._tried.add(name)
            command = [sys.executable, "-m", "fireplan", "live", "report", str(self._project.folder), "--of", name]
            done = subprocess.run(  # noqa: S603 - our own command
                [*command, "--store", self._store_url, "--out", str(self.folder)],
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
            )
            if done.returncode == 0:
                log.info("report of %s written", name)
            else:
                log.warning("no report of %s (exit code %d)", name, done.returncode)
        return names

    def _written(self, name: str) -> bool:
        names = (f"{name}.html", restricted_name(f"{name}.html"))
        return name in self._tried or any((self.folder / file).exists() for file in names)


def _midnight_us(day: date, timezone: str) -> int:
    return in_us(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC))
