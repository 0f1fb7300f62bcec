"""What is pickled travels within one release: another may have put other things into it."""

from __future__ import annotations

from typing import Any

from fireplan._version import __version__
from fireplan.errors import InputError

RELEASE = "pickled by fireplan"
"""Where what travels says which release it comes from; no attribute is called so."""


class OfOneRelease:
    """A noun that can be pickled, to be sent to a process; what another release has pickled is refused by name."""

    def __getstate__(self) -> dict[str, Any]:
        """Travel with the release it is of."""
        return vars(self) | {RELEASE: __version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """
        Arrive.

        Raises
        ------
        InputError
            If it was pickled by another release.
        """
        given = state.get(RELEASE, "an older release")
        if given != __version__:
            raise InputError(
                f"a {type(self).__name__} was pickled by fireplan {given}, and this is {__version__}: read it anew from"
                " its files; a pickle is for sending from process to process, not for keeping"
            )
        vars(self).update({name: value for name, value in state.items() if name != RELEASE})
