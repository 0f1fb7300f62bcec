"""What importing fireplan does, and what its source never does."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fireplan

PACKAGE = Path(__file__).resolve().parents[2] / "fireplan"
SOURCES = sorted(PACKAGE.rglob("*.py"))
RUNS_CODE = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle"}
# It pickles for processes that it starts itself, and never from or to a file: tests/unit/test_compare_many.py.
SENDS = {("_processes.py", m) for m in ("pickle", "cloudpickle", "joblib.externals.loky")}
LOOKS = {"folium", "branca"}
READS_ARRAYS = re.compile(r"np\.load|.*\bNpzFile|.*\bread_array").fullmatch


def in_a_new_process(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_import_is_quiet():
    run = in_a_new_process("import fireplan")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_import_waits_for_nothing_heavy():
    heavy = ["pandas", "numpy", "numba", "osmnx", "geopandas", "folium", "xarray", "scipy", "sklearn", "pydantic"]
    heavy += ["matplotlib"]
    run = in_a_new_process(f"import fireplan, sys; print([m for m in {heavy} if m in sys.modules])")
    assert run.stdout.strip() == "[]", run.stderr


DEMO = """
import json, sys
from pathlib import Path
from fireplan._cli import main
sys.argv = ["fireplan", "demo", "--out", sys.argv[1]]
main.__globals__["app"](standalone_mode=False)
from numba.core.dispatcher import Dispatcher
modules = {name: module for name, module in sys.modules.items() if name.startswith("fireplan._kernel.")}
found = {(m, n): f for m, module in modules.items() for n, f in vars(module).items() if isinstance(f, Dispatcher)}
types = {f"{m}.{n}": len(f.signatures) for (m, n), f in found.items() if f.py_func.__module__ == m and f.signatures}
Path(sys.argv[-1], "seen.json").write_text(json.dumps([sorted(sys.modules), types]))
"""


@pytest.fixture(scope="module")
def demo_seen(tmp_path_factory):
    """What was imported when the demo is done, and with how many sets of types it called each compiled function."""
    out = tmp_path_factory.mktemp("demo")
    run = subprocess.run([sys.executable, "-c", DEMO, out], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads((out / "seen.json").read_text())


def test_the_demo_imports_nothing_that_it_does_not_use(demo_seen):
    # Each takes a tenth of a second or more.
    for_others = {"sklearn", "matplotlib", "scipy.stats", "scipy.optimize", "osmnx", "networkx", "xarray", "highspy"}
    for_others |= {"h3", "fireplan.charts", "fireplan.siting"}
    assert for_others & set(demo_seen[0]) == set()


def test_the_demo_compiles_each_function_for_one_set_of_types(demo_seen):
    _, types = demo_seen
    assert len(types) > 12
    assert {name: n for name, n in types.items() if n > 1} == {}


def test_every_module_imports_without_a_warning():
    modules = [".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts) for p in SOURCES]
    former = {"fireplan.texts", "fireplan.live.running", *(f"fireplan.{old}" for old in fireplan._RENAMED)}
    left_out = {"fireplan.__main__", *former}  # the latter warn on purpose
    named = [m.removesuffix(".__init__") for m in modules if m not in left_out and "_data" not in m]
    run = in_a_new_process(f"import importlib\nfor m in {named}: importlib.import_module(m)")
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == ""


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {k.arg: ast.unparse(k.value) for k in node.keywords}


@pytest.fixture(scope="module")
def trees():
    return {p.relative_to(PACKAGE).as_posix(): ast.parse(p.read_text(encoding="utf-8")) for p in SOURCES}


def test_nothing_prints(trees):
    found = [file for file, tree in trees.items() for name, _ in calls(tree) if name == "print"]
    assert found == []


def test_nothing_runs_code_from_data(trees):
    banned = {"eval", "exec", "compile", "__import__", "yaml.load", "os.system", "pd.read_pickle", "pd.eval"}
    found = [(file, name) for file, tree in trees.items() for name, _ in calls(tree) if name in banned]
    imports = [(file, m) for file, tree in trees.items() for m in imported(tree) if m.split(".")[0] in RUNS_CODE]
    found += [(file, m) for file, m in imports if (file, m) not in SENDS]
    found += [(f, n) for f, tree in trees.items() for n, k in calls(tree) if k.get("allow_pickle", "False") != "False"]
    found += [(f, n) for f, tree in trees.items() for n, k in calls(tree) if k.get("shell", "False") != "False"]
    assert found == []


def test_nothing_is_pickled_to_a_file(trees):
    found = [(f, n) for f, tree in trees.items() for n, _ in calls(tree) if n in {"pickle.load", "pickle.dump"}]
    found += [(f, n) for f, tree in trees.items() for n, _ in calls(tree) if n.endswith((".to_pickle", "Unpickler"))]
    assert found == []


def test_numpy_files_are_read_without_pickle(trees):
    loads = [(file, keys) for file, tree in trees.items() for name, keys in calls(tree) if READS_ARRAYS(name)]
    # Saved networks are read by their headers alone; that arrays of objects are refused there is a test of its own.
    assert [file for file, _ in loads if file.name == "_npz.py"] == []
    assert all(keys.get("allow_pickle") == "False" for _, keys in loads)


def test_only_maps_know_how_anything_looks(trees):
    found = {file for file, tree in trees.items() for m in imported(tree) if m.split(".")[0] in LOOKS}
    assert found
    assert all(file.startswith("maps/") for file in found)


def test_source_has_no_bare_except_and_no_assert(trees):
    bare = [f for f, tree in trees.items() for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and not n.type]
    asserts = [f for f, tree in trees.items() for n in ast.walk(tree) if isinstance(n, ast.Assert)]
    assert (bare, asserts) == ([], [])
