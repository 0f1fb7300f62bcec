"""What a page may run, as its content security policy names it."""

from __future__ import annotations

import base64
import hashlib


def sha256_source(text: str) -> str:
    """Name an inline script or style by its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
