"""A package is at its place as a whole or not at all. Nothing there is replaced, and a refusal says why."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.ports import Parcel, PortError
from bridge.recording.places import Places
from bridge.recording.settings import Place, RecordingSettings

CONTENT = b"PK" + bytes(300_000)


def parcel(name: str = "mote.zip") -> Parcel:
    return Parcel(name, len(CONTENT), iter([CONTENT[:1000], b"", CONTENT[1000:]]))


def broken() -> Iterator[bytes]:
    yield CONTENT[:1000]
    raise OSError(5, "the sound cannot be read")


@dataclass
class Server:
    """A WebDAV server that takes files, or answers as it is told."""

    port: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    authorization: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            told.authorization = self.headers.get("Authorization", "")
            status = told.answers.pop(0) if told.answers else 201
            if self.path in told.kept and self.headers["If-None-Match"] == "*":
                status = 412
            if status == 201:
                told.kept[self.path] = content
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = listening.server_port
    serving = threading.Thread(target=listening.serve_forever, daemon=True)
    serving.start()
    yield told
    listening.shutdown()
    listening.server_close()
    serving.join()


def dav(server: Server, **more: object) -> Places:
    return Places([Place(name="dav", url=f"http://127.0.0.1:{server.port}/in/", **more)], pause_s=0.0)  # type: ignore[arg-type]


def test_a_folder_gets_the_whole_package(tmp_path: Path) -> None:
    assert Places([Place(name="arkiv", folder=tmp_path)]).put("arkiv", parcel) == "mote.zip"
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("mote.zip", CONTENT)]


def test_nothing_in_a_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "mote.zip").write_bytes(b"old")
    with pytest.raises(PortError) as caught:
        Places([Place(name="arkiv", folder=tmp_path)]).put("arkiv", parcel)
    assert (caught.value.reason.code, caught.value.retry) == ("package_there_already", False)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("mote.zip", b"old")]


def test_a_package_that_breaks_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PortError):
        Places([Place(name="arkiv", folder=tmp_path)], pause_s=0).put("arkiv", lambda: Parcel("a.zip", 9, broken()))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PortError) as caught:
        Places([Place(name="arkiv", folder=tmp_path / "no")], pause_s=0).put("arkiv", parcel)
    assert caught.value.reason.code == "place_does_not_answer"


def test_a_server_gets_the_whole_package_with_its_password(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hemligt\n", encoding="utf-8")
    secret.chmod(0o600)
    assert dav(server, user="samband", password_file=secret).put("dav", parcel) == "mote.zip"
    assert server.kept == {"/in/mote.zip": CONTENT}
    assert base64.b64decode(server.authorization.removeprefix("Basic ")) == b"samband:hemligt"


def test_a_password_that_others_can_read_is_not_sent(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hemligt", encoding="utf-8")
    secret.chmod(0o644)
    with pytest.raises(PortError) as caught:
        dav(server, user="samband", password_file=secret).put("dav", parcel)
    assert (caught.value.reason.code, server.kept) == ("place_password_open", {})


def test_a_busy_server_is_tried_again_and_gets_it_whole(server: Server) -> None:
    server.answers = [503, 507]
    dav(server).put("dav", parcel)
    assert server.kept == {"/in/mote.zip": CONTENT}


def test_a_server_that_stays_busy_is_given_up(server: Server) -> None:
    server.answers = [503] * 3
    with pytest.raises(PortError) as caught:
        dav(server).put("dav", parcel)
    assert (caught.value.reason.code, caught.value.retry, server.answers) == ("place_refused", True, [])


def test_a_server_that_refuses_is_asked_once(server: Server) -> None:
    server.answers = [403, 201]
    with pytest.raises(PortError) as caught:
        dav(server).put("dav", parcel)
    assert (caught.value.retry, server.answers, server.kept) == (False, [201], {})


def test_nothing_on_a_server_is_replaced(server: Server) -> None:
    server.kept = {"/in/mote.zip": b"old"}
    with pytest.raises(PortError) as caught:
        dav(server).put("dav", parcel)
    assert (caught.value.reason.code, server.kept) == ("package_there_already", {"/in/mote.zip": b"old"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a"},
        {"name": "a", "folder": "/srv", "url": "https://a.example/"},
        {"name": "a", "url": "http://a.example/"},
        {"name": "a", "url": "ftp://a.example/"},
        {"name": "../a", "folder": "/srv"},
        {"name": "a", "url": "https://a.example/", "user": "x"},
    ],
)
def test_a_place_that_cannot_be_used_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Place.model_validate(wrong)


def test_no_two_places_have_one_name() -> None:
    with pytest.raises(ValidationError):
        RecordingSettings.model_validate({"place": [{"name": "a", "folder": "/a"}, {"name": "a", "folder": "/b"}]})
