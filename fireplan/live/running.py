"""The former place of `fireplan.live.open_desk`; it goes with the next release."""

from fireplan._former_names import warn_of_former
from fireplan.live._assemble import open_desk as running

warn_of_former("fireplan.live.running.running", now="fireplan.live.open_desk", stacklevel=3)

__all__ = ["running"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
