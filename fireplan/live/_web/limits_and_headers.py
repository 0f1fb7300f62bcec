"""Rules of the web service: how much it takes, whom it believes, and what it tells a browser to refuse."""

from __future__ import annotations

import re
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fireplan._page_kit.content_policy import sha256_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MIB = 1024 * 1024
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    How much the service takes.

    Attributes
    ----------
    body_bytes
        Of a request's body.
    body_s
        How long a body may take to arrive. [s]
    event_bytes
        Of one event.
    batch_events
        Events in one request.
    streams, viewer_streams
        Streams of updates at once; of these, those of viewers, so that an operator always finds one.
    session_streams
        Of these, of one session.
    kept_updates, kept_bytes
        Past updates kept for streams that come back.
    lag_updates, lag_bytes
        How far a reader may fall behind before its stream is ended.
    send_s
        How long a reader may take nothing of what waits for it. [s]
    comment_s
        A stream that says nothing for this long gets a comment line, which keeps it open. [s]
    slow_calls
        Moments of the past, exports and projects in the making at once.
    connections_besides
        Connections at once, besides as many as there may be streams.
    sessions, operator_sessions
        Browsers logged in at once as viewers, and as operators.
    session_s
        How long a session lasts. [s]
    client_failures, all_failures
        Wrong tokens in a minute, from one source and in all; more of them are slowed. A right one never is.
    slowed_s
        How long the answer to such a one is held back. [s]
    """

    body_bytes: int = 4 * MIB
    body_s: float = 30.0
    event_bytes: int = 64 * 1024
    batch_events: int = 5000
    streams: int = 250
    viewer_streams: int = 200
    session_streams: int = 20
    kept_updates: int = 600
    kept_bytes: int = 16 * MIB
    lag_updates: int = 64
    lag_bytes: int = 4 * MIB
    send_s: float = 30.0
    comment_s: float = 10.0
    slow_calls: int = 4
    connections_besides: int = 256
    sessions: int = 1000
    operator_sessions: int = 200
    session_s: float = 12 * 3600.0
    client_failures: int = 10
    all_failures: int = 60
    slowed_s: float = 1.0


class Failures:
    """
    Wrong tokens of the last minute, in bounded memory.

    Parameters
    ----------
    each
        How many one address may make in a minute.
    overall
        How many all may make.
    clock
        Tells the time. [s]
    """

    ADDRESSES_KEPT = 1000

    def __init__(self, *, each: int, overall: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._each, self._overall, self._clock = each, overall, clock
        self._of: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=overall)

    def __len__(self) -> int:
        """How many addresses are kept."""
        return len(self._of)

    def wait_s(self, address: str) -> int:
        """How long wrong tokens of this address are slowed; 0: they are not. [s]"""
        begins = self._clock() - MINUTE_S
        waits = [
            made[0] - begins
            for made, most in ((self._of.get(address), self._each), (self._all, self._overall))
            if made and len(made) >= most and made[0] > begins
        ]
        return int(max(waits, default=-1.0)) + 1

    def add(self, address: str) -> None:
        """Note a wrong token."""
        now = self._clock()
        self._all.append(now)
        made = self._of.setdefault(address, deque(maxlen=self._each))
        made.append(now)
        self._of.move_to_end(address)
        while len(self._of) > self.ADDRESSES_KEPT:
            self._of.popitem(last=False)


HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?", re.IGNORECASE)


def host_name(said: str) -> str | None:
    """Give the name in a Host header, without its port, in small letters; None: it is none."""
    found = HOST.fullmatch(said)
    return found[1].lower().rstrip(".") if found else None


def same_origin(headers: Mapping[str, str], *, secure: bool) -> bool:
    """
    Tell whether a request comes from our own page, or from no page at all.

    A browser says where a request comes from (`Sec-Fetch-Site`, `Origin`); a program says nothing. A page that gives
    no referrer, as ours, sends `Origin: null` with its forms: then the browser's other word is needed.

    Parameters
    ----------
    headers
        Of the request, under small letters.
    secure
        The page is reached by https.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin == "null":
        return site == "same-origin"
    return origin.lower() == f"{'https' if secure else 'http'}://{headers.get('host', '').lower()}"


POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Of every answer, unless the answer has its own."""


HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
"""Of every answer where TLS is: a browser comes by https for a year."""


def with_headers(own: Iterable[tuple[bytes, bytes]], *, https_only: bool = False) -> list[tuple[bytes, bytes]]:
    """
    Add to an answer's headers those it lacks.

    Parameters
    ----------
    own
        Those it has.
    https_only
        The browser is told to come by https from now on.
    """
    headers = list(own)
    names = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in HEADERS if name not in names]
    if https_only:
        headers.append(HTTPS_ONLY)
    return headers


LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})


def is_loopback(host: str | None) -> bool:
    """Tell whether a name of a Host header is this machine itself, where other services may be without TLS."""
    return host is None or host in LOOPBACK


INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def policy_of(html: str, *, connect: bool = False) -> str:
    """
    Write the content security policy of a page that stands alone.

    Its own inline scripts and styles run, known by their SHA-256; nothing else does, and nothing is loaded.

    Parameters
    ----------
    html
        The page.
    connect
        Its scripts may ask this server.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in INLINE.findall(html):
        hashes[kind].append(sha256_source(text))
    parts = ["default-src 'none'"]
    parts += [f"{kind}-src {' '.join(found)}" for kind, found in hashes.items() if found]
    parts += ["connect-src 'self'"] * connect
    parts += ["img-src 'self' data:", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"]
    return "; ".join(parts)
