"""Press, speak, release (2.3), and what happens when the floor is not given (2.5)."""

import pytest

from tests.harness.radio import SimulatedRadio
from tests.unit.simulator.te import PeiLine

TALKER = "3,02400000101002001"


async def test_the_first_press_dials_the_talkgroup_and_ok_comes_last(radio: SimulatedRadio, line: PeiLine) -> None:
    assert await line.does("ATD2001") == [
        "+CTOCP: 1,0,0,1,1,0,1,1",
        "+CTCC: 1,1,1,0,0,1,1",
        "+CTXG: 1,0,0,0",
        "OK",
    ]
    assert (await radio.terminal.state())["transmitting"]


@pytest.mark.parametrize(
    ("order", "kinds"),
    [
        ("first", ["OK", "+CTOCP", "+CTCC", "+CTXG"]),
        ("after_ctcc", ["+CTOCP", "+CTCC", "OK", "+CTXG"]),
        ("last", ["+CTOCP", "+CTCC", "+CTXG", "OK"]),
    ],
)
async def test_ok_may_stand_anywhere_among_the_words_of_the_call(
    radio: SimulatedRadio, line: PeiLine, order: str, kinds: list[str]
) -> None:
    await radio.set(ok_order=order)
    line.write("ATD2001\r")
    said = await line.until("+CTXG: 1,0,0,0")
    if order == "last":
        said += await line.until("OK")
    assert [text.split(":")[0] for text in said] == kinds


async def test_a_press_in_hang_time_asks_in_the_call_that_is_up(radio: SimulatedRadio, line: PeiLine) -> None:
    await line.does("ATD2001")
    assert await line.does("AT+CUTXC=1") == ["OK"]
    await line.until("+CDTXC: 1,0")
    assert await line.does("AT+CTXD=1,0") == ["OK"]
    await line.until("+CTXG: 1,0,0,0")
    assert [t.issi for t in await radio.on_air()] == [radio.terminal.issi] * 2


async def test_a_release_may_be_answered_and_end_nothing_until_it_is_hung_up(
    radio: SimulatedRadio, line: PeiLine
) -> None:
    await radio.set(release_says="only_ok")
    await line.does("ATD2001")
    assert await line.does("AT+CUTXC=1") == ["OK"]
    assert await line.does("AT+CUTXC=1") == ["OK"]
    assert (await radio.terminal.state())["transmitting"]
    await line.does("ATH")
    assert not (await radio.terminal.state())["transmitting"]


async def test_after_the_hang_time_the_call_ends_and_the_next_has_another_instance(line: PeiLine) -> None:
    await line.does("ATD2001")
    await line.does("AT+CUTXC=1")
    assert await line.until("+CTCR: 1,13") == ["+CDTXC: 1,0", "+CTCR: 1,13"]
    assert "+CTXG: 2,0,0,0" in await line.does("ATD2001")


async def test_without_group_call_parameters_the_number_is_dialled_as_a_person(line: PeiLine) -> None:
    await line.does("AT+CTSDC=0,0,0,1,1,0,0,1,0,0")
    line.write("ATD2001\r")
    assert "+CTCR: 1,16" in await line.until("+CTCR: 1,…")


async def test_hanging_up_leaves_the_call(radio: SimulatedRadio, line: PeiLine) -> None:
    await line.does("ATD2001")
    assert await line.does("ATH") == ["+CTCR: 1,1", "OK"]
    assert not (await radio.terminal.state())["in_call"]
    assert (await radio.on_air())[0].reason == "hung_up"


