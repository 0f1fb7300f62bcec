"""The former place of `fireplan.maps.escape`; it goes with the next release."""

from fireplan._former_names import warn_of_former
from fireplan._html_escape import escape

warn_of_former("fireplan.texts.escape", now="fireplan.maps.escape", stacklevel=3)

__all__ = ["escape"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
