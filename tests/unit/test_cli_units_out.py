"""`fireplan replay`, `fireplan simulate` and [simulation] of plan.toml: what comes out, and what a fault looks like."""

import json
import sys

import pandas as pd
import pytest

import fireplan as fp
from fireplan._cli import main
from fireplan._cli.units_out import share_asked
from fireplan.errors import ProjectError
from fireplan.project import open_project, read_plan, write_project

REPLAYED = {
    "replay.csv", "replay_baseline.csv", "replay_rules.csv", "replay_changes.csv", "replay_changes_by_station.csv",
    "replay_displaced.csv", "replay_notes.txt", "replay_manifest.json",
}  # fmt: skip
SIMULATED = {
    "simulation.csv", "simulation_by_replication.csv", "simulation_utilisation.csv", "simulation_differences.csv",
    "simulate_notes.txt", "simulate_manifest.json",
}  # fmt: skip
SHORT = "[simulation]\ndays = 14\nreplications = 3\nseed = 5\n"
CLOSED = '[[scenario]]\nname = "Close the middle"\nchanges = [ { close_station = "S2" } ]\n'
EASED = (
    '[[scenario]]\nname = "Engine 9"\nchanges = [ { open_station = "S9", at = [-140.0, 30.039], units = ["E9"] } ]\n'
)


def calls(days=14):
    """Each day at two in the afternoon one call at the south end and one in the middle; E1 and E2 go."""
    rows = []
    for day in range(days):
        for unit, latitude, arrived in (("E1", 30.004, "14:02:44"), ("E2", 30.022, "14:02:22")):
            date = f"2024-03-{4 + day:02d}"
            rows.append(
                {"incident_id": f"{unit}-{day}", "unit_id": unit, "call_type": "FIRE", "priority": "1",
                 "latitude": latitude, "longitude": -140.0, "received": f"{date} 14:00:00",
                 "dispatched": f"{date} 14:01:00", "enroute": f"{date} 14:02:00", "arrived": f"{date} {arrived}",
                 "cleared": f"{date} 14:40:00"}
            )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def bare(tmp_path):
    """Line Street with engines at its south end and in its middle, without a history."""
    town = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.02), units=("E2",)))
    plain = fp.Scenario(town.roads, town.stations, town.units, town.zones, provenance="invented", source="line town")
    return write_project(plain, tmp_path / "line")


