"""SMS by a modem on a serial line (3GPP TS 27.005, PDU mode).

The line is kept open and set up anew after a loss. Answers are stored by the modem first (`+CMTI`). They are read,
kept, and only then deleted, so that none is lost when we are away. Reports come at once (`+CDS`). A report names the
modem's reference, which begins again at 0 after 255. The end of the number stands beside it.
"""

import asyncio
import itertools
import random
import re
import time
from hashlib import sha256
from typing import Final

import serial
import serial_asyncio_fast
import structlog

from bridge.bearers.alphabet import Parts
from bridge.bearers.inbound import Inbound
from bridge.bearers.modem import pdu
from bridge.bearers.modem.causes import DEVICE, error, refused
from bridge.bearers.modem.line import LineLost, ModemLine, Refused
from bridge.bearers.modem.pdu import Submit, Unreadable
from bridge.bearers.passwords import password_in
from bridge.bearers.reasons import BearerReason
from bridge.bearers.settings import ModemSettings
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.ports import PartReceipt, PortError, SmsAnswer, Taken, Unheard

log = structlog.get_logger(__name__)

AGAIN: Final = Backoff(first_s=1.0, longest_s=60.0)
STOOD_S: Final = 60.0
ANSWER_S: Final = 10.0
"""For every command but the sending of a text."""
LOOK_S: Final = 30.0
"""So often the modem is asked whether it is there, and in a network."""
MOST_SAID: Final = 64
"""Reports and notices that wait to be kept; more are dropped, and the log says so."""
_DIGITS: Final = 7
"""So many last digits of the number stand beside a reference: a report may give a national form."""
_HOME, _ROAMING = "1", "5"
_REFERENCE: Final = re.compile(r"\+CMGS:\s*(\d{1,3})")
_REGISTERED: Final = re.compile(r"\+CREG:\s*\d\s*,\s*(\d)")
_STORED: Final = re.compile(r"\+CMTI:\s*\"[^\"]*\"\s*,\s*(\d{1,5})")
_LISTED: Final = re.compile(r"\+CMGL:\s*(\d{1,5})\s*,")


