"""The conda environment and the packages that pip installs are the same."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ON_CONDA_FORGE = {"osmium": "pyosmium", "h3": "h3-py", "matplotlib": "matplotlib-base"}
NOT_NEEDED = {"python", "pip"}


def core():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(re.fullmatch(r"([\w.-]+)\s*(.*)", d).groups() for d in project["dependencies"])


def environment():
    """Packages from conda, and those that pip installs on top: name to version."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8").split("dependencies:")[1]
    conda = dict(re.findall(r"^  - ([\w.-]+)[ \t]*([^\s#:]*)[ \t]*(?:#.*)?$", text, re.MULTILINE))
    pip = dict(re.findall(r"^      - ([A-Za-z][\w.-]*)[ \t]*([^\s#]*)", text, re.MULTILINE))
    return conda, pip


def test_environment_names_the_core_dependencies():
    conda, pip = environment()
    wanted = {ON_CONDA_FORGE.get(name, name).lower() for name in core()}
    named = {n.lower() for n in conda} - NOT_NEEDED | {n.lower() for n in pip}
    assert named - {"branca"} == wanted - {"branca"}  # branca comes with folium


def test_environment_asks_for_the_same_versions():
    conda, pip = environment()
    held = {**conda, **pip}
    differ = {n: (v, held[ON_CONDA_FORGE.get(n, n)]) for n, v in core().items() if held[ON_CONDA_FORGE.get(n, n)] != v}
    assert differ == {}


def test_environment_takes_nothing_but_conda_forge():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    channels = text.split("channels:")[1].split("dependencies:")[0]
    assert re.findall(r"^  - (\S+)", channels, re.MULTILINE) == ["conda-forge", "nodefaults"]
