"""Nobody is left with a bare traceback: what, why, and what to do."""

import errno
import os
from pathlib import Path

import pytest

from bridge.domain.kernel.reasons import GeneralReason
from bridge.main.failures import explained, in_words
from bridge.main.reasons import RunReason
from bridge.ports import PortError
from bridge.settings import SettingsError
from bridge.written import WrittenReason


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full: make room"),
        (errno.EACCES, "this user may not do that: give the file to the user that Samband runs as"),
        (errno.EROFS, "it cannot be written to: mount it writable"),
        (errno.EMFILE, "too many files are open: raise the limit"),
        (errno.EIO, "the disk fails: take a backup now"),
        (errno.EXDEV, "the system refuses it: see the runbook"),
    ],
)
def test_what_the_system_refuses_is_said_with_its_file_and_remedy(number: int, words: str) -> None:
    told = explained("samband run", OSError(number, os.strerror(number), "/var/lib/samband"))
    assert str(told).startswith(f"samband run: /var/lib/samband: {words}")


def test_a_failure_that_says_what_it_is_stays_as_it_is() -> None:
    taken = PortError("the API", RunReason.API_SILENT(address="http://127.0.0.1"), retry=False)
    for error in (taken, SettingsError(WrittenReason.NOT_UTF8())):
        with pytest.raises(type(error)) as caught, in_words("samband run"):
            raise error
        assert caught.value is error


def test_of_failures_that_came_together_the_first_is_told() -> None:
    first = PortError("database", GeneralReason.LEGACY(text="the file is damaged"), retry=False)
    told = explained("the controller", ExceptionGroup("", [ExceptionGroup("", [first]), ValueError("later")]))
    assert told is first


def test_what_nobody_foresaw_is_told_with_its_place_and_logged_whole(capfd: pytest.CaptureFixture[str]) -> None:
    table: dict[str, str] = {}
    with pytest.raises(PortError) as caught, in_words("samband run"):
        table["no such key"]
    assert "please report it" in str(caught.value)
    assert f"KeyError: 'no such key'; {Path(__file__).name}" in str(caught.value)
    shown = "".join(capfd.readouterr())
    assert "unforeseen_failure" in shown
    assert "Traceback" in shown
