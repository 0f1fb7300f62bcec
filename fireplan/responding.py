"""The former name of `fireplan.response_performance`; it goes with the next release."""

import warnings

from fireplan import response_performance

warnings.warn(
    "fireplan.responding is now fireplan.response_performance; the old name goes with the next release",
    DeprecationWarning,
    stacklevel=2,
)

__all__ = response_performance.__all__


def __getattr__(name: str) -> object:
    """Give what stands under the new name."""
    return getattr(response_performance, name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
