"""The talkgroups in the codeplug are read page by page, from terminals that answer in different ways."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.domain.kernel.ids import Gssi
from bridge.domain.radio.events import TerminalChanged, TerminalState
from bridge.rakel.connection import Connection, open_connection
from bridge.rakel.groups import MAX_NAME_CHARS, GroupReader
from bridge.rakel.pei import commands
from bridge.rakel.radio import RakelRadio
from tests.unit.rakel.peer import Peer, RealClock, Told, terminal_settings
from tests.unit.rakel.test_driver import Start, start, told  # noqa: F401

CNUMS = [f"1,024000001{number:08},Grupp {number}" for number in range(1, 46)]


def rows(first: int, last: int) -> list[str]:
    return CNUMS[first - 1 : last]


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    peer = Peer(tmp_path / "terminal")
    peer.plug_in()
    yield peer
    peer.unplug()


@pytest.fixture
async def line(peer: Peer) -> AsyncIterator[Connection]:
    line = await open_connection(
        str(peer.path), 9600, rtscts=False, name="x", clock=RealClock(), on_indication=lambda at_s, said: None
    )
    await line.command(commands.plain("echo_off"))
    yield line
    await line.close()


async def read(line: Connection, page: int = 20) -> dict[Gssi, str]:
    reader = GroupReader(page)
    reader.begin()
    for _ in range(200):
        if reader.done:
            return reader.found
        await reader.step(line)
    raise AssertionError("it never ends")


def in_parts(peer: Peer, form: Callable[[list[str]], str]) -> None:
    """The terminal gives the rows last asked for."""
    for at in range(1, 2000, 20):
        peer.answers[f"AT+CNUMS=0,{at},{at + 19}"] = ""
    plain = peer._answer

    def answer(line: str) -> None:
        if line.startswith("AT+CNUMS=0,"):
            first, last = (int(part) for part in line.split(",")[1:])
            peer.answers["AT+CNUMS?"] = form(rows(first, last))
        plain(line)

    peer._answer = answer  # type: ignore[method-assign]


FORMS: dict[str, Callable[[list[str]], str]] = {
    "the code before the first row": lambda some: "\r\n".join([f"+CNUMS: {some[0]}", *some[1:]]) if some else "",
    "the code before every row": lambda some: "\r\n".join(f"+CNUMS: {one}" for one in some),
    "a header, then the rows": lambda some: "\r\n".join([f"+CNUMS: {len(some)}", *some]),
    "the rows alone": "\r\n".join,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_a_long_list_is_read_in_pages_in_every_form_of_answer(
    peer: Peer, line: Connection, form: Callable[[list[str]], str]
) -> None:
    in_parts(peer, form)
    found = await read(line)
    assert list(found.items()) == [(Gssi(number), f"Grupp {number}") for number in range(1, 46)]
    assert "AT+CNUMS=0,41,60" in peer.received
    assert "AT+CNUMS=0,61,80" not in peer.received


async def test_a_terminal_that_gives_no_parts_is_asked_for_the_whole(peer: Peer, line: Connection) -> None:
    peer.answers["AT+CNUMS=0,1,20"] = "+CME ERROR: 4"
    peer.answers["AT+CNUMS?"] = "\r\n".join(CNUMS)
    assert len(await read(line)) == 45
    assert peer.received.count("AT+CNUMS?") == 1


async def test_a_terminal_that_always_gives_the_whole_list_is_not_asked_for_ever(peer: Peer, line: Connection) -> None:
    peer.answers["AT+CNUMS?"] = "\r\n".join(CNUMS)
    assert len(await read(line)) == 45
    assert peer.received.count("AT+CNUMS?") == 2


async def test_the_end_of_the_list_may_be_a_refusal(peer: Peer, line: Connection) -> None:
    peer.answers["AT+CNUMS?"] = "\r\n".join(rows(1, 20))
    peer.answers["AT+CNUMS=0,21,40"] = "+CME ERROR: 34"
    assert len(await read(line)) == 20
    assert peer.received.count("AT+CNUMS?") == 1


async def test_dynamic_groups_are_added_and_those_in_both_lists_are_there_once(peer: Peer, line: Connection) -> None:
    peer.answers["AT+CNUMS?"] = '+CNUMS: 1,2401,"RAPS-1"'
    peer.answers["AT+CNUMD?"] = "+CNUMD: 1,2401,Samma\r\n1,2402,Dynamisk\r\n"
    assert await read(line) == {Gssi(2401): "RAPS-1", Gssi(2402): "Dynamisk"}


async def test_a_page_that_a_release_could_not_wait_for_is_asked_for_again(peer: Peer, line: Connection) -> None:
    peer.answers["AT+CNUMS?"] = "+CNUMS: 1,2401,RAPS-1"
    reader = GroupReader(0)
    reader.begin()
    peer.silent = True
    reading = asyncio.create_task(reader.step(line))
    await peer.gets("AT+CNUMS?")
    line.send(commands.cease(1), lambda answered: None)
    await reading
    assert (reader.found, reader.done) == ({}, False)
    peer.silent = False
    while not reader.done:
        await reader.step(line)
    assert reader.found == {Gssi(2401): "RAPS-1"}


async def test_a_terminal_without_lists_has_none(peer: Peer, line: Connection) -> None:
    for command in ("AT+CNUMS=0,1,20", "AT+CNUMS?", "AT+CNUMD=0,1,20", "AT+CNUMD?"):
        peer.answers[command] = "ERROR"
    assert await read(line) == {}


async def test_a_name_can_forge_no_screen(peer: Peer, line: Connection) -> None:
    peer.answers["AT+CNUMS?"] = f"+CNUMS: 1,7,{'x' * 200}"
    assert await read(line) == {Gssi(7): "x" * MAX_NAME_CHARS}


async def test_the_groups_are_told_with_the_terminal_and_a_press_goes_between_the_pages(
    peer: Peer,
    start: Start,  # noqa: F811
    told: Told,  # noqa: F811
) -> None:
    in_parts(peer, FORMS["the code before the first row"])
    start(groups_s=900)
    await told.state(TerminalState.READY)
    changed = await told.until(lambda event: isinstance(event, TerminalChanged) and len(event.talkgroups) == 45)
    assert isinstance(changed, TerminalChanged)
    assert changed.talkgroups[0] == (Gssi(1), "Grupp 1")
    assert changed.state is TerminalState.READY


def test_the_lists_wait_behind_everything_else() -> None:
    for name in ("static_groups", "dynamic_groups"):
        assert commands.plain(name).row.priority is commands.Priority.BACKGROUND
        assert commands.group_list_part(name, 1, 20).row.priority is commands.Priority.BACKGROUND


def test_a_radio_reads_them_every_quarter_of_an_hour_unless_told_otherwise() -> None:
    from bridge.rakel.settings import TerminalSettings

    assert TerminalSettings.model_fields["groups_s"].default == 900
    assert RakelRadio([terminal_settings("/dev/null")], RealClock(), lambda event: None).health()
