"""Receipts by radio: an answer to a call-out that was taken is told to the radio that gave it."""

from typing import Final

import structlog

from bridge.domain.callout.records import TARGETS
from bridge.domain.joint.passing import RADIO_ANSWERS
from bridge.domain.kernel.ids import Issi, MessageId, TargetId
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.kernel.rate import Rate, Rates
from bridge.domain.shortdata.commands import SendSds
from bridge.service.outbox import confirmation
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, ask

log = structlog.get_logger(__name__)

RECEIPTS: Final = Rate(window_s=3600.0, limit=6)
"""So many answers of one radio are confirmed in an hour: each takes time on the air."""
MOST_RADIOS: Final = 1024


class RadioReceipts:
    """Keep `run` running beside the engine. Nothing is kept over a restart: the answer itself is."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._sent: Rates[Issi] = Rates(MOST_RADIOS)

    async def run(self) -> None:
        """Confirm what is answered from now on, until cancelled."""
        async for change in self._ports.control.changes(self._ports.control.number()):
            if change.kind == "radio_answer":
                await self.confirm(TargetId(change.subject))

    async def confirm(self, key: TargetId) -> None:
        """By the terminal that the answer came to, in the language of the function."""
        node = self._ports.control.node()
        answer, target = node[RADIO_ANSWERS].get(key), node[TARGETS].get(key)
        now_s = self._ports.clock.now_s()
        if answer is None or target is None or self._sent.of(answer.issi, RECEIPTS).is_full(now_s):
            return
        self._sent = self._sent.happened(answer.issi, now_s, RECEIPTS)
        message = MessageId(self._ports.ids.mint("sds"))
        text = confirmation(answer.written, target.language)
        try:
            await ask(self._ports, SYSTEM, SendSds(message, answer.issi, text, terminals=(answer.terminal,)))
        except Refusal as refusal:
            log.warning("radio_answer_not_confirmed", issi=answer.issi, reason=str(refusal.reason))
