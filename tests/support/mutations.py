"""Damage for valid files, by seed: bytes, lines, fields and types; and what a reader may not do with what comes out."""

import json
import random
import time

from fireplan.errors import FireplanError

SLOWEST_S = 5.0
LONGEST_WORDS = 5000
PIECES = [
    b",", b'"', b"\n", b"\r", b"\t", b";", b"\0", b"\xff", b"\xc3\xa9", b"9", b"-", b"2024-11-03T01:30:00", b"E1",
    b"NULL", b"\xef\xbb\xbf", b"\xff\xfe", b"'", b"[", b"]", b"{", b"}", b"=", b".", b"#", b"\\", b"\\u0000",
    b"\\ud800", b"1e999", b"-0", b"NaN", b"9" * 400, b"a." * 60, b"[" * 60,
]  # fmt: skip
FIELDS = [
    "", " ", "NULL", "0", "-1", "1e308", "NaN", "inf", "9" * 30, "9" * 5000, "x" * 140_000, "2024-03-05T14:00:00",
    "2024-02-30T00:00:00", "1970-01-01", "99:99", "=1+1", "\u202eE1", "E1\u0000", "é", "😀", '"', "true", "39,951",
    "45356.58", "a;b;c", "-75.16", "39.95",
]  # fmt: skip
VALUES = [None, True, 0, -1, 2**70, 1e308, "", "\ud800", "E1\u0000", [], [1], {}, {"a": {}}, "x" * 70_000]


def damaged(data, draw):
    """Change a file in one to four places, as bytes."""
    data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        how = draw.randrange(7)
        if how == 0:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif how == 1:
            data[at:at] = draw.choice(PIECES)
        elif how == 2:
            del data[at : at + draw.randint(1, 40)]
        elif how == 3:
            other = draw.randrange(len(data) + 1)
            data[at:at] = data[other : other + draw.randint(1, 200)]
        elif how == 4:
            del data[at:]
        elif how == 5 and at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        else:
            lines = bytes(data).split(b"\n")
            draw.shuffle(lines)
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def relined(data, draw):
    """Drop, double, cut, join or swap lines, or end them otherwise."""
    lines = data.split(b"\n")
    for _ in range(draw.randint(1, 3)):
        at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
        how = draw.randrange(6)
        if how == 0 and len(lines) > 1:
            del lines[at]
        elif how == 1:
            lines.insert(other, lines[at])
        elif how == 2:
            lines[at] = lines[at][: draw.randrange(len(lines[at]) + 1)]
        elif how == 3:
            lines[at] += draw.choice([b",", b'"', b"\r", b" ", b"\0", b"#"]) * draw.randint(1, 3)
        elif how == 4:
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] += lines[other]
    end = draw.choice([b"\n", b"\n", b"\n", b"\r\n", b"\r"])
    text = end.join(lines)
    if draw.random() < 0.1:
        return text.decode("utf-8", "replace").encode(draw.choice(["utf-16", "utf-8-sig", "cp1252"]), "replace")
    return text


def refielded(data, draw):
    """Put odd values into fields of a table parted by commas."""
    lines = data.split(b"\n")
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines))
        fields = lines[at].split(b",")
        fields[draw.randrange(len(fields))] = draw.choice(FIELDS).encode("utf-8", "replace")
        lines[at] = b",".join(fields)
    return b"\n".join(lines)


def retyped(data, draw):
    """Put values of another type into objects of JSON, one on each line or one in all."""
    lines = data.split(b"\n") if data.count(b"\n{") else [data]
    at = draw.randrange(len(lines))
    try:
        held = json.loads(lines[at])
    except ValueError:
        return damaged(data, draw)
    part = held
    while isinstance(part, list | dict) and part:
        keys = list(part) if isinstance(part, dict) else range(len(part))
        key = draw.choice(list(keys))
        if draw.random() < 0.5 or not isinstance(part[key], list | dict) or not part[key]:
            part[key] = draw.choice(VALUES)
            break
        part = part[key]
    lines[at] = json.dumps(held).encode()
    return b"\n".join(lines)


WAYS = {
    ".csv": (damaged, relined, refielded),
    ".jsonl": (damaged, relined, retyped),
    ".json": (damaged, retyped),
    ".toml": (damaged, relined),
}


def mutations(contents, count, *, seed):
    """
    Yield so many damaged files of some contents, by name: the name of each, its number, and its bytes.

    The same seed gives the same files.
    """
    draw = random.Random(seed)  # noqa: S311
    names = sorted(contents)
    for number in range(count):
        name = names[number % len(names)]
        ways = WAYS.get("." + name.rpartition(".")[2], (damaged,))
        yield name, number, draw.choice(ways)(contents[name], draw)


def hold(read, path, what):
    """
    Read a file, and hold the reader to its promise: an error in words, or rows that add up; at once.

    Returns
    -------
    Whether it was refused.
    """
    began_s = time.perf_counter()
    words = ""
    try:
        read(path)
    except FireplanError as error:
        words = str(error) or "\n" * LONGEST_WORDS  # an error without words is none
    except Exception as error:
        raise AssertionError(f"{what}: {path.read_bytes()[:3000]!r}") from error
    assert len(words) < LONGEST_WORDS, what
    assert time.perf_counter() - began_s < SLOWEST_S, what
    return bool(words)
