"""The bearers that the settings name, behind one port, and how each is."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bridge.bearers.inbound import Inbound
from bridge.bearers.links import LinkSecrets
from bridge.bearers.mail import Mail
from bridge.bearers.modem import Modem
from bridge.bearers.route import Route, SmsWay
from bridge.bearers.settings import MailSettings, SmsBearer, SmsSettings
from bridge.bearers.smpp import Smpp
from bridge.bearers.sms import Sms
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import Bearer
from bridge.ports import PortError, Taken


class ConfiguredBearers:
    """`Bearers`, and its `Health`: the fault of the latest message by each, until the next one is taken.

    Where SMS goes by the gateway alone its health is `sms`. Else each way has its own, such as `sms smpp`.
    """

    def __init__(
        self,
        mail: MailSettings,
        sms: SmsSettings,
        secret: str,
        links: LinkSecrets | None = None,
        inbound: Inbound | None = None,
        packages: Path | None = None,
    ) -> None:
        """`inbound`: where receipts and answers go that come over a line. `packages`: the folder of attachments."""
        self._links = links
        self._sms = sms
        self._ways = [_way(one, sms, secret, inbound or Inbound()) for one in sms.ways]
        self._route = Route(self._ways) if self._ways else None
        self._mail = Mail(mail, packages) if mail.host else None
        self._mail_health = WELL

    async def send(self, message: SendMessage) -> Taken:
        filled = message if self._links is None else self._links.filled(message)
        if message.bearer is Bearer.SMS and self._route is not None:
            return await self._route.send(filled)
        if message.bearer is Bearer.MAIL and self._mail is not None:
            return await self._by_mail(self._mail, filled)
        reason = OutboxReason.BEARER_OFF(bearer=message.bearer.value)
        raise PortError(message.bearer.value, reason, retry=False)

    async def run(self) -> None:
        """Keep the lines of all up."""
        async with asyncio.TaskGroup() as tasks:
            for way in self._ways:
                tasks.create_task(way.run(), name=f"sms {way.name}")

    def health(self) -> Mapping[str, Reason]:
        sms = {} if self._route is None else self._route.health()
        named = {f"sms {name}" if self._sms.ways != ("gateway",) else "sms": state for name, state in sms.items()}
        return named if self._mail is None else {**named, "mail": self._mail_health}

    async def _by_mail(self, mail: Mail, message: SendMessage) -> Taken:
        try:
            taken = await mail.send(message)
        except PortError as error:
            self._mail_health = error.reason
            raise
        self._mail_health = WELL
        return taken


def _way(name: SmsBearer, sms: SmsSettings, secret: str, inbound: Inbound) -> SmsWay:
    match name:
        case "gateway":
            return Sms(sms, secret)
        case "smpp":
            return Smpp(sms, inbound)
        case "modem":
            return Modem(sms.modem, inbound)
