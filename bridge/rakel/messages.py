"""Short data through one terminal: texts out and in, statuses in, delivery reports both ways."""

import asyncio
from collections import Counter, OrderedDict
from typing import Final

import structlog

from bridge.domain.events import SdsReceived, StatusReceived
from bridge.domain.ids import Issi, TerminalName
from bridge.ports import Clock, Emit, PortError
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands, sds
from bridge.rakel.pei.codes import AiService
from bridge.rakel.pei.identity import MAX_SSI
from bridge.rakel.pei.indications import ShortData, ShortDataSent
from bridge.rakel.pei.session import Answered

_log = structlog.get_logger(__name__)

SENT_ON_AIR_S: Final = 5.0
"""From the terminal's acceptance to its word that the message went out: 2–3 s on real terminals."""
MAX_PIECES: Final = 8
"""A longer text is no alert; it would keep the control channel busy."""
REPEAT_S: Final = 60.0
"""The same message from the same sender within this is a repeat by the network: confirmed again, told once."""
MAX_REMEMBERED: Final = 256
_SENT_OVER_AIR: Final = 4
_FAILED_OVER_AIR: Final = 5


class ShortDataDesk:
    """One per terminal; sends one message at a time, in the order asked."""

    def __init__(self, terminal: TerminalName, clock: Clock, emit: Emit) -> None:
        self._terminal = terminal
        self._clock = clock
        self._emit = emit
        self._one_at_a_time = asyncio.Lock()
        self._went_out = asyncio.Event()
        self._failed = False
        self._reference = 0
        self._seen: OrderedDict[tuple[int, int, str], float] = OrderedDict()
        self.counters: Counter[str] = Counter()

    async def send(self, line: Connection, receiver: int, text: str, *, report_wanted: bool) -> None:
        """Hand a text to the terminal, in pieces when it is long. Its acceptance is no delivery.

        Raises:
            PortError: the receiver or the text is impossible, or the terminal refuses.
            LinkLost: the line went meanwhile.
        """
        if not 1 <= receiver <= MAX_SSI:
            raise self._error(f"{receiver} is no subscriber", retry=False)
        pieces = sds.split_text(text)
        if len(pieces) > MAX_PIECES:
            raise self._error(f"the text needs {len(pieces)} messages, {MAX_PIECES} at most are sent", retry=False)
        async with self._one_at_a_time:
            for piece in pieces:
                self._reference = self._reference % 255 + 1
                data = sds.encode_text(piece, self._reference, report_wanted=report_wanted)
                await self._send_one(line, receiver, data)
                self.counters["sent"] += 1

    async def _send_one(self, line: Connection, receiver: int, data: bytes) -> None:
        """Service and message go together: the terminal keeps the last service set."""
        self._went_out.clear()
        self._failed = False
        self._check(await line.command(commands.sds_service(AiService.SDS_TL)))
        self._check(await line.command(commands.send_sds(receiver, 8 * len(data), data)))
        try:
            async with asyncio.timeout(SENT_ON_AIR_S):
                await self._went_out.wait()
        except TimeoutError:
            self.counters["unconfirmed"] += 1
            _log.info("sds_not_confirmed_by_terminal", terminal=self._terminal)
        if self._failed:
            raise self._error("the message could not be sent over the air", retry=True)

    def _check(self, answered: Answered) -> None:
        if not answered.ok:
            raise self._error(f"the message was refused: {answered.reason}", retry=answered.retry)

    def _error(self, message: str, *, retry: bool) -> PortError:
        return PortError(f"terminal {self._terminal}", message, retry=retry)

    def sent(self, indication: ShortDataSent) -> None:
        """`+CMGS` with what became of the message on the air."""
        if indication.status in (_SENT_OVER_AIR, _FAILED_OVER_AIR):
            self._failed = indication.status == _FAILED_OVER_AIR
            self._went_out.set()

    def received(self, line: Connection, indication: ShortData) -> None:
        """A message came in. What cannot be read is counted and logged without its content."""
        content = sds.decode(indication.ai_service, indication.data)
        sender = indication.calling
        if sender is None or isinstance(content, sds.Unreadable):
            self.counters["unreadable"] += 1
            why = content.why if isinstance(content, sds.Unreadable) else "no sender"
            _log.warning("sds_unreadable", terminal=self._terminal, ai_service=indication.ai_service, why=why)
            return
        now_s = self._clock.now_s()
        match content:
            case sds.Status(code=code):
                self._emit(StatusReceived(now_s, self._terminal, Issi(sender.ssi), code))
            case sds.DeliveryReport(delivery=delivery, reference=reference):
                self.counters[f"report_{delivery}"] += 1
                _log.info("sds_report", terminal=self._terminal, delivery=delivery.value, reference=reference)
            case sds.TextMessage():
                self._text(line, Issi(sender.ssi), content, now_s)

    def _text(self, line: Connection, sender: Issi, message: sds.TextMessage, now_s: float) -> None:
        if message.report_wanted and message.reference is not None:
            self._report(line, sender, message.reference)
        if message.reference is not None and self._is_repeat((sender, message.reference, message.text), now_s):
            self.counters["repeated"] += 1
            return
        self._emit(SdsReceived(now_s, self._terminal, sender, _printable(message.text)))

    def _report(self, line: Connection, receiver: Issi, reference: int) -> None:
        data = sds.encode_report(reference)
        line.send(commands.sds_service(AiService.SDS_TL), self._reported)
        line.send(commands.send_sds(receiver, 8 * len(data), data), self._reported)

    def _reported(self, answered: Answered) -> None:
        if not answered.ok:
            self.counters["report_not_sent"] += 1

    def _is_repeat(self, key: tuple[int, int, str], now_s: float) -> bool:
        before_s = self._seen.pop(key, None)
        self._seen[key] = now_s
        while len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return before_s is not None and now_s - before_s < REPEAT_S


def _printable(text: str) -> str:
    """Without control characters, which a sender could use to forge log lines or screens."""
    return "".join(character for character in text if character == "\n" or character.isprintable())
