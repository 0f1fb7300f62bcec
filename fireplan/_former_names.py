"""Names of the release before, which work until the next one and say what to write instead."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def former_argument(former: str, *, now: str) -> Callable[[F], F]:
    """
    Let a function take a keyword under its former name too.

    Parameters
    ----------
    former, now
        The name it had, and the one it has.
    """

    def wrap(function: F) -> F:
        name = function.__qualname__.removesuffix(".__init__")

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
            if former in kwargs:
                if now in kwargs:
                    raise TypeError(f"{name}() got both {now} and its former name {former}: keep {now}")
                warn_of_former(f"{name}({former}=)", now=f"{now}=", stacklevel=3)
                kwargs[now] = kwargs.pop(former)
            return function(*args, **kwargs)

        return cast("F", call)

    return wrap


def warn_of_former(former: str, *, now: str, stacklevel: int) -> None:
    """Say the new name of something, where the old one was written."""
    warnings.warn(
        f"{former} is now {now}; the old name goes with the next release", DeprecationWarning, stacklevel=stacklevel
    )
