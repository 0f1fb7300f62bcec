"""The sample city, read once for all tests of a process: reading its streets and two years of history takes long."""

from functools import cache

import fireplan as fp


@cache
def sample_city(*, calibrated=True):
    """Give its project, of which no test changes anything."""
    return fp.examples.marisol_project(calibrated=calibrated)
