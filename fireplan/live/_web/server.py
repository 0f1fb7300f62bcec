"""Where the service listens, and who may reach it there; starting it and stopping it."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from fireplan.errors import FireplanError, InputError, quoted
from fireplan.live._web.app import create_app
from fireplan.live._web.connection import KEEP_ALIVE_S, connection_maker
from fireplan.live._web.limits_and_headers import Limits, host_name
from fireplan.live._web.logs import Log
from fireplan.live._web.places import ConnectionPlaces

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from types import FrameType

    from fireplan.live._desk.interfaces import DeskLike
    from fireplan.live._web.tokens import Tokens

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
BACKLOG = 256
LAST_PORT = 65_535
FILES_BESIDES_CONNECTIONS = 100
FEWEST_CONNECTIONS = 32
GRACE_S = 2
START_S = 10.0
NOT_STARTED = "the service did not start: its log says where it stopped"
NAME_IT = "give --allowed-host dispatch.example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """
    Where the service listens.

    Attributes
    ----------
    host, port
        The address; port 0: any that is free.
    certfile, keyfile
        Certificate and key of TLS; None: without.
    behind_proxy
        A proxy with TLS stands before it, and says in X-Forwarded-For who calls.
    allowed_hosts
        Names under which it may be asked for, besides those of its own address.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    certfile: str | Path | None = None
    keyfile: str | Path | None = None
    behind_proxy: bool = False
    allowed_hosts: Collection[str] = ()

    def names(self) -> list[str]:
        """
        Give the names under which the service may be asked for.

        Raises
        ------
        InputError
            Others could reach it without TLS, or the names are not known.
        """
        if (self.certfile is None) != (self.keyfile is None):
            raise InputError("TLS needs both: give --certfile and --keyfile")
        names = [name for said in self.allowed_hosts if (name := host_name(said))]
        if len(names) < len(self.allowed_hosts):
            raise InputError("an allowed host is no host name: write it as in a browser, without https:// and path")
        if self.behind_proxy and not names:
            raise InputError(f"behind a proxy the service must know its name: {NAME_IT}")
        if self.host in LOOPBACK:
            return [*names, "127.0.0.1", "localhost", "[::1]"]
        if self.certfile is None and not self.behind_proxy:
            raise InputError(
                f"the service would be reached at {quoted(self.host)} without encryption: keep to 127.0.0.1, or give "
                "--certfile and --keyfile, or say --behind-proxy if a proxy with TLS stands before it"
            )
        if _is_any_address(self.host) and not names:
            raise InputError(f"at {quoted(self.host)} the service must know its name: {NAME_IT}")
        return names or [f"[{self.host.lower()}]" if ":" in self.host else self.host.lower()]


def _is_any_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host


