"""Lengths of time as a clock shows them."""

from __future__ import annotations


def as_clock(seconds: float) -> str:
    """Write a length of time as minutes and seconds, such as ``4:00``."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
