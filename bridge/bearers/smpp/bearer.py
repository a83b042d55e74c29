"""SMS over an operator's line. The line is bound as a transceiver, kept up, and bound again after a loss.

A submission without an answer may have been taken: its fate is unknown. Every answer tells: taken, to be tried again,
at a slower pace, or never. A long message is unknown too when a later part is refused. Some of it has left.
"""

import asyncio
import itertools
import random
import ssl
import time
from typing import Final

import structlog

from bridge.bearers.alphabet import Parts
from bridge.bearers.inbound import Inbound
from bridge.bearers.passwords import password_in
from bridge.bearers.reasons import BearerReason
from bridge.bearers.settings import SmppSettings, SmsSettings
from bridge.bearers.smpp import pdu
from bridge.bearers.smpp.line import Line, LineLost
from bridge.bearers.smpp.parts import parts_of
from bridge.bearers.smpp.pdu import Command, Part, Unit, Unreadable
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.reasons import OutboxReason
from bridge.ports import PartReceipt, PortError, SmsAnswer, Taken, Unheard

log = structlog.get_logger(__name__)

DEVICE: Final = "smpp"
AGAIN: Final = Backoff(first_s=1.0, longest_s=60.0)
STOOD_S: Final = 60.0
"""A line that stood so long was a working one: the pauses begin anew."""
PART_AGAIN: Final = Backoff(first_s=0.5, longest_s=5.0)
"""Between tries of a later part that the SMSC asks to be sent more slowly."""


