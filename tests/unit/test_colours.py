"""One palette: every colour is in `fireplan.colours`, and what is made from it is up to date."""

import re
from pathlib import Path

import pytest

from fireplan import colours

PACKAGE = Path(colours.__file__).parent
PAGE = PACKAGE / "live" / "_page"
OURS = {PACKAGE / "colours.py", PAGE / "palette.css", PAGE / "palette.js"}
LITERAL = re.compile(r"(?<!&)#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?![0-9a-zA-Z_-])|rgba?\([0-9]")
FILES = [
    f for kind in ("py", "css", "js", "html", "jinja") for f in sorted(PACKAGE.rglob(f"*.{kind}")) if f not in OURS
]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_no_colour_stands_anywhere_else(file):
    found = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if LITERAL.search(line)]
    assert found == []


@pytest.mark.parametrize(("name", "made"), [("palette.css", colours.style_sheet()), ("palette.js", colours.script())])
def test_files_of_the_live_page_are_those_made_from_it(name, made):
    file = PAGE / name
    assert file.read_text(encoding="utf-8") == made, f"write what fireplan.colours makes to {file}"


def used(*files):
    return {name for f in files for name in re.findall(r"var\(--([a-z0-9-]+)", f.read_text(encoding="utf-8"))}


def test_every_property_that_a_page_uses_is_a_colour_or_its_own():
    sheets = [
        *PAGE.glob("*.css"),
        PAGE / "login.html",
        PACKAGE / "report" / "page.css",
        *(PACKAGE / "maps" / "assets").glob("*.css"),
    ]
    own = {name for f in sheets for name in re.findall(r"--([a-z0-9-]+):", f.read_text(encoding="utf-8"))}
    assert used(*sheets) <= set(colours.LIGHT) | own | {"fp-card"}  # a script sets that one: how tall a card may be


def test_themes_speak_of_the_same_things():
    assert colours.DARK.keys() == colours.LIGHT.keys()
    assert colours.PRINT.keys() <= colours.LIGHT.keys()


def brightness(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((brightness(one), brightness(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [colours.LIGHT, colours.DARK], ids=["light", "dark"])
def test_what_is_written_can_be_read(theme):
    for name in theme:
        if name.startswith("on-"):
            assert contrast(theme[name], theme[name.removeprefix("on-")]) >= 4.5, name
    assert all(
        contrast(theme[text], theme[ground]) >= 4.5
        for text in ("ink", "soft", "accent")
        for ground in ("paper", "card")
    )


def test_ground_that_is_not_asked_of_is_a_grey_apart_from_the_others_on_grey_paper():
    red, green, blue = (int(colours.ELSEWHERE[i : i + 2], 16) for i in (1, 3, 5))
    assert max(red, green, blue) - min(red, green, blue) < 16
    others = (colours.NO_CHANGE, colours.UNKNOWN, colours.UNREACHABLE, colours.TRAVEL_TIME[0], colours.CARD)
    assert min(contrast(colours.ELSEWHERE, other) for other in others) > 1.3
