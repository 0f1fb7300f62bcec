"""Departments whose units are out: how busy each is, who comes instead, and what that does to response."""

from __future__ import annotations

__all__: list[str] = []
