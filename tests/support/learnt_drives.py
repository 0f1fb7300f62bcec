"""Calibrations written down by hand, and runs as they stand behind one."""

import geopandas as gpd
import numpy as np
import pandas as pd

from fireplan.drive_times import Calibration, Draw, Estimate, HeldOutError, LadderStep, StationStart, TravelSpread
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.roads import DriveCurve

LADDER = {"planning": (-41.0, 43.5, 103.0), "factor": (-8.0, 18.4, 60.0), "linear": (-1.0, 17.2, 56.7),
          "full": (-1.2, 15.2, 49.1)}  # fmt: skip


def error(model="full", held_out="days", n=1919):
    bias_s, median_s, p90_s = LADDER[model]
    return HeldOutError(n, held_out, bias_s, median_s, p90_s, 0.93, 0.902)


def learnt(roads, *, draws=40, basis="observed", **other):
    """Drives from a start of 9 s, with a spread, and so many draws of both."""
    random = np.random.default_rng(1)
    made = tuple(
        Draw(9 + random.normal(0, 0.5), 0.0, 1 + random.normal(0, 0.02), 1.0, 0.18 * (1 + random.normal(0, 0.05)), 0.0)
        for _ in range(draws)
    )
    values = {
        "reason": "better than class by more than one standard error",
        "speeds_kph": {
            "residential": Estimate(30.0, 29.5, 30.6, 1700), "service": Estimate(15.0, 9.0, 24.0, 4, "planning"),
        },
        "curve": DriveCurve(start_s=9.0),
        "start": Estimate(9.0, 8.6, 9.4, 1919),
        "stations": {"S1": StationStart(1.5, 1200, "w7", (-140.0, 30.0), 0.02, 0.01), "S2": StationStart(-0.4, 12)},
        "spread": TravelSpread(0.18),
        "draws": made,
        "ladder": tuple(LadderStep(m, error(m), e[1] / 100, 0.002) for m, e in LADDER.items()),
        "by_station": error(held_out="stations"),
        "ledger": (("not the first engine to arrive", 880), ("no emergency", 120)),
        "runs": 1919, "first_day": "2020-01-03", "last_day": "2020-12-30", "made": "2026-11-30",
        "versions": {"fireplan": "1.0"}, "seed": 17, "method": "robust fit", "basis": basis,
        "notes": ("station S2 has 12 runs: it drives as the others do",),
    }  # fmt: skip
    return Calibration("full", error(), network_fingerprint(roads), "0123abcd", **{**values, **other})


def runs(n=1919, *, seed=3):
    """Runs whose observed time is lognormal about the predicted one."""
    random = np.random.default_rng(seed)
    predicted_s = random.lognormal(np.log(160), 0.45, n)
    station = random.choice(["S1", "S2", "S3"], n, p=[0.6, 0.385, 0.015])
    table = {
        "median_s": predicted_s,
        "observed_s": predicted_s * np.exp(0.14 * random.standard_normal(n)),
        "p90_s": predicted_s * np.exp(0.14 * 1.2816),
        "station_id": station,
        "hour": random.integers(0, 24, n),
        "km": predicted_s / 100,
        "highway": random.choice(["residential", "primary", "trunk"], n, p=[0.7, 0.295, 0.005]),
        "day": pd.Timestamp("2020-01-03") + pd.to_timedelta(random.integers(0, 300, n), unit="D"),
    }
    at = gpd.points_from_xy(-140 + 0.01 * random.random(n), 30 + 0.04 * random.random(n))
    index = pd.Index([f"F{i:05}" for i in range(n)], name="incident_id")
    return gpd.GeoDataFrame(table, geometry=at, crs="EPSG:4326", index=index)
