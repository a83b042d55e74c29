"""The log alone answers "who answered at 12:40?". It has a line for every call and every act, and no code or digit in
any."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference.commands import (
    EndConference,
    LockConference,
    OpenConference,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    TakeFloor,
)
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, ConferenceId, Issi, TerminalName, TrunkName
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Refused
from bridge.domain.kernel.step import Result
from bridge.domain.radio.events import (
    PathUp,
    RadioTalkStarted,
    RadioTalkStopped,
    SpeechBegan,
    SpeechDrained,
    TerminalState,
    TransmitGranted,
)
from bridge.domain.shortdata.events import SdsReceived
from bridge.domain.telephony.events import CallArrived, DigitPressed, LegEnded, TelephonyUp
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.main.acts import Act, acts, tell
from bridge.ports import Codes
from bridge.storage import SqlStore, open_database
from tests.harness import wait
from tests.harness.principals import somebody
from tests.harness.story import CONFERENCE, GROUP, MIX, TERMINAL, Story
from tests.unit.engine.test_engine import Diary, OneCode

NUMBER = "+46846500401"


class Told(Story):
    """A story whose log is kept."""

    def __init__(self) -> None:
        self.lines: list[Act] = []
        super().__init__()

    def happens(self, event: Event) -> Result:
        before = self.node
        result = super().happens(event)
        self.lines += acts(before, event, result)
        return result

    def names(self) -> list[str]:
        return [line.name for line in self.lines]

    def line(self, name: str) -> Mapping[str, Any]:
        """The last of that name."""
        return next(line.detail for line in reversed(self.lines) if line.name == name)


def test_a_caller_is_told_from_the_first_ring_to_the_farewell() -> None:
    story = Told()
    story.opens()
    person = story.joins("+46701740605", Role.HOST)
    story.hangs_up("+46701740605")
    assert [name for name in story.names() if name != "order"] == ["call_in", "right_code", "joined", "left"]
    assert story.line("call_in")["caller"] == "+46701740605"
    assert story.line("right_code")["role"] == "host"
    assert (story.line("joined")["participant"], story.line("joined")["conference"]) == (person, CONFERENCE)
    assert story.line("left")["who"] == story.line("joined")["who"]


def test_wrong_codes_are_counted_by_caller() -> None:
    story = Told()
    story.opens()
    line = story.calls("in-1", caller="+46701740605")
    for number in (1, 2, 3):
        story.keys(line, "99999999#")
        story.code_is(line, None)
        assert (story.line("wrong_code")["caller"], story.line("wrong_code")["tries"]) == ("+46701740605", number)
        story.prompt_ends(line)
    story.happens(LegEnded(story.now_s, line, 16))
    assert story.line("call_in_ended")["cause"] == 16


def test_microphones_and_the_word_are_told_with_names() -> None:
    story = Told()
    story.opens()
    story.joins("host", Role.HOST)
    person = story.joins("anna")
    story.asks(SetMuted(CONFERENCE, person, True), actor="operator")
    assert story.line("muted")["who"] == story.who("anna").name
    assert (story.line("order")["by"], story.line("order")["act"]) == ("operator", "participant.mute")
    story.asks(SetMuted(CONFERENCE, person, False))
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.asks(RequestFloor(CONFERENCE, person))
    assert story.line("floor_given")["participant"] == person
    story.asks(TakeFloor(CONFERENCE), actor="operator")
    assert story.names()[-2:] == ["order", "floor_taken"]
    story.asks(LockConference(CONFERENCE, True), actor="operator")
    assert story.line("order")["act"] == "conference.lock"


def test_each_call_of_a_call_out_is_told_with_whom_and_how_it_ended() -> None:
    story = Told()
    story.opens()
    story.activates([(NUMBER, "+46846500402")])
    assert story.line("order")["act"] == "activation.start"
    placed = story.line("call_out")
    assert (placed["function"], placed["organisation"], placed["number"]) == ("TiB 0", "Kommun 0", NUMBER)
    story.rings(NUMBER)
    assert story.line("call_out_ringing")["number"] == NUMBER
    story.call_ends(NUMBER, 17)
    assert (story.line("call_out_ended")["result"], story.line("call_out_ended")["cause"]) == ("busy", 17)
    story.passes(1)
    line = story.answers("+46846500402")
    assert story.line("call_out_answered")["number"] == "+46846500402"
    story.keys(line, "2")
    assert story.line("called_in")["state"] == "later"


def test_the_radio_is_told_who_talked_and_how_long_we_sent() -> None:
    story = Told()
    story.opens()
    story.joins("host", Role.HOST)
    story.terminal_is(TerminalState.READY)
    patch = story.patches()
    story.happens(PathUp(story.now_s, patch.id))
    assert story.line("order")["act"] == "patch.add"
    assert story.line("patched")["gssi"] == GROUP
    story.happens(RadioTalkStarted(story.now_s, TERMINAL, GROUP, Issi(1401001)))
    story.passes(7)
    story.happens(RadioTalkStopped(story.now_s, TERMINAL))
    assert story.line("radio_talk_started")["issi"] == 1401001
    assert story.line("radio_talk_stopped")["duration_s"] == 7
    story.happens(SpeechBegan(story.now_s, patch.id))
    story.passes(3)
    story.happens(SpeechBegan(story.now_s, patch.id))
    story.happens(TransmitGranted(story.now_s, TERMINAL))
    assert story.line("transmission_started")["gssi"] == GROUP
    story.passes(4)
    story.happens(SpeechDrained(story.now_s, patch.id))
    assert story.line("transmission_stopped")["duration_s"] == 4


def test_a_text_by_radio_is_told_without_its_words() -> None:
    story = Told()
    story.opens()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.happens(SdsReceived(story.now_s, TERMINAL, Issi(1401001), "koden 57746016", GROUP, group=True))
    assert story.line("message_in")["issi"] == 1401001
    assert "57746016" not in str(story.lines)


def test_what_was_refused_is_told_with_who_asked() -> None:
    story = Told()
    reply = story.asks(EndConference(CONFERENCE), actor="anna")
    assert isinstance(reply, Refused)
    told = story.line("order_refused")
    assert (told["by"], told["asked"], told["why"]) == ("anna", "EndConference", reply.code)


def test_speech_alone_writes_no_line() -> None:
    story = Told()
    story.opens()
    story.joins("host", Role.HOST)
    before = len(story.lines)
    story.talks("host")
    story.falls_silent("host")
    assert len(story.lines) == before


@pytest.mark.slow
async def test_the_engine_writes_its_acts_and_never_a_digit_of_a_code(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'samband.db'}")
    clock = SteadyClock()
    policy = Policy(CalloutPolicy(trunks=(TrunkPolicy(TrunkName("t"), calls_per_s=0),)))
    codes = cast("Codes", OneCode())
    engine = Engine(
        store=SqlStore(database), codes=codes, clock=clock, ids=RandomIds(clock), policy=policy, observe=tell
    )
    await engine.start([TerminalName("rakel-1")])
    diary = Diary()
    running = asyncio.create_task(engine.run(Devices(diary, diary, diary, diary, {})))
    try:
        with capture_logs() as lines:
            engine.emit(TelephonyUp(clock.now_s(), (), frozenset(), frozenset()))
            await engine.ask(somebody("operator"), OpenConference(CONFERENCE, MIX, "M", "+4685555555", recorded=False))
            engine.emit(CallArrived(clock.now_s(), ChannelId("in-1"), "+4685555555", "+46701740605", TrunkName("t")))
            for digit in "87654321#":
                engine.emit(DigitPressed(clock.now_s(), ChannelId("in-1"), digit))
            await wait.until(lambda: "wrong_code" in [line["event"] for line in lines], 5)
            for digit in "12345678#":
                engine.emit(DigitPressed(clock.now_s(), ChannelId("in-1"), digit))
            await wait.until(lambda: "right_code" in [line["event"] for line in lines], 5)
            refused = await engine.ask(somebody("operator"), EndConference(ConferenceId("cnf-none")))
            assert isinstance(refused, Refused)
            await wait.until(lambda: "order_refused" in [line["event"] for line in lines], 5)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()
    assert [line["event"] for line in lines] == ["order", "call_in", "wrong_code", "right_code", "order_refused"]
    assert "12345678" not in str(lines)
    assert "87654321" not in str(lines)


def test_a_line_that_cannot_be_made_ends_nothing() -> None:
    with capture_logs() as lines:
        tell(cast("Any", None), CodeResolved(1.0, ChannelId("x"), None), cast("Any", None))
    assert [line["event"] for line in lines] == ["act_not_told"]
