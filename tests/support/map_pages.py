"""What a map page holds, read back from its text."""

import html
import json
import re

LAYERS = ("polygons", "lines", "dots", "marks", "stations")


def layer_data(page):
    """What the page's script is given, by kind and in order."""
    found = re.findall(r"fireplan\.(\w+)\(map_\w+, (\{.*\})\);", page.to_html())
    return [(kind, json.loads(text)) for kind, text in found if kind in LAYERS]


def areas(page):
    return [data for kind, data in layer_data(page) if kind == "polygons"]


def cells(layer, label):
    """The cells of one line of a layer's cards, as a reader sees them."""
    return [html.unescape(cell) for cell in layer["cells"][layer["labels"].index(label)]]


def colours(layer):
    return [layer["palette"][i] for i in layer["fills"]]


def shown(page):
    """The text beside the map, as it is read."""
    body = page.to_html().split("<body")[1].split("<script")[0]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ").split())
