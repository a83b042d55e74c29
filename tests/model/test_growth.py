"""Nothing grows with time. After a year of weekly meetings the node is as small as after its second month."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import pytest

from bridge.domain.alarms.commands import AcknowledgeAlarms
from bridge.domain.alarms.events import PartsLookedAt
from bridge.domain.alarms.kinds import Priority
from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.records import CONFERENCES, Role
from bridge.domain.kernel.ids import (
    ActivationId,
    ConferenceId,
    Gssi,
    Issi,
    MixId,
    ParticipantId,
    PatchId,
    TargetId,
    TrunkName,
)
from bridge.domain.kernel.policy import Policy
from bridge.domain.radio.commands import AddPatch, RemovePatch
from bridge.domain.radio.events import (
    RadioTalkStarted,
    RadioTalkStopped,
    SpeechBegan,
    SpeechDrained,
    TerminalState,
    TransmitGranted,
)
from bridge.domain.shortdata.events import StatusReceived
from tests.harness.story import TERMINAL
from tests.model.county import Outcome
from tests.model.night import Night

WEEKS = 52
WEEK_S = 7 * 86_400.0
STANDING = ConferenceId("cnf-0000000000000000000standing")
GROUP = Gssi(2001)
FUNCTIONS = [f"+468465005{index:02d}" for index in range(6)]


def objects(value: object) -> int:
    """How many values a value is made of."""
    if isinstance(value, Mapping):
        return 1 + sum(objects(key) + objects(one) for key, one in value.items())
    if isinstance(value, tuple | frozenset):
        return 1 + sum(objects(one) for one in value)
    if is_dataclass(value):
        return 1 + sum(objects(getattr(value, one.name)) for one in fields(value))
    return 1


class Year(Night):
    """A standing conference, one more that is opened and ended each week, and all that goes on in them."""

    def __init__(self) -> None:
        self.begin(Policy(CalloutPolicy(trunks=(TrunkPolicy(TrunkName("t"), calls_per_s=5, channels=4),))), (TERMINAL,))
        self.opens(STANDING, "9081726301")

    def opens(self, conference: ConferenceId, code: str) -> None:
        self.story.opens(recorded=True, conference=conference, mix=MixId(conference.replace("cnf", "mix")))
        self.county.codes[code] = (conference, Role.HOST)

    def week(self, number: int) -> None:
        self.story.effects.clear()
        self.story.notes.clear()
        self.story.audited.clear()
        self.read = 0
        weekly = ConferenceId(f"cnf-weekly{number:020d}")
        self.opens(weekly, f"70{number:04d}")
        for conference in (STANDING, weekly):
            self.meets(conference, number)
        for priority in Priority:
            self.asks(AcknowledgeAlarms(priority=priority))
        self.asks(EndConference(weekly))
        for _ in range(6):
            self.hang_up_all()
            self.passes(400.0)
        for _ in range(3):
            self.passes(WEEK_S / 3)
            self.happens(PartsLookedAt(0.0, ()))
        self.settle()

    def meets(self, conference: ConferenceId, number: int) -> None:
        """Called out and dialled in, with a talkgroup, a device that fails, and strangers with wrong codes."""
        name = f"{conference[:10]}{number}"
        targets = tuple(
            NewTarget(TargetId(f"tgt-{name}-{index}"), "TiB", "K", (one,)) for index, one in enumerate(FUNCTIONS)
        )
        self.asks(StartActivation(ActivationId(f"act-{name}"), name, conference, "Inriktande", targets))
        self.dials_in(next(code for code, owner in self.county.codes.items() if owner[0] == conference), "+46846500599")
        self.dials_in("4711", f"+4684660{number:04d}")
        self.are_called(conference)
        self.talk_by_radio(conference, name, number)
        if number % 5 == 1:
            self.every_device_fails()
        if number % 7 == 3:
            self.loses_asterisk(dies=number % 14 == 3)
            self.passes(5)
            self.connects()
        if number % 13 == 6:
            self.restarts()
            self.connects()
            self.county.terminal_is(TERMINAL, TerminalState.READY, None)
        self.settle()
        self.passes(600)
        self.settle()

    def dials_in(self, code: str, caller: str) -> None:
        channel = self.calls(caller)
        self.settle()
        self.keys_code(channel, f"{code}#")
        self.settle()

    def are_called(self, conference: ConferenceId) -> None:
        for _ in range(8):
            self.settle()
            for line in list(self.county.lines.values()):
                if line.called and not line.answered:
                    self.county.called_one_answers(line.channel)
                    self.settle()
                    self.county.called_one_presses(line.channel, "1")
            self.settle()
            self.passes(1.0)

    def talk_by_radio(self, conference: ConferenceId, name: str, number: int) -> None:
        patch = PatchId(f"pat-{name}")
        self.asks(AddPatch(conference, patch, ParticipantId(f"prt-{name}"), TERMINAL, GROUP, "Ledning"))
        self.county.terminal_is(TERMINAL, TerminalState.READY, GROUP)
        self.settle()
        sender = Issi(3000 + number)
        self.happens(RadioTalkStarted(0.0, TERMINAL, GROUP, sender))
        self.happens(RadioTalkStopped(0.0, TERMINAL))
        self.happens(SpeechBegan(0.0, patch))
        self.happens(TransmitGranted(0.0, TERMINAL))
        self.happens(SpeechDrained(0.0, patch))
        self.happens(StatusReceived(0.0, TERMINAL, sender, 0))
        self.settle()
        self.asks(RemovePatch(conference, patch))
        self.settle()

    def every_device_fails(self) -> None:
        for lane in self.county.waiting():
            self.work(lane, Outcome.REFUSED)

    def hang_up_all(self) -> None:
        self.settle()
        for line in list(self.county.lines):
            self.county.line_ends(line, 16)
        self.settle()


@pytest.mark.slow
def test_after_a_year_of_weekly_meetings_the_node_is_as_small_as_after_two_months() -> None:
    year = Year()
    sizes = []
    for number in range(WEEKS):
        year.week(number)
        sizes.append((objects(year.story.node), len(year.story.timers)))
    assert max(sizes[8:]) <= max(sizes[:8]), sizes
    assert len(year.story.node[CONFERENCES]) == 1
