"""What each colour of a chart stands for."""

from fireplan.colours import ACCENT, FASTER, NO_CHANGE, SLOWER

QUIET = "#52606d"
GRID = "#dfe3e8"
OBSERVED = ACCENT
"""What was measured."""
PALE = FASTER[1]
OBJECTIVE = SLOWER[2]
"""What it is held to: orange beside blue, and a broken line beside a whole one."""
SEQUENCE = (NO_CHANGE, *FASTER)
"""Little to much."""
