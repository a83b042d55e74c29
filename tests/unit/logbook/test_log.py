"""`samband log` answers "what happened at 12:40?" from the files, whatever strangers have put in them."""

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bridge import cli, logs
from bridge.logbook import Line, Source, Wish, following, kept
from tests.harness import wait

MEETING = "cnf-01M8FC3BSQ8SW1CGXK8Z6K7F2Y"
OTHER = "cnf-01M8FC3BSQ8SW1CGXK8Z6K7F2Z"


def row(at: str, event: str, level: str = "info", **detail: Any) -> str:
    return json.dumps({**detail, "event": event, "level": level, "timestamp": f"2026-11-27T{at}Z"}) + "\n"


NIGHT = [
    row("11:39:58.0", "order", by="Anna", act="conference.open", subject=MEETING, name="Värmebölja"),
    row("11:40:01.0", "call_in", caller="0701740605", number="+4685555555", channel="17.1"),
    row("11:40:07.0", "right_code", caller="0701740605", channel="17.1", conference=MEETING, role="host"),
    row("11:40:09.0", "joined", participant="prt-1", number="+46701740605", conference=MEETING, who="Anna"),
    row("11:40:20.0", "call_in", caller="0701740606", number="+4685555555", channel="17.2"),
    row("11:40:30.0", "wrong_code", caller="0701740606", channel="17.2", tries=1),
    row("11:40:31.0", "database_failed", "error", reason="disk"),
    row("11:40:35.0", "left", participant="prt-1", conference=MEETING),
    row("11:41:00.0", "order", by="Bo", act="conference.open", subject=OTHER, name="Brand"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the log, in a state directory of its own."""
    (tmp_path / "samband.toml").write_text(f'state = "{tmp_path / "var"}"\n')
    monkeypatch.setenv("SAMBAND_CONFIG", str(tmp_path / "samband.toml"))
    found = tmp_path / "var/log"
    found.mkdir(parents=True)
    return found


@pytest.fixture
def night(folder: Path) -> Path:
    (folder / "controller.log").write_text("".join(NIGHT))
    return folder


Said = Callable[..., str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    def typed(*words: str, status: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["samband", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        assert code == status, told
        return told.err if status else told.out

    return typed


def events(said: Said, *words: str) -> list[str]:
    return [json.loads(one)["event"] for one in said("log", "--json", *words).splitlines()]


def test_the_night_is_read_in_local_time_and_in_words(night: Path, said: Said) -> None:
    told = said("--language", "sv", "log").splitlines()
    assert told[0] == "--- 2026-11-27"
    assert told[2] == "12:40:01 Samtal in caller=0701740605 number=+4685555555 channel=17.1"
    assert told[4].startswith("12:40:09 Kom in participant=prt-1")
    assert told[7] == "12:40:31 FEL Databasen svek reason=disk"
    assert "Call in" in said("--language", "en", "log")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ((), 9),
        (("--lines", "2"), 2),
        (("--since", "2026-11-27 12:40:30"), 4),
        (("--since", "2026-11-27 12:40:30", "--until", "2026-11-27 12:40:31"), 2),
        (("--level", "warning"), 1),
        (("--level", "Fel"), 1),
        (("--level", "error"), 1),
        (("--actor", "anna"), 1),
        (("--actor", "Bo"), 1),
        (("0701740606",), 2),
        (("0701740606", "wrong_code"), 1),
        (("värmebölja",), 1),
        (("--call", "17.1"), 4),
        (("--call", "070-174 06 05"), 4),
        (("--call", "+46701740605"), 4),
        (("--call", "0701740606"), 2),
        (("--meeting", "Värmebölja"), 4),
        (("--meeting", MEETING), 4),
        (("--meeting", "Brand"), 1),
        (("--meeting", "Värmebölja", "--level", "error"), 0),
    ],
)
def test_lines_are_chosen(night: Path, said: Said, asked: tuple[str, ...], count: int) -> None:
    assert len(events(said, *asked)) == count


def test_words_are_found_in_what_is_shown_in_the_language_that_is_spoken(night: Path, said: Said) -> None:
    for language, words in (("sv", ("fel", "kod")), ("en", ("wrong", "code"))):
        told = said("--language", language, "log", "--json", *words)
        assert [json.loads(one)["event"] for one in told.splitlines()] == ["wrong_code"]


def test_what_was_cut_off_and_what_the_supervisor_wrote_stand_in_the_order_of_time(folder: Path, said: Said) -> None:
    (folder / "controller.log.1").write_text("".join(NIGHT[:3]))
    (folder / "controller.log").write_text("".join(NIGHT[3:]))
    (folder / "supervisor.log").write_text(row("11:40:08.0", "controller_ended", "error"))
    assert events(said)[2:5] == ["right_code", "controller_ended", "joined"]


def test_a_programs_last_words_are_shown_with_the_time_before_them_at_every_level(folder: Path, said: Said) -> None:
    (folder / "controller.log").write_text(NIGHT[0] + "Fatal Python error: Segmentation fault\n{broken\n")
    assert "12:39:58 Fatal Python error: Segmentation fault" in said("log", "--level", "error")
    assert "12:39:58 {broken" in said("log", "--since", "2026-11-27")


def test_a_traceback_stands_below_its_line(folder: Path, said: Said) -> None:
    (folder / "controller.log").write_text(row("11:40:00.0", "part_failed", "error", exception="Traceback:\n  File x"))
    assert said("log").splitlines()[-2:] == ["         Traceback:", "           File x"]


HOSTILE = "\x1b[2J\x1b]0;owned\x07\n12:00:00 FORGED\r\x9b31m\u202egnp.exe\u2028next\ud800"


@pytest.mark.parametrize("where", ["event", "value", "name", "plain", "exception"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nothing_that_a_stranger_wrote_drives_the_terminal_or_forges_a_line(
    folder: Path, said: Said, where: str, form: tuple[str, ...]
) -> None:
    texts = {
        "event": row("11:40:00.0", HOSTILE),
        "value": row("11:40:00.0", "call_in", caller=HOSTILE),
        "name": row("11:40:00.0", "call_in", **{HOSTILE: "x"}),
        "plain": HOSTILE.replace("\n", " ").replace("\ud800", "") + "\n",
        "exception": row("11:40:00.0", "part_failed", exception=HOSTILE),
    }
    (folder / "controller.log").write_text(NIGHT[0] + texts[where])
    told = said("log", *form)
    assert told.replace("\n", "").isprintable()
    assert not [one for one in told.splitlines() if one.startswith("12:00:00")]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"event": ' + "[" * 100_000, '{"event": 1, "level": [], "timestamp": {}}', "\0"]
)
def test_a_line_of_any_shape_is_a_line(folder: Path, said: Said, text: str) -> None:
    (folder / "controller.log").write_text(f"{NIGHT[0]}{text}\n")
    assert len(said("log", "--json").splitlines()) >= 2


def test_where_there_is_nothing_it_tells_where_it_looked_and_how_the_journal_is_read(folder: Path, said: Said) -> None:
    told = said("--language", "sv", "log", status=1)
    assert str(folder / "controller.log") in told
    assert "journalctl -u samband -o cat | samband log --file -" in told


def test_what_another_program_hands_over_is_read_in_the_same_way(
    folder: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(NIGHT)))
    assert events(said, "--file", "-", "--actor", "Bo") == ["order"]


@pytest.mark.parametrize(("option", "value"), [("--since", "snart"), ("--level", "hög")])
def test_what_is_not_understood_is_told_with_an_example(night: Path, said: Said, option: str, value: str) -> None:
    assert value in said("log", option, value, status=1)


def test_where_no_line_is_as_asked_the_files_are_named(
    night: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["samband", "log", "nowhere"])
    with suppress(SystemExit):
        cli.main()
    assert str(night / "controller.log") in capsys.readouterr().err


# --- looking on ---


class Enough(Exception):
    """The one who looks on goes."""


@contextmanager
def looking_on(source: Source, wish: Wish) -> Iterator[list[Line]]:
    """The lines that are added from now on, as they come."""
    found: list[Line] = []
    gone = threading.Event()

    def rest(_: float) -> None:
        if gone.wait(0.01):
            raise Enough

    def look() -> None:
        with suppress(Enough):
            for line in filter(wish.wants, following([source], sleep=rest)):
                found.append(line)  # noqa: PERF402  as it comes

    looking = threading.Thread(target=look)
    looking.start()
    yield found
    gone.set()
    looking.join()


def numbers(found: list[Line]) -> list[int]:
    return [line.detail["number"] for line in found]


async def test_what_is_added_is_shown_and_a_half_line_waits_for_its_end(tmp_path: Path) -> None:
    source = Source(tmp_path / "controller.log")
    source.file.write_text(row("11:00:00.0", "x", number=0))
    assert len(list(kept([source]))) == 1
    text = row("11:00:01.0", "x", number=1)
    with looking_on(source, Wish()) as found, source.file.open("a") as file:
        file.write(text[:20])
        file.flush()
        file.write(text[20:])
        file.flush()
        await wait.until(lambda: numbers(found) == [1], 10)
        file.write(row("11:00:02.0", "x", number=2))
        file.flush()
        await wait.until(lambda: numbers(found) == [1, 2], 10)


async def test_a_file_that_is_cut_while_one_looks_on_loses_no_line(tmp_path: Path) -> None:
    source = Source(tmp_path / "controller.log")
    keeper = logs.LogKeeper(("*.log",), (), (tmp_path,), 1000)
    with source.file.open("a") as file:
        for number in range(50):
            file.write(row("11:00:00.0", "x", number=number, filler="x" * 30))
            file.flush()
            if number == 30:
                assert numbers(list(source.new())) == list(range(31))
    keeper.look()
    assert source.file.stat().st_size == 0
    with source.file.open("a") as file:
        file.write(row("11:00:00.0", "x", number=50))
    assert numbers(list(source.new())) == [*_kept_of(tmp_path), 50]


def _kept_of(folder: Path) -> Iterator[int]:
    """Behind the 31 lines that had been read, what the keeper kept."""
    for text in (folder / "controller.log.1").read_text().splitlines():
        number = json.loads(text)["number"]
        if number > 30:
            yield number


async def test_a_file_that_comes_into_being_is_followed(tmp_path: Path) -> None:
    source = Source(tmp_path / "controller.log")
    with looking_on(source, Wish(words=("yes",))) as found:
        source.file.write_text(row("11:00:00.0", "x", number=1) + row("11:00:00.0", "yes", number=2))
        await wait.until(lambda: numbers(found) == [2], 10)
