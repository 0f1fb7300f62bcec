"""Standards as data: what must be reached, how fast, for what share, and who says so."""

from fireplan.standards.library import named as named
from fireplan.standards.library import names as names
from fireplan.standards.objectives import INTERVALS as INTERVALS
from fireplan.standards.objectives import OBSERVED_INTERVALS as OBSERVED_INTERVALS
from fireplan.standards.objectives import Objective as Objective
from fireplan.standards.objectives import Standard as Standard
from fireplan.standards.objectives import local_rule as local_rule


def __getattr__(name: str) -> Standard:
    """Give a standard of the library by its name, such as `standards.NFPA_1710`."""
    if name.startswith("_") or name not in names():
        raise AttributeError(f"fireplan.standards has no {name!r}; it has {', '.join(names())}")
    return named(name)


def __dir__() -> list[str]:
    """List the library beside the functions."""
    return [*globals(), *names()]
