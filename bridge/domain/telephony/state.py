"""Whether Asterisk can be reached."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.tables import Fact
from bridge.domain.telephony.reasons import TelephonyReason

_NOT_CONNECTED: Final = TelephonyReason.NOT_CONNECTED()


@dataclass(frozen=True, slots=True)
class Telephony:
    """`reason` says why it is down."""

    up: bool = False
    reason: Reason | None = _NOT_CONNECTED


TELEPHONY: Final = Fact("telephony", Telephony())
