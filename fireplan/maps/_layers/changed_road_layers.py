"""Streets that a scenario closes, opens, builds, or drives slower or faster, drawn over what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan._page_kit import coordinate_codec
from fireplan._page_kit.generalisation import merged_lines
from fireplan.changes import changed_roads
from fireplan.colours import CARD, FASTER, NEWLY, NO_LONGER, SLOWER
from fireplan.crs import WGS84, reproject
from fireplan.maps._layers.layer_rows import extent_deg
from fireplan.maps._layers.legend import Entry, Legend, Sign
from fireplan.maps._layers.packed_layer import PackedLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import folium
    import geopandas as gpd

    from fireplan.scenario import Scenario

WIDE, NARROW, CASING = 4.0, 1.8, 7.0
"""Widths of streets that were closed, opened or built; of those driven otherwise; and of the white beneath. [px]"""

LOOKS: dict[str, tuple[str, str, float, str]] = {
    "closed": ("closed", NO_LONGER, WIDE, "1 7"),
    "opened": ("opened", NEWLY, WIDE, "9 5"),
    "built": ("built", NEWLY, WIDE, ""),
    "slower": ("driven slower", SLOWER[2], NARROW, ""),
    "faster": ("driven faster", FASTER[2], NARROW, ""),
}
"""By what became of a street: words, colour, width and dashes; closed from built they part by dots as well."""

SIGNS: dict[str, Sign] = {"1 7": "dotted", "9 5": "dashed"}
LAYERS = (("Changed roads", ("closed", "opened", "built")), ("Changed speeds", ("slower", "faster")))
TOLERANCE_M = 2.0


CLOSED = "closed"
ON_CLOSED = "What lies on a closed street is reached from the next that is open, so some may seem reached sooner."


def draw_changed_roads(page: folium.Map, before: Scenario, after: Scenario) -> dict[str, tuple[int, float]]:
    """
    Draw the streets that are driven otherwise than before, above all areas.

    Returns
    -------
    How many streets became what, and their length [m].
    """
    table = changed_roads(after, before=before)
    if not len(table):
        return {}
    table = reproject(table, WGS84)
    for name, kinds in LAYERS:
        mine = table[table["kind"].isin(kinds)]
        if not len(mine):
            continue
        data = {"kinds": _drawn(mine, kinds), "above": True}
        PackedLayer("lines", name=name, data=data, bounds=extent_deg(mine), show=True, control=True).add_to(page)
    found = table.groupby("kind")["length_m"].agg(["size", "sum"])
    return {str(kind): (int(row["size"]), float(row["sum"])) for kind, row in found.iterrows()}


def changed_roads_legend(of: Sequence[tuple[str, dict[str, tuple[int, float]]]], *, against: str) -> list[Legend]:
    """
    Say what the colours of changed streets mean, and how much each scenario changed; nothing where none did.

    Parameters
    ----------
    of
        Name of each scenario, and what `draw_changed_roads` gave for it.
    against
        Name of the scenario that they are held against.
    """
    changed = [(name, kinds) for name, kinds in of if kinds]
    if not changed:
        return []
    shown = [kind for kind in LOOKS if any(kind in kinds for _, kinds in changed)]
    entries = [Entry(label=LOOKS[k][0], colour=LOOKS[k][1], sign=SIGNS.get(LOOKS[k][3], "line")) for k in shown]
    note = "; ".join(f"{name}: {_all_said(kinds)}" for name, kinds in changed)
    if CLOSED in shown:
        note += f". {ON_CLOSED}"
    return [Legend(title="Changed roads", unit=f"against {against}", entries=entries, note=note)]


def _drawn(table: gpd.GeoDataFrame, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Pack the lines of each kind; those that matter most lie above, on white that parts them from areas."""
    drawn: list[dict[str, Any]] = []
    for kind in reversed(kinds):
        lines = merged_lines(table.geometry.to_numpy()[(table["kind"] == kind).to_numpy()], tolerance_m=TOLERANCE_M)
        if not len(lines):
            continue
        structure, points = coordinate_codec.pack_lines(lines)
        _, colour, weight, dash = LOOKS[kind]
        looks = [(CARD, CASING, "")] if weight == WIDE else []
        drawn += [
            {"colour": c, "weight": w, "dash": d, "structure": structure, "points": points}
            for c, w, d in [*looks, (colour, weight, dash)]
        ]
    return drawn


def _all_said(kinds: dict[str, tuple[int, float]]) -> str:
    """Say how much became what: "182 streets closed (34.3 km), 1 street built (3.6 km)"."""
    each = ((LOOKS[kind][0], *kinds[kind]) for kind in LOOKS if kind in kinds)
    return ", ".join(f"{wording.counted(n, 'street')} {word} ({wording.distance(m)})" for word, n, m in each)
