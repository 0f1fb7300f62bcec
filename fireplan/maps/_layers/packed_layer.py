"""Layers whose data stand packed in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from branca.element import Element, Figure
from folium.map import Layer

from fireplan._html_escape import escape
from fireplan._page_kit.script_data import in_script
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["polygons", "lines", "dots", "marks", "stations"]


class DrawsPackedLayers:
    """A map whose page carries the script that draws packed layers."""


class Verbatim(Element):
    """Script that is finished: it is set into the page as it is, not rendered once more as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_kwargs: object) -> str:
        """Return the text."""
        return self.text


class PackedLayer(Layer):
    """
    A layer that the page's own script draws from packed data.

    Made by the functions of `fireplan.maps.layers`; add it to an `OfflineMap`.
    """

    def __init__(
        self, kind: Kind, *, name: str, data: dict[str, Any], bounds: NDArray[np.float64], show: bool, control: bool
    ) -> None:
        super().__init__(name=escape(name), overlay=True, control=control, show=show)
        self._name = kind.capitalize()
        self.kind = kind
        self.data = data
        self.extent = bounds

    def _get_self_bounds(self) -> list[list[float | None]]:
        if not np.isfinite(self.extent).all():
            return [[None, None], [None, None]]
        west, south, east, north = map(float, self.extent)
        return [[south, west], [north, east]]

    def render(self, **kwargs: object) -> None:  # type: ignore[override]  # as Folium's layers do
        """Set the layer into the page's script."""
        root = self.get_root()
        if not isinstance(root, Figure) or self._parent_map() is None:
            raise InputError(f"the layer {quoted(self.layer_name)} is drawn by an OfflineMap only: add it to one")
        call = f"fireplan.{self.kind}({self._parent_map().get_name()}, {in_script(self.data)})"
        root.script.add_child(Verbatim(f"var {self.get_name()} = {call};"), name=self.get_name())
        super().render(**kwargs)  # type: ignore[no-untyped-call]

    def _parent_map(self) -> Any:  # noqa: ANN401
        above = self._parent
        while above is not None and not isinstance(above, DrawsPackedLayers):
            above = above._parent  # noqa: SLF001
        return above
