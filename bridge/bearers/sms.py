"""SMS by an HTTP gateway, in the form of 46elks (`POST /a1/sms`).

A form with `from`, `to`, `message` and `whendelivered` goes out with basic authentication, and JSON with `id` comes
back. A connection that was never made has sent nothing. After that only an answer tells. The address of the receipt
holds the outbox's own id. So a receipt is understood, whether or not the answer was.
"""

import base64
import json
from typing import Final

import aiohttp

from bridge.bearers.passwords import password_in
from bridge.bearers.reasons import BearerReason
from bridge.bearers.settings import SmsSettings
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.reasons import OutboxReason
from bridge.ports import PortError, Taken

DEVICE: Final = "sms"
RECEIPTS: Final = "/hooks/sms/{secret}/receipts/{message}"
_MOST_BYTES: Final = 65_536
_EVIDENCE: Final = 200
_LONGEST_ID: Final = 200
_MAY_BE_TAKEN: Final = frozenset({500, 502, 504})
"""A gateway that fails in the middle may have taken the message first (RFC 9110 §15.6)."""
_LATER: Final = frozenset({408, 425, 503})
_TOO_MANY: Final = 429
"""RFC 6585 §4: at a slower pace it is taken."""


class Sms:
    """A named SMS bearer (`bridge.bearers.route`). `secret` is the unguessable part of the addresses that the gateway
    calls us by."""

    name = "gateway"

    def __init__(self, settings: SmsSettings, secret: str) -> None:
        self._settings = settings
        self._secret = secret

    def health(self) -> Reason:
        """Nothing is known of it between messages."""
        return WELL

    async def run(self) -> None:
        """It holds no line."""

    async def send(self, message: SendMessage) -> Taken:
        """Gives the gateway's id.

        Raises:
            PortError: As `bridge.ports.Bearers`.
        """
        settings = self._settings
        password = password_in(settings.password_file, DEVICE) if settings.password_file is not None else None
        headers = {} if password is None else {"Authorization": _basic(settings.user, password)}
        within = aiohttp.ClientTimeout(total=settings.within_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=within, headers=headers) as session,
                session.post(settings.url, data=self._form(message), allow_redirects=False) as answer,
            ):
                body = await _read(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise _error(BearerReason.NOT_REACHED(host=self._host), str(error), retry=True) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = BearerReason.NO_ANSWER(host=self._host)
            raise _error(reason, str(error) or type(error).__name__, fate=Fate.UNKNOWN) from error
        return Taken(self._id(answer.status, body), self.name)

    @property
    def _host(self) -> str:
        return self._settings.url.split("/")[2]

    def _form(self, message: SendMessage) -> dict[str, str]:
        form = {"from": self._settings.sender, "to": message.to, "message": message.text}
        if self._settings.callback_url:
            path = RECEIPTS.format(secret=self._secret, message=message.message)
            form["whendelivered"] = self._settings.callback_url + path
        return form

    def _id(self, status: int, body: bytes) -> str:
        words = body[:_EVIDENCE].decode("utf-8", "replace")
        if status in _MAY_BE_TAKEN:
            raise _error(BearerReason.NO_ANSWER(host=self._host), f"{status} {words}", fate=Fate.UNKNOWN)
        if status == _TOO_MANY:
            raise _error(OutboxReason.THROTTLED(), words, retry=True)
        if status in _LATER:
            raise _error(BearerReason.BUSY(code=status), words, retry=True)
        if status in (401, 403):
            raise _error(BearerReason.LOGIN_REFUSED(host=self._host), words, retry=True)
        if status == 402:
            raise _error(BearerReason.NO_CREDIT(), words, retry=True)
        if not 200 <= status < 300:
            raise _error(BearerReason.REFUSED(code=status), words)
        try:
            found = json.loads(body)
            name = found["id"] if isinstance(found, dict) else None
        except (ValueError, KeyError, RecursionError):
            name = None
        if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= _LONGEST_ID:
            raise _error(BearerReason.ANSWER_UNREADABLE(host=self._host), words, fate=Fate.UNKNOWN)
        return name


def _basic(user: str, password: str) -> str:
    """RFC 7617, in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The beginning of the answer: a gateway that does not end must not fill the memory."""
    body = bytearray()
    async for piece in answer.content.iter_chunked(8192):
        body += piece
        if len(body) >= _MOST_BYTES:
            break
    return bytes(body[:_MOST_BYTES])


def _error(reason: Reason, evidence: str, *, retry: bool = False, fate: Fate = Fate.REFUSED) -> PortError:
    return PortError(DEVICE, reason, retry=retry, evidence=evidence[:_EVIDENCE], fate=fate)
