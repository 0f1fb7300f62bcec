"""Who may do what: three roles, a token each."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan._bounded_text import toml_content
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST = 16
"""Characters that a token has at least."""

LONGEST = 512
LONGEST_FILE_BYTES = 2**16
RANDOM_BYTES = 24
VARIABLE = "FIREPLAN_{}_TOKEN"


class Role(StrEnum):
    """What the bearer of a token is."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    FEED = "feed"


def _random() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


@dataclass(frozen=True, slots=True)
class Tokens:
    """
    The token of each role; random where none is given.

    Attributes
    ----------
    viewer
        Reads.
    operator
        Reads, and posts.
    feed
        Posts events, and nothing else.
    drawn
        Roles whose token nobody had given to `found`.

    Raises
    ------
    InputError
        A token is too short, too long, holds anything but visible ASCII, or two roles have the same one.
    """

    viewer: str = field(default_factory=_random, repr=False)
    operator: str = field(default_factory=_random, repr=False)
    feed: str = field(default_factory=_random, repr=False)
    drawn: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no token."""
        for role in Role:
            _check(role, getattr(self, role))
        if len({self.viewer, self.operator, self.feed}) < len(Role):
            raise InputError("two roles have the same token: give each its own, or leave one out and it is drawn")

    @classmethod
    def found(cls, environment: Mapping[str, str] | None = None, *, file: str | Path | None = None) -> Tokens:
        """
        Take tokens from the environment and from a file; those in neither are drawn at random.

        Parameters
        ----------
        environment
            FIREPLAN_VIEWER_TOKEN, FIREPLAN_OPERATOR_TOKEN and FIREPLAN_FEED_TOKEN are read; None: that of the process.
        file
            A TOML file with any of `viewer`, `operator` and `feed`, readable by its owner alone (0600). What the
            environment names goes before.

        Raises
        ------
        InputError
            The file cannot be read, can be read by others, or holds something else; or a token is refused.
        """
        environment = os.environ if environment is None else environment
        given: dict[str, str] = _of_file(Path(file)) if file is not None else {}
        given |= {role: t for role in Role if (t := environment.get(VARIABLE.format(role.upper())))}
        return cls(**given, drawn=tuple(role for role in Role if role not in given))

    def role_of(self, token: str) -> Role | None:
        """Tell whose token this is. It takes as long whichever it is, and whether it is one or not."""
        said = _digest(token)
        role = None
        for known in Role:
            if hmac.compare_digest(said, _digest(getattr(self, known))):
                role = known
        return role


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _check(role: Role, token: str) -> None:
    if not SHORTEST <= len(token) <= LONGEST:
        raise InputError(
            f"the {role} token has {len(token)} characters: give it {SHORTEST} to {LONGEST}, "
            f"or leave {VARIABLE.format(role.upper())} out and one is drawn"
        )
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise InputError(
            f"the {role} token holds something other than visible ASCII characters: use letters and digits"
        )


def _of_file(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            shared = os.name == "posix" and bool(stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077)
            said = {} if shared else toml_content(file.read(LONGEST_FILE_BYTES).decode("utf-8"), label="the token file")
    except OSError as error:
        raise InputError(f"the token file {quoted(path)} cannot be read: {error.strerror}") from error
    except ValueError as error:
        # The parser's own message may quote the line, and with it a token.
        raise InputError(f'the token file {quoted(path)} is no TOML: write lines such as viewer = "..."') from error
    if shared:
        raise InputError(f"others can read the token file {quoted(path)}: chmod 600 it")
    unknown = sorted(set(said) - set(Role))
    if unknown or not all(isinstance(token, str) for token in said.values()):
        raise InputError(f'the token file {quoted(path)} must hold {listed(Role)} only, each as text: viewer = "..."')
    return said
