"""The bearers that the settings name, behind one port, and how each is."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bridge.bearers.links import LinkSecrets
from bridge.bearers.mail import Mail
from bridge.bearers.settings import MailSettings, SmsSettings
from bridge.bearers.sms import Sms
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import Bearer
from bridge.ports import Bearers, PortError


class ConfiguredBearers:
    """`Bearers`, and its `Health`: the fault of the latest message by each, until the next one is taken."""

    def __init__(
        self,
        mail: MailSettings,
        sms: SmsSettings,
        secret: str,
        opened: Callable[[str], str] = lambda text: text,
        links: LinkSecrets | None = None,
    ) -> None:
        """`opened`: a text of the outbox with its sealed secrets, as it is sent."""
        self._opened, self._links = opened, links
        self._bearers: dict[Bearer, Bearers] = {}
        if sms.url:
            self._bearers[Bearer.SMS] = Sms(sms, secret)
        if mail.host:
            self._bearers[Bearer.MAIL] = Mail(mail)
        self._health: dict[Bearer, Reason] = dict.fromkeys(self._bearers, WELL)

    async def send(self, message: SendMessage) -> str:
        bearer = self._bearers.get(message.bearer)
        if bearer is None:
            reason = OutboxReason.BEARER_OFF(bearer=message.bearer.value)
            raise PortError(message.bearer.value, reason, retry=False)
        try:
            filled = message if self._links is None else self._links.filled(message)
            name = await bearer.send(replace(filled, text=self._opened(filled.text)))
        except PortError as error:
            self._health[message.bearer] = error.reason
            raise
        self._health[message.bearer] = WELL
        return name

    def health(self) -> Mapping[str, Reason]:
        return {bearer.value: reason for bearer, reason in self._health.items()}
