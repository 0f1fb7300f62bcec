"""The file in which the tokens of a service are found: its owner's alone, whole, and gone with the service."""

import os
import stat
import threading
from pathlib import Path

import pytest

from fireplan.errors import InputError
from fireplan.live._web import token_file
from fireplan.live._web.token_file import folders_for_tokens, kept_tokens
from fireplan.live._web.tokens import Role, Tokens

POSIX = pytest.mark.skipif(os.name != "posix", reason="files have no mode here")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


def kept(folder, tokens=None, *, port=8000, about="a view"):
    tokens = Tokens.found({}) if tokens is None else tokens
    environment = {"XDG_STATE_HOME": str(folder), "LOCALAPPDATA": str(folder)}
    return kept_tokens(tokens, about=about, port=port, environment=environment)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_holds_what_was_drawn_and_can_be_given_back(folder):
    tokens = Tokens.found({"FIREPLAN_FEED_TOKEN": "feed-token-0123456789ab"})
    assert tokens.drawn == (Role.VIEWER, Role.OPERATOR)
    with kept(folder, tokens, about='of "Town"\nfeed = "x"') as path:
        assert "feed-token" not in path.read_text()
        again = Tokens.found({}, file=path)
        assert (again.viewer, again.operator, again.drawn) == (tokens.viewer, tokens.operator, (Role.FEED,))
    assert not path.exists()


def test_where_all_were_given_there_is_no_file(folder):
    given = {f"FIREPLAN_{role.upper()}_TOKEN": f"{role}-token-0123456789" for role in Role}
    with kept(folder, Tokens.found(given)) as path:
        assert path is None
    assert not folder.exists()


@POSIX
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277, 0o777])
def test_nobody_else_can_read_it_at_any_moment(folder, umask):
    (folder / "fireplan").mkdir(parents=True)
    seen, ends = set(), threading.Event()

    def look():
        while not ends.is_set():
            for path in (folder / "fireplan").iterdir():
                try:
                    seen.add(mode(path) & 0o077)
                except OSError:
                    continue

    looking = threading.Thread(target=look)
    looking.start()
    former = os.umask(umask)
    try:
        for _ in range(50):
            with kept(folder) as path:
                assert mode(path) == 0o600
    finally:
        os.umask(former)
        ends.set()
        looking.join()
    assert seen <= {0}


@POSIX
def test_a_link_in_its_place_is_not_followed(folder, tmp_path):
    aim = tmp_path / "aim"
    aim.write_text("untouched")
    (folder / "fireplan").mkdir(parents=True)
    (folder / "fireplan" / "live-8000.toml").symlink_to(aim)
    with kept(folder) as path:
        assert not path.is_symlink()
    assert aim.read_text() == "untouched"


def test_the_file_of_a_later_service_is_left(folder):
    with kept(folder) as first:
        with kept(folder):
            pass
        assert not first.exists()
    with kept(folder) as first:
        later = first.with_name("later")
        later.write_text("of another")
        later.replace(first)
    assert first.read_text() == "of another"


def test_no_half_of_it_is_left_when_it_cannot_be_written(folder, monkeypatch, tmp_path):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(token_file.os, "fsync", full)
    monkeypatch.setattr(token_file.tempfile, "mkdtemp", lambda prefix: str(tmp_path))  # noqa: ARG005
    with pytest.raises(InputError, match=r"No space left.*FIREPLAN_OPERATOR_TOKEN"), kept(folder):
        pass
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@POSIX
def test_where_no_folder_can_be_written_it_lies_in_one_of_its_own(tmp_path):
    (tmp_path / "file").write_text("")
    with kept(tmp_path / "file") as path:
        assert (mode(path.parent), mode(path)) == (0o700, 0o600)
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("environment", "windows", "found"),
    [
        ({"RUNTIME_DIRECTORY": "/run/a:/run/b", "HOME": "/h/x"}, False, ["/run/a", "/h/x/.local/state"]),
        ({"XDG_STATE_HOME": "/s", "HOME": "/h/x"}, False, ["/s", "/h/x/.local/state"]),
        ({"XDG_STATE_HOME": "relative"}, False, []),
        ({}, False, []),
    ],
)
def test_the_folders(environment, windows, found):
    assert folders_for_tokens(environment, windows=windows) == [Path(one) / "fireplan" for one in found]


def test_on_windows_it_lies_in_the_users_own_folder(tmp_path):
    environment = {"LOCALAPPDATA": str(tmp_path), "RUNTIME_DIRECTORY": "/run/x", "HOME": "/h/x"}
    assert folders_for_tokens(environment, windows=True) == [tmp_path / "fireplan"]
