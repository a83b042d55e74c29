"""The command line's own sentences: each is in the catalogue, and it speaks the language of its environment."""

import re
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge import cli, words
from bridge.cli.answers import Failure, request, told
from bridge.cli.shell import help_of, help_of_parameter
from bridge.domain.kernel.language import Language
from tests.harness.ports import free_port
from tests.harness.tongues import english_in

SOURCES = [path.read_text(encoding="utf-8") for path in Path(cli.__file__).parent.glob("*.py")]


def test_every_sentence_that_a_command_says_is_in_the_catalogue_and_none_is_there_for_nothing() -> None:
    said = {key for text in SOURCES for key in re.findall(r"""\btold\(["']([a-z_]+)["']""", text)}
    assert said == set(words.section(Language.SV, "cli"))


def test_no_failure_of_a_command_is_worded_where_it_is_raised() -> None:
    assert [found for text in SOURCES for found in re.findall(r'Failure\(f?"[^"\\\n]{2,}"', text)] == []


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [("sv_SE.UTF-8", "åtkomstnyckeln rsib finns inte"), ("en_GB.UTF-8", "there is no token named rsib")],
)
def test_a_failure_is_told_in_the_language_of_the_environment(
    chosen: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", chosen)
    assert told("no_token", name="rsib") == sentence


def test_a_program_that_is_not_there_is_told_in_swedish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path))
    with (
        pytest.raises(Failure, match=r"operator\.token finns inte: den skapas när Samband körs första gången"),
        request("GET", "/conferences"),
    ):
        pass


def test_a_token_that_cannot_be_read_is_told_in_swedish_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path))
    token = tmp_path / "operator.token"
    token.mkdir()
    with pytest.raises(Failure) as caught, request("GET", "/conferences"):
        pass
    assert str(caught.value) == f"{token} går inte att läsa: det är en mapp men ska vara en fil: flytta undan den"


@pytest.mark.parametrize(
    "error", [urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), TimeoutError("timed out")]
)
def test_a_port_where_nobody_answers_is_told_in_swedish_without_the_systems_words(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path))
    (tmp_path / "operator.token").write_text("token")

    def refused(*_: object, **__: object) -> object:
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(Failure) as caught, request("GET", "/conferences"):
        pass
    assert str(caught.value) == "inget svarar på http://127.0.0.1:8080: starta med `samband run`"


# --- help, and what is typed wrongly ---


@cache
def every_command() -> tuple[str, ...]:
    """The path of every command and group; empty for all of them together."""

    def inside(path: str, command: Any) -> Iterator[str]:
        yield path
        for name, one in getattr(command, "commands", {}).items():
            yield from inside(f"{path} {name}".strip(), one)

    return tuple(inside("", cli.tree()))


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *typed: str) -> str:
    monkeypatch.setattr(sys, "argv", ["samband", *typed])
    monkeypatch.setenv("COLUMNS", "100")
    with suppress(SystemExit):
        cli.main()
    told = capsys.readouterr()
    return told.out + told.err


def without_names(text: str) -> str:
    """Commands and options are typed alike in every language."""
    names = {name for path in every_command() for name in path.split()}
    text = re.sub(rf"^  ({'|'.join(map(re.escape, sorted(names)))})  ", "  ", text, flags=re.MULTILINE)
    return re.sub(
        r"^\S+: samband[ a-z-]*|`[^`]*`|--[a-z-]+|samband\.toml|\S+\.md|Ctrl-C", " ", text, flags=re.MULTILINE
    )


