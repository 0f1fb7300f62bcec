"""How every loop here is compiled."""

from __future__ import annotations

import numba as nb

compiled = nb.njit(nogil=True, cache=True, error_model="numpy")
"""
Compile a function on first use and keep the result on disk.

The first run of a program waits for this, so the functions are written to compile fast: arrays are made outside and
handed in, each function is called with one set of types, and what would pull in a function of its own is spelt out.
"""
