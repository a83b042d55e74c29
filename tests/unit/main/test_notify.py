"""What a controller tells its supervisor, and from which process it came."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.main.notify import ALIVE, IN_CONTROL, READY, STARTS, Listener, Told, beat, notify, tell


def test_what_is_told_arrives_with_the_process_that_told_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener(tmp_path / "notify.sock") as listener:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
        notify(READY)
        assert listener.messages() == [Told(os.getpid(), READY)]
        words = f"from bridge.main.notify import notify; notify({ALIVE!r})"
        with subprocess.Popen([sys.executable, "-c", words]) as child:
            pass
        assert listener.messages() == [Told(child.pid, ALIVE)]
        assert listener.messages() == []


def test_nobody_listening_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody.sock"))
    notify(ALIVE)
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify(ALIVE)


def test_a_full_socket_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener(tmp_path / "notify.sock") as listener:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
        for _ in range(5000):
            notify(ALIVE)
        assert 0 < len(listener.messages()) <= 5000


def test_what_was_lost_is_told_again_with_every_beat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener(tmp_path / "notify.sock") as listener:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
        for _ in range(5000):
            notify(ALIVE)
        for line in (STARTS, IN_CONTROL, READY):
            tell(line)
        listener.messages()
        beat()
        [told] = listener.messages()
        assert told.message.splitlines() == [ALIVE, IN_CONTROL, READY]


def test_a_state_directory_with_a_very_long_path_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("a" * 60) / ("b" * 60)
    folder.mkdir(parents=True)
    with Listener(folder / "notify.sock") as listener:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
        notify(READY)
        assert [told.message for told in listener.messages()] == [READY]
    assert not listener.path.parent.exists()
