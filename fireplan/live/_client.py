"""A live view from a notebook: the department as it stands this minute, and what it did."""

from __future__ import annotations

import io
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request
import zipfile
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pandas as pd

from fireplan.errors import InputError, quoted
from fireplan.operations._as_scenario import changes_of
from fireplan.operations._events.event import Event, Refused, event_of
from fireplan.operations._events.to_history import history_of
from fireplan.project import read_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fireplan.incidents import CadHistory
    from fireplan.operations.live_state import Ground, State
    from fireplan.scenario import Scenario

WAIT_S = 30.0
LARGEST_BYTES = 200 * 2**20
VARIABLES = ("FIREPLAN_OPERATOR_TOKEN", "FIREPLAN_VIEWER_TOKEN")


class Connection:
    """
    A live view that is running somewhere; see `connect`.

    Attributes
    ----------
    url
        Where it is.
    """

    def __init__(self, url: str, *, token: str, project: str | Path | None, cafile: str | Path | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(f"{quoted(url)} is no address such as http://127.0.0.1:8000")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._token, self._folder = token, project
        context = ssl.create_default_context(cafile=cafile) if parts.scheme == "https" else None
        # Straight to the address: a proxy of the environment has no business with it.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            *([urllib.request.HTTPSHandler(context=context)] if context else []),
        )

    def __repr__(self) -> str:
        """Say where it is."""
        return f"Connection to {self.url}"

    def state(self, *, at: str | pd.Timestamp | None = None) -> State:
        """
        Give the whole state as JSON has it; docs/state.schema.json says what each key means.

        Parameters
        ----------
        at
            An instant with its offset; left out: now.
        """
        asked = {} if at is None else {"at": _ms(at)}
        return json.loads(self._get("/api/state", asked))  # type: ignore[no-any-return]

    def scenario(self, *, at: str | pd.Timestamp | None = None, name: str = "") -> Scenario:
        """
        Give the department as it stands: every measure applies to it as to any scenario.

        Parameters
        ----------
        at
            An instant with its offset; left out: now.
        name
            What to call it; left out: the local time.

        Returns
        -------
        The project with its units where they stand. Units that cannot be sent are out of service; those that are free
        on the road stand at a post of their own there, called after the unit.
        """
        state = self.state(at=at)
        changes = changes_of(state["units"], home=self._project)
        instant = pd.Timestamp(state["now"], unit="ms", tz="UTC").tz_convert(self._ground["timezone"])
        return self._project.apply(*changes, name=name or f"as of {instant:%Y-%m-%d %H:%M:%S}")

    def history(
        self, *, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
    ) -> CadHistory | None:
        """
        Give what happened as dispatch history, as `fireplan.read_cad` would from a file.

        Parameters
        ----------
        start, end
            Instants with their offsets, the end left out; left out: all there is.

        Returns
        -------
        Incidents and responses, without addresses; None if no unit was sent anywhere.
        """
        found = self.events(start=start, end=end)
        return history_of(found, timezone=self._ground["timezone"], units=self._project.units)

    def responses(
        self, *, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
    ) -> pd.DataFrame:
        """Give the responses of `history`: one row per unit per incident."""
        history = self.history(start=start, end=end)
        return pd.DataFrame() if history is None else history.responses

    def events(
        self, *, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
    ) -> Iterator[Event]:
        """Yield the events themselves, in order; arguments as for `history`."""
        asked = {name: _ms(at) for name, at in (("start", start), ("end", end)) if at is not None}
        for line in self._get("/api/events", asked).splitlines():
            if line.strip():
                try:
                    yield event_of(json.loads(line), received_us=pd.Timestamp.now(tz="UTC").value // 1000)
                except Refused as refused:
                    raise InputError(f"{self.url} gave an event that is none: {refused.reason}") from refused

    @cached_property
    def _ground(self) -> Ground:
        return json.loads(self._get("/api/ground", {}))  # type: ignore[no-any-return]

    @cached_property
    def _project(self) -> Scenario:
        """The project: from a folder here, or as the view gives it."""
        if self._folder is not None:
            return read_project(self._folder)
        packed = self._get("/api/project.zip", {})
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(io.BytesIO(packed)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_BYTES:
                raise InputError(f"the project of {self.url} is larger than {LARGEST_BYTES // 2**20} MB: give project=")
            archive.extractall(folder)
            return read_project(folder)

    def _get(self, path: str, asked: dict[str, Any]) -> bytes:
        query = f"?{urlencode(asked)}" if asked else ""
        headers = {"Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(f"{self.url}{path}{query}", headers=headers)  # noqa: S310 - http or https
        try:
            with self._opener.open(request, timeout=WAIT_S) as answer:
                body: bytes = answer.read(LARGEST_BYTES + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in {403, 429}:  # a right token is never slowed
                raise InputError(f"{self.url} refuses this token: ask who runs it, or set {VARIABLES[1]}") from None
            raise InputError(f"{self.url}{path} answered {error.code}") from None
        except OSError as error:
            raise InputError(f"{self.url} cannot be reached ({type(error).__name__}): is it running?") from error
        if len(body) > LARGEST_BYTES:
            raise InputError(f"{self.url}{path} gave more than {LARGEST_BYTES // 2**20} MB: ask for a shorter span")
        return body


def connect(
    url: str,
    *,
    token: str | None = None,
    project: str | Path | None = None,
    cafile: str | Path | None = None,
) -> Connection:
    """
    Connect to a live view.

    Parameters
    ----------
    url
        Where it is, as in the browser.
    token
        A viewer's or operator's; left out: that in FIREPLAN_OPERATOR_TOKEN or FIREPLAN_VIEWER_TOKEN.
    project
        The project's folder, if it is here; left out: the view gives it, without its incidents.
    cafile
        Certificate of the authority that signed the view's own, if the system does not know it.

    Returns
    -------
    A `Connection`, with `scenario()`, `responses()`, `history()`, `events()` and `state()`.

    Examples
    --------
    >>> import fireplan as fp
    >>> now = fp.live.connect("http://127.0.0.1:8000", token="...").scenario()  # doctest: +SKIP
    >>> fp.assess(now, standard=fp.standards.NFPA_1710).summary()  # doctest: +SKIP
    """
    token = token or next((os.environ[name] for name in VARIABLES if os.environ.get(name)), None)
    if not token:
        raise InputError(f"a live view wants a token: give token=, or set {VARIABLES[1]}")
    return Connection(url, token=token, project=project, cafile=cafile)


def _ms(at: str | pd.Timestamp) -> int:
    stamp = pd.Timestamp(at)
    if stamp.tzinfo is None:
        raise InputError(f"{quoted(at)} has no offset from UTC: write it as 2026-07-01T08:00:00-07:00")
    return int(stamp.timestamp() * 1000)
