"""For whom what a command writes is: one table of what each file holds, and what follows for its name and its marks."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from fireplan.disclosure import mark_of
from fireplan.maps._pages.disclosure_profile import without_counts
from fireplan.project._atomic_output import check_output
from fireplan.project._read_project import Project, open_project
from fireplan.project._restricted_names import restricted_name

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.disclosure import Profile

Holds = Literal["ground", "figures", "records", "calls"]
Public = Literal["anew", "checked", "never"]


class FileRule(NamedTuple):
    """
    What files of a name hold.

    Attributes
    ----------
    name
        Of the file, before any mark; * stands for anything.
    holds
        "ground": roads, stations, zones and drives, and nobody's call. "figures": of people, or of incidents where
        these are known. "records": counts and times of dispatch records. "calls": single calls or rows.
    public
        "anew": a public one is worked out anew without records. "checked": it holds what was checked against all that
        is published. "never": there is none.
    """

    name: str
    holds: Holds
    public: Public


FILES = (
    # assess, compare and demo
    FileRule("map.html", "figures", "anew"),
    FileRule("summary.csv", "figures", "anew"),
    FileRule("periods.csv", "figures", "anew"),
    FileRule("cover_by_hour.csv", "figures", "anew"),
    FileRule("gains.csv", "figures", "anew"),
    FileRule("gaps.gpkg", "figures", "anew"),
    FileRule("isochrones.gpkg", "ground", "anew"),
    FileRule("first_due.gpkg", "figures", "anew"),
    FileRule("first_due.csv", "figures", "anew"),
    FileRule("notes.txt", "figures", "anew"),
    FileRule("manifest.json", "figures", "anew"),
    # site
    FileRule("siting.html", "figures", "anew"),
    FileRule("sites.csv", "figures", "anew"),
    FileRule("sites.gpkg", "figures", "anew"),
    FileRule("set_aside.csv", "ground", "anew"),
    FileRule("runner_ups.csv", "figures", "anew"),
    FileRule("curve.csv", "figures", "anew"),
    FileRule("robustness.csv", "figures", "anew"),
    FileRule("robustness_runs.csv", "figures", "anew"),
    FileRule("siting_summary.csv", "figures", "anew"),
    FileRule("changes.toml", "figures", "anew"),
    FileRule("siting_notes.txt", "figures", "anew"),
    FileRule("siting_manifest.json", "figures", "anew"),
    # performance
    FileRule("performance.csv", "records", "checked"),
    FileRule("performance_by_station_id.csv", "records", "checked"),
    FileRule("performance_by_category.csv", "records", "checked"),
    FileRule("performance_by_hour.csv", "records", "checked"),
    FileRule("performance_by_*.csv", "records", "never"),  # months and years are windows of time of their own
    FileRule("performance_notes.txt", "records", "checked"),
    FileRule("performance_manifest.json", "records", "checked"),
    FileRule("workload*.csv", "records", "never"),
    FileRule("concurrency.csv", "records", "never"),
    FileRule("drawdown_by_hour.csv", "records", "never"),
    FileRule("calls_by_hour_and_weekday.csv", "records", "never"),
    FileRule("reliability.csv", "records", "never"),
    FileRule("missed_*.csv", "records", "never"),
    FileRule("sensitivity.csv", "records", "never"),
    FileRule("baselines.csv", "records", "never"),
    FileRule("policy.csv", "records", "never"),
    FileRule("priorities.csv", "records", "never"),
    FileRule("ledger.csv", "calls", "never"),
    FileRule("quarantine.csv", "calls", "never"),
    # replay and simulate
    FileRule("replay_playback*.html", "calls", "never"),
    FileRule("replay*", "records", "never"),
    FileRule("staffing_sheet.csv", "records", "never"),
    FileRule("simulat*", "records", "never"),
    # report, and live
    FileRule("report.*", "records", "checked"),
    FileRule("[12][0-9][0-9][0-9]-[01][0-9]*.html", "calls", "never"),
    FileRule("*.jsonl", "calls", "never"),
    FileRule("*.jsonl.gz", "calls", "never"),
)
"""What each file that a command writes holds: the first that fits. A name that fits none is taken to hold calls."""


def rule_of(name: str) -> FileRule:
    """Give the rule of a file by its name, before any mark."""
    fits = (rule for rule in FILES if fnmatchcase(name, rule.name))
    return next(fits, FileRule(name, "calls", "never"))


@dataclass(frozen=True)
class Audience:
    """
    For whom the files of a run are.

    Attributes
    ----------
    profile
        "public" or "internal"; None: the files hold nobody's records, and are for anyone.
    why
        Why they are for anyone.
    """

    profile: Profile | None
    why: str = ""

    def restricts(self, name: str) -> bool:
        """Whether a file of this name, before any mark, is not for the public."""
        return self.profile == "internal" and rule_of(name).holds != "ground"

    def leaves_out(self, name: str) -> bool:
        """Whether there is no public file of this name."""
        return self.profile == "public" and rule_of(name).public == "never"

    def name(self, name: str) -> str:
        """Give the name that a file gets."""
        return restricted_name(name) if self.restricts(name) else name

    def mark(self, name: str) -> str:
        """Give the marking of a file of this name; "": none."""
        return mark_of("internal") if self.restricts(name) else ""

    def marked_text(self, name: str, text: str, *, comment: str = "") -> str:
        """Put the marking over a text file, behind what begins a comment there."""
        mark = self.mark(name)
        return f"{comment}{mark}\n{text}" if mark else text


NOBODY = Audience(None, "nothing in them rests on dispatch records")


def rests_on_records(project: Project) -> bool:
    """Whether figures rest on dispatch records: on calls, on counts of them by zone, or on drives learnt of them."""
    today = project.today
    return (
        project.history is not None
        or today.incidents is not None
        or "incidents" in today.zones
        or today.calibration is not None
    )


def audience_of(project: Project, profile: str | None) -> Audience:
    """
    Say for whom the files of a project's run are.

    Parameters
    ----------
    project
        Whose.
    profile
        As asked for; None: that of the plan's [output], or else "internal" unless there is nobody to protect.
    """
    asked = profile or project.plan.output.profile
    if asked is not None:
        mark_of(asked)
        return Audience("public" if asked == "public" else "internal")
    if project.plan.provenance == "invented":
        return Audience(None, "the data are invented")
    return Audience("internal") if rests_on_records(project) else NOBODY


def public_manifest(content: dict[str, Any]) -> dict[str, Any]:
    """Take out of a manifest what tells of dispatch records: how many rows there are, and of what they are."""
    of_records = ("cad", "incidents")
    named = {k: v for k, v in content.get("inputs", {}).items() if not k.startswith(of_records)}
    plan = dict(content.get("plan", {}))
    if "inputs" in plan:
        plan["inputs"] = {k: v for k, v in plan["inputs"].items() if not k.startswith(of_records)}
    found = {**content, "inputs": named, "plan": plan, "dispatch_rows": None}
    if "calibration" in content:
        learnt = {k: v for k, v in content["calibration"].items() if k not in {"runs", "days", "history"}}
        found["calibration"] = {**learnt, "error": without_counts(str(learnt.get("error", "")))}
    return found


def day_audience(provenance: str, profile: str | None) -> Audience:
    """Say for whom a report of a day or a month is: internal always, unless the data are invented."""
    if provenance == "invented" and profile is None:
        return Audience(None, "the data are invented")
    return Audience("internal")


def folder_of(project: Project, out: Path | None) -> Path:
    """
    Give the folder that results go to: that asked for, or the plan's.

    Raises
    ------
    ProjectError
        If nothing can be written to it: ask before the work that is to go there.
    """
    folder = out if out is not None else project.folder / project.plan.output.dir
    check_output(folder)
    return folder


def public_project(project: Project) -> Project:
    """
    Read a project again as its public pages are drawn: without its dispatch records, and all that is made of them.

    Zones that were hexagons of incidents become hexagons along the roads, and what-ifs are made anew on those.

    Raises
    ------
    ProjectError
        If it cannot be read without them.
    """
    return open_project(project.folder / project.plan_file, records=False)
