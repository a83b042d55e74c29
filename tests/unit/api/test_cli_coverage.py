"""A shell can do whatever the API can. The exceptions stand here with their reason."""

import re
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from enum import StrEnum
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from bridge import cli
from bridge.cli import answers
from tests.unit.api.region import Region

ELSEWHERE = {
    "DELETE /conferences/{conference}/recording": "`conferences record --off`",
    "GET /conferences/{conference}/participants/{participant}/name": "a sound of seconds, for what can play it",
    "GET /conferences/{conference}/decisions/{decision}/audio": "a sound, for what can play it",
    "GET /conferences/{conference}/recording": "`conferences show`",
    "PATCH /conferences/{conference}/floor": "the same as its PUT",
    "POST /conferences/{conference}/floor": "one address for every act of the floor, each of which has its command",
    "GET /conferences/{conference}/patches": "`radio list`; it asks for the conferences first",
    "GET /conferences/{conference}/patches/{patch}": "`radio list` shows each with all that there is to see",
    "PATCH /conferences/{conference}/patches/{patch}": "`radio set`; it asks for the conferences first",
    "POST /conferences/{conference}/patches/{patch}/approve": "`radio approve`; it asks for the conferences first",
    "POST /conferences/{conference}/patches/{patch}/extend": "`radio extend`; it asks for the conferences first",
    "DELETE /conferences/{conference}/patches/{patch}": "`radio unpatch`; it asks for the conferences first",
    "PUT /schedules/{schedule}": "`schedule change`; it asks for the schedule first",
    "GET /overview": "for the strip of the console: `conferences list` tells the same",
    "GET /events": "a stream for programs",
    "GET /me": "who one is by the token of this machine is told nowhere else",
    **{
        f"{asked}": "for the page of one's own settings: a command has the token of this machine, which has none"
        for asked in (
            "PATCH /me",
            "GET /me/sessions",
            "DELETE /me/sessions/{session}",
            "POST /me/sessions/end-others",
            "POST /me/beat",
            "POST /me/password",
            "POST /me/totp",
            "POST /me/totp/confirm",
            "POST /me/passkeys",
            "POST /me/passkeys/confirm",
            "POST /me/codes",
            "DELETE /me/factors/{factor}",
        )
    },
    "POST /tokens": "`token issue`, in the database itself: the first needs no token",
    "DELETE /tokens/{name}": "`token revoke`, in the database itself",
    "GET /tokens": "`token list`",
    "GET /audit": "rows for programs, in order; `audit search` finds",
    "POST /archive/foreign-heads": "for another node, which has signed it",
    "GET /archive/foreign-heads/mine": "for the node that handed them in",
    "GET /recordings/{recording}/loudness": "for what plays it",
    "GET /recordings/{recording}/web-audio": "a sound, for what can play it; `recordings get` gets the master",
    "GET /recordings/verification": "`archive verify`; its first request begins the verification",
    "GET /recordings/{recording}": "`recordings verify`; its first request is for the audit log",
    "GET /recordings/{recording}/timeline": "for what can draw it: the console does",
    "GET /archive/meetings/{conference}/sip": "`recordings package --sip`",
    "GET /recordings/{recording}/peaks": "for what can draw it: the console does",
    "GET /recordings/{recording}/package": "an archive file, which the console gives to the browser",
    "GET /sds/{message}": "`radio sds list` shows each with all that there is to see",
    "GET /terminals/{name}/levels": "`radio levels`; its first request is for all terminals",
    "GET /terminals/{name}": "`radio status` shows each with all that there is to see",
    "POST /directory/rota": "`directory rota add`; it reads its local times first",
    "GET /persons/{key}": "`directory person list` shows each with all that there is to see",
    "PUT /persons/{key}": "an entry is replaced as a whole, from a form",
    "PATCH /persons/{key}": "an entry is changed by its members",
    **{
        f"{method} /{plural}{key}": f"no command keeps the {plural.replace('-', ' ')}: {what}"
        for plural in ("organisations", "functions", "activation-lists", "forums", "talkgroups")
        for method, key, what in (
            ("GET", "", "the list is for programs"),
            ("POST", "", "an entry is made as a whole, from a form"),
            ("GET", "/{key}", "an entry is for programs"),
            ("PUT", "/{key}", "an entry is replaced as a whole, from a form"),
            ("PATCH", "/{key}", "an entry is changed by its members"),
            ("DELETE", "/{key}", "an entry goes when nothing refers to it"),
        )
    },
}
"""Each request that has no command of its own, with the reason."""
VARIANTS = {
    "archive release": (["--ground", "OSL"],),
    "activations report": (["--pdf", "report.pdf"],),
    "alarms ack": (["{alarm}"],),
    "alarms shelve": (["--reason", "parts are awaited"],),
    "conferences let-in": (["{participant}"],),
    "conferences roll-call": (["--start"], ["--end"]),
    "directory export": (["--vcard"],),
    "directory order-code": (["--withdraw"],),
    "directory versions": (["--organisation"],),
    "directory undo": (["--organisation"],),
    "schedule add": (["--on", "2027-01-07", "--time", "16:00"],),
    "schedule invitation": (["--ics", "meeting.ics"],),
    "radio key": (["--off"],),
    "trunk test": (["{name}"],),
    "account add": (["--role", "host"],),
    "account roles": (["--role", "host"],),
    "account disable": (["--enable"],),
    "session end": (["{session}"], ["--all"]),
}
"""Further ways to type a command, after its arguments."""


