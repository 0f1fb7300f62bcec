"""What each colour of a chart stands for."""

from fireplan.colours import ACCENT, FASTER, LITTLE_TO_MUCH, SLOWER, SOFT

QUIET = SOFT
OBSERVED = ACCENT
"""What was measured."""
PALE = FASTER[1]
OBJECTIVE = SLOWER[2]
"""What it is held to: orange beside blue, and a broken line beside a whole one."""
SEQUENCE = LITTLE_TO_MUCH
