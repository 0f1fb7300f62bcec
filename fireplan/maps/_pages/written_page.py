"""What every map page is: something framed that writes itself as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.maps._pages.html_document import frame, save_text

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from fireplan.disclosure import Publication
    from fireplan.maps._layers.legend import Legend
    from fireplan.maps._pages.html_document import Theme
    from fireplan.maps._pages.page_frame import Footer


class WrittenPage:
    """
    A page with a title, legends and a footer, whatever maps stand on it.

    Attributes
    ----------
    title, subtitle
        What stands over it.
    footer
        Where the figures come from.
    legends
        What the colours and signs mean.
    theme
        "light", "dark" or "print".
    publications
        What a public page shows of incident records, for `fireplan.disclosure.record_publications`; () where of none.
    """

    title: str
    subtitle: str
    footer: Footer | None
    legends: list[Legend]
    theme: Theme
    publications: tuple[Publication, ...] = ()

    def to_html(self) -> str:
        """Write the whole page as text. The same inputs give the same text."""
        raise NotImplementedError

    def save(self, outfile: str | os.PathLike[str]) -> Path:
        """Save the page as one file, all of it or nothing; returns its path."""
        return save_text(self.to_html(), outfile)

    def _repr_html_(self, **_kwargs: object) -> str:
        """Show the page in a notebook, in a frame of its own."""
        return frame(self.to_html(), title=self.title)
