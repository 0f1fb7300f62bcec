"""The former name of `fireplan.response_performance`; it goes with the next release."""

from fireplan import response_performance
from fireplan._former_names import warn_of_former

warn_of_former("fireplan.responding", now="fireplan.response_performance", stacklevel=3)

__all__ = response_performance.__all__


def __getattr__(name: str) -> object:
    """Give what stands under the new name."""
    return getattr(response_performance, name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
