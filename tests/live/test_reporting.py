"""Reports of a day and a month, from the store; export and retention on the command line."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from live_desks import SetClock
from sample_city import sample_city
from typer.testing import CliRunner

import fireplan as fp
from fireplan._cli.app import app
from fireplan._conversions import DAY_US
from fireplan.errors import InputError
from fireplan.live._reports import Reporter, ReportSpan, due_spans, write_period_report
from fireplan.live._store import Store
from fireplan.operations._events.from_history import events_of

DAY = "2025-11-06"
ZONE = "America/Los_Angeles"


def us(stamp):
    return int(pd.Timestamp(stamp, tz=ZONE).timestamp() * 1_000_000)


@pytest.fixture(scope="module")
def project():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def kept(project, tmp_path_factory):
    """A store with three days of Marisol in it."""
    path = tmp_path_factory.mktemp("store") / "live.sqlite"
    store = Store.open(path)
    store.append(events_of(project.history, start_us=us("2025-11-05"), end_us=us("2025-11-08")))
    store.close()
    return path


def run(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


def test_spans_are_local_days_and_months():
    day = ReportSpan.named("2025-11-02", timezone=ZONE)
    assert (day.end_us - day.start_us) / 3.6e9 == 25  # the clocks go back
    assert day.title == "Sunday, 2 November 2025"
    month = ReportSpan.named("2024-02", timezone="UTC")
    assert (month.end_us - month.start_us) / 8.64e10 == 29
    for wrong in ("yesterday", "2025-13", "2025-02-30", ""):
        with pytest.raises(InputError, match="no day such as"):
            ReportSpan.named(wrong, timezone=ZONE)


def test_what_is_due_is_the_last_day_and_the_last_month_once():
    none = lambda _: False  # noqa: E731
    assert due_spans(us("2025-11-07 01:59"), timezone=ZONE, written=none) == ["2025-11-05", "2025-10"]
    assert due_spans(us("2025-11-07 02:01"), timezone=ZONE, written=none) == ["2025-11-06", "2025-10"]
    assert due_spans(us("2025-11-07 12:00"), timezone=ZONE, written=lambda n: n == "2025-11-06") == ["2025-10"]


def test_the_report_of_a_day_holds_its_measures(project, kept, tmp_path):
    store = Store.open(kept)
    file = write_period_report(project, store, ReportSpan.named(DAY, timezone=ZONE), tmp_path / "reports")
    store.close()
    page = file.read_text(encoding="utf-8")
    text = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert file.name == f"{DAY}.html"
    assert "Marisol, Thursday, 6 November 2025" in text
    assert "invented" in text
    calls = project.history.incidents["received"].dt.tz_convert(ZONE)
    history = project.history
    of_day = history.incidents.index[calls.dt.strftime("%Y-%m-%d") == DAY]
    day = type(history)(
        **{**vars(history), "incidents": history.incidents.loc[of_day],
           "responses": history.responses[history.responses["incident_id"].isin(of_day)]}
    )  # fmt: skip
    table = fp.performance(
        day, scenario=project.today, standard=project.standard, policy=project.plan.performance.policy
    )
    row = table.loc["first_engine"]
    assert re.search(rf"First engine.{{0,60}}4:00 {row['n']} ", text), text[text.find("First engine") :][:200]


def test_a_day_without_responses_has_no_report(project, kept, tmp_path):
    store = Store.open(kept)
    with pytest.raises(InputError, match="nothing to report"):
        write_period_report(project, store, ReportSpan.named("2020-01-01", timezone=ZONE), tmp_path)
    store.close()


def test_reports_come_by_themselves_and_once(project, kept, tmp_path):
    reporter = Reporter(project, store_url=str(kept), clock=SetClock(us("2025-11-07 03:00")), folder=tmp_path)
    assert reporter.write_due() == [DAY, "2025-10"]
    assert [f.name for f in Path(tmp_path).iterdir()] == [f"{DAY}.html"]  # of October the store knows nothing
    assert reporter.write_due() == []


def test_export_is_a_feed_again_without_addresses(kept, tmp_path):
    store = Store.open(tmp_path / "s.sqlite")
    event = next(iter(Store.open(kept).events()))
    store.append([type(event)(event.event_id, event.ts_us, event.type, event.ts_us, 1, "i", address="12 CANARY ST")])
    store.close()
    done = run("live", "export", "--store", tmp_path / "s.sqlite", "--out", tmp_path / "out.jsonl")
    assert done.exit_code == 0, done.output
    said = json.loads((tmp_path / "out.RESTRICTED.jsonl").read_text())
    assert said["event_id"] == event.event_id
    assert "address" not in said
    run("live", "export", "--store", tmp_path / "s.sqlite", "--out", tmp_path / "all.jsonl", "--addresses")
    assert "CANARY" in (tmp_path / "all.RESTRICTED.jsonl").read_text()
    assert run("check", tmp_path / "out.RESTRICTED.jsonl", "--kind", "feed").output.startswith("ACCEPT")


def test_retention_says_how_many_it_deleted(kept, tmp_path):
    store, copy = Store.open(kept), Store.open(tmp_path / "s.sqlite")
    events = list(store.events())
    # By a clock that is years from the newest events nothing is deleted: these are of the day before yesterday.
    later_us = (time.time_ns() // 1000 - events[-1].ts_us) // DAY_US * DAY_US - 2 * DAY_US
    copy.append([replace(event, ts_us=event.ts_us + later_us) for event in events])
    n = copy.counts()["events"]
    for opened in (store, copy):
        opened.close()
    done = run("live", "forget", "--store", tmp_path / "s.sqlite", "--older-than-days", 1)
    assert f"{n:,} events deleted" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--replay", "--feed", "x.jsonl"], "leave --feed out"),
        (["cad.csv"], "say --replay"),
        (["--start", "2025-11-06T06:00"], "give --replay too"),
        (["--replay", "--reports", "x"], "give --store too"),
        (["--host", "192.0.2.1", "--allowed-host", "x.org"], "--certfile"),
        (["--tokens", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_does_not_fit_together_is_said_before_anything_is_read(words, says):
    done = run("serve", fp.examples.marisol_folder(), *words)
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)
