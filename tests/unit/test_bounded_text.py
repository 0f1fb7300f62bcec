"""TOML that would exhaust the machine is refused before it is parsed; keys of JSON stand once."""

import json
import time
import tomllib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireplan._bounded_text import MOST_KEYS, MOST_LEVELS, KeyTwiceError, no_key_twice, object_or_fault, toml_content
from fireplan.drive_times import read_calibration
from fireplan.errors import FireplanError, InputError, ProjectError
from fireplan.incidents._columns.mapping import load_mapping
from fireplan.live._web.tokens import Tokens
from fireplan.project import draft, read_plan

PACKAGE = Path(__file__).parents[2] / "fireplan"
DOTTED = "a." * 20_000 + "a = 1\n"  # 40 KB: 1.8 GB for the parser


def refused(text):
    began_s = time.process_time()
    with pytest.raises(InputError, match=r"town\.toml") as error:
        toml_content(text, label="town.toml")
    assert time.process_time() - began_s < 0.1 + len(text) / 1e6
    tracemalloc.start()
    with pytest.raises(InputError):
        toml_content(text, label="town.toml")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50e6
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (DOTTED, 1),
        ("x = 1\n" + DOTTED, 2),
        ("[" + "a." * 40 + "b]", 1),
        ('["a".' + "'b'." * 40 + "c]", 1),
        ("\n\na = " + "[" * 40 + "]" * 40, 3),
        ("a = " + "{b = " * 40 + "1" + "}" * 40, 1),
        ('a = """\n]]\n"""\nb = ' + "[" * 40, 4),
        ("a = [ # [[[ \n" * 40, 33),
    ],
)
def test_what_is_nested_too_deeply_is_told_with_its_line(text, line):
    assert f"more than {MOST_LEVELS} levels deep on line {line}" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{'a.' * 25}k{i} = 1\n" for i in range(1_000)),
        "".join(f"[t{i}]\n" for i in range(MOST_KEYS + 1)),
        "".join(f"k{i} = 1\n" for i in range(MOST_KEYS + 1)),
        "a = [" + ",".join(f"{{k{i} = 1}}" for i in range(MOST_KEYS + 1)) + "]",
    ],
)
def test_too_many_keys_are_told(text):
    assert f"more than {MOST_KEYS:,} keys" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "[{.=." * 50_000 + '"',
        "a = '''" + "\n[a.b.c" * 5_000 + "'''",
        "# " + "[" * 100_000,
        "a = [" + "1.5, " * 30_000 + "]",
        '"a.b"."c.d" = "\\""',
        'a = """x\\"""y"""',
        '[[a]]\n[[a]]\n[a.b]\n"" = 1',
    ],
)
def test_what_only_looks_so_is_read(text):
    assert toml_content(text, label="x") == tomllib.loads(text)


@pytest.mark.parametrize("text", ['"""a\\' * 20_000, "a='" * 20_000, '"' * 3, "a = '", "[" * 20, "\\", "a = 1\nb"])
def test_what_is_no_toml_is_left_to_the_parser(text):
    refused(text)


@given(st.text(st.sampled_from("ab.[]{}=\"'\\#\n 1,"), max_size=60))
def test_no_text_is_a_traceback_and_small_ones_are_as_the_parser_has_them(text):
    try:
        meant = tomllib.loads(text)
    except ValueError:
        with pytest.raises(InputError):
            toml_content(text, label="x")
    else:
        assert toml_content(text, label="x") == meant


def test_every_reader_of_toml_looks_first(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(DOTTED)
    file.chmod(0o600)
    with pytest.raises(ProjectError, match="levels deep"):
        read_plan(file)
    with pytest.raises(ProjectError, match="levels deep"):
        draft(tmp_path)
    for read in (read_calibration, load_mapping):
        with pytest.raises(InputError, match="levels deep"):
            read(str(file))
    with pytest.raises(FireplanError, match="is no TOML"):
        Tokens.found({}, file=file)


def test_nothing_else_in_the_package_parses_toml():
    users = {p.name for p in PACKAGE.rglob("*.py") if "tomllib" in p.read_text(encoding="utf-8")}
    assert users == {"_bounded_text.py"}


def test_a_key_stands_once():
    assert json.loads('{"a": 1, "b": {"a": 2}}', object_pairs_hook=no_key_twice) == {"a": 1, "b": {"a": 2}}
    with pytest.raises(KeyTwiceError, match="key 'a' stands twice in one object"):
        json.loads('{"b": 1, "c": {"a": 1, "a": 1}}', object_pairs_hook=no_key_twice)
    assert isinstance(object_or_fault([("a", 1), ("a", 2)]), KeyTwiceError)
