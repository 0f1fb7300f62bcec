"""Loops of calls and units in order of time."""
