"""A thing that is made once survives a power cut at any moment. It is there whole, or it is made at the next start."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bridge.ari.secrets import load_or_make_secrets
from bridge.files import make_once, replace_file
from bridge.identity.sealed import account_key
from bridge.storage.keys import KEY_BYTES, KeyRing, read_key
from tests.harness.power_cut import power_cuts, put


def _codes_key(folder: Path) -> Any:
    KeyRing(folder / "keys/codes.key").load(needed=False)
    key = read_key(folder / "keys/codes.key")
    assert key is not None
    assert len(key) == KEY_BYTES
    return key


def _accounts_key(folder: Path) -> Any:
    return account_key(folder / "keys").derived("power", "cut")


def _secrets(folder: Path) -> Any:
    return load_or_make_secrets(folder / "keys")


_MADE_ONCE: dict[str, Callable[[Path], Any]] = {
    "the codes' key": _codes_key,
    "the accounts' key": _accounts_key,
    "Asterisk's secrets": _secrets,
}


def emptied(folder: Path) -> Callable[[], None]:
    def begin() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()

    return begin


@pytest.mark.parametrize("what", _MADE_ONCE)
def test_a_start_after_a_power_cut_at_any_moment_finds_it_whole_or_makes_it(tmp_path: Path, what: str) -> None:
    start, folder, number = _MADE_ONCE[what], tmp_path / "var", count()
    cuts = 0
    for state, made in power_cuts(folder, emptied(folder), lambda: start(folder)):
        after = tmp_path / f"after-{next(number)}"
        after.mkdir()
        put(after, state)
        found = start(after)
        assert start(after) == found
        if made is not None:
            assert found == made, f"what was made is lost in {state}"
        cuts += 1
    assert cuts > 6


def test_a_file_that_is_replaced_is_the_former_or_the_new_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "var"

    def begin() -> None:
        emptied(folder)()
        (folder / "operator.token").write_bytes(b"former")

    def act() -> bool:
        replace_file(folder / "operator.token", b"new")
        return True

    seen = set()
    for state, done in power_cuts(folder, begin, act):
        seen.add(state["operator.token"])
        if done:
            assert state["operator.token"] == b"new"
    assert seen == {b"former", b"new"}


def test_the_harness_finds_what_writes_without_syncing(tmp_path: Path) -> None:
    """The measure is held to a known fault, the commonest there is."""
    folder = tmp_path / "var"

    def act() -> bool:
        (folder / "session.key").write_bytes(b"key")
        return True

    states = [state for state, _ in power_cuts(folder, emptied(folder), act)]
    assert {"session.key": b""} in states
    assert {} in states


def test_what_somebody_else_made_first_stands(tmp_path: Path) -> None:
    assert make_once(tmp_path / "a", b"one")
    assert not make_once(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_disk_that_is_full_leaves_the_former_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file(tmp_path / "a", b"one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("content", [b"", b"\x00" * 44, b"half a key"])
def test_an_accounts_key_that_is_none_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "accounts.key").write_bytes(content)
    sealed = account_key(tmp_path).seal(b"secret")
    assert account_key(tmp_path).opened(sealed) == b"secret"
