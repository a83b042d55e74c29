"""A led meeting on a node with its devices: some people by their functions, and what happens to them."""

from collections.abc import Iterable
from typing import Final

from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference import legs
from bridge.domain.conference.passing import ASKED
from bridge.domain.conference.records import PARTICIPANTS, Holder, Role, Seat, SeatState
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import Effect
from bridge.domain.kernel.ids import ChannelId, MixId, ParticipantId, TrunkName
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done
from bridge.domain.telephony.events import DigitPressed
from tests.harness.promises import broken
from tests.harness.story import CONFERENCE, MIX, TERMINAL
from tests.model.night import Night

POLICY: Final = Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TrunkName("operator"), calls_per_s=0, channels=100),)))
CODE: Final = "9081726"
HOST, TIB, POLICE, GUEST = (f"+468465004{number}" for number in (41, 42, 43, 44))
HOLDERS: Final = {TIB: Holder("TiB", "K"), POLICE: Holder("Vakthavande", "Polisen")}
"""Who come in by personal codes. The roll of the county expects the first of them (`tests.model.county.ROLL`)."""
EVERYBODY: Final = (HOST, TIB, POLICE, GUEST)
DEAD: Final = 38
"""The cause of a line that died (Q.850: network out of order)."""


class LedMeeting(Night):
    """A host, two functions of different organisations and a guest. Each is known by the number they call from."""

    def __init__(self, *, recorded: bool = True, policy: Policy = POLICY) -> None:
        self.seen: list[Effect] = []
        """Every order and word, until it is emptied."""
        self.begin(policy, (TERMINAL,))
        self.story.opens(recorded=recorded, forum="forum")
        self.orders()
        self.seats: dict[str, ParticipantId] = {}

    def look_at(self, effect: Effect) -> None:
        self.seen.append(effect)

    def comes(self, number: str, role: Role = Role.PARTICIPANT, holder: Holder | None = None) -> None:
        """The whole way in."""
        code = f"{CODE}{len(self.seats)}"
        self.county.codes[code] = (CONFERENCE, role)
        if holder is not None:
            self.county.holders[code] = holder
        line = self.calls(number)
        self.settle()
        self.keys_code(line, f"{code}#")
        self.settle()
        self.seats[number] = self.seat_on(line).id

    def seat_on(self, line: ChannelId) -> Seat:
        found = legs.seat_on(self.story.node, line)
        assert found is not None, line
        return found

    def seat(self, number: str) -> Seat:
        return self.story.node[PARTICIPANTS][self.seats[number]]

    def line(self, number: str) -> ChannelId:
        return self.story.line_of(self.seats[number])

    def press(self, number: str, keys: str) -> None:
        """Key by key, as one presses them. Asterisk knows no line of somebody who is away."""
        seat = self.story.node[PARTICIPANTS].get(self.seats[number])
        channel = legs.channel_of(self.story.node, seat) if seat is not None else None
        for key in keys:
            if channel in self.county.lines:
                self.happens(DigitPressed(0.0, ChannelId(channel or ""), key))

    def does(self, command: Command) -> None:
        """Ask for something that is not refused."""
        self.asks(command)
        assert isinstance(self.story.reply, Done), self.story.reply

    def goes_on(self, seconds: float, *, answering: Iterable[str] = ()) -> None:
        """Time passes, and every device does what it is asked. Those who are rung at these numbers come in."""
        numbers, left_s = frozenset(answering), seconds
        while left_s > 0:
            self.passes(min(1.0, left_s))
            left_s -= 1.0
            self.settle()
            self._answer(numbers)
            self.holds()

    def is_asked(self, number: str, within_s: float) -> None:
        """Time passes until a question stands that this person can answer by one key."""
        while self.seats[number] not in self.story.node[ASKED]:
            assert within_s > 0, number
            self.goes_on(1.0)
            within_s -= 1.0

    def _answer(self, numbers: frozenset[str]) -> None:
        """Each hears the question out and presses 1."""
        for line in [one for one in self.county.lines.values() if one.called and one.number in numbers]:
            self.county.called_one_answers(line.channel)
            self.settle()
            if line.channel in self.story.node[QUESTIONS]:
                self.county.called_one_presses(line.channel, "1")
                self.settle()

    def holds(self) -> None:
        """Nobody waits for nothing, and nothing is wanted in vain."""
        found = broken(self.story.node, self.story.timers, self.is_on_its_way, self.story.now_s)
        assert not found, found

    def everybody_is_in(self, numbers: Iterable[str] = EVERYBODY, room: MixId | None = None) -> None:
        """In the record, and in Asterisk's mix of the same name."""
        for number in numbers:
            seat = self.seat(number)
            assert seat.state is SeatState.PRESENT, (number, seat.state)
            assert self.county.lines[self.line(number)].mix == seat.room == (room or seat.room), number

    def is_killed(self, victim: str) -> None:
        """Its devices are there again a moment later, and nobody knows yet what is left of the meeting."""
        match victim:
            case "controller":
                self.restarts()
            case "Asterisk":
                self.loses_asterisk(dies=True)
            case "both":
                self.county.asterisk_dies()
                self.restarts()
            case _:
                self.county.line_ends(self.line(HOST), DEAD)
        self.holds()
        if not self.county.connected:
            self.passes(2.0)
            self.connects()
        self.holds()


def led_meeting(*, recorded: bool = True) -> LedMeeting:
    """All are in."""
    meeting = LedMeeting(recorded=recorded)
    meeting.comes(HOST, Role.HOST)
    for number in (TIB, POLICE, GUEST):
        meeting.comes(number, holder=HOLDERS.get(number))
    meeting.goes_on(3.0)
    meeting.everybody_is_in(room=MIX)
    return meeting
