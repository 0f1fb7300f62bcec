"""Policies in Python, asked so that what goes wrong in one is known to be its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def name_of(policy: object) -> str:
    """Name a function as its author did."""
    return str(getattr(policy, "__qualname__", type(policy).__name__))


@contextmanager
def asking(what: str, policy: object, when: str) -> Iterator[None]:
    """
    Ask a policy, and say which it was and when if it raises.

    Parameters
    ----------
    what
        The argument that it was given as.
    policy
        The function.
    when
        The moment that it was asked about, in words.

    Raises
    ------
    InputError
        From the error of the policy, so that its own traceback stands above.
    """
    try:
        yield
    except Exception as error:
        raise InputError(f"{what} ({name_of(policy)}) raised {type(error).__name__} {when}: {error}") from error
