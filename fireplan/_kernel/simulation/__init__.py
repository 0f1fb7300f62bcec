"""Loops over departments whose units are out."""
