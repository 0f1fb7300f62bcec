"""The view of gaps: where an objective is not reached, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan.errors import InputError, quoted
from fireplan.maps._layers import attribute_tables
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.scenario_layers import METHOD, draw_gaps, draw_stations, draw_streets, limit_said
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.scenario_headings import named
from fireplan.measures import gaps as find_gaps
from fireplan.measures._assessment import chosen_objective
from fireplan.measures._gaps import late_told
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.disclosure import Profile, Publications
    from fireplan.measures import Assessment


@takes
def gaps(
    assessment: Assessment,
    *,
    found: gpd.GeoDataFrame | None = None,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw where an objective is not reached, each gap with its size, its nearest station and the reason.

    With a calibration a gap is where help is likelier late than in time, and each says how much of it is expected late.

    Parameters
    ----------
    assessment
        From `fireplan.assess`.
    found
        From `fireplan.gaps`, whose objective and weight the page then speaks of; left out: found with its usual
        settings.
    objective, count, title, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Raises
    ------
    InputError
        If `found` is of another objective than the one named, or was found before for a public page.
    """
    assessment = for_audience(assessment, profile)
    if profile == "public" and found is not None:
        raise InputError("gaps found before may count incidents: leave found out for a public page")
    if found is not None and "objective" in found.attrs:
        if objective not in {None, found.attrs["objective"]}:
            raise InputError(
                f"gaps found are of objective {quoted(found.attrs['objective'])}, not of {quoted(objective)}"
            )
        objective, count = found.attrs["objective"], count or found.attrs["weight"].replace("incidents_n", "incidents")
    goal = chosen_objective(assessment, objective)
    if found is None and (count is not None or attribute_tables.is_weighted(assessment, goal)):
        found = find_gaps(assessment, objective=goal.key, weight=count)
    share, total = attribute_tables.counted_said(assessment, objective=goal.key, count=count)
    n_gaps = 0 if found is None else len(found)
    reasons = style.categories(sorted(set(found["reason"]))) if found is not None else {}
    none = "No gap." if found is not None else "No gap can be found: the zones hold neither people nor incidents."
    page = OfflineMap(
        title=title or f"Gaps: {named(assessment.scenario)}",
        subtitle=share if n_gaps else f"{none} {share}",
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[
            Legend(
                title="Why it is not reached in time",
                entries=[
                    *(Entry(label=reason, colour=colour) for reason, colour in reasons.items()),
                    *station_entries("existing"),
                ],
                unit=f"{wording.lower(goal.title)}, {INTERVALS[goal.interval]}",
                n=f"{wording.counted(n_gaps, 'gap')} among {total}",
                held_to=limit_said(goal),
                note="" if found is None else _rest(found),
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, assessment.scenario)
    draw_gaps(page, found, colours=reasons)
    draw_stations(page, assessment, goal, count=count)
    return marked(page, profile)


def _rest(found: gpd.GeoDataFrame) -> str:
    """Say what lies in no gap; where it is known how drives differ, how all that is expected late is parted."""
    attrs = found.attrs
    scattered = float(attrs.get("scattered", 0.0))
    unit = attrs.get("unit", attrs.get("weight", ""))
    if "elsewhere" not in attrs:
        return f"{wording.count(scattered)} more ({unit}) lie scattered, in no gap." if scattered else ""
    told = late_told(found)
    parts = [
        f"{wording.count(told.in_gaps)} in gaps, where help is likelier late than in time",
        *([f"{wording.count(told.scattered)} in places like that, scattered"] if scattered else []),
        f"{wording.count(told.elsewhere)} where it is likelier in time",
    ]
    late = f"{wording.count(attrs['outside'])} of {wording.count(attrs['total'])} {unit}"
    return f"Expected late: {late}; {', '.join(parts)}."
