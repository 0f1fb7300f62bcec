"""The whole city, made step by step from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from . import details, findings, write
from .demand import draw_incidents, local
from .dispatch import History, Row
from .faults import count_faults, plant_faults
from .geography import Geography, LocalPlane, make_geography
from .routing import Arcs, TrueTimes, make_arcs
from .settings import CAUSES, SETTINGS_FILE, read_settings
from .stations import Station, place_stations, unit_rows, unit_type
from .streets import Streets, make_network
from .zones import Addresses, Zones, draw_zones, make_addresses, people

if TYPE_CHECKING:
    from .network import Network

CITY_HALL = (-2720.0, 2330.0)
CLOSED = "S3"
SOURCE = "the sample city Marisol"
README_FILE = Path(__file__).with_name("readme.md")


@dataclass
class City:
    """Everything that is written down, in the local plane.

    `site` is the proposed eighth station, `drawn` what the history was before faults were planted in it.
    """

    settings: dict[str, Any]
    seed: int
    plane: LocalPlane
    geography: Geography
    net: Network
    arcs: Arcs
    stations: list[Station]
    site: Station
    zones: Zones
    addresses: Addresses
    times: TrueTimes
    rows: list[Row]
    drawn: dict[str, Any]


def _streets(geography: Geography, seeds: dict[str, np.random.Generator]) -> Streets:
    """Draw the roads and finish them."""
    streets = make_network(geography, seeds)
    details.add_roundabouts(streets.net)
    details.add_one_way_streets(streets.net)
    details.add_signals(streets.net, streets.ramp_feet)
    return streets


def make_city(seed: int) -> City:
    """
    Make the city.

    Parameters
    ----------
    seed
        Every stream of random numbers, one for each cause, is spawned from it.
    """
    settings = read_settings()
    streams = np.random.SeedSequence(seed).spawn(len(CAUSES))
    seeds = {cause: np.random.default_rng(stream) for cause, stream in zip(CAUSES, streams, strict=True)}
    plane = LocalPlane(*settings["city"]["centre"])
    geography = make_geography(seeds["land"])
    streets = _streets(geography, seeds)
    net = streets.net
    stations, site = place_stations(net)
    details.add_islet(net, geography)
    details.add_undriven(streets, geography)
    nodes = [station.node for station in [*stations, site]]
    arcs = make_arcs(net, list(settings["travel"]["speed_kph"]), set(nodes))
    times = TrueTimes(net, arcs, settings["travel"], nodes)
    shapes, areas = draw_zones(streets, settings["city"]["zone_area_m2"])
    addresses = make_addresses(arcs, shapes, seeds["zones"])
    zones = people(shapes, areas, addresses, arcs, settings["city"], seeds["zones"])
    incidents = draw_incidents(settings, zones, addresses, arcs, seeds["demand"])
    rows = History(settings, stations, times, seeds["dispatch"]).run(incidents)
    place = plane.degrees(incidents.xy).round(6)
    for row in rows:
        row.place = (float(place[row.incident, 0]), float(place[row.incident, 1]))
    hall = plane.degrees(np.array(CITY_HALL)).round(6)
    spare = _clock_change_incidents(rows, ZoneInfo(settings["city"]["timezone"]))
    units = {unit: unit_type(unit) for station in stations for unit in station.units}
    drawn = findings.drawn_table(rows, units)
    rows = plant_faults(rows, settings["faults"], (float(hall[0]), float(hall[1])), seeds["faults"], spare=spare)
    return City(settings, seed, plane, geography, net, arcs, stations, site, zones, addresses, times, rows, drawn)


def _clock_change_incidents(rows: list[Row], zone: ZoneInfo) -> set[int]:
    """Return the incidents on the nights on which the clock changes; no fault is planted there."""
    near = 6 * 3600
    changed = {
        row.incident
        for row in rows
        if local(row.received - near, zone).utcoffset() != local(row.cleared + near, zone).utcoffset()
    }
    return changed


def truth_tables(city: City) -> dict[str, dict[str, Any]]:
    """Return what came out, as the tables that follow the settings in truth.toml."""
    reach = findings.measure_reach(city.times, city.addresses, city.zones)
    own = {unit for station in city.stations for unit in station.units}
    zone = ZoneInfo(city.settings["city"]["timezone"])
    count = len(city.stations)
    today = list(range(count))
    closed = [k for k in today if city.stations[k].station_id != CLOSED]
    planted = findings.fault_tables(count_faults(city.rows, own))
    planted["planted.default_point"]["at"] = city.plane.degrees(np.array(CITY_HALL)).round(6).tolist()
    site = city.plane.degrees(np.array(city.site.xy)).round(6).tolist()
    return {
        "made": {"seed": city.seed, "incidents": len({row.incident for row in city.rows}), "rows": len(city.rows)},
        "network": findings.network_table(city.net, city.arcs, city.geography),
        "zones": {
            "number": len(city.zones.shapes),
            "area_km2": round(sum(shape.area for shape in city.zones.shapes) / 1e6, 2),
            "land_km2": round(city.geography.dry.area / 1e6, 2),
        },
        "coverage": {"hour": findings.NOON, "method": "noise-free first-due travel to address points"},
        "coverage.today": reach.row(today),
        "coverage.station_8": {"site": site, **reach.row([*today, count])},
        "coverage.close_station": {"station_id": CLOSED, **reach.row(closed)},
        "gap": findings.gap_table(city.zones, city.addresses, reach, city.plane),
        "drawn": city.drawn,
        **planted,
        "clock_changes": findings.clock_table(city.rows, zone),
    }


def plan_text(city: City) -> str:
    """Return the project file."""
    lon, lat = city.plane.degrees(np.array(city.site.xy)).round(6).tolist()
    number, name = city.site.station_id, city.site.name
    units = write.toml_value(list(city.site.units))
    return f"""name = "Marisol"
