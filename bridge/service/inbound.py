"""Receipts and answers over the lines of SMS bearers. They become the same events as those of the HTTP gateway."""

import re
from typing import Final

import structlog

from bridge.domain.kernel.principal import SYSTEM
from bridge.ports import InboundSms, PartReceipt, PortError, SmsAnswer, Unheard
from bridge.service.refusal import Refusal
from bridge.service.service import Service

log = structlog.get_logger(__name__)

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")
LONGEST_TEXT: Final = 2000


class SmsReader:
    """Keep `run` running beside the engine."""

    def __init__(self, service: Service, inbound: InboundSms) -> None:
        self._service, self._inbound = service, inbound

    async def run(self) -> None:
        """Keep one after the other, until cancelled. One that was not kept comes again."""
        while True:
            try:
                await self._inbound.take(self._keep)
            except (Refusal, PortError) as error:
                log.warning("inbound_sms_not_kept", reason=str(error))

    async def _keep(self, fact: PartReceipt | SmsAnswer) -> None:
        match fact:
            case PartReceipt(by=by, name=name, receipt=receipt):
                if not await self._service.outbox.part_receipt(SYSTEM, by, name, receipt):
                    self._inbound.not_heard(Unheard.NO_MESSAGE, by)
            case SmsAnswer(sender=sender, text=text) if _NUMBER.fullmatch(sender):
                await self._service.outbox.answer(SYSTEM, sender, text[:LONGEST_TEXT])
            case SmsAnswer(text=text):
                self._inbound.not_heard(Unheard.NO_NUMBER, f"{len(text)} characters")
