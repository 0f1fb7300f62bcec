"""A dispatch history of two weeks as a table of an export: two engines, a call for each every day."""

import pandas as pd


def two_weeks_of_calls(days=14):
    """Each day at two in the afternoon one call at the south end and one in the middle; E1 and E2 go."""
    rows = []
    for day in range(days):
        for unit, latitude, arrived in (("E1", 30.004, "14:02:44"), ("E2", 30.022, "14:02:22")):
            date = f"2024-03-{4 + day:02d}"
            rows.append(
                {"incident_id": f"{unit}-{day}", "unit_id": unit, "call_type": "FIRE", "priority": "1",
                 "latitude": latitude, "longitude": -140.0, "received": f"{date} 14:00:00",
                 "dispatched": f"{date} 14:01:00", "enroute": f"{date} 14:02:00", "arrived": f"{date} {arrived}",
                 "cleared": f"{date} 14:40:00"}
            )  # fmt: skip
    return pd.DataFrame(rows)
