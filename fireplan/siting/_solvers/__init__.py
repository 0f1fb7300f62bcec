"""Answers with bounds: set cover, maximal cover, p-median and p-center."""
