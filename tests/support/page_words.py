"""The live page's words, asked under node: what the page would say of a figure."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

WORDS = Path(__file__).resolve().parents[2] / "fireplan" / "live" / "_page" / "words.js"

RUN = """
import * as words from "%s";
import { readFileSync } from "node:fs";
const asked = JSON.parse(readFileSync(0, "utf8")), endless = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };
const plain = (x) => (typeof x === "string" && x in endless ? endless[x] : x);
const told = asked.map(([name, args, options]) => {
  const given = Object.fromEntries(Object.entries(options).map(([k, v]) => [k, plain(v)]));
  return words[name](...args.map(plain), ...(Object.keys(given).length ? [given] : []));
});
process.stdout.write(JSON.stringify({ told, there: Object.keys(words).filter((k) => typeof words[k] === "function") }));
"""


def camel(name):
    """The page's name of a function of `fireplan.wording`."""
    return re.sub("_(.)", lambda m: m[1].upper(), name)


def asked_of_the_page(asked):
    """What the page's script says (`told`), and the functions that it has (`there`)."""
    node = shutil.which("node")
    if node is None:
        missing = pytest.fail if os.environ.get("FIREPLAN_CI") == "1" else pytest.skip
        missing("node is not here: Debian's package nodejs has it")
    command = [node, "--input-type=module", "--eval", RUN % WORDS.as_uri()]
    text = json.dumps([(camel(name), args, options) for name, args, options in asked])
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def page_says(name, *args, **options):
    """What the page says of one figure, by the name of the function in `fireplan.wording`."""
    return asked_of_the_page([(name, list(args), options)])["told"][0]
