"""What the keeper reads in the log, and what nobody may read there."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from bridge.logs import set_up


@contextmanager
def _undone() -> Iterator[None]:
    """What is set up inside holds for nobody else."""
    root = logging.getLogger()
    handlers, level, own = root.handlers[:], root.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**own)


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    with _undone():
        stream = io.StringIO()
        set_up("info", "json", stream)
        yield stream


def line(out: io.StringIO) -> dict[str, object]:
    (text,) = out.getvalue().splitlines()
    told: dict[str, object] = json.loads(text)
    return told


def test_an_event_is_one_line_of_json(out: io.StringIO) -> None:
    structlog.get_logger("bridge.test").info("conference_opened", conference_id="cnf-1", count=3)
    told = line(out)
    assert (told["event"], told["conference_id"], told["count"]) == ("conference_opened", "cnf-1", 3)
    assert (told["level"], told["logger"]) == ("info", "bridge.test")
    assert str(told["timestamp"]).endswith("Z")


@pytest.mark.parametrize("key", ["code", "pin", "digits", "token", "password", "Authorization", "host_code"])
def test_secrets_are_hidden_by_name_at_any_depth(out: io.StringIO, key: str) -> None:
    structlog.get_logger().info("x", **{key: "55551234"}, inside=[{"more": {key: "55551234"}}])
    assert "55551234" not in out.getvalue()
    assert out.getvalue().count("[hidden]") == 2


def test_a_newline_from_outside_forges_no_line(out: io.StringIO) -> None:
    structlog.get_logger().info("caller", name='x\n{"event":"forged"}\x1b[2J\u2028')
    assert len(out.getvalue().splitlines()) == 1
    assert line(out)["name"] == 'x\\n{"event":"forged"}\\x1b[2J\\u2028'


def test_a_huge_value_is_cut(out: io.StringIO) -> None:
    structlog.get_logger().info("x", name="a" * 100_000)
    assert len(out.getvalue()) < 3000


def test_the_standard_librarys_lines_are_treated_alike(out: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("line one\nline two", extra={"token": "abc123"})
    told = line(out)
    assert (told["event"], told["token"]) == ("line one\\nline two", "[hidden]")


def test_what_is_below_the_level_is_not_written(out: io.StringIO) -> None:
    structlog.get_logger().debug("x")
    assert out.getvalue() == ""


def test_an_exception_keeps_its_traceback(out: io.StringIO) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "Traceback" in str(line(out)["exception"])


def test_a_person_gets_plain_lines() -> None:
    stream = io.StringIO()
    with _undone():
        set_up("info", "console", stream)
        structlog.get_logger().info("conference_opened", conference_id="cnf-1")
    assert "conference_opened" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_the_one_in_front_of_the_terminal_gets_warnings_only_and_in_short() -> None:
    file, people = io.StringIO(), io.StringIO()
    with _undone():
        set_up("info", "json", file, people=people)
        structlog.get_logger("bridge.test").info("controller", now="in control")
        structlog.get_logger("bridge.test").error("controller_ended", pid=4711, action="started anew", token="hemlig")
    assert len(file.getvalue().splitlines()) == 2
    (short,) = people.getvalue().splitlines()
    assert re.fullmatch(r'\d\d:\d\d:\d\d controller_ended pid=4711 action="started anew" token=\[hidden\]', short), (
        short
    )
