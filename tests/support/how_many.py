"""How many examples a property test tries: fewer at each commit than by hand."""

import os

THOROUGH = os.environ.get("FIREPLAN_THOROUGH") == "1"
"""Whether all are tried; set by hand before a release, and after changes to what they test."""


def tries(n):
    """Give how many of `n` examples to try: all by hand, two in five at each commit."""
    return n if THOROUGH else max(8, n * 2 // 5)
