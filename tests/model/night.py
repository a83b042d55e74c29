"""A night in a county. It is one node's story, and the devices around it do what they are asked, or do not."""

from collections.abc import Hashable
from typing import Final

from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import ATTEMPTS
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.records import LEGS
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect, Effect
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, TerminalName
from bridge.domain.kernel.policy import Policy
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten
from bridge.domain.recording.effects import (
    ArchiveRecording,
    DropRecording,
    RecordName,
    SilenceRecording,
    StartRecording,
    StopLegTrack,
    StopName,
    StopRecording,
)
from bridge.domain.recording.events import (
    LegTrackStopped,
    RecordingArchived,
    RecordingDropped,
    RecordingEnded,
    RecordingSilenced,
    RecordingStarted,
)
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import CalledRead, MeetingPrepared
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.shortdata.events import SdsProgress
from bridge.domain.telephony.effects import JoinMix
from bridge.domain.telephony.events import DigitPressed, LegEnded, MixJoined, TelephonyDown
from tests.harness.reasons import because
from tests.harness.story import Story
from tests.model.county import County, Outcome, at

MOST_SAID: Final = 12


class Night:
    """Every order of the story goes to the county; what the county tells goes back when it is heard."""

    def begin(self, policy: Policy, terminals: tuple[TerminalName, ...]) -> None:
        self.story = Story(policy, terminals=terminals)
        self.county = County(terminals)
        self.trunk = policy[CalloutPolicy].trunks[0].name
        self.read = 0
        self.people = 0

    def orders(self) -> None:
        """What the node has decided goes to the devices."""
        for effect in self.story.effects[self.read :]:
            self.look_at(effect)
            if isinstance(effect, DeviceEffect):
                self.county.order(effect)
        self.read = len(self.story.effects)

    def look_at(self, effect: Effect) -> None:
        """Every order passes here; whoever tells the night may look at it."""

    def happens(self, event: Event) -> None:
        self.story.happens(at(event, self.story.now_s))
        self.orders()

    def asks(self, command: Command) -> None:
        self.story.asks(command)
        self.orders()

    def work(self, lane: Hashable, outcome: Outcome) -> None:
        failure = self.county.next_in(lane, outcome)
        if failure is not None:
            self.happens(failure)

    def settle(self) -> None:
        """Every device does what it is asked, and all that follows is heard."""
        for step in range(30):
            for lane in self.county.waiting():
                self.work(lane, Outcome.DONE)
            # Of prompts that are said again and again until a key is pressed, some are heard to their end.
            sources = [
                one for one, queue in self.county.news.items() if queue and (one != "sounds" or step < MOST_SAID)
            ]
            for source in sources:
                self.happens(self.county.hear(source))
            if not self.county.waiting() and not sources:
                return

    def connects(self) -> None:
        node = self.story.node
        lines = {leg.channel for leg in node[LEGS].values() if leg.ended_at_s is None}
        asked_for = lines | set(node[ATTEMPTS])
        self.happens(self.county.connects(self.story.now_s, sorted(ChannelId(one) for one in asked_for if one)))

    def calls(self, caller: str, *, rescued: bool = False) -> ChannelId:
        self.people += 1
        channel = ChannelId(f"in-{self.people}")
        self.county.caller_comes(channel, caller, self.trunk, rescued=rescued)
        return channel

    def keys_code(self, channel: ChannelId, code: str) -> None:
        for digit in code:
            if channel in self.county.lines:
                self.happens(DigitPressed(0.0, channel, digit))

    def passes(self, seconds: float) -> None:
        self.story.passes(seconds)
        self.orders()

    def loses_asterisk(self, *, dies: bool) -> None:
        """The connection goes, or Asterisk with all it had."""
        if dies:
            self.county.asterisk_dies()
        else:
            self.county.disconnects()
        self.happens(TelephonyDown(0.0, because("gone")))

    def restarts(self) -> None:
        """The controller dies, and is started on what was stored; Asterisk is not heard of yet."""
        self.story = self.story.restarted()
        self.county.controller_dies()
        self.read = 0
        self.orders()

    def is_on_its_way(self, kind: type[DeviceEffect], subject: str) -> bool:
        """With a device, or its answer is to be heard; the end of a line answers every order about it."""
        if any(isinstance(one, kind) and one.subject == subject for one in self.county.ordered()):
            return True
        answers = {
            LookUpCode: CodeResolved,
            StartRecording: RecordingStarted | RecordingEnded,
            StopRecording: RecordingEnded,
            RecordName: RecordingStarted | RecordingEnded,
            StopName: RecordingEnded,
            DropRecording: RecordingDropped,
            SilenceRecording: RecordingSilenced,
            StopLegTrack: LegTrackStopped,
            ArchiveRecording: RecordingArchived,
            JoinMix: MixJoined,
            SubmitSds: SdsProgress,
            SubmitStatus: SdsProgress,
            ReadRoll: RollRead,
            PrepareMeeting: MeetingPrepared,
            ReadCalled: CalledRead,
            WriteMailing: MailingWritten,
        }
        for event in (one for queue in self.county.news.values() for one in queue):
            if isinstance(event, LegEnded) and event.channel == subject:
                return True
            about = next(
                (
                    getattr(event, name)
                    for name in ("channel", "recording", "message", "roll_call", "occurrence", "mailing")
                    if hasattr(event, name)
                ),
                "",
            )
            if about == subject and kind in answers and isinstance(event, answers[kind]):
                return True
        return False
