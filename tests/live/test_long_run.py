"""A long run stays flat, and ends in the state that all its events come to. A hundred thousand events by hand."""

import gc
import time
from pathlib import Path

import numpy as np
import pytest
from live_desks import SetClock, eventually
from sample_city import sample_city

from fireplan.live._desk.department import Department
from fireplan.live._desk.event_loop import Desk
from fireplan.live._store import Store
from fireplan.operations._events.from_history import events_of
from fireplan.operations._picture import Picture
from fireplan.operations._status.live_cover import CoverNow

STEP = 50
SPEED = 60
MOST_MB_EACH = 1.0


@pytest.fixture(params=[3_000, pytest.param(100_000, marks=pytest.mark.soak)], ids=["short", "long"])
def n_events(request):
    """How many; the many are run by hand."""
    if request.param > 3_000 and "soak" not in request.config.getoption("-m"):
        pytest.skip("some minutes: by hand, with -m soak")
    return request.param


def resident_mb():
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    return int(status.read_text().split("VmRSS:")[1].split()[0]) / 1024


def test_a_long_run_stays_flat_and_ends_in_the_state_of_its_events(n_events, tmp_path):
    project = sample_city(calibrated=False)
    events = events_of(project.history)[:n_events]
    clock = SetClock(events[0].ts_us)
    clock.speed = SPEED
    desk = Desk(Department.of(project), Store.open(tmp_path / "s.sqlite"), clock=clock, source="test")
    assert desk.wait_ready(60)
    news = []
    desk.subscribe(lambda update: news.append(len(update.data)))
    noted = []
    for start in range(0, len(events), STEP):
        part = events[start : start + STEP]
        clock.at = part[-1].ts_us
        assert desk.submit(part).result(60).new == len(part)
        if start % 1_000 == 0:
            eventually(lambda: desk.snapshot()["upto"] >= start, within_s=30)  # noqa: B023 - called at once
            news.clear()
        if start % 10_000 == 0:
            gc.collect()
            noted.append(resident_mb())
    eventually(
        lambda: desk.snapshot()["upto"] == len(events) and desk.snapshot()["now"] == clock.at // 1000, within_s=30
    )
    time.sleep(0.5)
    final = desk.snapshot()
    if len(noted) > 4:
        growth_mb = np.polyfit(np.arange(len(noted) - 2), noted[2:], 1)[0]
        print(f"memory every 10,000 events: {[round(m) for m in noted]} MB; {growth_mb:.2f} MB for each 10,000")  # noqa: T201
        assert growth_mb < MOST_MB_EACH
    batch = Picture(
        CoverNow(project.today, standard=project.standard),
        standard=project.standard,
        policy=project.plan.performance.policy,
    )
    batch.rebuild(sorted(events, key=lambda e: e.order), now_us=clock.at)
    scene = batch.scene(clock.at)
    shown = {u["unit_id"]: (u["status"], u["incident_id"], u["since"], u["post"]) for u in final["units"]}
    assert shown == {
        u.unit_id: (u.status, u.incident_id, None if u.since_us is None else u.since_us // 1000, u.post)
        for u in scene.units
    }
    assert [i["incident_id"] for i in final["incidents"]] == [i.incident_id for i in scene.incidents]
    assert final["cover"]["measures"][0]["now"] == round(batch.cover.measures[0].share(scene.within), 7)
    desk.close()
    again = Desk(Department.of(project), Store.open(tmp_path / "s.sqlite"), clock=clock, source="test")
    assert again.wait_ready(60)
    for part in ("units", "incidents", "cover", "advice"):
        assert again.snapshot()[part] == final[part]
    again.close()
