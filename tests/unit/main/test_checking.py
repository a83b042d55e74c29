"""`samband check` tells the truth: before anything runs it tries every part; then it asks the program that runs."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import words
from bridge.api.settings import ApiSettings
from bridge.ari.settings import TrunkSettings
from bridge.domain.kernel.language import Language
from bridge.main.checking import Finding, _running, _shared_addresses, check
from bridge.rakel.settings import TerminalSettings
from bridge.settings import Settings, load
from tests.harness.certificates import make_certificate
from tests.harness.ports import free_port
from tests.unit.main.test_ready import answering

FAILED = "failed since 14:02: it does not answer"
PARTS = {"database": "ok", "asterisk": "no answer", "terminal rakel-1": "ok", "terminal rakel-2": FAILED}


@pytest.fixture
def port() -> Iterator[int]:
    with answering(503, {"ready": False, "parts": PARTS}) as port:
        yield port


def settings_of(tmp_path: Path, port: int, *names: str) -> Settings:
    terminals = tuple(TerminalSettings(name=name, serial=f"/dev/{name}", audio="none") for name in names)
    told = {"state": tmp_path, "api": ApiSettings(port=port), "terminal": terminals}
    return Settings().model_copy(update=told)


def fault(one: Finding) -> str:
    assert one.is_fault
    return words.say(one.says, Language.EN)


def well(one: Finding) -> str:
    assert not one.is_fault
    return words.say(one.says, Language.EN)


async def findings(settings: Settings) -> dict[str, Finding]:
    return {one.part: one for one in await _running(settings, 4711, Language.EN)}


def test_two_trunks_that_name_one_address_are_told_and_no_fault() -> None:
    trunks = [TrunkSettings(name=name, dial=f"127.0.0.1:{port}") for name, port in (("one", 5080), ("two", 5081))]
    (found,) = _shared_addresses(trunks)
    assert found.part == "calls from trunk two"
    assert "calls from 127.0.0.1 count as those of trunk one" in well(found)


async def test_a_terminal_that_has_failed_is_a_fault(tmp_path: Path, port: int) -> None:
    found = await findings(settings_of(tmp_path, port, "rakel-1", "rakel-2"))
    assert fault(found["terminal rakel-2"]) == FAILED
    assert "process 4711" in well(found["terminal rakel-1"])


async def test_every_other_part_that_is_not_well_is_a_fault(tmp_path: Path, port: int) -> None:
    found = await findings(settings_of(tmp_path, port))
    assert fault(found["asterisk"]) == "no answer"
    assert "database" not in found


async def test_a_terminal_that_the_program_does_not_know_is_a_fault(tmp_path: Path, port: int) -> None:
    found = await findings(settings_of(tmp_path, port, "rakel-3"))
    assert "its settings have changed since it started, restart it" in fault(found["terminal rakel-3"])


async def test_a_program_that_gives_no_answer_is_a_fault(tmp_path: Path) -> None:
    found = await findings(settings_of(tmp_path, free_port(), "rakel-1"))
    assert "process 4711 gives no answer: it starts, or hangs" in fault(found["running program"])


@pytest.mark.parametrize("body", [b"<html>", {"hello": "world"}, ["parts"]])
async def test_another_program_at_our_port_is_a_fault(tmp_path: Path, body: object) -> None:
    with answering(200, body) as port:
        assert "running program" in await findings(settings_of(tmp_path, port, "rakel-1"))


# --- before anything runs ---


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str, asterisk: tuple[str, ...] = ()) -> Settings:
    """A samband.toml on free ports, with more in it."""
    ports = {name: free_port(socket.SOCK_STREAM, socket.SOCK_DGRAM) for name in ("sip_port", "ari_port", "ami_port")}
    told = [f'state = "{tmp_path / "var"}"', "[asterisk]", *(f"{name} = {port}" for name, port in ports.items())]
    told += [*asterisk, "rtp_first_port = 40000", "rtp_last_port = 40099", "[simulator]"]
    told += [f"control_port = {free_port()}", f"audio_port = {free_port()}", "[api]", f"port = {free_port()}", *lines]
    (tmp_path / "samband.toml").write_text("\n".join([*told, ""]))
    monkeypatch.setenv("SAMBAND_CONFIG", str(tmp_path / "samband.toml"))
    return load()


async def checked(settings: Settings) -> dict[str, Finding]:
    return {one.part: one for one in await check(settings, Language.EN)}


@pytest.mark.slow
async def test_where_all_is_well_nothing_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await checked(written(tmp_path, monkeypatch))
    assert {part: one.says for part, one in found.items() if one.is_fault} == {}
    assert "are free" in well(found["ports"])
    assert "simulated telephones answer" in well(found["trunk main"])


@pytest.mark.parametrize("name", ["sip_port", "ari_port", "ami_port"])
async def test_a_port_of_asterisk_that_is_taken_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = written(tmp_path, monkeypatch)
    port = getattr(settings.asterisk, name)
    with socket.create_server(("127.0.0.1", port)):
        found = await checked(settings)
    assert f"[asterisk] {name}" in fault(found[f"port {port}"])


async def test_a_password_file_that_is_missing_is_a_fault_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "telia.password"
    trunk = ("[[trunk]]", 'name = "telia"', 'dial = "127.0.0.1:9"', 'username = "x"', f'password_file = "{secret}"')
    settings = written(tmp_path, monkeypatch, *trunk)
    assert str(secret) in fault((await checked(settings))["password of trunk telia"])
    secret.write_text("hemligt")
    found = (await checked(settings))["password of trunk telia"]
    assert "hemligt" not in well(found)


async def test_a_trunk_that_does_not_answer_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dial = f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    settings = written(tmp_path, monkeypatch, "[[trunk]]", 'name = "telia"', f'dial = "{dial}"')
    assert dial in fault((await checked(settings))["trunk telia"])


async def test_a_certificate_that_cannot_be_used_is_not_blamed_on_the_trunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "samband.pem", make_certificate(tmp_path / "made").key
    settings = written(
        tmp_path,
        monkeypatch,
        "[[trunk]]",
        'name = "telia"',
        f'dial = "127.0.0.1:{free_port()}"',
        'transport = "tls"',
        asterisk=(f'tls_certificate = "{certificate}"', f'tls_key = "{key}"', f"sip_tls_port = {free_port()}"),
    )
    found = await checked(settings)
    assert str(certificate) in fault(found["certificate"])
    assert fault(found["trunk telia"]) == fault(found["certificate"])
    assert words.entry(Language.SV, "part", "certificate") == "certifikatet"


@pytest.mark.slow
async def test_a_terminal_that_is_not_plugged_in_is_told_at_once_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tmp_path / "ttyUSB7"
    terminal = (
        "[[terminal]]",
        'name = "rakel-7"',
        f'serial = "{device}"',
        f'audio = "audiosocket://127.0.0.1:{free_port()}"',
    )
    settings = written(tmp_path, monkeypatch, *terminal)
    began_s = time.monotonic()
    found = await checked(settings)
    assert time.monotonic() - began_s < 10, "the terminal's own time-out is 15 s"
    assert fault(found["terminal rakel-7"]).count(str(device)) == 1
    assert "plug its adapter in" in fault(found["terminal rakel-7"])
    assert "nobody listens at audiosocket://127.0.0.1:" in fault(found["audio of terminal rakel-7"])


async def test_an_asterisk_that_is_not_installed_is_not_fetched_by_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = await checked(written(tmp_path, monkeypatch))
    assert "the first start fetches it" in well(found["asterisk"])
    assert not (tmp_path / "cache").exists()
