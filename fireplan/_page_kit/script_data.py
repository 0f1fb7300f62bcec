"""Data as it stands in the script of a page."""

from __future__ import annotations

import json


def in_script(data: object) -> str:
    """Write data as JSON that can stand in a script: it cannot end the script, nor start a comment in it."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")
