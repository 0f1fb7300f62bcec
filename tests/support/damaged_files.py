"""
Files of stations, zones and roads, damaged in seeded ways, and what reading each of them came to.

Run as a program it reads a number of them and writes a line of JSON for each, so that whoever started it sees even
those that end the process.
"""

import csv
import faulthandler
import gzip
import io
import json
import random
import re
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import xlsxwriter

from fireplan import demand, roads, stations
from fireplan.errors import FireplanError

SLOW_S = 5.0

STATIONS = [("A", "Station A", 39.95, -75.16, "E1;T1"), ("B", "Station B", 39.951, -75.158, "E2"),
            ("C", 'Café, "C"', 39.952, -75.155, "E3;M3")]  # fmt: skip

NASTY = ["", "-1", "0", "1e400", "-1e308", "nan", "inf", "99999999999999999999", "9007199254740993", "1_0", "\u0661",
         "39,95", "\x00", "\ud800", "=1+1", "{{191*7}}", "'", '"', "<", "&", "]]>", "\n", "\u2028", "\ufeff", "null",
         "true", "1" * 5000, "é" * 300, "-0.0", "1e-320", "0x1F", "EPSG:4326", "../..", "180.0000001"]  # fmt: skip


def square(x, y, size=0.002):
    return [[[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]]


def features(shapes, properties):
    held = [{"type": "Feature", "properties": p, "geometry": s} for s, p in zip(shapes, properties, strict=True)]
    return {"type": "FeatureCollection", "features": held}


def station_layer():
    shapes = [{"type": "Point", "coordinates": [x, y]} for _, _, y, x, _ in STATIONS]
    return features(shapes, [{"station_id": i, "name": n, "units": u} for i, n, _, _, u in STATIONS])


def zone_layer():
    shapes = [{"type": "Polygon", "coordinates": square(-75.16 + 0.002 * i, 39.95)} for i in range(4)]
    return features(shapes, [{"zone_id": f"Z{i}", "population": 10 * i, "dwellings": 2} for i in range(4)])


def osm_town():
    nodes = [f'<node id="{i + 1}" version="1" lat="{39.95 + i // 3 / 500:.4f}" lon="{-75.16 + i % 3 / 500:.4f}"/>'
             for i in range(9)]  # fmt: skip
    ways = [f'<way id="{10 + i}" version="1">' + "".join(f'<nd ref="{n}"/>' for n in refs)
            + '<tag k="highway" v="residential"/><tag k="name" v="Main &amp; 1st"/><tag k="maxspeed" v="25 mph"/></way>'
            for i, refs in enumerate([(1, 2, 3), (4, 5, 6), (7, 8, 9), (1, 4, 7), (3, 6, 9)])]  # fmt: skip
    rule = ('<relation id="90" version="1"><member type="way" ref="10" role="from"/><member type="node" ref="1"'
            ' role="via"/><member type="way" ref="13" role="to"/><tag k="type" v="restriction"/>'
            '<tag k="restriction" v="no_left_turn"/></relation>')  # fmt: skip
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">', *nodes, *ways, rule, "</osm>"])


def whole_files(folder):
    """One sound file of each kind, by its kind; `folder` takes what other programs write."""
    quoted = "\n".join(f'{i},"{n.replace(chr(34), 2 * chr(34))}",{y},{x},{u}' for i, n, y, x, u in STATIONS)
    book = xlsxwriter.Workbook(str(folder / "s.xlsx"))
    sheet = book.add_worksheet("stations")
    for row, cells in enumerate([("station_id", "name", "latitude", "longitude", "units"), *STATIONS]):
        sheet.write_row(row, 0, cells)
    book.close()
    (folder / "r.osm").write_text(osm_town(), encoding="utf-8")
    network = roads.from_osm(folder / "r.osm")
    roads.save(network, folder / "r.npz")
    _graphml(network, folder / "r.graphml")
    for name, layer in (("s", station_layer()), ("z", zone_layer())):
        table = gpd.GeoDataFrame.from_features(layer, crs="EPSG:4326")
        table.to_file(folder / f"{name}.gpkg", driver="GPKG", engine="pyogrio")
        table.to_parquet(folder / f"{name}.parquet")
    (folder / "s.csv").write_text(f"station_id,name,latitude,longitude,units\n{quoted}\n", encoding="utf-8")
    (folder / "s.geojson").write_text(json.dumps(station_layer()), encoding="utf-8")
    (folder / "z.geojson").write_text(json.dumps(zone_layer()), encoding="utf-8")
    (folder / "r.osm.gz").write_bytes(gzip.compress((folder / "r.osm").read_bytes(), mtime=0))
    return {
        "stations.csv": folder / "s.csv", "stations.xlsx": folder / "s.xlsx", "stations.geojson": folder / "s.geojson",
        "stations.gpkg": folder / "s.gpkg", "roads.osm": folder / "r.osm", "roads.osm.gz": folder / "r.osm.gz",
        "roads.graphml": folder / "r.graphml", "roads.npz": folder / "r.npz", "zones.geojson": folder / "z.geojson",
        "zones.gpkg": folder / "z.gpkg", "zones.parquet": folder / "z.parquet",
    }  # fmt: skip


def _graphml(network, file):
    edges, nodes = [], []
    for i, (x, y) in enumerate(zip(network.nodes["x"], network.nodes["y"], strict=True)):
        nodes.append(f'<node id="{i}"><data key="x">{x}</data><data key="y">{y}</data></node>')
    for a, b, m in zip(network.first, network.last, network.length_m, strict=True):
        for u, v in ((a, b), (b, a)):
            edges.append(
                f'<edge source="{u}" target="{v}"><data key="l">{m}</data><data key="h">residential</data></edge>'
            )
    keys = "".join(f'<key id="{i}" for="{f}" attr.name="{n}" attr.type="string"/>'
                   for i, f, n in (("x", "node", "x"), ("y", "node", "y"), ("l", "edge", "length"),
                                   ("h", "edge", "highway"), ("c", "graph", "crs")))  # fmt: skip
    file.write_text(
        f'<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}<graph'
        f' edgedefault="directed"><data key="c">epsg:4326</data>{"".join(nodes)}{"".join(edges)}</graph></graphml>',
        encoding="utf-8",
    )


def damaged(content, kind, rng):
    """Damage a file in one of several ways: bits, cuts, repeats, numbers and words that are none, parts of archives."""
    ways = [_flipped, _cut, _repeated, _swapped]
    if kind.endswith((".csv", ".geojson", ".osm", ".graphml")):
        ways = [*ways[1:], _flipped, _other_number, _other_number, _other_number, _other_word, _line_twice]
    if kind.endswith((".npz", ".xlsx")):
        ways += [_other_part, _other_part, _other_part]
    if kind.endswith(".gz"):
        text = _other_number(gzip.decompress(content), rng)
        ways += [lambda *_: gzip.compress(text, mtime=0)]
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        content = rng.choice(ways)(content, rng)
    return content


def _flipped(content, rng):
    broken = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8])):
        if broken:
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
    return bytes(broken)


