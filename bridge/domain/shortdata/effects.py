"""Orders to terminals to send."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import MessageId, TerminalName


@dataclass(frozen=True, slots=True)
class SubmitSds(DeviceEffect):
    """Hand a text to the terminal, from part `first_part` on. `SdsProgress` reports its way."""

    terminal: TerminalName
    message: MessageId
    receiver: int
    group: bool
    text: str
    first_part: int = 1

    @property
    def subject(self) -> str:
        return self.message

    @property
    def lane(self) -> Hashable:
        return ("sds", self.terminal)


@dataclass(frozen=True, slots=True)
class SubmitStatus(DeviceEffect):
    terminal: TerminalName
    message: MessageId
    receiver: int
    status: int

    @property
    def subject(self) -> str:
        return self.message

    @property
    def lane(self) -> Hashable:
        return ("sds", self.terminal)


SdsEffect = SubmitSds | SubmitStatus
"""In a lane of their own for each terminal: a text that takes its seconds must not hold back speech."""
