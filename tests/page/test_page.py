"""
The page's JavaScript: its unit tests by node's own runner, ESLint, and types from the schema of what the service sends.

Node and npm are asked of nobody: where they are missing these tests are skipped, but under FIREPLAN_CI=1. ESLint and
TypeScript are those of package.json; `make test` installs them, and so does `npm install --no-package-lock`.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from page_types import types_of

from fireplan.live._web.state_schema import state_schema

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PAGE = ROOT / "fireplan" / "live" / "_page"
KIT = ROOT / "fireplan" / "_page_kit" / "browser"
MODULES = ROOT / "node_modules"
CHECKED = ("fireplan/_page_kit/browser", "fireplan/live/_page", "fireplan/maps/assets", "tests/page")
CONFIG = HERE / "tsconfig.json"


def unavailable(reason):
    """Skip; under FIREPLAN_CI=1, where all of it must be there, fail."""
    (pytest.fail if os.environ.get("FIREPLAN_CI") == "1" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def node():
    """Run node, and give what came of it."""
    found = shutil.which("node")
    if found is None:
        unavailable("node is not installed")

    def run(*arguments, within_s=180):
        return subprocess.run(
            [found, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False
        )

    return run


@pytest.fixture(scope="module")
def with_packages(node):
    """Run node where ESLint and TypeScript are to be had."""
    missing = [name for name in ("eslint", "typescript") if not (MODULES / name).is_dir()]
    if missing:
        unavailable(f"{' and '.join(missing)} not installed: npm install --no-package-lock")
    return node


@pytest.fixture(scope="module")
def tsc(with_packages):
    """Check types by a configuration, and give its complaints."""

    def run(config=CONFIG):
        return with_packages(MODULES / "typescript" / "bin" / "tsc", "-p", config, "--pretty", "false").stdout

    return run


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda f: f.name.removesuffix(".test.js"))
def test_units(node, file):
    done = node("--test", "--test-reporter=tap", file)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout[-2000:]


def test_eslint(with_packages):
    eslint = MODULES / "eslint" / "bin" / "eslint.js"
    done = with_packages(eslint, "--config", HERE / "eslint.config.js", "--max-warnings", "0", *CHECKED)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types(tsc):
    assert tsc() == ""


def test_no_key_of_the_state_is_read_from_what_has_no_type(with_packages):
    """Else a key that is renamed would go unnoticed there."""
    done = with_packages(HERE / "untyped.mjs")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_types_are_those_of_the_schema():
    # To write them anew: FILE.write_text(types_of(state_schema()))
    assert (HERE / "state.d.ts").read_text(encoding="utf-8") == types_of(state_schema())


def with_schema(folder, schema):
    """A configuration like ours, with the types of another schema."""
    (folder / "state.d.ts").write_text(types_of(schema), encoding="utf-8")
    told = json.loads(CONFIG.read_text(encoding="utf-8"))
    browser = (HERE / "browser.d.ts").read_text(encoding="utf-8").replace('"../../fireplan', f'"{ROOT}/fireplan')
    (folder / "browser.d.ts").write_text(browser, encoding="utf-8")
    told["include"] = ["*.d.ts", f"{PAGE}/*.js", f"{KIT}/*.js"]
    (folder / "tsconfig.json").write_text(json.dumps(told), encoding="utf-8")
    return folder / "tsconfig.json"


NOT_READ = {"code", "dispatched", "last_received", "measure", "start", "upto"}
"""Keys that the page is sent and does not read: for programs, or said otherwise."""


def holds_objects(kind):
    return "$ref" in json.dumps(kind)


@pytest.mark.parametrize("inner", [True, False], ids=["what holds objects", "what does not"])
def test_a_key_that_is_renamed_is_missed_wherever_the_page_reads_it(tsc, tmp_path, inner):
    """All such keys are renamed at once: the page complains of each that it reads."""
    schema = state_schema()
    renamed = set()
    for said in schema["$defs"].values():
        chosen = {key for key, kind in said["properties"].items() if holds_objects(kind) is inner}
        said["properties"] = {f"{k}_renamed" if k in chosen else k: kind for k, kind in said["properties"].items()}
        renamed |= chosen
    complaints = tsc(with_schema(tmp_path, schema))
    said = r"Property '(\w+)' does not exist on type|Type '\"(\w+)\"' is not assignable"
    missed = {name for found in re.findall(said, complaints) for name in found}
    for several in re.findall(
        r"is missing the following properties from type .*: ([\w, ]+)$", complaints, re.MULTILINE
    ):
        missed |= set(several.split(", "))
    assert renamed - missed == (set() if inner else NOT_READ)
