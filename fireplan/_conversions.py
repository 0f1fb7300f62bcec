"""What one unit is of another, wherever two meet."""

from __future__ import annotations

MILE_M = 1609.344
"""The international mile. [m]"""

KPH_PER_MPH = MILE_M / 1000
KPH_PER_MPS = 3.6

HOUR_US = 3_600_000_000
"""An hour. [us]"""

DAY_US = 24 * HOUR_US
"""A day of 24 hours, whatever the clock shows. [us]"""