async def test_the_grant_comes_after_the_delay_that_was_set(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(grant_delay_ms=300)
    await line.does("ATD2001")
    demanded = await radio.client.wait_for("demand", issi=radio.terminal.issi)
    [transmission] = await radio.on_air()
    assert transmission.start_s - demanded["at_s"] >= 0.299


async def test_a_demand_is_refused(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(behaviour="not_granted", may_ask_again=False)
    assert "+CTXG: 1,1,1,0" in await line.does("ATD2001")
    assert not (await radio.terminal.state())["transmitting"]


async def test_a_demand_is_queued_and_then_granted(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(behaviour="queue", queue_ms=50)
    await line.does("ATD2001")
    await line.until("+CTXG: 1,0,0,0")
    said = [text for _, way, text in await radio.terminal.transcript() if way == "from_terminal"]
    assert [text for text in said if text.startswith("+CTXG")] == ["+CTXG: 1,2,0,0", "+CTXG: 1,0,0,0"]


async def test_a_demand_in_a_busy_group_waits_for_the_talker(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(when_busy="queue")
    await radio.user("Ledning").presses_ptt()
    await line.until(f"+CTXG: 1,3,0,0,{TALKER}")
    await line.does("AT+CTXD=1,0")
    await line.until("+CTXG: 1,2,0,0")
    await radio.user("Ledning").releases_ptt()
    await line.until("+CDTXC: 1,0", "+CTXG: 1,0,0,0")


async def test_a_demand_is_never_answered(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(behaviour="no_answer")
    line.write("ATD2001\r")
    assert await line.until("OK") == ["+CTOCP: 1,0,0,1,1,0,1,1", "OK"]
    state = await radio.terminal.state()
    assert state["asking"]
    assert not state["transmitting"]
    assert await line.does("ATH") == ["+CTCR: 1,1", "OK"]


async def test_somebody_else_wins(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(behaviour="grant_to_another", rival_talks_s=0.1)
    assert f"+CTXG: 1,3,0,0,{TALKER}" in await line.does("ATD2001")
    assert [t.issi for t in await radio.on_air()] == [1_002_001]


async def test_a_behaviour_may_hold_for_one_demand_only(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(behaviour="not_granted", behaviour_times=1)
    assert "+CTXG: 1,1,0,0" in await line.does("ATD2001")
    await line.does("AT+CTXD=1,0")
    await line.until("+CTXG: 1,0,0,0")


async def test_a_demand_taken_back_before_the_grant_is_not_granted(radio: SimulatedRadio, line: PeiLine) -> None:
    await line.does("ATD2001")
    await line.does("AT+CUTXC=1")
    await radio.set(grant_delay_ms=200)
    await line.does("AT+CTXD=1,0")
    await line.does("AT+CUTXC=1")
    await line.until("+CTCR: 1,13")
    assert len(await radio.on_air()) == 1


@pytest.mark.parametrize(
    ("way", "said"),
    [("ctxi", f"+CTXI: 1,3,1,0,{TALKER}"), ("ctxg", f"+CTXG: 1,3,1,0,{TALKER}"), ("ctcr", "+CTCR: 1,9")],
)
async def test_an_emergency_takes_the_floor_from_us(radio: SimulatedRadio, line: PeiLine, way: str, said: str) -> None:
    await radio.set(preempt_says=way)
    await line.does("ATD2001")
    assert await radio.user("Ledning").presses_ptt(seconds=0.2, emergency=True)
    await line.until(said)
    await radio.user("Ledning").stops_talking()
    assert [(t.issi, t.reason) for t in await radio.on_air()] == [
        (radio.terminal.issi, "preempted"),
        (1_002_001, "released"),
    ]


@pytest.mark.parametrize(
    ("way", "said"),
    [("cdtxc", "+CDTXC: 1,0"), ("not_granted", "+CTXG: 1,1,0,0"), ("interrupt", "+CTXI: 1,1,1,0")],
)
async def test_the_radios_own_time_out_ends_the_transmission(
    radio: SimulatedRadio, line: PeiLine, way: str, said: str
) -> None:
    await radio.set(tot_s=0.2, tot_says=way)
    await line.does("ATD2001")
    await line.until(said)
    [transmission] = await radio.on_air()
    assert transmission.reason == "tot"


async def test_a_key_pressed_at_the_terminal_itself_transmits_unasked(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.terminal.pressed_locally()
    await line.until("+CTOCP: 1,0,0,1,1,0,1,1", "+CTCC: 1,1,1,0,0,1,1", "+CTXG: 1,0,0,0")
    await radio.terminal.released_locally()
    await line.until("+CUTXC: 1", "+CDTXC: 1,0")


async def test_the_talkgroup_cannot_be_changed_while_transmitting(line: PeiLine) -> None:
    await line.does("ATD2001")
    assert await line.is_refused("AT+CTGS=1,2002") == "+CME ERROR: 3"