class Asked(BaseException):
    """The request that a command makes first. Nothing is answered."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    found: set[str] = set()

    def record(request: urllib.request.Request, **_: object) -> Any:
        path = unquote(urlsplit(request.full_url).path).removeprefix("/api/v1")
        found.add(f"{request.get_method()} {path}")
        raise Asked

    monkeypatch.setattr(urllib.request, "urlopen", record)
    monkeypatch.setattr(answers, "_token", lambda _: "token")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"[]")))
    return found


def typed(path: str, command: Any) -> Iterator[list[str]]:
    """With the name of each argument in its place; numbers where numbers belong."""
    words = [_example(one) for one in command.params if one.param_type_name == "argument" and one.required]
    yield [*path.split(), *words]
    for more in VARIANTS.get(path, ()):
        yield [*path.split(), *words, *more]


def _example(argument: Any) -> str:
    kind = argument.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return str(next(iter(kind)))
    return "1" if kind is int else "-" if argument.name == "file" else f"{{{argument.name}}}"


def every_command() -> Iterator[tuple[str, Any]]:
    def inside(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        for name, one in getattr(command, "commands", {}).items():
            yield from inside(f"{path} {name}".strip(), one)
        if not hasattr(command, "commands"):
            yield path, command

    return inside("", cli.tree())


def test_every_request_of_the_api_has_a_command_or_a_reason_why_not(region: Region, asked: set[str]) -> None:
    document = region.app().openapi()
    operations = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/api/v1")
    }
    for path, command in every_command():
        if path.split()[0] in ("run", "check", "docs", "asterisk", "backup", "codes", "token") or path in (
            "exercise play",
            "radio probe",
            "radio calibrate",
        ):
            continue  # at work on this machine itself
        for words in typed(path, command):
            with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                patch.setattr(sys, "argv", ["samband", *words])
                with suppress(Asked, SystemExit):
                    cli.main()
    shape = re.compile(r"\{\w+\}|(?<=/)1(?=/|$)")
    typed_ones = {shape.sub("{}", one) for one in asked}
    lacking = {one for one in operations if shape.sub("{}", one) not in typed_ones}
    assert sorted(lacking - set(ELSEWHERE)) == [], "a command, or a reason why not"
    assert sorted(set(ELSEWHERE) - lacking) == [], "has a command, or is no request"
    assert len(typed_ones) > 30
