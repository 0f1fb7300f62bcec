"""What pages with several maps have in common: a layer of one's own on all of them, or on one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.maps._layers.own_layers import own_layer
from fireplan.maps._pages.written_page import WrittenPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.maps._layers.value_classes import Classing
    from fireplan.maps._pages.offline_map import OfflineMap


class SeveralMaps(WrittenPage):
    """
    A page on which several maps stand.

    Attributes
    ----------
    maps
        The maps.
    """

    maps: tuple[OfflineMap, ...]

    @takes
    def add_layer(  # noqa: PLR0913 - what a layer can be asked for, each by name
        self,
        gdf: gpd.GeoDataFrame,
        *,
        name: str,
        column: str | None = None,
        legend: str | None = None,
        classes: Classing | Sequence[float] = "quantiles",
        count: int = 5,
        colour: str | None = None,
        popup: Sequence[str] | None = None,
        show: bool = True,
        pane: str | None = None,
    ) -> SeveralMaps:
        """
        Add a layer of one's own, with its legend, to every map of the page or to one.

        The legend stands once, with those that count for the whole page; of a layer on one map it says so.

        Parameters
        ----------
        gdf, name, column, legend, classes, count, colour, popup, show
            As in `OfflineMap.add_layer`.
        pane
            The title of the one map it goes on ("left" or "right" under a curtain); left out: all.

        Returns
        -------
        The page.

        Raises
        ------
        InputError, UnknownIdError
            As there; and if no map has that title.
        """
        made = own_layer(
            gdf, name=name, column=column, legend=legend, classes=classes, count=count, colour=colour, popup=popup,
            show=show,
        )  # fmt: skip
        chosen = self.maps if pane is None else self._titled(pane)
        for page in chosen:
            page.check_name(name)
        for page in chosen:
            page.add_own(made.make(), name)
        only = "" if pane is None else f"On {pane} alone."
        self.legends.append(replace(made.legend, note=" ".join(text for text in (made.legend.note, only) if text)))
        return self

    def pane_names(self) -> tuple[str, ...]:
        """Name the maps, in their order."""
        return tuple(page.title for page in self.maps)

    def _titled(self, pane: str) -> tuple[OfflineMap, ...]:
        names = self.pane_names()
        if pane not in names:
            raise UnknownIdError("pane", pane, names)
        if names.count(pane) > 1:
            raise InputError(f"several maps of this page are called {quoted(pane)}: give them different titles")
        return (self.maps[names.index(pane)],)
