"""Commands of the joint room."""

from dataclasses import dataclass

from bridge.domain.callout.commands import CallOut, StartActivation
from bridge.domain.callout.written_answers import Written
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import LinkId
from bridge.domain.links.records import Link
from bridge.domain.outbox.commands import NewMessage


@dataclass(frozen=True, slots=True)
class CallOutBeside(Command):
    """Call a list out, and send messages to its functions beside the calls: all in one commit, or nothing. Where the
    call-out runs already, nothing is sent."""

    call_out: CallOut | StartActivation
    messages: tuple[NewMessage, ...]
    """Each to a target of the call-out, or to a deputy of one."""
    links: tuple[Link, ...] = ()
    """Those that the messages hold."""

    @property
    def start(self) -> StartActivation:
        return self.call_out.activation if isinstance(self.call_out, CallOut) else self.call_out


@dataclass(frozen=True, slots=True)
class TakeAnswer(Command):
    """Somebody has answered an SMS of a call-out. `sender` is a number as the gateway gives it, E.164 with plus."""

    sender: str
    written: Written


@dataclass(frozen=True, slots=True)
class AnswerByLink(Command):
    """Somebody has answered by the link of a call-out, with the code that stands in its message."""

    link: LinkId
    written: Written
