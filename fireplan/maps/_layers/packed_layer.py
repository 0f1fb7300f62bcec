"""Layers whose data stand packed in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from branca.element import Element, Figure
from folium.map import Layer

from fireplan._html_escape import escape
from fireplan._page_kit import coordinate_codec
from fireplan._page_kit.script_data import in_script
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY_ROWS = 50
"""Columns of texts shorter than this are not worth packing."""

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
        call = f"fireplan.{self.kind}({self._parent_map().get_name()}, {in_script(_with_packed_texts(self.data))})"
        root.script.add_child(Verbatim(f"var {self.get_name()} = {call};"), name=self.get_name())
        super().render(**kwargs)  # type: ignore[no-untyped-call]

    def _parent_map(self) -> Any:  # noqa: ANN401
        above = self._parent
        while above is not None and not isinstance(above, DrawsPackedLayers):
            above = above._parent  # noqa: SLF001
        return above


def _with_packed_texts(data: dict[str, Any]) -> dict[str, Any]:
    """Write what cards and tooltips say once for all rows that say the same."""
    if "cells" not in data:
        return data
    tooltip = data["tooltip"]
    return {
        **data,
        "cells": [_packed_texts(column) for column in data["cells"]],
        "tooltip": None if tooltip is None else _packed_texts(tooltip),
    }


def _packed_texts(column: list[str]) -> list[str] | dict[str, list[str] | str]:
    """Give the texts of a column, and which of them each row has, in order where every row has its own."""
    if len(column) < MANY_ROWS:
        return column
    place = {text: i for i, text in enumerate(dict.fromkeys(column))}
    if len(place) == len(column):
        return {"said": column}
    return {"said": list(place), "rows": coordinate_codec.pack_integers([place[text] for text in column])}