@pytest.fixture
def project(bare):
    """The same with a history of two weeks."""
    calls().to_csv(bare / "cad.csv", index=False)
    plan = (bare / "plan.toml").read_text(encoding="utf-8")
    text = plan.replace("[inputs]\n", '[inputs]\ncad = "cad.csv"\ncad_timezone = "Etc/GMT+9"\n')
    (bare / "plan.toml").write_text(text, encoding="utf-8")
    return bare


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, output, error output."""

    def command(*args):
        monkeypatch.setattr(sys, "argv", ["fireplan", *map(str, args)])
        monkeypatch.setenv("COLUMNS", "80")
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return command


def ask(folder, *texts):
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write("\n" + "\n".join(texts))
    return folder


def read(file):
    return pd.read_csv(file, encoding="utf-8-sig")


def fits(text):
    """Lines that are wider than the terminal, but for the last ones, which are paths."""
    return [line for line in text.splitlines()[:-3] if len(line) > 80]


# --- what a plan may ask


def test_a_plan_says_what_a_simulation_is_asked(bare):
    text = """[simulation]
    days = 30
    demand = "poisson"
    growth = { fire = 1.5 }
    start = 2025-01-06
    run_cards = { fire = { engine = 2 } }
    queue = false
    aid = false
    assignable = true
    brown_outs = { E2 = "08:00-20:00", E1 = [["2025-01-07", "2025-01-08"]] }
    within_percent = 2
    warm_up_days = 0
    """
    assert read_plan(ask(bare, text)).simulation.asked == {
        "days": 30, "replications": 20, "seed": 1, "demand": "poisson", "growth": {"fire": 1.5}, "start": "2025-01-06",
        "run_cards": {"fire": {"engine": 2}}, "queue": False, "aid": False, "assignable": True,
        "brown_outs": {"E2": "08:00-20:00", "E1": (("2025-01-07", "2025-01-08"),)}, "within": 0.02, "warm_up_days": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("replicatons = 5", "'simulation.replicatons' is unknown: did you mean 'replications'?"),
        ("replications = 1000000000000", "simulation.replications"),
        ("replications = 0", "simulation.replications"),
        ("days = 365000", "simulation.days"),
        ("seed = -1", "simulation.seed"),
        ("demand = 'weeks'", "simulation.demand"),
        ("growth = -1", "simulation.growth"),
        ("growth = nan", "simulation.growth"),
        ("start = 'soon'", "simulation.start is 'soon': write a day, such as \"2025-01-01\""),
        ("run_cards = { fire = { engine = -1 } }", "simulation.run_cards.fire.engine"),
        ("within_percent = 0.01", "simulation.within_percent"),
    ],
)
def test_a_fault_in_simulation_is_named(bare, text, said):
    with pytest.raises(ProjectError) as fault:
        read_plan(ask(bare, f"[simulation]\n{text}\n"))
    assert said in str(fault.value)


def test_the_share_is_the_first_of_calls_for_a_single_unit(bare):
    objective, notes = share_asked(open_project(bare))
    assert (objective.key, objective.limit_s) == ("first_engine", 240)
    assert len(notes) == 1
    assert "Initial full alarm" in notes[0]
    assert "First engine" not in notes[0]
    ask(bare, "[[standards.local]]\nname = 'People'\nweight = 'population'\ntravel_seconds = 300\nshare_percent = 90")
    objective, notes = share_asked(open_project(bare))
    assert objective is None
    assert "of a usual one" in notes[0]


# --- simulate


def test_simulate_gives_what_the_library_gives(project, run):
    code, out, err = run("simulate", ask(project, SHORT, EASED, CLOSED))
    assert code == 0, err
    assert {f.name for f in (project / "out").iterdir()} == SIMULATED
    assert "(invented data, modelled)" in out
    assert "simulating Close the middle" in err
    assert "Close the middle, less today" in out
    assert fits(out) == []
    opened = open_project(project)
    objective, _ = share_asked(opened)
    asked = {"days": 14, "replications": 3, "seed": 5, "objective": objective}
    found = {s.name: fp.simulate(s, opened.history, **asked) for s in (opened.today, *opened.scenarios)}
    table = read(project / "out" / "simulation.csv").set_index(["scenario", "measure"])
    for name, one in found.items():
        told = table.loc[name, "mean"].to_dict()
        assert told == pytest.approx(one.summary()["mean"].to_dict(), nan_ok=True)
        assert told["served"] + told["aid"] + told["lost"] == pytest.approx(told["calls"])
    busy = read(project / "out" / "simulation_utilisation.csv")
    assert set(busy.loc[busy["scenario"] == "Engine 9", "unit_id"]) == {"E1", "E2", "E9"}
    gaps = read(project / "out" / "simulation_differences.csv").set_index(["scenario", "measure"])
    pair = [found[name].by_replication()["p90_s"] for name in ("today", "Close the middle")]
    row = gaps.loc[("Close the middle", "p90_s")]
    assert row["change"] == pytest.approx((pair[1] - pair[0]).mean())
    assert row["replications"] == 3


def test_simulate_says_what_it_was_made_from_and_does_it_again(project, run):
    ask(project, SHORT, CLOSED)
    for name in ("one", "two"):
        assert run("simulate", project, "--out", project / name)[0] == 0
    one, two = ({f.name: f.read_bytes() for f in (project / name).iterdir()} for name in ("one", "two"))
    assert one == two
    made = json.loads(one["simulate_manifest.json"])
    said = made["simulate"]
    assert {key: said[key] for key in ("seed", "days", "replications", "basis")} == {
        "seed": 5, "days": 14, "replications": 3, "basis": "modelled",
    }  # fmt: skip
    assert set(made["outputs"]) == SIMULATED - {"simulate_manifest.json"}
    assert made["scenarios"]["Close the middle"]


def test_what_ifs_are_simulated_as_often_as_today(project, run):
    """With an interval asked for, today stops where it is reached; the pairs need as many of the others."""
    ask(project, "[simulation]\ndays = 14\nreplications = 30\nwithin_percent = 5\n", CLOSED)
    assert run("simulate", project)[0] == 0
    runs = read(project / "out" / "simulation_by_replication.csv").groupby("scenario").size()
    assert runs["today"] == runs["Close the middle"] < 30


def test_a_unit_that_a_what_if_has_not_is_browned_out_today_alone(project, run):
    ask(
        project,
        SHORT,
        'brown_outs = { E2 = "always" }\n',
        '[[scenario]]\nname = "No E2"\nchanges = [ { remove_unit = "E2" } ]',
    )
    code, _, err = run("simulate", project)
    assert code == 0, err
    gaps = read(project / "out" / "simulation_differences.csv")
    assert (gaps["change"].fillna(0) == 0).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('brown_outs = { E7 = "always" }', "unknown unit 'E7'"),
        ("growth = { medical = 1.1 }", "growth names 'medical', but the categories of the history are 'fire'"),
    ],
)
def test_what_the_history_does_not_know_is_named_with_its_part(project, run, text, said):
    code, _, err = run("simulate", ask(project, SHORT, text))
    assert code == 2
    assert "[simulation] of plan.toml" in err
    assert said in err
    assert not (project / "out").exists()


def test_what_is_not_printed_is_counted(project, run, monkeypatch):
    monkeypatch.setattr("fireplan._cli.simulate.MOST_UNITS", 1)
    monkeypatch.setattr("fireplan._cli.simulate.MOST_SCENARIOS", 2)
    code, out, err = run("simulate", ask(project, SHORT, EASED, CLOSED))
    assert code == 0, err
    assert "what-if 1: Engine 9; 2 units and 1 what-if more in simulation_utilisation.csv." in " ".join(out.split())


def test_every_key_reaches_the_simulation(project, run):
    """Two engines to each call, half as many calls again, E2 out for a while: as the library has it."""
    text = """[simulation]
    days = 14
    replications = 2
    demand = "poisson"
    growth = 1.5
    start = 2024-03-11
    run_cards = { fire = { engine = 2 } }
    queue = false
    aid = false
    assignable = true
    brown_outs = { E2 = [["2024-03-12", "2024-03-15"]] }
    warm_up_days = 0
    """
    assert run("simulate", ask(project, text))[0] == 0
    opened = open_project(project)
    one = fp.simulate(
        opened.today, opened.history, days=14, replications=2, demand="poisson", growth=1.5, start="2024-03-11",
        run_cards={"fire": {"engine": 2}}, queue=False, aid=False, assignable=True,
        brown_outs={"E2": [("2024-03-12", "2024-03-15")]}, warm_up_days=0, objective=share_asked(opened)[0],
    )  # fmt: skip
    told = read(project / "out" / "simulation.csv").set_index("measure")["mean"]
    assert told.to_dict() == pytest.approx(one.summary()["mean"].to_dict(), nan_ok=True)
    assert told["units_unmet"] > 0


# --- replay


def test_replay_gives_what_the_library_gives_the_error_first(project, run):
    code, out, err = run("replay", ask(project, SHORT, EASED, CLOSED))
    assert code == 0, err
    assert {f.name for f in (project / "out").iterdir()} == REPLAYED
    assert fits(out) == []
    told = [
        out.index(words)
        for words in ("right first unit: 100 %", "Sent by the rules", "what-if less today", "who takes")
    ]
    assert told == sorted(told)
    opened = open_project(project)
    objective, _ = share_asked(opened)
    today, eased, closed = (
        fp.replay(s, opened.history, objective=objective, policy=opened.plan.performance.policy, seed=5)
        for s in (opened.today, *opened.scenarios)
    )
    table = read(project / "out" / "replay.csv").set_index(["scenario", "figure"])["value"]
    assert table.loc["today"].to_dict() == pytest.approx(today.summary()["value"].to_dict(), nan_ok=True)
    changes = read(project / "out" / "replay_changes.csv").set_index("scenario")
    for name, other in (("Engine 9", eased), ("Close the middle", closed)):
        pair = fp.simulation.compare_replays(today, other, seed=5).iloc[0]
        assert changes.loc[name, ["change", "low", "high"]].tolist() == pytest.approx(
            pair[["change", "low", "high"]].tolist()
        )
    made = json.loads((project / "out" / "replay_manifest.json").read_text(encoding="utf-8"))
    assert made["replay"]["seed"] == 5
    assert made["replay"]["objective"] == str(objective)


def test_only_what_ifs_that_lose_units_displace_work(project, run):
    code, out, err = run("replay", ask(project, EASED, CLOSED))
    assert code == 0, err
    moved = read(project / "out" / "replay_displaced.csv")
    assert set(moved["scenario"]) == {"Close the middle"}
    direct = moved[moved["cause"] == "direct"]
    assert direct["responses"].sum() == 14
    assert "Close the middle: who takes the 14 responses of E2" in out
    assert "Engine 9: who takes" not in out


def test_places_that_are_not_printed_are_counted(project, run, monkeypatch):
    monkeypatch.setattr("fireplan._cli.replay.MOST_PLACES", 0)
    code, out, err = run("replay", ask(project, CLOSED))
    assert code == 0, err
    assert f"{len(read(project / 'out' / 'replay_displaced.csv'))} more row in replay_displaced.csv." in out


def test_replay_without_what_ifs_tells_the_error_and_today(project, run):
    code, out, err = run("replay", project)
    assert code == 0, err
    assert "right first unit" in out
    assert "what-if less today" not in out
    assert len(read(project / "out" / "replay_changes.csv")) == 0


def test_a_day_is_drawn_as_it_was_replayed_today_and_in_each_what_if(project, run):
    code, out, err = run("replay", ask(project, CLOSED), "--playback", "2024-03-05")
    assert code == 0, err
    told = "2024-03-05 as replayed, for internal use: replay_playback.html, replay_playback_1.html"
    assert told in " ".join(out.split())
    today, closed = ((project / "out" / f"replay_playback{n}.html").read_text(encoding="utf-8") for n in ("", "_1"))
    assert "Tuesday 5 March 2024, replayed: " in today
    assert all("RESTRICTED" in page for page in (today, closed))
    assert "Close the middle" in closed
    made = json.loads((project / "out" / "replay_manifest.json").read_text(encoding="utf-8"))
    assert "replay_playback_1.html" in json.dumps(made)


def test_a_day_without_calls_is_refused_and_nothing_is_written(project, run):
    code, _, err = run("replay", project, "--playback", "2024-02-05")
    assert code != 0
    assert "nothing is on record Monday 5 February 2024" in err
    assert not (project / "out").exists() or not list((project / "out").glob("replay*"))


# --- faults of both


@pytest.mark.parametrize("command", ["replay", "simulate"])
def test_a_project_without_a_history_says_what_is_missing(bare, run, command):
    code, _, err = run(command, bare)
    assert code == 2
    assert f"plan.toml names no dispatch history, and {command} takes calls" in err
    assert "give inputs.cad, with a row per unit per incident" in err
    assert not (bare / "out").exists()


@pytest.mark.parametrize("command", ["replay", "simulate"])
def test_a_history_without_units_is_refused(project, run, command):
    calls().drop(columns="unit_id").to_csv(project / "cad.csv", index=False)
    code, _, err = run(command, project)
    assert code == 2
    assert f"has one row per incident and names no units, so that {command} cannot tell" in err
    assert not (project / "out").exists()


@pytest.mark.parametrize("command", ["replay", "simulate"])
def test_a_what_if_that_cannot_be_played_is_named(project, run, command):
    closed = '[[scenario]]\nname = "Nobody"\nchanges = [ { remove_unit = "E1" }, { remove_unit = "E2" } ]\n'
    code, _, err = run(command, ask(project, SHORT, closed))
    assert code == 2
    assert "scenario 'Nobody'" in err
    assert not (project / "out").exists()


def test_a_history_shorter_than_a_week_is_not_drawn_from(project, run):
    calls(days=4).to_csv(project / "cad.csv", index=False)
    code, _, err = run("simulate", ask(project, SHORT))
    assert code == 2
    assert "this history covers 4 days" in err


def test_a_replay_of_too_few_calls_says_so(project, run):
    calls(days=4).to_csv(project / "cad.csv", index=False)
    code, out, _ = run("replay", project)
    assert code == 0
    assert "right first unit: too few calls with one (n = 8)" in out
    assert "too few calls (n = 8)" in out
    assert "100 %" not in out
