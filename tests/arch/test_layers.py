"""The contracts of pyproject.toml on which layer may import which."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import grimp
import networkx as nx

ROOT = Path(__file__).resolve().parents[2]


def test_every_import_contract_is_kept():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_no_modules_import_each_other_in_a_circle():
    """Imports inside functions and for types alone count: they tie rooms together as others do."""
    graph = grimp.build_graph("fireplan", cache_dir=None)
    arrows = nx.DiGraph((m, other) for m in graph.modules for other in graph.find_modules_directly_imported_by(m))
    assert [sorted(circle) for circle in nx.strongly_connected_components(arrows) if len(circle) > 1] == []


def test_one_name_stands_for_one_class():
    where = defaultdict(set)
    for path in sorted((ROOT / "fireplan").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].add(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in where.items() if len(places) > 1} == {}
