"""How every loop here is compiled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

_compile = partial(nb.njit, nogil=True, cache=True, error_model="numpy", no_cfunc_wrapper=True)

compiled = _compile()
"""
Compile a function on first use and keep the result on disk.

The first run of a program waits for this, so the functions are written to compile fast: arrays are made outside and
handed in, each function is called with one set of types, and what would pull in a function of its own is spelt out.
A number that begins as 0 and grows is an `np.int64`, or the compiler takes the 0 for a type of its own.
"""

counting_nothing = _compile(_nrt=False)
"""
Compile a function likewise that makes no array: nobody counts who holds those that it is handed.

Counting is by far the most of a small function that is handed dozens of arrays at every call.
"""

part = _compile(no_cpython_wrapper=True)
"""Compile a part of such a function likewise: it is called by compiled functions alone, and has no door to Python."""


COMPILING = "compiling once, kept for the next time"


def compiling_or(what: str, function: Any) -> Callable[[], str]:
    """Give what tells progress: that a function is being compiled, until it is, then what is done with it."""
    return lambda: what if function.signatures else COMPILING


def read_only(values: NDArray[T]) -> NDArray[T]:
    """
    Give an array as one that cannot be written to.

    To the compiler that is another type than one that can: a function that is handed both would be compiled twice.
    """
    seen = values.view()
    seen.flags.writeable = False
    return seen
