"""The written settings that everything is drawn from, read from one file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

SETTINGS_FILE = Path(__file__).with_name("settings.toml")
CAUSES = ("land", "collectors", "local", "names", "tags", "zones", "demand", "dispatch", "faults")


def read_settings() -> dict[str, Any]:
    """Return the settings as nested tables."""
    return tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
