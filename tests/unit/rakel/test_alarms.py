"""What is wrong with a terminal and does not stop it is told beside its state, from a real line."""

from collections import Counter

import pytest

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.reasons import WELL
from bridge.domain.radio.events import TerminalChanged, TerminalState
from bridge.rakel.radio import RakelRadio
from bridge.rakel.reasons import NetworkReason, TerminalReason
from bridge.rakel.terminal_state import Known
from tests.unit.rakel.peer import Peer, Told, terminal_settings
from tests.unit.rakel.test_driver import Start, peer, radio, start, told  # noqa: F401


async def alarms(told: Told, *wanted: str) -> TerminalChanged:  # noqa: F811
    event = await told.until(lambda event: isinstance(event, TerminalChanged) and event.alarms == wanted)
    assert isinstance(event, TerminalChanged)
    return event


async def test_a_weak_signal_and_a_low_battery_are_told_and_taken_back(
    radio: RakelRadio,  # noqa: F811
    peer: Peer,  # noqa: F811
    told: Told,  # noqa: F811
) -> None:
    peer.answers |= {"AT+CSQ?": "+CSQ: 5,99", "AT+CBC?": "+CBC: 0,10"}
    weak = await alarms(told, "weak_signal", "low_battery")
    assert weak.state is TerminalState.READY
    assert radio.health() == {"terminal rakel-1": WELL}, "an alarm does not stop the terminal"
    peer.answers |= {"AT+CSQ?": "+CSQ: 26,99", "AT+CBC?": "+CBC: 0,90"}
    await alarms(told)


async def test_a_terminal_that_talks_nonsense_is_told(
    radio: RakelRadio,  # noqa: F811
    peer: Peer,  # noqa: F811
    told: Told,  # noqa: F811
) -> None:
    peer.says(*("+NONSENSE: 1" for _ in range(25)))
    assert (await alarms(told, "many_unknown_lines")).state is TerminalState.READY


async def test_commands_that_are_refused_again_and_again_are_told_and_those_of_the_start_are_not(
    peer: Peer,  # noqa: F811
    start: Start,  # noqa: F811
    told: Told,  # noqa: F811
) -> None:
    for instance in range(4):
        peer.answers[f"AT+CUTXC={instance}"] = "+CME ERROR: 3"
    start(errors_per_minute=4)
    ready = await told.state(TerminalState.READY)
    assert ready.alarms == ()
    peer.answers["AT+CSQ?"] = "ERROR"
    assert (await alarms(told, "many_errors")).state is TerminalState.READY


async def test_a_terminal_that_is_lost_again_and_again_is_told(
    peer: Peer,  # noqa: F811
    start: Start,  # noqa: F811
    told: Told,  # noqa: F811
) -> None:
    start(restarts_per_hour=2)
    for _ in range(2):
        await told.state(TerminalState.READY)
        peer.unplug()
        lost = await told.state(TerminalState.ABSENT)
        assert "silent_terminal" in lost.alarms
        peer.plug_in()
    ready = await told.state(TerminalState.READY)
    assert ready.alarms == ("repeated_restarts",)


def test_a_terminal_without_a_network_is_told_after_a_while() -> None:
    known, clock, said = known_terminal()
    known.become(TerminalState.UNREGISTERED, NetworkReason.NONE())
    assert said[-1].alarms == ()
    clock.at_s += 11
    known.become(TerminalState.UNREGISTERED, NetworkReason.NONE())
    assert said[-1].alarms == ("not_registered",)
    known.become(TerminalState.READY, None)
    assert said[-1].alarms == ()


@pytest.mark.parametrize(
    ("noted", "alarm"),
    [
        ("talk_watchdog", "stuck_talker"),
        ("release_unconfirmed", "release_unconfirmed"),
        ("release_refused", "release_unconfirmed"),
    ],
)
def test_what_goes_wrong_in_a_call_is_an_alarm_at_once(noted: str, alarm: str) -> None:
    known, clock, said = known_terminal()
    known.become(TerminalState.READY, None)
    known.noted("local_demand")
    assert said[-1].alarms == ()
    known.noted(noted)
    assert said[-1].alarms == (alarm,)
    clock.at_s += 601
    known.line_counted(Counter())
    assert said[-1].alarms == ()


def test_a_clean_stop_is_no_alarm() -> None:
    known, _, said = known_terminal()
    known.become(TerminalState.READY, None)
    known.become(TerminalState.ABSENT, TerminalReason.STOPPED(), expected=True)
    assert said[-1].alarms == ()


class SetClock:
    at_s = 1000.0

    def now_s(self) -> float:
        return self.at_s


def known_terminal() -> tuple[Known, SetClock, list[TerminalChanged]]:
    clock = SetClock()
    said: list[TerminalChanged] = []

    def emit(event: Event) -> None:
        assert isinstance(event, TerminalChanged)
        said.append(event)

    return Known(terminal_settings("/dev/null"), clock, emit), clock, said
