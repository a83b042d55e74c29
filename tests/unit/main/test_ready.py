"""What is printed when it is ready; and that no trouble in saying so ends the program."""

import asyncio
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from bridge.api.settings import ApiSettings
from bridge.main import region, supervisor
from bridge.main.listening import api_sockets
from bridge.main.own_api import base_url
from bridge.main.server import ApiServer
from bridge.main.state_paths import StatePaths
from bridge.settings import Settings
from tests.harness.ports import free_port
from tests.harness.tongues import english_in


@contextmanager
def answering(status: int, body: object) -> Iterator[int]:
    """Somebody who answers every request so; gives the port."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield int(server.server_port)
        finally:
            server.shutdown()
            serving.join()


def settings_of(tmp_path: Path, port: int) -> tuple[Settings, StatePaths]:
    settings = Settings().model_copy(update={"state": tmp_path / "var", "api": ApiSettings(port=port)})
    places = StatePaths.of(settings)
    places.make()
    places.operator_token.write_text("not-a-real-token\n")
    return settings, places


def says(settings: Settings, places: StatePaths) -> str:
    conferences, trouble = supervisor._example_conferences(settings, places)
    return "\n".join(supervisor._ready(settings, places, conferences, trouble, plays=False))


def test_the_example_conference_is_shown_with_its_codes(tmp_path: Path) -> None:
    open_one = {"name": "Inriktande nivå", "state": "open", "forum": region.FORUM, "code": "1", "host_code": "2"}
    others = [{**open_one, "state": "ended", "name": "Igår"}, {**open_one, "forum": None, "name": "Annan"}]
    with answering(200, [open_one, *others]) as port:
        said = says(*settings_of(tmp_path, port))
    assert "Samband ready" in said
    assert "Inriktande nivå: code 1#, host 2#" in said
    assert "Igår" not in said
    assert "Annan" not in said


def test_who_starts_it_with_telephones_is_told_what_there_is_to_play(tmp_path: Path) -> None:
    settings, places = settings_of(tmp_path, free_port())
    assert "samband exercise play storm.toml" in "\n".join(supervisor._ready(settings, places, [], "", plays=True))
    assert "storm.toml" not in "\n".join(supervisor._ready(settings, places, [], "", plays=False))


@pytest.mark.parametrize(("told", "first"), [("sv", "Samband är i gång"), ("en", "Samband ready")])
def test_that_all_is_ready_is_told_in_the_language_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, first: str
) -> None:
    monkeypatch.setenv("SAMBAND_LANGUAGE", told)
    settings, places = settings_of(tmp_path, free_port())
    one = {"name": "Älvdal", "code": "1", "host_code": "2"}
    lines = supervisor._ready(settings, places, [one], "", plays=True)
    assert lines[0] == first
    english = english_in("\n".join(lines), ["Ctrl-C", "console", "operator.token"]) if told == "sv" else []
    assert english == []


def test_a_code_that_nobody_can_read_any_more_is_not_shown_as_one(tmp_path: Path) -> None:
    open_one = {"name": "Inriktande nivå", "state": "open", "forum": region.FORUM, "code": None, "host_code": None}
    with answering(200, [open_one]) as port:
        assert "Inriktande nivå: codes unreadable, see the runbook" in says(*settings_of(tmp_path, port))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, {"detail": "the key of the codes is lost"}),
        (401, {"detail": "the token is not known"}),
        (500, b"<html>"),
        (200, b"not JSON"),
        (200, {"items": []}),
        (200, [{"name": "half"}]),
    ],
)
def test_codes_that_cannot_be_read_are_told_and_it_is_ready_all_the_same(
    tmp_path: Path, status: int, body: Any
) -> None:
    with answering(status, body) as port:
        said = says(*settings_of(tmp_path, port))
    assert "Samband ready" in said
    assert "its codes cannot be shown" in said
    if isinstance(body, dict) and "detail" in body:
        assert body["detail"] in said


def test_nobody_answering_and_no_token_are_told_too(tmp_path: Path) -> None:
    settings, places = settings_of(tmp_path, free_port())
    assert "its codes cannot be shown" in says(settings, places)
    places.operator_token.unlink()
    assert "its codes cannot be shown" in says(settings, places)


@pytest.mark.parametrize(
    ("host", "base"),
    [("127.0.0.1", "http://127.0.0.1:8080"), ("0.0.0.0", "http://127.0.0.1:8080"), ("::", "http://[::1]:8080")],
)
def test_the_console_is_named_by_an_address_that_can_be_opened(host: str, base: str) -> None:
    assert base_url(ApiSettings(host=host)) == base


async def test_the_web_server_leaves_the_signals_to_the_controller() -> None:
    settings = Settings().model_copy(update={"api": ApiSettings(port=free_port())})
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    server = ApiServer(FastAPI(), settings.api)
    serving = asyncio.create_task(server.serve(api_sockets(settings.api)))
    await asyncio.wait_for(server.up.wait(), 10)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
    server.close()
    await asyncio.wait_for(serving, 10)
