"""Results lead on to their maps by name: a planner who holds a table finds the call that draws it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class MapCalls:
    """
    The views of `fireplan.maps` that draw a result, as a result names them.

    These are names only. Maps stand above results and know them; a result that could draw itself would have to know
    the maps in turn. So tab completion and the prompt lead on, and the call stays a free function.

    Parameters
    ----------
    result
        What the result is called in the calls.
    views
        What each view shows, by its name in `fireplan.maps`.
    """

    result: str
    views: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        """List the calls, each with what it shows."""
        calls = [f"fp.maps.{name}({self.result})" for name, _ in self.views]
        wide = max(map(len, calls))
        return "\n".join(f"{call:<{wide}}  {shows}" for call, (_, shows) in zip(calls, self.views, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the views in `fireplan.maps`."""
        return tuple(name for name, _ in self.views)

    @property
    def line(self) -> str:
        """The calls on one line, as they stand under a result."""
        return f"Maps: {', '.join(f'fp.maps.{name}' for name in self.names)} (see .maps)"
