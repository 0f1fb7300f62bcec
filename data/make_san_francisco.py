"""
Make a project folder of San Francisco from public data.

    python data/make_san_francisco.py SOURCE OUT

SOURCE holds the city's files as published: `sf_fire_stations.geojson`, `unit_to_station.csv`, `sf_drive.graphml.gz` and
`sffd_calls_2020-04-07_20.csv.gz` (DataSF, public domain). OUT becomes a project for `fireplan assess` and `compare`.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from pathlib import Path

ROADS, CALLS = "sf_drive.graphml.gz", "sffd_calls_2020-04-07_20.csv.gz"
OFF_THE_NETWORK = {"48"}
"""Treasure Island: the street network does not reach it, so its station cannot be assessed."""

PLAN = """\
name = "San Francisco"
timezone = "America/Los_Angeles"
provenance = "observed"
source = "DataSF: fire stations, calls for service 7 to 20 April 2020 (lock-down traffic), street centrelines"
data_date = "2020-04-20"

[inputs]
network = "{roads}"
stations = "stations.csv"
cad = "{calls}"
cad_mapping = "san_francisco"

[network]
# Station 4 stands 326 m from the nearest mapped street.
snap_limit_m = 400
source = "San Francisco street centrelines, both ways (no one-way information)"

[standards]
use = ["NFPA_1710"]

[performance]
# Engines and trucks only: ambulances have no station in these files. 3 and E are answered with lights and siren.
first_types = ["engine"]
emergency_priorities = ["3", "E"]

[calibration]
# A drive across a city of 11 km is no longer: what took longer stopped on the way, or its stamp was forgotten.
longest_seconds = 900

[[scenario]]
name = "Exercise: without Station 43"
changes = [ {{ close_station = "43" }} ]

[[scenario]]
name = "Exercise: a second engine in the south-west"
changes = [ {{ open_station = "X1", name = "Exercise station", at = [-122.4905, 37.7225], units = ["E91"] }} ]

[output]
dir = "out"
"""


def main(source: Path, out: Path) -> None:
    """Write the project."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (ROADS, CALLS):
        shutil.copyfile(source / name, out / name)
    units = units_by_station(source / "unit_to_station.csv")
    features = json.loads((source / "sf_fire_stations.geojson").read_text(encoding="utf-8"))["features"]
    rows = sorted((station_row(f, units) for f in features), key=lambda row: int(row["station_id"]))
    with (out / "stations.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    (out / "plan.toml").write_text(PLAN.format(roads=ROADS, calls=CALLS), encoding="utf-8", newline="\n")
    print(f"{len(rows)} stations, {sum(map(len, units.values()))} engines and trucks: {out}")


def units_by_station(file: Path) -> dict[str, list[str]]:
    """Engines and trucks that the city lists for each station."""
    found: dict[str, list[str]] = {}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["Station"], []).append(row["Unit"])
    return found


def station_row(feature: dict, units: dict[str, list[str]]) -> dict[str, object]:
    """One station as fireplan reads it."""
    name = feature["properties"]["common_name"]
    number = re.search(r"#(\d+)", name)[1]
    longitude, latitude = feature["geometry"]["coordinates"][:2]
    return {
        "station_id": number,
        "name": name.split(" - ")[0].replace("Fire Station #", "Station "),
        "latitude": f"{latitude:.6f}",
        "longitude": f"{longitude:.6f}",
        "units": ";".join(units.get(number, [])),
        "open": "no" if number in OFF_THE_NETWORK else "yes",
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
