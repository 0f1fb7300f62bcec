"""Shortest times along streets within a limit: from one origin or the nearest of many, to nodes and to points."""
