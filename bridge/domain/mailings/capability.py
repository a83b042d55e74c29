"""Mailings, as the step sees them. Their causes are in `joint/mailed`."""

from typing import Final

from bridge.domain.kernel.capability import Capability, on
from bridge.domain.mailings import desk
from bridge.domain.mailings.events import MailingWritten
from bridge.domain.mailings.records import MAILINGS

MAILING: Final = Capability(
    "mailings",
    records=(MAILINGS,),
    heed=(on(MailingWritten, desk.written),),
    resume=desk.at_start,
)