class Smpp:
    """A named SMS bearer (`bridge.bearers.route`). `run` keeps its line up."""

    name = DEVICE

    def __init__(self, sms: SmsSettings, inbound: Inbound, again: Backoff = AGAIN) -> None:
        self._sms, self._settings, self._inbound, self._again = sms, sms.smpp, inbound, again
        self._line: Line | None = None
        self._tried = asyncio.Event()
        self._state: Reason = BearerReason.NOT_REACHED(host=self._host)
        self._references = itertools.count(random.randrange(256))
        self._parts = Parts(on_lost=lambda: inbound.not_heard(Unheard.PART_LOST))

    @property
    def _host(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def health(self) -> Reason:
        return self._state

    async def send(self, message: SendMessage) -> Taken:
        """Gives the id of the first part, and the ids of all where receipts are asked for.

        Raises:
            PortError: As `bridge.ports.Bearers`.
        """
        line = await self._bound()
        parts = parts_of(message.text, self._settings, next(self._references) & 0xFF)
        until_s = time.monotonic() + self._settings.within_s
        names: list[str] = []
        for part in parts:
            try:
                names.append(await self._submit(line, message.to, part, until_s if names else None))
            except PortError as error:
                if not names:
                    raise
                reason = BearerReason.PARTLY_SENT(taken=len(names), parts=len(parts))
                raise _error(reason, str(error.reason), fate=Fate.UNKNOWN) from error
        return Taken(names[0], self.name, tuple(names) if self._settings.receipts else ())

    async def run(self) -> None:
        """Bind, stay bound, and bind again."""
        failures = 0
        while True:
            since_s = time.monotonic()
            try:
                line = await self._open()
            except PortError as error:
                self._state = error.reason
                log.warning("smpp_not_bound", host=self._host, reason=str(error))
            else:
                self._line, self._state = line, WELL
                self._tried.set()
                log.info("smpp_bound", host=self._host)
                try:
                    await line.stay(self._settings.enquire_s)
                finally:
                    self._line = None
                    self._state = BearerReason.NOT_REACHED(host=self._host)
                    await line.close(unbind=True)
                log.warning("smpp_line_lost", host=self._host)
            self._tried.set()
            failures = 1 if time.monotonic() - since_s >= STOOD_S else failures + 1
            await asyncio.sleep(self._again.after(failures))

    # --- inside ---

    async def _bound(self) -> Line:
        """The line; while it is opened for the first time, that is waited for."""
        try:
            async with asyncio.timeout(self._settings.within_s):
                await self._tried.wait()
        except TimeoutError as error:
            raise _error(BearerReason.NOT_REACHED(host=self._host), "not bound yet", retry=True) from error
        if self._line is None:
            raise _error(self._state, "", retry=True)
        return self._line

    async def _open(self) -> Line:
        settings = self._settings
        password = password_in(settings.password_file, DEVICE) if settings.password_file is not None else ""
        context = None if settings.security == "none" else _context(settings)
        try:
            async with asyncio.timeout(settings.within_s):
                reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=context)
        except ssl.SSLError as error:
            raise _error(BearerReason.NO_TLS(host=self._host), str(error), retry=True) from error
        except (OSError, TimeoutError) as error:
            raise _error(BearerReason.NOT_REACHED(host=self._host), str(error), retry=True) from error
        line = Line(reader, writer, self._delivered)
        try:
            body = pdu.bind(settings.system_id, password, settings.system_type)
            answer = await line.request(Command.BIND_TRANSCEIVER, body, settings.within_s)
            if answer.status:
                reason = BearerReason.LOGIN_REFUSED if answer.status in pdu.LOGIN else None
                found = reason(host=self._host) if reason else BearerReason.REFUSED(code=hex(answer.status))
                raise _error(found, hex(answer.status), retry=True)
        except (TimeoutError, LineLost) as error:
            await line.close(unbind=False)
            raise _error(BearerReason.NOT_REACHED(host=self._host), "no answer to bind", retry=True) from error
        except BaseException:
            await line.close(unbind=False)
            raise
        return line

    async def _submit(self, line: Line, to: str, part: Part, until_s: float | None) -> str:
        """`until_s`: a later part, which is offered again at a slower pace until then."""
        body = pdu.submit(self._sms.sender, to, part, receipt=self._settings.receipts)
        answer, tries = await self._asked(line, body), 1
        while answer.status in pdu.SLOWER and until_s is not None:
            wait_s = PART_AGAIN.after(tries)
            if time.monotonic() + wait_s > until_s:
                break
            await asyncio.sleep(wait_s)
            answer, tries = await self._asked(line, body), tries + 1
        if answer.status:
            raise _refused(answer.status)
        try:
            return self._known_as(pdu.message_id(answer.body))
        except Unreadable as error:
            reason = BearerReason.ANSWER_UNREADABLE(host=self._host)
            raise _error(reason, str(error), fate=Fate.UNKNOWN) from error

    async def _asked(self, line: Line, body: bytes) -> Unit:
        try:
            return await line.request(Command.SUBMIT, body, self._settings.within_s)
        except TimeoutError as error:
            raise _error(BearerReason.NO_ANSWER(host=self._host), "no answer", fate=Fate.UNKNOWN) from error
        except LineLost as error:
            if not error.written:
                raise _error(BearerReason.NOT_REACHED(host=self._host), str(error), retry=True) from error
            raise _error(BearerReason.NO_ANSWER(host=self._host), str(error), fate=Fate.UNKNOWN) from error

    def _known_as(self, name: str) -> str:
        """The id as receipts name it."""
        if self._settings.receipt_ids == "decimal":
            try:
                return str(int(name, 16))
            except ValueError:
                return name
        return name

    async def _delivered(self, body: bytes) -> bool:
        """A receipt or an SMS. One that cannot be read is taken: it would come again for ever."""
        try:
            found = pdu.delivered(body)
        except Unreadable as error:
            self._inbound.not_heard(Unheard.UNREADABLE, str(error))
            return True
        if found.unheard is not None:
            self._inbound.not_heard(found.unheard)
            return True
        if found.is_receipt:
            if found.receipt_of is None or found.receipt is None:
                return True
            return await self._inbound.kept(PartReceipt(self.name, found.receipt_of, found.receipt))
        text = self._parts.add(found.sender, found.joined, found.text, time.monotonic())
        return text is None or await self._inbound.kept(SmsAnswer(found.sender, text))


def _context(settings: SmppSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.certificates)
    except OSError as error:
        reason = BearerReason.PASSWORD_UNREADABLE(file=str(settings.certificates))
        raise _error(reason, error.strerror or "", retry=True) from error


def _refused(status: int) -> PortError:
    if status in pdu.SLOWER:
        return _error(OutboxReason.THROTTLED(), hex(status), retry=True)
    if status in pdu.FOR_GOOD:
        return _error(BearerReason.REFUSED(code=hex(status)), hex(status))
    return _error(BearerReason.BUSY(code=hex(status)), hex(status), retry=True)


def _error(reason: Reason, evidence: str, *, retry: bool = False, fate: Fate = Fate.REFUSED) -> PortError:
    return PortError(DEVICE, reason, retry=retry, evidence=evidence[:200], fate=fate)
