"""What the command prints as a table fits the screen it is printed on."""

import os
import sys

import pytest

from bridge.cli.answers import table

ROWS = [("rakel-1", "absent", "there is no /dev/serial/by-id/usb-adapter: is the adapter plugged in? " * 4, "–")]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    table(("name", "state", "reason", "issi"), ROWS)
    return capsys.readouterr().out.splitlines()


def test_on_a_screen_the_widest_column_is_broken_and_nothing_of_it_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 24)))
    lines = printed(capsys)
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("rakel-1  absent")
    assert " ".join(lines).count("plugged") == 4


def test_for_a_program_that_reads_it_each_row_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(printed(capsys)) == 2
