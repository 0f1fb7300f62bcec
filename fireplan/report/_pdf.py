"""A report as PDF, by WeasyPrint."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.report._html_page import Attachment

FIXED_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in the PDF as the date of its attachments, so that the same report is the same bytes."""


def pdf_of(page: str, attachments: Sequence[Attachment]) -> bytes:
    """
    Set a page as PDF, its tables attached.

    Parameters
    ----------
    page
        HTML that needs nothing else.
    attachments
        Tables, as files in the PDF.

    Raises
    ------
    InputError
        If WeasyPrint is not installed, or its libraries are not there.
    """
    weasyprint = check_printer()
    fetcher = importlib.import_module("weasyprint.urls").URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = weasyprint.HTML(string=page, url_fetcher=fetcher).render()
    document.metadata.attachments = [
        weasyprint.Attachment(
            string=a.csv, name=a.file, description=a.title, created=FIXED_DATE, modified=FIXED_DATE,
        )
        for a in attachments
    ]  # fmt: skip
    return bytes(document.write_pdf(pdf_identifier=b"fireplan"))


def check_printer() -> Any:  # noqa: ANN401 - an optional module
    """
    Give WeasyPrint, before any work is done for it.

    Raises
    ------
    InputError
        If it is not installed, or its libraries are not there.
    """
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:
        raise InputError(
            'a PDF needs WeasyPrint: pip install "fireplan[pdf]"; or write the report as .html, open it in a browser'
            f" and print it to PDF ({error})"
        ) from error
