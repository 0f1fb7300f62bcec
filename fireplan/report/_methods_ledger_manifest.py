"""How it was done, what was done to each row, and what it was made from."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import wording
from fireplan.changes._drive_error import errors_said
from fireplan.measures._drives_said import is_expected
from fireplan.project._manifest import PACKAGES
from fireplan.report._blocks import Block, Heading, Points, Prose, Section, Table, TableColumn, absent
from fireplan.report._methods_text import REFERENCES, methods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fireplan.report._inputs import Material


def methods_section(material: Material) -> Section:
    """Say how every figure was worked out, with sources."""
    roads = None if material.scenario is None else material.scenario.roads
    likely = material.baseline is not None and any(is_expected(row) for row in material.baseline.headlines)
    section = Section("Methods and sources", [Points(methods(roads, likely=likely))])
    standard = material.standard
    if standard is not None:
        rows = [
            (o.key, str(o), o.edition, o.source, "seen" if o.verified else "NOT SEEN in its source: check before use")
            for o in standard.objectives
        ]
        table = pd.DataFrame(rows, columns=["key", "objective", "edition", "source", "seen"])
        columns = [
            TableColumn("objective", "Objective"),
            TableColumn("edition", "Edition"),
            TableColumn("source", "Source"),
            TableColumn("seen", "Figure"),
        ]
        section.blocks.append(Table("standard", f"What was asked: {standard.title}", table, columns, "stated"))
        if standard.note:
            section.blocks.append(Prose(standard.note, "note"))
    section.blocks += [Heading("Sources of methods"), Points(REFERENCES)]
    return section


def ledger_section(material: Material) -> Section:
    """Say what became of every row."""
    section, history = Section("Data ledger"), material.history
    if history is None:
        untold = "No dispatch records were given, so there are no rows to account for."
        section.blocks.append(absent(material.unless_withheld(untold)))
    else:
        section.blocks += [
            Prose(
                f"{wording.count(history.rows_in)} rows of dispatch records were read:"
                f" {wording.count(history.rows_ok)} used, {wording.count(history.rows_set_aside)} set aside,"
                f" {wording.count(history.rows_duplicate)} duplicates,"
                f" {wording.count(history.rows_held)} held. These add up. Rows with a repair count as used."
            ),
            Table(
                "ledger", "What was done to each row", history.ledger,
                (
                    TableColumn("code", "Code", "name"), TableColumn("outcome", "Outcome"),
                    TableColumn("rows", "rows", "count"), TableColumn("meaning", "Meaning"),
                ),
                material.observed, most=80,
            ),
        ]  # fmt: skip
    if material.attendance is not None:
        rules = (
            TableColumn("rule", "Rule", "name"), TableColumn("setting", "Setting"),
            TableColumn("incidents", "incidents left out", "count"),
            TableColumn("responses", "responses left out", "count"), TableColumn("source", "Where it comes from"),
        )  # fmt: skip
        section.blocks.append(
            Table(
                "policy", "What counts, and what that leaves out", material.attendance.ledger, rules, material.observed
            )
        )
    if material.notes:
        section.blocks += [Heading("Repairs and caveats"), Points(material.notes)]
    return section


def manifest_section(material: Material) -> Section:
    """Say what it was made from, so that it can be made again."""
    text = (
        "Two reports from the same inputs, made with the same versions, are the same to the byte: nothing in this one"
        " depends on the day it was made."
    )
    made_from = dict(material.manifest) or _without_project(material)
    rows = list(_flat(made_from))
    table = pd.DataFrame(rows, columns=["key", "value"])
    blocks: list[Block] = [
        Prose(text),
        Table("manifest", "Inputs, fingerprints and versions", table,
              (TableColumn("key", "What"), TableColumn("value", "Value")), "stated", most=120),
    ]  # fmt: skip
    return Section("Manifest", blocks)


def _without_project(material: Material) -> dict[str, Any]:
    """Say what is known where no project folder was read."""
    found: dict[str, Any] = {}
    scenario = material.scenario
    if scenario is not None:
        found = {"source": scenario.source, "data_date": scenario.data_date, "provenance": scenario.provenance}
        roads = scenario.roads
        found["network"] = {
            "fingerprint_as_driven": roads.fingerprint,
            "nodes": roads.n_nodes,
            "streets": roads.n_streets,
        }
        if scenario.calibration is not None and roads.calibrated:
            known, others = scenario.calibration, [plan.scenario for plan in material.plans]
            found["calibration"] = {
                "fingerprint": known.fingerprint,
                "error": errors_said(scenario, *others),
                "network_as_planned": known.network,
            }
        found["rows"] = {
            "stations": len(scenario.stations),
            "units": len(scenario.units),
            "zones": len(scenario.zones),
            "incidents": 0 if scenario.incidents is None else len(scenario.incidents),
        }
    if material.comparison is not None:
        found["scenarios"] = {
            a.scenario.name: [str(c) for c in a.scenario.changes] for a in material.comparison.assessments
        }
    versions = {p: _version(p) for p in PACKAGES}
    return {**found, "versions": {"python": platform.python_version(), **versions}}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _in_words(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value with the path to it."""
    for key, value in values.items():
        path = f"{before}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path} · ")
        elif isinstance(value, (list, tuple)):
            yield path, "; ".join(map(_in_words, value)) or "none"
        elif value not in {None, ""}:
            yield path, str(value)
