"""What is measured: each task turns a place into contests."""

from benchmarks.tasks import (
    candidates,
    commands,
    county,
    field,
    hypercube,
    importing,
    isochrones,
    live,
    maps,
    performance,
    processes,
    reach,
    simulation,
    siting,
    snapping,
    speeds,
    whatif,
)

ON_NETWORKS = {
    "reach": reach.contests,
    "field": field.contests,
    "speeds": speeds.contests,
    "candidates": candidates.contests,
    "snap": snapping.contests,
    "isochrones": isochrones.contests,
    "live": live.contests,
    "county": county.contests,
    "processes": processes.contests,
}
"""Measured on every network."""

ALONE = {
    "whatif": whatif.contests,
    "performance": performance.contests,
    "simulation": simulation.contests,
    "siting": siting.contests,
    "hypercube": hypercube.contests,
    "maps": maps.contests,
    "live day": live.day,
    "import": importing.contests,
    "commands": commands.contests,
}
"""Measured once."""
