"""Names for the arrays that the reader passes around, and for the columns it knows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Flags: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Stamps: TypeAlias = npt.NDArray[np.datetime64]  # in microseconds, UTC unless the name says local
Spans: TypeAlias = npt.NDArray[np.timedelta64]
Texts: TypeAlias = npt.NDArray[Any]  # of str

IDS = ("incident_id", "unit_id")
TIMES = ("received", "dispatched", "enroute", "arrived", "cleared")  # in the order in which they happen
CALL_TIMES = ("answered", "created")  # of the call, used where the file has them
MORE_TIMES = ("staged", "cancelled_enroute", *CALL_TIMES)  # used where the file has them
ORDER_OF_TIMES = (TIMES[0], *CALL_TIMES, "dispatched", "enroute", "cancelled_enroute", "staged", "arrived", "cleared")
OF_UNITS = ("unit_type", "station_id", "mode", "crew")  # further columns of responses, where the file has them
OF_INCIDENTS = ("first_due", "zone", "shift", "aid")  # and of incidents
OPTIONAL = (*MORE_TIMES, *OF_UNITS, *OF_INCIDENTS)
CANONICAL = ("incident_id", "unit_id", "call_type", "priority", "latitude", "longitude", *TIMES)

NO_STAMP = np.datetime64("NaT", "us")
STAMP = "datetime64[us]"
