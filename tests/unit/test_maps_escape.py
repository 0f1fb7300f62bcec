"""The one escape and the guard behind it."""

from __future__ import annotations

import html
import re

import folium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template

from fireplan._html_escape import escape, plain
from fireplan.errors import InputError
from fireplan.maps._layers.escape_guard import guard
from fireplan.maps._pages.offline_map import OfflineMap

NASTY = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "{#", "${", "`", "\\", "<", ">", "&", "&amp;", "'", '"', "</script>", "<!--"),
        *("\r\n", "\u2028", "\u2029", "\x85", "\x00", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff"),
        *("\ud800", "é", "火", "👩\u200d🚒"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(NASTY, st.text(max_size=3)), max_size=12).map("".join))
VISIBLE = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40)


@given(TEXTS)
def test_nothing_that_is_read_as_code_is_left(text):
    safe = escape(text)
    assert not re.search(r"[<>\"'{}$`\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]", safe)
    assert not re.search("&(?!#[0-9]+;|#x27;|amp;|lt;|gt;|quot;)", safe)
    safe.encode("utf-8")


@given(TEXTS)
def test_a_reader_sees_the_text_as_typed(text):
    assert html.unescape(escape(text)) == plain(text)


@given(VISIBLE)
def test_visible_characters_are_kept(text):
    assert html.unescape(escape(text)) == text


@given(TEXTS)
def test_rendering_as_a_template_changes_nothing(text):
    once = Template(escape(text)).render()
    assert once == escape(text)
    assert Template(once).render() == once


@given(TEXTS)
def test_escaped_text_passes_the_guard(text):
    guard(folium.Popup(escape(text)), folium.Tooltip(escape(text)), folium.FeatureGroup(name=escape(text)))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a\r\nb\tc\u2028d\u0085e", "a b c d e"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("\u202egnp.exe", "[U+202E]gnp.exe"),
        ("pay\u200bload", "payload"),
        ("pay\u200dload", "payload"),
        ("\u200d\u200da", "a"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("half \ud83d", "half \ufffd"),
        (None, "None"),
        (3.5, "3.5"),
    ],
)
def test_what_a_reader_sees(typed, shown):
    assert plain(typed) == shown
    assert html.unescape(escape(typed)) == shown


CODE = [
    "{{191*7}}",
    "{% raw %}",
    "{# x #}",
    "${191*7}",
    "</script>",
    "<SCRIPT src=x>",
    "<!-- x",
    "`+alert(1)+`",
    "C:\\users",
]


def shape(text):
    point = {"type": "Point", "coordinates": [0.0, 0.0]}
    feature = {"type": "Feature", "properties": {"seen": "x", "unseen": text}, "geometry": point}
    return {"type": "FeatureCollection", "features": [feature]}


PLACES = {
    "popup": lambda text: folium.Marker((0, 0), popup=text),
    "popup with markup parsed": lambda text: folium.Marker((0, 0), popup=folium.Popup(text, parse_html=True)),
    "tooltip": lambda text: folium.Marker((0, 0), tooltip=text),
    "option": lambda text: folium.Marker((0, 0), title=text),
    "icon": lambda text: folium.Marker((0, 0), icon=folium.DivIcon(html=text)),
    "layer name": lambda text: folium.FeatureGroup(name=text),
    "GeoJSON": lambda text: folium.GeoJson(shape(text)),
    "GeoJSON key": lambda text: folium.GeoJson({**shape("x"), text: 1}),
    "alias": lambda text: folium.GeoJson(shape("x"), tooltip=folium.GeoJsonTooltip(["seen"], aliases=[text])),
    "option of a path": lambda text: folium.Circle((0, 0), radius=9, class_name=text),
    "deep": lambda text: folium.FeatureGroup().add_child(folium.Circle((0, 0), radius=9, popup=text)),
}


@pytest.mark.parametrize("text", CODE)
@pytest.mark.parametrize("place", PLACES)
def test_a_map_with_raw_code_is_refused(place, text):
    page = OfflineMap(title="x", bounds=(0, 0, 1, 1))
    PLACES[place](f"typed {text} by someone").add_to(page)
    with pytest.raises(InputError, match="escape first"):
        page.to_html()
    with pytest.raises(InputError, match="escape first"):
        page.get_root().render()


@pytest.mark.parametrize("section", ["html", "header", "script"])
def test_raw_code_beside_the_map_is_refused(section):
    page = OfflineMap(title="x", bounds=(0, 0, 1, 1))
    getattr(page.get_root(), section).add_child(folium.Element("{{ 191 * 7 }}"))
    with pytest.raises(InputError, match="escape first"):
        page.to_html()


def test_the_message_says_where_and_how_many():
    page = OfflineMap(title="x", bounds=(0, 0, 1, 1))
    for text in CODE:
        folium.Marker((0, 0), tooltip=text).add_to(page)
    with pytest.raises(InputError, match=r"9 texts .* > Tooltip.text holds '\{\{191\*7\}\}'.* and 5 more"):
        page.to_html()


def test_javascript_on_purpose_is_let_through():
    folium_layer = folium.FeatureGroup(name="x")
    folium_layer.on(click=folium.JsCode("(e) => console.log(`${e.latlng}`)"))
    guard(folium_layer)
