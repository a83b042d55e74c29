"""Short data through one terminal: texts and statuses out and in, delivery reports both ways.

Only the message being sent is here. The queue is the domain's, which waits while a call is up.
"""

import asyncio
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import structlog

from bridge.domain.kernel.ids import Issi, MessageId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.shortdata import sdstext
from bridge.domain.shortdata.events import (
    SdsDelivery,
    SdsProgress,
    SdsReceived,
    SdsReported,
    SdsStage,
    SdsUnreadable,
    StatusReceived,
)
from bridge.ports import Clock, Emit, PortError
from bridge.rakel.connection import Connection, LinkLost
from bridge.rakel.pei import commands, sds
from bridge.rakel.pei.codes import AiService
from bridge.rakel.pei.identity import MAX_SSI
from bridge.rakel.pei.indications import ShortData, ShortDataSent
from bridge.rakel.pei.session import Answered, Outcome
from bridge.rakel.reasons import LineReason, SdsReason
from bridge.rakel.reassembly import Key, Reassembly
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

SENT_ON_AIR_S: Final = 5.0
"""From the terminal's acceptance to its word that the message went out: 2–3 s on real terminals."""
REPEAT_S: Final = 60.0
"""The same message from the same sender within this is a repeat by the network: confirmed again, told once."""
MAX_REMEMBERED: Final = 256
MAX_ACCEPTED: Final = 32
"""Messages whose way to the air is still told; the oldest is forgotten, and stays `sent`."""
MAX_REPORTS: Final = 32
"""Confirmations on their way to senders. More are dropped and counted: the sender's text stays unconfirmed."""
_SENT_OVER_AIR: Final = 4
_FAILED_OVER_AIR: Final = 5
_NO_INSTANCE: Final = -1
_FAILED: Final = SdsReason.NOT_OVER_AIR()
_DELIVERY: Final = {
    sds.Delivery.RECEIVED: SdsDelivery.DELIVERED,
    sds.Delivery.CONSUMED: SdsDelivery.READ,
    sds.Delivery.STORED: SdsDelivery.STORED,
    sds.Delivery.FAILED: SdsDelivery.FAILED,
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One message on the air. `reference` only where a report is asked for."""

    message: MessageId
    receiver: int
    service: AiService
    data: bytes
    number: int = 1
    of: int = 1
    reference: int | None = None


class ShortDataDesk:
    """One per terminal; sends one message at a time, in the order asked.

    `own` is the terminal's own ISSI, by which messages to a group are known; the driver sets it.
    """

    def __init__(self, settings: TerminalSettings, clock: Clock, emit: Emit) -> None:
        self._settings = settings
        self._terminal = settings.terminal
        self._clock = clock
        self._emit = emit
        self.own: Issi | None = None
        self._one_at_a_time = asyncio.Lock()
        self._pair = asyncio.Lock()
        self._accepted: OrderedDict[int, tuple[_Part, asyncio.Future[bool]]] = OrderedDict()
        self._early: dict[int, bool] = {}
        # Not from the start in every life: a report may still come for a message of the former one.
        self._reference = int(clock.now_s()) % 255
        self._seen: OrderedDict[tuple[int, int, str], float] = OrderedDict()
        self._reports: set[asyncio.Task[None]] = set()
        self._pieces = Reassembly()
        self._overdue: asyncio.TimerHandle | None = None
        self.counters: Counter[str] = Counter()

    # --- out ---

    async def send_text(
        self, line: Connection, message: MessageId, receiver: int, text: str, *, group: bool, first_part: int = 1
    ) -> None:
        """Hand a text to the terminal, in pieces when it is long. Its acceptance is no delivery.

        Raises:
            PortError: the receiver or the text is impossible, or the terminal refuses: that piece is not sent.
        """
        self._must_be_subscriber(receiver)
        parts = self._parts(message, receiver, text, report_wanted=self._settings.model.sds_reports and not group)
        if len(parts) > sdstext.MOST_PARTS:
            raise self._error(SdsReason.TOO_LONG(parts=len(parts), most=sdstext.MOST_PARTS), retry=False)
        await self._send(line, parts[first_part - 1 :])

    async def send_status(self, line: Connection, message: MessageId, receiver: int, status: int) -> None:
        """Hand a status to the terminal.

        Raises:
            PortError: as `send_text`.
        """
        self._must_be_subscriber(receiver)
        await self._send(line, [_Part(message, receiver, AiService.STATUS, sds.encode_status(status))])

    def _parts(self, message: MessageId, receiver: int, text: str, *, report_wanted: bool) -> list[_Part]:
        """The same text is always cut alike, so that a later try can go on where the former stopped."""
        in_series = self._settings.text_series
        octets = self._settings.text_octets
        pieces = sdstext.series(text, octets) if in_series else sdstext.numbered(text, octets)
        references = tuple(self._next_reference() for _ in pieces)
        read = self._settings.sds_read_reports
        if in_series:
            name = crc32(message.encode()) & 0xFF
            coded = sds.encode_series(
                text, name, references, report_wanted=report_wanted, read_wanted=read, octets=octets
            )
        else:
            coded = tuple(
                sds.encode_text(piece, reference, report_wanted=report_wanted, read_wanted=read)
                for piece, reference in zip(pieces, references, strict=True)
            )
        return [
            _Part(message, receiver, AiService.SDS_TL, data, at, len(coded), reference if report_wanted else None)
            for at, (data, reference) in enumerate(zip(coded, references, strict=True), 1)
        ]

    def _next_reference(self) -> int:
        self._reference = self._reference % 255 + 1
        return self._reference

    async def _send(self, line: Connection, parts: list[_Part]) -> None:
        async with self._one_at_a_time:
            for part in parts:
                if not await self._send_part(line, part):
                    return

    async def _send_part(self, line: Connection, part: _Part) -> bool:
        """False when it is not certain whether the terminal took it."""
        self._tell(part, SdsStage.STARTED)
        self._early.clear()
        answered = await self._hand_over(line, part)
        if answered is None or answered.outcome in (Outcome.TIMEOUT, Outcome.CANCELLED):
            why = answered.reason if answered is not None else LineReason.LOST()
            self.counters["in_doubt"] += 1
            line.heard_at_s = 0.0  # as if long silent: it may have been switched off and on, so it is looked after now
            line.wake.set()
            self._tell(part, SdsStage.IN_DOUBT, SdsReason.LOST_AT_HANDOVER(cause=why))
            return False
        self._check(answered)
        self.counters["sent"] += 1
        self._tell(part, SdsStage.ACCEPTED)
        await self._goes_out(part, answered)
        return True

    async def _hand_over(self, line: Connection, part: _Part) -> Answered | None:
        """Service and message go together: the terminal keeps the last service set. Nothing: the line went with it."""
        async with self._pair:
            try:
                self._check(
                    await line.command(commands.sds_service(part.service, end_to_end=self._settings.end_to_end))
                )
            except LinkLost as lost:
                raise self._error(lost.reason, retry=True) from lost
            try:
                return await line.command(commands.send_sds(part.receiver, 8 * len(part.data), part.data))
            except LinkLost:
                return None

    async def _goes_out(self, part: _Part, answered: Answered) -> None:
        """Wait for the terminal's word; what comes later is still told."""
        named = (line.instance for line in answered.lines if isinstance(line, ShortDataSent))
        instance = next(named, _NO_INSTANCE)
        went_out: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._accepted[instance] = (part, went_out)
        if len(self._accepted) > MAX_ACCEPTED:
            self._accepted.popitem(last=False)
        early = self._early.pop(instance, None)
        if early is not None:
            self._conclude(instance, ok=early)
        try:
            async with asyncio.timeout(SENT_ON_AIR_S):
                ok = await asyncio.shield(went_out)
        except TimeoutError:
            self.counters["unconfirmed"] += 1
            _log.info("sds_not_confirmed_by_terminal", terminal=self._terminal)
            went_out.cancel()
            return
        if not ok:
            raise self._error(_FAILED, retry=True)

    def sent(self, indication: ShortDataSent) -> None:
        """`+CMGS` with what became of a message on the air; it may come before the result of the command."""
        if indication.status not in (_SENT_OVER_AIR, _FAILED_OVER_AIR):
            return
        ok = indication.status == _SENT_OVER_AIR
        known = next((one for one in (indication.instance, _NO_INSTANCE) if one in self._accepted), None)
        if known is None:
            self._early[indication.instance] = ok
        else:
            self._conclude(known, ok=ok)

    def _conclude(self, instance: int, *, ok: bool) -> None:
        part, went_out = self._accepted.pop(instance)
        if ok:
            self._tell(part, SdsStage.ON_AIR)
        elif went_out.done():
            self._tell(part, SdsStage.NOT_ON_AIR, _FAILED)
        if not went_out.done():
            went_out.set_result(ok)

    def _tell(self, part: _Part, stage: SdsStage, reason: Reason | None = None) -> None:
        at_s = self._clock.now_s()
        self._emit(SdsProgress(at_s, self._terminal, part.message, stage, part.number, part.of, part.reference, reason))

    def _must_be_subscriber(self, receiver: int) -> None:
        if not 1 <= receiver <= MAX_SSI:
            raise self._error(SdsReason.NO_SUBSCRIBER(receiver=receiver), retry=False)

    def _check(self, answered: Answered) -> None:
        if not answered.ok:
            raise self._error(SdsReason.REFUSED(cause=answered.reason), retry=answered.retry)

    def _error(self, reason: Reason, *, retry: bool) -> PortError:
        return PortError(f"terminal {self._terminal}", reason, retry=retry)

    # --- in ---

    def received(self, line: Connection, indication: ShortData) -> None:
        """A message came in. An unreadable one is counted, logged without its content, and reported with its sender."""
        content = sds.decode(indication.ai_service, indication.data)
        sender, now_s = indication.calling, self._clock.now_s()
        called = indication.called.ssi if indication.called is not None else None
        if sender is None or isinstance(content, sds.Unreadable):
            self.counters["unreadable"] += 1
            why = content.why if isinstance(content, sds.Unreadable) else "no sender"
            reason = SdsReason.NO_SENDER() if sender is None else SdsReason.UNKNOWN_KIND(evidence=why)
            _log.warning("sds_unreadable", terminal=self._terminal, ai_service=indication.ai_service, why=why)
            issi, group = Issi(sender.ssi) if sender is not None else None, self._is_group(called)
            self._emit(SdsUnreadable(now_s, self._terminal, issi, reason, called, group))
            return
        match content:
            case sds.Status(code=code):
                self._emit(
                    StatusReceived(now_s, self._terminal, Issi(sender.ssi), code, called, self._is_group(called))
                )
            case sds.DeliveryReport():
                self._reported(Issi(sender.ssi), content, now_s)
            case sds.TextMessage():
                self._text(line, Issi(sender.ssi), called, content, now_s)

    def _is_group(self, called: int | None) -> bool:
        return called is not None and self.own is not None and called != self.own

    def _reported(self, sender: Issi, report: sds.DeliveryReport, now_s: float) -> None:
        self.counters[f"report_{report.delivery}"] += 1
        delivery = _DELIVERY[report.delivery]
        self._emit(SdsReported(now_s, self._terminal, sender, report.reference, delivery, report.reason))

    def _text(self, line: Connection, sender: Issi, called: int | None, message: sds.TextMessage, now_s: float) -> None:
        if message.report_wanted and message.reference is not None:
            self._report(line, sender, message.reference)
        if message.reference is not None and self._is_repeat((sender, message.reference, message.text), now_s):
            self.counters["repeated"] += 1
            return
        if message.part is None or message.series is None:
            self._tell_text(sender, called, message.text)
            return
        number, of = message.part
        self._tell_whole(self._pieces.add((sender, called or 0, message.series, of), number, message.text, now_s))
        self._wait_for_pieces()

    def _wait_for_pieces(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        due_s = self._pieces.next_due_s()
        if due_s is not None:
            wait_s = max(0.0, due_s - self._clock.now_s())
            self._overdue = asyncio.get_running_loop().call_later(wait_s, self._give_up_pieces)

    def _give_up_pieces(self) -> None:
        late = self._pieces.overdue(self._clock.now_s())
        self.counters["incomplete"] += len(late)
        self._tell_whole(late)
        self._wait_for_pieces()

    def _tell_whole(self, texts: list[tuple[Key, str]]) -> None:
        for (sender, called, _, _), text in texts:
            self._tell_text(Issi(sender), called or None, text)

    def _tell_text(self, sender: Issi, called: int | None, text: str) -> None:
        now_s, group = self._clock.now_s(), self._is_group(called)
        self._emit(SdsReceived(now_s, self._terminal, sender, _printable(text), called, group))

    def _report(self, line: Connection, receiver: Issi, reference: int) -> None:
        if len(self._reports) >= MAX_REPORTS:
            self.counters["report_dropped"] += 1
            return
        data = sds.encode_report(reference)
        part = _Part(MessageId(""), receiver, AiService.SDS_TL, data)
        task = asyncio.get_running_loop().create_task(self._send_report(line, part))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _send_report(self, line: Connection, part: _Part) -> None:
        try:
            answered = await self._hand_over(line, part)
        except PortError as error:
            answered = None
            _log.info("sds_confirmation_not_sent", terminal=self._terminal, reason=error.message)
        if answered is None or not answered.ok:
            self.counters["report_not_sent"] += 1

    def _is_repeat(self, key: tuple[int, int, str], now_s: float) -> bool:
        before_s = self._seen.pop(key, None)
        self._seen[key] = now_s
        while len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return before_s is not None and now_s - before_s < REPEAT_S


def _printable(text: str) -> str:
    """Without control characters, which a sender could use to forge log lines or screens; the joiner of emoji stays."""
    return "".join(character for character in text if character in "\n\u200d" or character.isprintable())
