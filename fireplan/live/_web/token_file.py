"""Where the tokens of a service without a terminal are found: in a file that its owner alone can read."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fireplan.live._web.tokens import Tokens

OWNER_ALONE = 0o600
OWNER_ALONE_FOLDER = 0o700
OWN_FOLDER = "fireplan-tokens-"
BINARY = getattr(os, "O_BINARY", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def folders_for_tokens(environment: Mapping[str, str], *, windows: bool) -> list[Path]:
    """
    Give the folders in which tokens may be kept, the first that can be written to.

    They are the user's own. On Windows, where a file has no mode, it is as closed as the folder in which it lies: the
    user's own one for such things lets no other user in.

    Parameters
    ----------
    environment
        Of the process: RUNTIME_DIRECTORY (which systemd sets), XDG_STATE_HOME, HOME, LOCALAPPDATA.
    windows
        Whether this is Windows.
    """
    names = ("LOCALAPPDATA",) if windows else ("RUNTIME_DIRECTORY", "XDG_STATE_HOME")
    # systemd names several folders with a colon between.
    said = [part if windows else part.partition(":")[0] for name in names if (part := environment.get(name))]
    found = [Path(part) for part in said]
    if not windows and environment.get("HOME"):
        found.append(Path(environment["HOME"]) / ".local" / "state")
    return [folder / "fireplan" for folder in found if folder.is_absolute()]


@contextmanager
def kept_tokens(
    tokens: Tokens, *, about: str, port: int, environment: Mapping[str, str] | None = None
) -> Iterator[Path | None]:
    """
    Keep the tokens that were drawn in a file as long as a service runs.

    The file is whole from the moment it has its name, and never readable by others. It goes when the service ends, for
    the next start draws others; after a crash it stays, and opens nothing.

    Parameters
    ----------
    tokens
        Of the service.
    about
        What the service is, and where: a line of text.
    port
        Where it listens: the file is named after it.
    environment
        See `folders_for_tokens`; None: that of the process.

    Yields
    ------
    The file; None: all tokens were given, and whoever gave them has them.

    Raises
    ------
    InputError
        It cannot be written anywhere.
    """
    if not tokens.drawn:
        yield None
        return
    lines = ["# " + "".join(c if c.isprintable() else "?" for c in about)]
    lines.append("# Drawn at its start, void when it ends. A browser goes to the address with /#token=... behind it.")
    lines += [f'{role} = "{getattr(tokens, role)}"' for role in tokens.drawn]
    text = "\n".join([*lines, ""]).encode()
    path = _written(text, f"live-{port}.toml", os.environ if environment is None else environment)
    ours = _identity(path)
    try:
        yield path
    finally:
        with suppress(OSError):
            if _identity(path) == ours:  # another service may have put its own there
                path.unlink()
                if path.parent.name.startswith(OWN_FOLDER):
                    path.parent.rmdir()


def _written(text: bytes, name: str, environment: Mapping[str, str]) -> Path:
    fault: OSError | None = None
    for folder in folders_for_tokens(environment, windows=os.name == "nt"):
        try:
            folder.mkdir(mode=OWNER_ALONE_FOLDER, parents=True, exist_ok=True)
            return _put(text, folder / name)
        except OSError as error:
            fault = error
    try:
        return _put(text, Path(tempfile.mkdtemp(prefix=OWN_FOLDER)) / name)
    except OSError as error:
        raise InputError(
            f"the tokens cannot be kept in a file ({quoted((fault or error).strerror)}): set FIREPLAN_OPERATOR_TOKEN, "
            "FIREPLAN_VIEWER_TOKEN and FIREPLAN_FEED_TOKEN, or give --tokens"
        ) from error


def _put(text: bytes, path: Path) -> Path:
    """Write a file beside its place, and move it there: nobody sees half of it, nor follows a link that lay there."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY | NO_LINK, OWNER_ALONE)
    try:
        with os.fdopen(handle, "wb") as file:
            if os.name == "posix":
                os.fchmod(file.fileno(), OWNER_ALONE)  # a umask may have taken more than it should
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
