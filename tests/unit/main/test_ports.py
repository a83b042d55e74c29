"""A port in use is one clear line, before anything is downloaded. The line says which port, what for, who holds it,
which setting."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import BaseModel

from bridge import words
from bridge.api.settings import ApiSettings
from bridge.ari.settings import AsteriskSettings
from bridge.domain.kernel.language import Language
from bridge.main import ports
from bridge.main.ports import Wanted
from bridge.ports import PortError
from bridge.settings import Settings, SimulatorSettings
from tests.harness.ports import free_port


@contextmanager
def held(kind: socket.SocketKind) -> Iterator[int]:
    port = free_port(kind)
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        yield port


def settings_with(setting: str, port: int) -> Settings:
    """All on free ports but one."""
    table, name = re.fullmatch(r"\[(\w+)\] (\w+)", setting).groups()  # type: ignore[union-attr]
    tables: dict[str, dict[str, int]] = {
        "api": {"port": free_port()},
        "asterisk": {"sip_port": free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)}
        | {"ari_port": free_port(), "ami_port": free_port()}
        | {"rtp_first_port": 40000, "rtp_last_port": 40099},
        "simulator": {"control_port": free_port(), "audio_port": free_port()},
    }
    tables[table][name] = port
    known: dict[str, type[BaseModel]] = {
        "api": ApiSettings,
        "asterisk": AsteriskSettings,
        "simulator": SimulatorSettings,
    }
    return Settings().model_copy(update={name: model.model_validate(tables[name]) for name, model in known.items()})


def all_wanted(settings: Settings) -> list[Wanted]:
    return [
        *ports.of_the_console(settings),
        *ports.of_asterisk(settings),
        *ports.of_the_simulator(settings),
    ]


@pytest.mark.parametrize(
    ("setting", "kind", "purpose"),
    [
        ("[api] port", socket.SOCK_STREAM, "the console and the API"),
        ("[asterisk] sip_port", socket.SOCK_DGRAM, "telephony"),
        ("[asterisk] sip_port", socket.SOCK_STREAM, "telephony"),
        ("[asterisk] ari_port", socket.SOCK_STREAM, "REST interface"),
        ("[asterisk] ami_port", socket.SOCK_STREAM, "manager interface"),
        ("[simulator] control_port", socket.SOCK_STREAM, "simulated radio users"),
        ("[simulator] audio_port", socket.SOCK_STREAM, "simulated terminal's audio"),
    ],
)
def test_every_port_in_use_is_named_with_purpose_holder_and_setting(
    setting: str, kind: socket.SocketKind, purpose: str
) -> None:
    with held(kind) as port:
        with pytest.raises(PortError) as caught:
            ports.must_be_free(all_wanted(settings_with(setting, port)))
        said = str(caught.value)
    assert len(said.splitlines()) == 1
    for part in (f"{'TCP' if kind is socket.SOCK_STREAM else 'UDP'} port {port}", purpose, f"set another {setting}"):
        assert part in said
    assert re.search(r"is in use by process \d+ \(\S+, /\S+\)", said), said


def fault_of(one: Wanted) -> str:
    fault = ports.fault_of(one)
    assert fault is not None
    return words.say(fault, Language.EN)


def test_a_whole_block_that_is_free_is_told_with_it() -> None:
    with held(socket.SOCK_STREAM) as port:
        said = fault_of(Wanted("127.0.0.1", port, socket.SOCK_STREAM, "console", "[api] port"))
    found = re.search(r"ports_from = (\d+) at the top of samband\.toml", said)
    assert found is not None, said
    first = int(found[1])
    with held(socket.SOCK_STREAM), socket.create_server(("127.0.0.1", first)):
        assert ports.free_block() != first


def test_free_ports_are_no_fault() -> None:
    ports.must_be_free(all_wanted(settings_with("[api] port", free_port())))


def test_one_that_is_given_back_in_time_is_waited_for() -> None:
    port = free_port()
    one = Wanted("127.0.0.1", port, socket.SOCK_STREAM, "console", "[api] port")
    with socket.create_server(("127.0.0.1", port)) as holder:
        with pytest.raises(PortError):
            ports.must_be_free([one], patience_s=0.2)
        holder.close()
        ports.must_be_free([one], patience_s=5)


def test_an_address_that_this_machine_does_not_have_is_told() -> None:
    said = fault_of(Wanted("192.0.2.1", free_port(), socket.SOCK_DGRAM, "sip", "[asterisk] sip_port"))
    assert "this machine does not have that address" in said
    assert "[asterisk]" in said
