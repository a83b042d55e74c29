"""The answers of the codes' keeper."""

from dataclasses import dataclass

from bridge.domain.conference.records import Holder, Role
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, ConferenceId
from bridge.domain.kernel.language import Language


@dataclass(frozen=True, slots=True)
class CodeResolved(Event):
    """The answer to `LookUpCode`. No conference: the code is unknown, expired or withdrawn (told apart nowhere)."""

    at_s: float
    channel: ChannelId
    conference: ConferenceId | None
    role: Role = Role.PARTICIPANT
    holder: Holder | None = None
    """The function whose personal code it is."""
    orderer: str | None = None
    """That function's id, where the code is its own for orders by telephone, and no conference's."""
    language: Language | None = None
    """That function's then; `None`: it is not known."""
