"""The order to write a mailing."""

from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.mailings.records import Mailing


@dataclass(frozen=True, slots=True)
class WriteMailing(DeviceEffect):
    """Find out whom it concerns, and write to each. The same again writes the same messages with the same ids.
    Answered by `MailingWritten`."""

    mailing: Mailing

    @property
    def subject(self) -> str:
        return self.mailing.id

    @property
    def lane(self) -> str:
        """One after the other: a schedule with many dates must not keep the directory from a call-out."""
        return "mailings"