timezone = "{city.settings["city"]["timezone"]}"
data_date = "2025-12-31"
source = "{SOURCE}"
provenance = "invented"

[inputs]
network = "roads.osm.gz"
stations = "stations.csv"
units = "units.csv"
zones = "zones.geojson"
cad = "cad.csv.gz"
calibration = "calibration.toml"

[network]
source = "Marisol's own streets (invented)"

[standards]
use = ["NFPA_1710"]

[[standards.local]]
name = "Growth rule"
text = "No more than 1,500 dwelling units outside five minutes of travel from the first-due engine."
weight = "dwellings"
travel_seconds = 300
at_most_outside = 1500
source = "Invented for the sample city, in the manner of growth-management rules of Californian cities."

[performance]
emergency_priorities = ["1", "2"]

[calibration]
longest_seconds = 1800

[[scenario]]
name = "{name}"
changes = [ {{ open_station = "{number}", name = "{name}", at = [{lon}, {lat}], units = {units} }} ]

[[scenario]]
name = "Close Station {CLOSED[1:]}"
changes = [ {{ close_station = "{CLOSED}" }} ]

[output]
dir = "out"
"""


def _readme_values(city: City, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that the note quotes."""
    flat = {f"{name.replace('.', '_')}__{key}": value for name, table in tables.items() for key, value in table.items()}
    values: dict[str, Any] = {}
    for key, value in flat.items():
        shown = f"{100 * value:.1f} %" if "share" in key and isinstance(value, float) else value
        shown = f"{shown:,}" if isinstance(shown, int) else shown
        values[key] = ", ".join(map(str, shown)) if isinstance(shown, list) else shown
    values |= {"seed": city.seed, "population": f"{city.zones.population.sum():,}"}
    values |= {"dwellings": f"{city.zones.dwellings.sum():,}", "closed": CLOSED}
    return values


def write_city(city: City, folder: Path) -> None:
    """Write every file of the city into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    zone = ZoneInfo(city.settings["city"]["timezone"])
    tables = truth_tables(city)
    write.write_gzip(folder / "roads.osm.gz", write.osm_text(city.net, city.plane))
    write.write_gzip(folder / "cad.csv.gz", write.cad_text(city.rows, zone))
    texts = {
        "stations.csv": write.stations_text(city.stations, city.plane),
        "units.csv": write.units_text(unit_rows(city.stations, city.settings["planning"])),
        "zones.geojson": write.zones_text(city.zones, city.plane),
        "plan.toml": plan_text(city),
        "truth.toml": SETTINGS_FILE.read_text(encoding="utf-8")
        + "\n# What came out of these settings. Counted from what was written.\n"
        + write.toml_tables(tables),
        "README.md": Template(README_FILE.read_text(encoding="utf-8")).substitute(_readme_values(city, tables)),
    }
    for name, text in texts.items():
        write.write_text(folder / name, text)
