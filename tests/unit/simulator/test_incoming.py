"""Others talk in the selected talkgroup (2.4)."""

import pytest

from tests.harness.radio import SimulatedRadio
from tests.unit.simulator.te import PeiLine

CALL = "+CTICN: 1,0,0,5,02400000101002001,1,1,0,1,1,5,02400000100002001,0"


async def test_a_group_call_from_its_beginning_to_its_end(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    assert await line.until("+CTCR: 1,13") == [
        CALL,
        "+CTCC: 1,1,1,0,0,1,1",
        "+CTXG: 1,3,0,0,3,02400000101002001",
        "+CDTXC: 1,0",
        "+CTCR: 1,13",
    ]


async def test_the_next_talker_in_hang_time_comes_without_a_new_call(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    await line.until("+CDTXC: 1,0")
    await radio.user("Insats").presses_ptt(seconds=0.1)
    assert await line.until("+CDTXC: 1,0") == ["+CTXG: 1,3,0,0,3,02400000101002002", "+CDTXC: 1,0"]


async def test_one_talker_at_a_time(radio: SimulatedRadio) -> None:
    assert await radio.user("Ledning").presses_ptt()
    assert not await radio.user("Insats").presses_ptt(seconds=1)
    await radio.user("Ledning").releases_ptt()
    assert await radio.user("Insats").presses_ptt(seconds=0.1)


async def test_another_talkgroup_is_not_heard_of(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").presses_ptt(seconds=0.1, gssi=2002)
    await radio.user("Ledning").stops_talking()
    assert await line.does("AT") == ["OK"]


async def test_the_caller_may_come_with_a_second_indication(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(repeat_call_info=True)
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    said = await line.until("+CTCC: 1,1,1,0,0,1,1")
    assert said[:2] == ["+CTICN: 1,0,0,,,1,1,0,1,1,5,02400000100002001,0", CALL]


@pytest.mark.parametrize(
    ("way", "grants"),
    [
        ("missing", ["+CTXG: 1,3,0,0"]),
        ("second", ["+CTXG: 1,3,0,0", "+CTXG: 1,3,0,0,3,02400000101002001"]),
    ],
)
async def test_the_talkers_identity_may_be_missing_or_late(
    radio: SimulatedRadio, line: PeiLine, way: str, grants: list[str]
) -> None:
    await radio.set(talker_id=way)
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    said = await line.until("+CDTXC: 1,0")
    assert [text for text in said if text.startswith("+CTXG")] == grants


async def test_a_talker_who_loses_coverage_is_never_said_to_have_ceased(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").presses_ptt()
    await line.until("+CTXG: 1,3,…")
    await radio.user("Ledning").loses_coverage()
    assert await line.until("+CTCR: 1,13") == ["+CTCR: 1,13"]


async def test_who_comes_late_hears_of_the_call_that_goes_on(radio: SimulatedRadio, line: PeiLine) -> None:
    await line.does("AT+CTGS=1,2002")
    await line.until("+CTGS: 1,…")
    await radio.user("Ledning").presses_ptt()
    await line.does("AT+CTGS=1,2001")
    assert await line.until("+CTXG: 1,3,…") == [
        "+CTGS: 1,02400000100002001",
        CALL,
        "+CTCC: 1,1,1,0,0,1,1",
        "+CTXG: 1,3,0,0,3,02400000101002001",
    ]


async def test_an_emergency_call_has_priority_15(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").presses_ptt(seconds=0.1, emergency=True)
    assert (await line.until("+CTICN: …"))[0] == CALL[:-1] + "15"


async def test_between_two_cells_the_call_waits_and_goes_on(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(cell_change_ms=50)
    await radio.user("Ledning").presses_ptt()
    await line.until("+CTXG: 1,3,…")
    await radio.terminal.changes_cell()
    assert await line.until("+CTXN: …") == ["+CTXW: 1,1", "+CTXN: 1,1,0"]


async def test_indications_come_between_a_slow_command_and_its_ok(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(answer_delay_ms=400)
    line.write("AT+CTOM?\r")
    await radio.user("Ledning").presses_ptt()
    said = await line.until("OK")
    assert said.index(CALL) < said.index("+CTOM: 0")