@pytest.mark.parametrize("path", every_command())
def test_the_help_of_every_command_is_swedish_where_swedish_is_spoken(
    path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    said = shown(capsys, monkeypatch, *path.split(), "--help")
    assert said.startswith("Användning: samband")
    assert english_in(without_names(said)) == []


def test_an_english_word_in_the_help_is_found() -> None:
    assert english_in(without_names("Användning: samband radio patch [VAL]\n\n  Tie a talkgroup to a conference.\n"))
    assert english_in(without_names("Kommandon:\n  run  Run it in the foreground.\n"))


@pytest.mark.parametrize("path", every_command())
def test_every_command_and_every_option_has_words_or_a_name_that_says_it(path: str) -> None:
    said_by_its_name = {"--ended", "--exercise", "--forum", "--text", "--limit"}
    command: Any = cli.tree()
    for name in path.split():
        command = command.commands[name]
    for language in Language:
        assert help_of(path, language) in words.section(language, "help").values()
        options = [one.opts[0] for one in command.params if one.param_type_name == "option"]
        silent = {one for one in options if not help_of_parameter(path, one, language)}
        assert silent <= said_by_its_name


def test_no_words_of_help_are_there_for_nothing() -> None:
    root = cli.tree()
    known = {"samband", "--language"}
    for path in every_command():
        command: Any = root
        for name in path.split():
            command = command.commands[name]
        names = [one.opts[0] if one.param_type_name == "option" else one.name for one in command.params]
        known |= {path, *names, *(f"{path} {name}" for name in names)}
    assert set(words.section(Language.SV, "help")) - known == set()


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (("radio", "pach"), "kommandot pach finns inte"),
        (("radio", "patch"), "KONFERENS saknas"),
        (("radio", "patch", "x", "y"), "värdet för GSSI går inte att använda"),
        (("radio", "status", "--jsn"), "valet --jsn finns inte"),
        (("radio", "patch", "x", "1", "--keying"), "valet --keying behöver ett värde"),
        (("radio", "status", "x"), "kommandot gick inte att förstå"),
    ],
)
def test_what_is_typed_wrongly_is_told_with_the_way_to_the_help(
    typed: tuple[str, ...], fault: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    said = shown(capsys, monkeypatch, *typed)
    assert said.startswith(f"samband: {fault}\nse `samband radio")


# --- which language ---


@pytest.mark.parametrize(
    ("option", "variable", "file", "shell", "spoken"),
    [
        ("sv", "en", "en", "en_GB.UTF-8", "sv"),
        ("", "sv", "en", "en_GB.UTF-8", "sv"),
        ("", "", "sv", "en_GB.UTF-8", "sv"),
        ("", "", "en", "sv_SE.UTF-8", "en"),
        ("", "", "", "sv_SE.UTF-8", "sv"),
        ("", "", "", "de_DE.UTF-8", "en"),
        ("", "", "", "", "en"),
    ],
)
def test_the_language_is_the_option_s_then_the_setting_s_then_the_shell_s(
    option: str,
    variable: str,
    file: str,
    shell: str,
    spoken: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "samband.toml").write_text(f'language = "{file}"\n' if file else "")
    monkeypatch.setenv("SAMBAND_CONFIG", str(tmp_path / "samband.toml"))
    monkeypatch.setenv("SAMBAND_LANGUAGE", variable)
    monkeypatch.setenv("LC_ALL", shell)
    said = shown(capsys, monkeypatch, *(["--language", option] if option else []), "radio", "--help")
    assert said.startswith({"sv": "Användning:", "en": "Usage:"}[spoken])


# --- samband check ---


def test_a_check_is_told_in_swedish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = free_port(), free_port(), free_port()
    taken = socket.create_server(("127.0.0.1", ports[0]))
    (tmp_path / "samband.toml").write_text(
        f"""
language = "sv"
state = "{tmp_path / "var"}"
[api]
port = {ports[0]}
[asterisk]
sip_port = {free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)}
ari_port = {ports[1]}
ami_port = {ports[2]}
[[terminal]]
name = "rakel-1"
serial = "{tmp_path / "ttyUSB0"}"
audio = "audiosocket://127.0.0.1:{free_port()}"
[[trunk]]
name = "telia"
dial = "127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
username = "samband"
password_file = "{tmp_path / "nowhere"}"
"""
    )
    monkeypatch.setenv("SAMBAND_CONFIG", str(tmp_path / "samband.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with taken:
        said = shown(capsys, monkeypatch, "check")
    assert said.startswith("del ")
    assert "fel " in said
    assert "används redan av process" in said
    plain = re.sub(r"\(\[Errno.*|\([^()]*\)|audiosocket\S*|\[\w+\] \w+|`[^`]*`|\bOPTIONS\b|samband\.toml", " ", said)
    assert english_in(plain, [str(tmp_path), "rakel-1", "telia"]) == []
