"""Links, as the step sees them. An answer by one is `joint/beside`."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, when_due
from bridge.domain.links import keeping
from bridge.domain.links.commands import CountWrongCode, MarkUsed
from bridge.domain.links.records import LINKS
from bridge.domain.links.timers import LinkTimer

LINK: Final = Capability(
    "links",
    records=(LINKS,),
    commands=(carries_out(CountWrongCode, keeping.wrong), carries_out(MarkUsed, keeping.used)),
    timers=(when_due(LinkTimer.LINK_EXPIRES, keeping.expired),),
    resume=keeping.at_start,
)
