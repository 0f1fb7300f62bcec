"""The shared corpus of bad inputs: what each file is expected to lead to."""

import csv
import re
from pathlib import Path

TABLE = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "EXPECT.tsv"


def corpus_cases(folder, *, ending=""):
    """Rows of the corpus's table for one folder; none where the corpus is absent."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in rows if row["file"].startswith(f"{folder}/") and row["file"].endswith(ending)]


def mentions(text, token):
    """Whether a token is in the text; a short whole number is that of a physical line."""
    if token.isdigit() and len(token) < 4:
        return re.search(rf"\blines? (?:\d+, )*{token}\b", text, re.IGNORECASE) is not None
    return token.casefold() in text.casefold()