def _cut(content, rng):
    at = rng.randrange(len(content) + 1)
    return (
        content[:at] if rng.random() < 0.5 else content[:at] + content[min(len(content), at + rng.randrange(1, 60)) :]
    )


def _repeated(content, rng):
    at = rng.randrange(len(content) + 1)
    part = content[at : at + rng.randrange(1, 200)]
    return content[:at] + part * rng.choice([2, 3, 50]) + content[at + len(part) :]


def _swapped(content, rng):
    a, b = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    n = rng.randrange(1, 40)
    return content[:a] + content[b : b + n] + content[a + n : b] + content[a : a + n] + content[b + n :]


def _other_number(content, rng):
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?", content))
    if not found:
        return content
    at = rng.choice(found)
    other = rng.choice(NASTY).encode("utf-8", errors="surrogatepass")
    return content[: at.start()] + other + content[at.end() :]


def _other_word(content, rng):
    found = list(re.finditer(rb"[A-Za-z_]+", content))
    if not found:
        return content
    at, word = rng.choice(found), rng.choice(found)[0]
    other = word if rng.random() < 0.5 else rng.choice(NASTY).encode("utf-8", "surrogatepass")
    return content[: at.start()] + other + content[at.end() :]


def _line_twice(content, rng):
    lines = content.splitlines(keepends=True)
    return b"".join([*lines, lines[rng.randrange(len(lines))]]) if lines else content


def _other_part(content, rng):
    """Damage what a part of an archive holds, and pack it soundly."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - damaged already
        return _flipped(content, rng)
    name = rng.choice(sorted(parts))
    parts[name] = rng.choice([_flipped, _cut, _repeated, _other_number, _other_word])(parts[name], rng)
    if rng.random() < 0.1:
        del parts[name]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, held in parts.items():
            archive.writestr(part, held)
    return target.getvalue()


def read(file, kind):
    """Read a file as what it is; how many rows came of it, where rows are counted."""
    if kind.startswith("stations"):
        return len(stations.read_stations(file)[0])
    if kind.startswith("zones"):
        return len(demand.read_zones(file))
    if kind.endswith(".npz"):
        roads.load(file)
    elif kind.endswith(".graphml"):
        roads.from_graphml(file)
    else:
        roads.from_osm(file)
    return None


def rows_of(file, kind):
    """How many rows a file has, as the simplest reader sees it; None where there is none so simple."""
    if kind == "stations.csv":
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
        return sum(any(c.strip() for c in row) for row in csv.reader(io.StringIO(text, newline=""))) - 1
    if kind.endswith(".geojson"):
        return len(json.loads(file.read_text(encoding="utf-8-sig"))["features"])
    return None


def outcome(file, kind):
    """What reading a file comes to: "accepted", "refused", or what is wrong with it."""
    began = time.monotonic()
    try:
        rows = read(file, kind)
        told = "accepted"
        if rows is not None and (there := rows_of(file, kind)) is not None and there != rows:
            told = f"{there} rows became {rows}"
    except FireplanError as error:
        told = "refused" if str(error).isprintable() else f"a message of several lines: {error!s:.200}"
    except Exception as error:  # noqa: BLE001 - which is what is looked for
        told = f"{type(error).__name__}: {error!s:.200}"
    took_s = time.monotonic() - began
    return told if took_s < SLOW_S else f"{told}, after {took_s:.1f} s"


def _say(words):
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main(seed, count, kinds, keep):
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = {kind: file.read_bytes() for kind, file in whole_files(folder).items() if not kinds or kind in kinds}
        for number in range(count):
            for kind, content in whole.items():
                rng = random.Random(f"{seed} {number} {kind}")  # noqa: S311 - to be drawn again alike
                file = folder / f"{number}.{kind.partition('.')[2]}"
                file.write_bytes(damaged(content, kind, rng))
                _say({"begins": [number, kind]})
                told = outcome(file, kind)
                _say({"number": number, "kind": kind, "told": told})
                if keep and told not in {"accepted", "refused"}:
                    (Path(keep) / f"{seed}_{number}_{kind}").write_bytes(file.read_bytes())
                file.unlink()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",") if sys.argv[3] else [], sys.argv[4])
