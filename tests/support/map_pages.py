"""What a map page holds, read back from its text."""

import html
import json
import re

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LAYERS = ("polygons", "lines", "dots", "marks", "stations")


def layer_data(page):
    """What the page's script is given, by kind and in order."""
    text = page.to_html()
    shared = re.search(r"const packed = (\[.*\]);\n", text)
    packed = json.loads(shared[1]) if shared else []
    text = re.sub(r"(?<=[:\[,])packed\[(\d+)\]", lambda found: json.dumps(packed[int(found[1])]), text)
    found = re.findall(r"fireplan\.(\w+)\(map_\w+, (\{.*\})\);", text)
    return [(kind, _unpacked(json.loads(text))) for kind, text in found if kind in LAYERS]


def _unpacked(data):
    """A layer with its texts row by row, as the page's script reads them."""
    if "cells" in data:
        data["cells"] = [_row_by_row(column) for column in data["cells"]]
        data["tooltip"] = data["tooltip"] and _row_by_row(data["tooltip"])
    return data


def _row_by_row(column):
    if isinstance(column, list) or "rows" not in column:
        return column if isinstance(column, list) else column["said"]
    return [column["said"][i] for i in _integers(column["rows"])]


def _integers(text):
    value = shift = 0
    for letter in text:
        digit = ALPHABET.index(letter)
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            yield (value >> 1) ^ -(value & 1)
            value = shift = 0


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
