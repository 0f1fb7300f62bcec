"""Loops of location models: Lagrangian bounds, reductions, and exchanges of sites."""