class Server:
    """
    The service, listening.

    It listens from the moment it is made, so that a port in use is an error there and then; `run` or `start` lets it
    answer.

    Parameters
    ----------
    desk
        Where events go, and the state comes from.
    binding
        Where to listen.
    tokens
        Who may do what.
    log
        Where it writes its lines; None: standard error.
    page_folder, limits
        As for `create_app`.

    Raises
    ------
    InputError
        It may not listen there, or cannot.
    """

    def __init__(
        self,
        desk: DeskLike,
        binding: Binding,
        *,
        tokens: Tokens,
        log: Log | None = None,
        page_folder: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        names = binding.names()
        self._log, limits = log or Log(), limits or Limits()
        self._secure = binding.certfile is not None
        self.app = create_app(
            desk,
            tokens=tokens,
            allowed_hosts=names,
            secure_cookies=self._secure or binding.behind_proxy,
            page_folder=page_folder,
            limits=limits,
            log=self._log,
            behind_proxy=binding.behind_proxy,
        )
        config = uvicorn.Config(
            self.app,
            loop="asyncio",
            http="httptools",
            ws="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            log_level="critical",  # what uvicorn would say names addresses; our own log says the rest
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            ssl_certfile=binding.certfile,
            ssl_keyfile=binding.keyfile,
        )
        _load(config)
        self.places = ConnectionPlaces(_most_connections(limits.streams + limits.connections_besides))
        # TLS begins behind the place that a connection takes, so that a handshake that does not end holds none.
        context, config.ssl = config.ssl, None
        config.http_protocol_class = connection_maker(self.places, context)  # type: ignore[assignment]
        self._socket = _listening(binding.host, binding.port)
        self.host, self.port = binding.host, int(self._socket.getsockname()[1])
        self._uvicorn = _Uvicorn(config, self.app.state.web.hub, self.places)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it is reached on this machine."""
        host = "127.0.0.1" if self.host == "localhost" or _is_any_address(self.host) else self.host
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._secure else 'http'}://{shown}:{self.port}"

    def run(self) -> None:
        """
        Answer until SIGINT or SIGTERM comes, or `stop` is called; then end within three seconds.

        Raises
        ------
        FireplanError
            It did not start.
        """
        try:
            self._uvicorn.run(sockets=[self._socket])
        except SystemExit as error:  # uvicorn's word for an application that fails at its start
            raise FireplanError(NOT_STARTED) from error
        finally:
            self._socket.close()

    def start(self) -> Self:
        """Answer, in a thread of its own, and return when it does."""
        self._thread = threading.Thread(target=self._run_beside, name="fireplan-web", daemon=True)
        self._thread.start()
        ends_s = time.monotonic() + START_S
        while not self._uvicorn.started:
            if time.monotonic() > ends_s or not self._thread.is_alive():
                self.stop()
                raise FireplanError(NOT_STARTED)
            time.sleep(0.005)
        return self

    def _run_beside(self) -> None:
        with suppress(FireplanError):  # `start` sees that it ended, and raises it there
            self.run()

    def stop(self) -> None:
        """End it: all streams end, and what is being answered has two seconds more."""
        self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join(GRACE_S + 3.0)
        self._socket.close()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self.stop()


class _Uvicorn(uvicorn.Server):
    """Uvicorn, which ends the streams before it waits for them, and closes connections that say or take nothing."""

    def __init__(self, config: uvicorn.Config, hub: Any, places: ConnectionPlaces) -> None:  # noqa: ANN401 - a Hub
        super().__init__(config)
        self._hub, self._places = hub, places
        hub.hang_up = self._hang_up

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let a signal end the service, and no more: what stands after `run` is still done."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in former.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        """End; at the second signal without waiting."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then wait for the rest; who has not said goodbye by then is hung up on."""
        self._hub.close()
        await super().shutdown(sockets)
        for connection in self._places:
            # Over TLS a connection waits for the other side's last word, longer than there is a loop to hear it.
            connection.cut()
        await asyncio.sleep(0)

    async def on_tick(self, counter: int) -> bool:
        """Do what is done ten times a second."""
        if counter % 10 == 0:
            now_s = time.monotonic()
            for connection in self._places:
                connection.sweep(now_s)
        return await super().on_tick(counter)

    def _hang_up(self, client: Any) -> None:  # noqa: ANN401 - an address
        for connection in list(self.server_state.connections):
            if client is not None and getattr(connection, "client", None) == client:
                connection.transport.abort()


def _most_connections(wanted: int) -> int:
    """Give how many connections there may be: no more than the files that this process may open leave room for."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(FEWEST_CONNECTIONS, min(wanted, files - FILES_BESIDES_CONNECTIONS))


def _load(config: uvicorn.Config) -> None:
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        text = (
            "the certificate or its key cannot be used: give PEM files that belong together, the key without password"
        )
        raise InputError(text) from error


def _listening(host: str, port: int) -> socket.socket:
    """Open the socket, and name the mend if that cannot be done."""
    name = "127.0.0.1" if host == "localhost" else host
    if not 0 <= port <= LAST_PORT:  # the resolver would take what is left of it
        raise InputError(f"{port} is no port: give --port from 1024 to {LAST_PORT}, or 0 for any that is free")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            name or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"{quoted(host)} and port {port} are no address: give --host 127.0.0.1 --port 8000") from error
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise InputError(_why_not(error, host, port)) from error
    return opened


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {quoted(host)} is in use: give another --port, or end what listens there"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights: give a --port from 1024"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{quoted(host)} is no address of this machine: give --host 127.0.0.1, or one that it has"
    return f"the service cannot listen at {quoted(host)} port {port}: {error.strerror}"
