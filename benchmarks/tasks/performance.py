"""Two hundred thousand rows of dispatch history: read, checked and measured; beside a script that checks nothing."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import Contest, DifferenceError, Way
from fireplan import examples, read_cad, standards
from fireplan.response_performance import Policy, attend, performance

ROWS, QUICK_ROWS = 200_000, 20_000
ZONE = "America/Los_Angeles"
EMERGENCIES = ("1", "2")
STAMPS = ("received", "dispatched", "enroute", "arrived", "cleared")
FIRST = ("engine", "truck", "ambulance")


def contests(*, quick: bool):
    n_rows = QUICK_ROWS if quick else ROWS
    folder = tempfile.TemporaryDirectory()
    file, many = (Path(folder.name) / name for name in ("calls.csv", "many.csv"))
    city = examples.marisol(calibrated=False)
    write_calls(file, n_rows)

    def ours():
        history = read_cad(file, timezone=ZONE)
        seen = attend(history, scenario=city, policy=Policy(emergency_priorities=EMERGENCIES))
        asked = {"standard": standards.NFPA_1710}
        return performance(seen, **asked), performance(seen, by="station_id", **asked)

    def check(found, theirs):
        whole = found[0].set_index("interval", append=True)["p90_s"].groupby(level="interval").first()
        plain = theirs["plain pandas"][0]
        asked = plain.index.intersection(whole.index)
        if len(asked) < 3:
            raise DifferenceError(f"intervals of both: {[*asked]}")
        for interval in asked:
            if abs(whole[interval] - plain.loc[interval, "p90_s"]) > 3:
                raise DifferenceError(f"p90 of {interval}: {whole[interval]} and {plain.loc[interval, 'p90_s']}")
        _ = folder.name
        return "p90 of each interval within 3 s of the other: the script keeps rows that the ledger repairs", True

    yield Contest(
        task="performance",
        title=f"{n_rows:,} unit rows read, checked and measured, in all and by station",
        place="-",
        ours=Way("fireplan", ours),
        peers=(Way("plain pandas", lambda: by_hand(file, city.units), note="no checks, no ledger, no intervals"),),
        check=check,
        times_faster={"plain pandas": 1 / 3},
        most_ms=6_000.0,
        most_mb=700.0,
        judged=not quick,
    )
    yield Contest(
        task="performance",
        title=f"{5 * n_rows:,} unit rows read and checked",
        place="-",
        ours=Way(
            "fireplan", lambda: read_cad(many, timezone=ZONE), lambda: many.exists() or write_calls(many, 5 * n_rows)
        ),
        peers=(Way("pandas.read_csv", lambda: pd.read_csv(many, dtype=str), note="text alone", same_work=False),),
        most_ms=6_000.0,
        most_mb=1_000.0,
        judged=not quick,
    )


def write_calls(file: Path, n_rows: int) -> None:
    """Repeat Marisol's history under other incident numbers until there are enough rows."""
    text = gzip.decompress((examples.marisol_folder() / "cad.csv.gz").read_bytes()).decode("utf-8")
    header, *rows = text.splitlines()
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(header + "\n")
        for i in range(n_rows):
            turn, row = divmod(i, len(rows))
            stream.write(f"{turn}-{rows[row]}\n")


def by_hand(file: Path, units: pd.DataFrame):
    """What a planner writes who trusts the file: the same measures, without checks, ledger and intervals."""
    calls = pd.read_csv(file, dtype={"incident_id": str, "unit_id": str, "priority": str})
    for name in STAMPS:
        local = pd.to_datetime(calls[name], format="ISO8601")
        calls[name] = local.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    calls = calls.drop_duplicates().join(units[["type", "station_id", "crew"]], on="unit_id")
    calls = calls[calls["priority"].isin(EMERGENCIES)]
    for name, begin, end in (
        ("turnout_s", "dispatched", "enroute"), ("travel_s", "enroute", "arrived"),
        ("turnout_and_travel_s", "dispatched", "arrived"), ("total_response_s", "received", "arrived"),
    ):  # fmt: skip
        taken = (calls[end] - calls[begin]).dt.total_seconds()
        calls[name] = taken.where(taken >= 0)
    ours = calls[calls["type"].isin(FIRST)].dropna(subset="arrived").sort_values("arrived")
    first = ours.drop_duplicates("incident_id").set_index("incident_id")
    sent = calls.groupby("incident_id")[["received", "dispatched"]].min()
    first["call_processing_s"] = (sent["dispatched"] - sent["received"]).dt.total_seconds()
    fire = first["call_type"].str.contains("FIRE|SMOKE|ALARM")
    engine = ours[ours["type"] == "engine"].drop_duplicates("incident_id").set_index("incident_id")
    crews = calls[calls["type"].isin(["engine", "truck", "battalion"]) & calls["call_type"].str.contains("FIRE|SMOKE")]
    crews = crews.sort_values("arrived")
    crews = crews[crews.groupby("incident_id")["crew"].cumsum() >= 16].drop_duplicates("incident_id")
    began = calls.groupby("incident_id")["enroute"].min()
    force = crews.set_index("incident_id")
    force["force_s"] = (force["arrived"] - began.reindex(force.index)).dt.total_seconds()
    names = ["call_processing_s", "turnout_s", "travel_s", "turnout_and_travel_s", "total_response_s"]
    asked = [(first, name, None) for name in names]
    asked += [(engine, "travel_s", 240), (force, "force_s", 480), (first, "call_processing_s", 64)]
    asked += [(first[fire], "turnout_s", 80), (first[~fire], "turnout_s", 60)]
    whole = pd.DataFrame([_told(rows[name].dropna(), limit_s) for rows, name, limit_s in asked])
    by_station = [
        rows.dropna(subset=name).groupby("station_id")[name].apply(_told, limit_s) for rows, name, limit_s in asked
    ]
    return whole.iloc[: len(names)].set_axis(names), by_station


def _told(seconds: pd.Series, limit_s: float | None) -> pd.Series:
    if seconds.empty:
        return pd.Series({"n": 0, "p50_s": np.nan, "p90_s": np.nan, "share": np.nan})
    p50_s, p90_s = np.quantile(seconds, [0.5, 0.9], method="inverted_cdf")
    within = np.nan if limit_s is None else (seconds <= limit_s).mean()
    return pd.Series({"n": len(seconds), "p50_s": p50_s, "p90_s": p90_s, "share": within})
