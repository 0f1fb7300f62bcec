"""Colours that maps and charts share, so that a report is of one piece; never red and green."""

INK = "#1f2933"
ACCENT = "#1c4f82"
UNKNOWN = "#c9cdd2"
NO_CHANGE = "#f0efec"
FASTER = ("#cfe1f2", "#7fb2db", "#2f78b7", "#0d4683")
"""A little to a lot of time gained, and of anything else there is more or less of."""
SLOWER = ("#fcdcb8", "#f3a958", "#cf6f13", "#8a4305")
"""A little to a lot of time lost."""
