"""The order to read who is expected."""

from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import RollCallId


@dataclass(frozen=True, slots=True)
class ReadRoll(DeviceEffect):
    """Answered by `RollRead`."""

    roll_call: RollCallId
    forum: str

    @property
    def subject(self) -> str:
        return self.roll_call
