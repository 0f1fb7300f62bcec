"""The page's modules: put into one script in order, or served beside each other."""

from __future__ import annotations

import re

import pytest

from fireplan._page_kit.browser_modules import KIT, beside, kit_modules, one_script
from fireplan.errors import InputError
from fireplan.live._web.page_files import PAGE, PageFiles
from fireplan.maps._pages.html_document import ASSETS, page_script

FORMS = re.compile(r'^\s*(?:import\b.*|export \{.*) from "([^"]+)";$', re.MULTILINE)


def written(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return one_script(folder / "main.js")


def test_a_module_stands_once_and_after_those_it_needs(tmp_path):
    text = written(
        tmp_path,
        main='import { a } from "./a.js";\nimport { b } from "./b.js";\nwindow.sum = a + b;\n',
        a='import { c } from "./c.js";\nexport const a = c + 1;\n',
        b='import { c as see } from "./c.js";\nexport const b = see + 2;\n',
        c="export const c = 10;\n",
    )
    assert text.count("const c = 10;") == 1
    at = [text.index(part) for part in ("const c = 10;", "const a = c + 1;", "window.sum")]
    assert at == sorted(at)
    assert "const { c: see } = " in text
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)


def test_what_a_module_hands_on_is_that_of_the_other(tmp_path):
    text = written(
        tmp_path,
        main='import { one, two } from "./all.js";\nwindow.sum = one() + two;\n',
        all='export { one, inner as two } from "./parts.js";\n',
        parts="export function one() { return 1; }\nexport const inner = 2;\n",
    )
    given = re.search(r"return \{ (one: \w+\.one, two: \w+\.inner) \};", text)
    assert given, text


@pytest.mark.parametrize("form", ["import", "export"])
def test_what_a_module_does_not_export_is_refused_and_not_undefined(tmp_path, form):
    several = "export const one = 1, two = 2;\n"  # only the first of these is followed
    with pytest.raises(InputError, match=r"main\.js asks a\.js for two, which it does not export"):
        written(tmp_path, main=f'{form} {{ two }} from "./a.js";\n', a=several)


def test_a_circle_of_modules_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"in a circle: main\.js, a\.js, main\.js"):
        written(tmp_path, main='import { a } from "./a.js";\n', a='import { m } from "./main.js";\n')


@pytest.mark.parametrize(
    "form",
    [
        "export default 1;",
        "export let now = 1;",
        "export * from './a.js';",
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        "import { a } from './a.js';",
        'import { a } from "leaflet";',
    ],
)
def test_a_form_that_is_not_followed_is_refused(tmp_path, form):
    with pytest.raises(InputError, match=r"main\.js: .* is not followed"):
        written(tmp_path, main=f"{form}\n", a="export const a = 1;\n")


def test_the_script_of_a_map_page_is_the_same_each_time_and_asks_for_nothing():
    text = one_script(ASSETS / "main.js")
    assert text == one_script(ASSETS / "main.js") == page_script()
    assert "_page_kit" not in text
    assert "://" not in text
    assert "\r" not in text


def test_every_module_of_the_map_page_is_in_its_script():
    for entry, names in (("main.js", "[!p]*.js"), ("main.js", "printing.js"), ("playback_main.js", "*.js")):
        texts = [path.read_text(encoding="utf-8") for path in ASSETS.glob(names)]
        lines = [max((line for line in text.splitlines() if "import" not in line), key=len) for text in texts]
        assert len(lines) > 0
        assert [line for line in lines if line.removeprefix("export ") not in page_script(entry)] == []


def test_a_map_without_a_day_carries_nothing_of_what_plays_one():
    assert "playback" not in page_script()
    assert "fireplan.playback" in page_script("playback_main.js")


def test_the_live_page_serves_all_that_its_modules_ask_for():
    assets = PageFiles.read().assets
    asked = {name: FORMS.findall(a.body.decode()) for name, a in assets.items() if name.endswith(".js")}
    assert {"main.js", "canvas_sheet.js", "packed_coordinates.js"} <= set(asked)
    assert any(asked.values())
    missing = [
        (name, other)
        for name, others in asked.items()
        for other in others
        if other[:2] != "./" or other[2:] not in assets
    ]
    assert missing == []


def test_modules_of_the_kit_are_served_as_they_are_and_share_no_name_with_the_page():
    own = {path.name for path in PAGE.iterdir()}
    assert set(kit_modules()) & own == set()
    assets = PageFiles.read().assets
    assert all(assets[name].body == path.read_bytes() for name, path in kit_modules().items())


def test_only_the_way_to_a_module_of_the_kit_changes_when_it_is_served():
    text = (
        'import { Room } from "../../_page_kit/browser/label_room.js";\n// see ../../_page_kit/browser/label_room.js\n'
    )
    assert beside(text) == 'import { Room } from "./label_room.js";\n// see ../../_page_kit/browser/label_room.js\n'


def test_what_is_packed_is_read_in_one_place():
    scripts = [path for folder in (KIT, PAGE, ASSETS) for path in folder.glob("*.js")]
    assert [p.name for p in scripts if "ABCDEFGHIJKLMNOPQRSTUVWXYZ" in p.read_text(encoding="utf-8")] == [
        "packed_coordinates.js"
    ]