class Modem:
    """A named SMS bearer (`bridge.bearers.route`). `run` keeps its line up."""

    name = DEVICE

    def __init__(
        self, settings: ModemSettings, inbound: Inbound, again: Backoff = AGAIN, look_s: float = LOOK_S
    ) -> None:
        self._settings, self.inbound, self._again, self._look_s = settings, inbound, again, look_s
        self._line: ModemLine | None = None
        self._tried = asyncio.Event()
        self._state: Reason = BearerReason.NOT_REACHED(host=settings.device)
        self._said: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MOST_SAID)
        self._references = itertools.count(random.randrange(256))
        self._parts = Parts(on_lost=lambda: inbound.not_heard(Unheard.PART_LOST))
        self._wrong_pin = ""

    def health(self) -> Reason:
        return self._state

    async def send(self, message: SendMessage) -> Taken:
        """Gives the modem's reference of the first part.

        Raises:
            PortError: As `bridge.ports.Bearers`.
        """
        line = await self._ready()
        parts = pdu.submits(message.to, message.text, next(self._references) & 0xFF)
        names: list[str] = []
        for part in parts:
            try:
                names.append(_name(await self._submit(line, part), message.to))
            except PortError as failed:
                if not names:
                    raise
                reason = BearerReason.PARTLY_SENT(taken=len(names), parts=len(parts))
                raise error(reason, str(failed.reason), fate=Fate.UNKNOWN) from failed
        return Taken(names[0], self.name, tuple(names))

    async def run(self) -> None:
        """Open the line, set the modem up, keep what it says, and open it again after a loss."""
        failures = 0
        while True:
            since_s = time.monotonic()
            try:
                await self._serve()
            except PortError as failed:
                self._state = failed.reason
                log.warning("modem_not_ready", device=self._settings.device, reason=str(failed))
            except (LineLost, TimeoutError):
                self._state = BearerReason.NOT_REACHED(host=self._settings.device)
                log.warning("modem_line_lost", device=self._settings.device)
            self._tried.set()
            failures = 1 if time.monotonic() - since_s >= STOOD_S else failures + 1
            await asyncio.sleep(self._again.after(failures))

    # --- the line ---

    async def _serve(self) -> None:
        line = await self._open()
        try:
            await self._set_up(line)
            self._line, self._state = line, WELL
            await self._look(line)
            self._tried.set()
            log.info("modem_ready", device=self._settings.device)
            await self._read_stored(line)
            while True:
                await self._next_said(line)
        finally:
            self._line = None
            line.close()

    async def _open(self) -> ModemLine:
        url, loop = self._settings.device, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_S):
                port = await asyncio.to_thread(
                    serial.serial_for_url, url, baudrate=self._settings.baud, timeout=0, write_timeout=0
                )
                line = ModemLine(self._heard)
                await serial_asyncio_fast.connection_for_serial(loop, lambda: line, port)
                await line.made.wait()
        except (OSError, ValueError, TimeoutError) as failed:
            raise error(BearerReason.NOT_REACHED(host=url), str(failed), retry=True) from failed
        return line

    async def _set_up(self, line: ModemLine) -> None:
        """Echo off, causes as numbers, the SIM open, PDU mode, and the modem's notices (TS 27.005 §3)."""
        line.clear()
        try:
            for command in ("ATE0", "AT+CMEE=1"):
                await line.ask(command, ANSWER_S)
            await self._open_sim(line)
            await line.ask("AT+CMGF=0", ANSWER_S)
            if centre := self._settings.service_centre:
                await line.ask(f'AT+CSCA="{centre}"', ANSWER_S)
            await line.ask("AT+CNMI=2,1,0,1,0", ANSWER_S)
        except Refused as failed:
            raise error(BearerReason.MODEM_NOT_SET_UP(), str(failed), retry=True) from failed

    async def _open_sim(self, line: ModemLine) -> None:
        """A PIN is given once: three wrong ones lock the card."""
        try:
            lines = await line.ask("AT+CPIN?", ANSWER_S)
        except Refused as failed:
            raise error(BearerReason.NO_SIM(), str(failed), retry=True) from failed
        state = next((one.partition(":")[2].strip() for one in lines if one.startswith("+CPIN:")), "")
        if state == "READY":
            return
        file = self._settings.pin_file
        if state != "SIM PIN" or file is None:
            raise error(BearerReason.SIM_LOCKED(state=state or "?"), state, retry=True)
        pin = password_in(file, DEVICE)
        mark = sha256(pin.encode()).hexdigest()
        if mark == self._wrong_pin or not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
            raise error(BearerReason.PIN_WRONG(file=str(file)), state, retry=True)
        self._wrong_pin = mark
        try:
            await line.ask(f'AT+CPIN="{pin}"', ANSWER_S)
        except Refused as failed:
            raise error(BearerReason.PIN_WRONG(file=str(file)), "", retry=True) from failed
        self._wrong_pin = ""

    async def _look(self, line: ModemLine) -> None:
        """Whether it is in a network: at home, or as a guest."""
        try:
            lines = await line.ask("AT+CREG?", ANSWER_S)
        except Refused:
            return
        found = next((one[1] for text in lines if (one := _REGISTERED.match(text)) is not None), "")
        self._state = WELL if found in (_HOME, _ROAMING) else BearerReason.NO_NETWORK()

    # --- sending ---

    async def _ready(self) -> ModemLine:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._tried.wait()
        except TimeoutError as failed:
            reason = BearerReason.NOT_REACHED(host=self._settings.device)
            raise error(reason, "not set up yet", retry=True) from failed
        if self._line is None or self._state != WELL:
            raise error(self._state, "", retry=True)
        return self._line

    async def _submit(self, line: ModemLine, part: Submit) -> int:
        """The modem's reference, 0…255."""
        host = self._settings.device
        try:
            lines = await line.ask(f"AT+CMGS={part.length}", self._settings.within_s, unit=part.hex)
        except Refused as failed:
            raise refused(failed.cause) from failed
        except TimeoutError as failed:
            raise error(BearerReason.NO_ANSWER(host=host), "no answer", fate=Fate.UNKNOWN) from failed
        except LineLost as failed:
            if not failed.written:
                raise error(BearerReason.NOT_REACHED(host=host), str(failed), retry=True) from failed
            raise error(BearerReason.NO_ANSWER(host=host), str(failed), fate=Fate.UNKNOWN) from failed
        found = next((one for text in lines if (one := _REFERENCE.match(text)) is not None), None)
        if found is None:
            raise error(BearerReason.ANSWER_UNREADABLE(host=host), "no reference", fate=Fate.UNKNOWN)
        return int(found[1])

    # --- what it says ---

    def _heard(self, head: str, unit: str) -> None:
        try:
            self._said.put_nowait((head, unit))
        except asyncio.QueueFull:
            log.warning("modem_notices_full", most=MOST_SAID)

    async def _next_said(self, line: ModemLine) -> None:
        """Keep the next thing; after a silence look whether it is there, and whether anything is stored."""
        said, lost = asyncio.create_task(self._said.get()), asyncio.create_task(line.lost.wait())
        try:
            await asyncio.wait((said, lost), timeout=self._look_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            if not said.done():
                said.cancel()
        if said.done() and not said.cancelled():
            await self._keep(line, *said.result())
        elif line.lost.is_set():
            raise LineLost(written=False)
        else:
            await self._look(line)
            await self._read_stored(line)

    async def _keep(self, line: ModemLine, head: str, unit: str) -> None:
        try:
            if head.startswith("+CDS:"):
                report = pdu.status_report(unit)
                if report.receipt is not None:
                    receipt = PartReceipt(self.name, _name(report.reference, report.to), report.receipt)
                    await self.inbound.kept(receipt)
            elif head.startswith("+CMT:"):
                await self._take(unit)
            elif (found := _STORED.match(head)) is not None:
                await self._read_one(line, int(found[1]))
        except Unreadable as failed:
            self.inbound.not_heard(Unheard.UNREADABLE, str(failed))

    async def _read_stored(self, line: ModemLine) -> None:
        """Read the SMS that came while we were away. The line of a list and its unit come in turn."""
        try:
            lines = await line.ask("AT+CMGL=4", ANSWER_S)
        except Refused:
            return
        for head, unit in itertools.pairwise(lines):
            if (found := _LISTED.match(head)) is not None:
                await self._take_stored(line, int(found[1]), unit)

    async def _read_one(self, line: ModemLine, index: int) -> None:
        try:
            lines = await line.ask(f"AT+CMGR={index}", ANSWER_S)
        except Refused:
            return
        if len(lines) >= 2:
            await self._take_stored(line, index, lines[1])

    async def _take_stored(self, line: ModemLine, index: int, unit: str) -> None:
        """One that cannot be read is deleted too: a full card takes no more."""
        try:
            is_kept = await self._take(unit)
        except Unreadable as failed:
            self.inbound.not_heard(Unheard.UNREADABLE, str(failed))
            is_kept = True
        if is_kept:
            try:
                await line.ask(f"AT+CMGD={index}", ANSWER_S)
            except Refused as failed:
                log.warning("modem_did_not_delete", reason=str(failed))

    async def _take(self, unit: str) -> bool:
        found = pdu.delivered(unit)
        if found.unheard is not None:
            self.inbound.not_heard(found.unheard)
            return True
        text = self._parts.add(found.sender, found.joined, found.text, time.monotonic())
        return text is None or await self.inbound.kept(SmsAnswer(found.sender, text))


def _name(reference: int, number: str) -> str:
    return f"{reference}/{number[-_DIGITS:]}"
