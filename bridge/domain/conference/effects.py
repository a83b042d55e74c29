"""The orders to the codes' keeper."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import ChannelId, ConferenceId


@dataclass(frozen=True, slots=True, repr=False)
class LookUpCode(DeviceEffect):
    """Answered by `CodeResolved`. No `repr`: the digits never reach a log."""

    channel: ChannelId
    digits: str

    @property
    def subject(self) -> str:
        return self.channel


@dataclass(frozen=True, slots=True)
class WithdrawCodes(DeviceEffect):
    """The conference has ended: its codes open no door any more."""

    conference: ConferenceId

    @property
    def subject(self) -> str:
        return self.conference

    @property
    def lane(self) -> Hashable:
        return ("codes", self.conference)


CodeEffect = LookUpCode | WithdrawCodes
