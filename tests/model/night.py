"""A night in a county: one node's story, and the devices around it that do what they are asked, or do not."""

from collections.abc import Hashable
from typing import Final

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain.ids import ChannelId, TerminalName
from bridge.domain.policy import Policy
from tests.harness.story import Story
from tests.model.county import County, Outcome, at

MOST_SAID: Final = 12


class Night:
    """Every order of the story goes to the county; what the county tells goes back when it is heard."""

    def begin(self, policy: Policy, terminals: tuple[TerminalName, ...]) -> None:
        self.story = Story(policy, terminals=terminals)
        self.county = County(terminals)
        self.trunk = policy.trunks[0].name
        self.read = 0
        self.people = 0

    def orders(self) -> None:
        """What the node has decided goes to the devices."""
        for effect in self.story.effects[self.read :]:
            self.look_at(effect)
            if not isinstance(effect, do.StartTimer | do.StopTimer):
                self.county.order(effect)
        self.read = len(self.story.effects)

    def look_at(self, effect: do.Effect) -> None:
        """Every order passes here; whoever tells the night may look at it."""

    def happens(self, event: e.Event) -> None:
        self.story.happens(at(event, self.story.now_s))
        self.orders()

    def asks(self, command: c.Command) -> None:
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
        asked_for = {one.channel for one in node.participants.values() if one.channel} | set(node.attempts)
        self.happens(self.county.connects(self.story.now_s, sorted(ChannelId(one) for one in asked_for if one)))

    def calls(self, caller: str, *, rescued: bool = False) -> ChannelId:
        self.people += 1
        channel = ChannelId(f"in-{self.people}")
        self.county.caller_comes(channel, caller, self.trunk, rescued=rescued)
        return channel

    def keys_code(self, channel: ChannelId, code: str) -> None:
        for digit in code:
            if channel in self.county.lines:
                self.happens(e.DigitPressed(0.0, channel, digit))

    def passes(self, seconds: float) -> None:
        self.story.passes(seconds)
        self.orders()

    def loses_asterisk(self, *, dies: bool) -> None:
        """The connection goes, or Asterisk with all it had."""
        if dies:
            self.county.asterisk_dies()
        else:
            self.county.disconnects()
        self.happens(e.TelephonyDown(0.0, "gone"))

    def restarts(self) -> None:
        """The controller dies, and is started on what was stored; Asterisk is not heard of yet."""
        self.story = self.story.restarted()
        self.county.controller_dies()
        self.read = 0
        self.orders()
