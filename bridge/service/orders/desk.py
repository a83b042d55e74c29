"""Orders by radio, as coded short data. A duty officer without a telephone calls a list in with them, and steers the
meeting.

The words of order are in `bridge.service.orders.grammar`. An order is taken only from an ISSI of a function that the
directory allows it (`radio_orders`). It must be sent to a terminal of ours, not to a talkgroup, whose members would
read the codes. A call-out and the end of a meeting must be confirmed with a code of four digits. It is sent to that
ISSI alone. So it proves that the sender reads what that ISSI receives, and meant this. Orders of anybody else are not
answered: they are counted, audited, and shown to the host with the message.

Nothing is kept over a restart: an order that waited for its code must be given again.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bridge.domain.callout.records import TARGET_DONE, TargetState
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    Seat,
    SeatState,
)
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import ConferenceId, Issi, MessageId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.order import oldest_first
from bridge.domain.kernel.principal import SYSTEM, AccessRole, Principal, PrincipalKind
from bridge.domain.kernel.rate import Rate, Rates
from bridge.domain.kernel.reasons import Value
from bridge.domain.shortdata.commands import SendSds
from bridge.domain.shortdata.records import Message, MessageDirection
from bridge.domain.telephony.numbers import national
from bridge.ports import PortError
from bridge.service.callouts import ListCall, targets_of_list
from bridge.service.orders.grammar import Order, Verb, on_or_off, plain, read_order
from bridge.service.reasons import EngineReason
from bridge.service.refusal import Refusal
from bridge.service.service import Service
from bridge.service.use_case import Ports, ask
from bridge.words import word

log = structlog.get_logger(__name__)

WRONG_CODES: Final = 3
"""So many wrong codes void an order: with four digits a guess is one in ten thousand each."""
NAMES_LENGTH: Final = 80
"""Lists and people are named within so many characters."""
REFUSALS_AUDITED: Final = Rate(window_s=60.0, limit=6)
"""A flood of strange orders must not fill the audit log; all of them are counted."""
MOST_RADIOS: Final = 1024
"""The rates of so many radios are kept."""

MOST_DIGITS: Final = 3
"""Of a decision's number."""

LATE_S: Final = 60.0
"""An order that cannot be saved is not heeded later than this: the sender may have done without it."""
LOOK_AGAIN_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class OrderRules:
    """The figures of the `[sds]` table that orders go by."""

    confirm_s: float = 120.0
    """The code of an order may be used for so long."""
    per_minute: int = 6
    """Orders of one radio; more are not answered."""
    tell_code: bool = False
    """Answer a confirmed call-out with the conference's code too."""


Act = Callable[[], Awaitable[str]]


@dataclass(slots=True)
class Pending:
    """An order that waits for its code. One for each ISSI: a new one takes the place of the former."""

    act: Act
    code: str
    language: Language
    until_s: float
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Sender:
    """A duty function that gives an order."""

    issi: Issi
    function: Function
    message: Message
    language: Language

    @property
    def principal(self) -> Principal:
        return Principal(
            id=f"{PrincipalKind.RADIO_USER}:{self.issi}",
            name=f"{self.function.name} (radio {self.issi})",
            kind=PrincipalKind.RADIO_USER,
            roles=frozenset({AccessRole.RADIO_ORDERS}),
        )

    def speaking(self, language: Language | None) -> "Sender":
        return replace(self, language=language or self.language)


class RadioOrders:
    """Keep `run` running beside the engine."""

    def __init__(self, service: Service, ports: Ports, rules: OrderRules) -> None:
        self._service = service
        self._ports = ports
        self._rules = rules
        self._pending: dict[Issi, Pending] = {}
        self._taken: Rates[Issi] = Rates(MOST_RADIOS)
        self._refused = REFUSALS_AUDITED
        self._meetings: dict[Issi, ConferenceId] = {}
        """The meeting that each of them last called in to."""
        self._counts: Counter[str] = Counter()

    def counts(self) -> Mapping[str, int]:
        """`answered`, `refused` (a stranger's), `braked` (too many), `failed`, `missed`."""
        return dict(self._counts)

    async def run(self) -> None:
        """Heed what comes in from now on, one message after the other, until cancelled."""
        number = self._ports.control.number()
        async for change in self._ports.control.changes(number):
            if change.number > number + 1:
                self._counts["missed"] += 1
                log.warning("radio_orders_fell_behind", missed=change.number - number - 1)
            number = change.number
            if change.kind == "sds":
                await self._heed(MessageId(change.subject), change.at_s)

    async def _heed(self, key: MessageId, at_s: float) -> None:
        try:
            message = await self._saved(key, at_s)
            if message.direction is not MessageDirection.IN or message.group:
                return
            order = read_order(message.text or "")
            if order is not None and message.sender is not None:
                await self._take(order, message, message.sender)
        except PortError as error:
            self._counts["failed"] += 1
            log.error("radio_order_failed", message=key, reason=str(error))

    async def _saved(self, key: MessageId, at_s: float) -> Message:
        """The message, as soon as the database has it: the engine tells of it also while nothing can be saved.

        Raises:
            PortError: It was not saved in time.
        """
        while (message := await self._ports.archive.message(key)) is None:
            if self._ports.clock.now_s() - at_s > LATE_S:
                raise PortError("database", EngineReason.SAVED_TOO_LATE(), retry=False)
            await asyncio.sleep(LOOK_AGAIN_S)
        return message

    async def _take(self, order: Order, message: Message, issi: Issi) -> None:
        function = await self._orderer(issi)
        if function is None:
            await self._refuse(order, message, issi, "not_allowed", "refused")
            return
        fresh, now_s = Rate(window_s=60.0, limit=self._rules.per_minute), self._ports.clock.now_s()
        if self._taken.of(issi, fresh).is_full(now_s):
            await self._refuse(order, message, issi, "too_many", "braked")
            return
        self._taken = self._taken.happened(issi, now_s, fresh)
        sender = Sender(issi, function, message, function.language).speaking(order.language)
        await self._audit(sender.principal.name, f"radio_order.{order.verb.value}", message.id, issi)
        try:
            text = await self._do(order, sender)
        except Refusal as refusal:
            self._counts["failed"] += 1
            text = _say(sender.language, "failed", reason=refusal.reason)
        self._counts["answered"] += 1
        await self._answer(sender, text)

    async def _orderer(self, issi: Issi) -> Function | None:
        functions = await self._ports.directory.list(Function)
        return next((one for one in functions if one.radio_orders and issi in one.issis), None)

    async def _refuse(self, order: Order, message: Message, issi: Issi, why: str, count: str) -> None:
        self._counts[count] += 1
        log.warning("radio_order_refused", issi=issi, order=order.verb.value, reason=why)
        now_s = self._ports.clock.now_s()
        if not self._refused.is_full(now_s):
            self._refused = self._refused.happened(now_s)
            await self._audit(f"radio {issi}", f"radio_order.{why}", message.id, issi)

    async def _audit(self, actor: str, action: str, message: MessageId, issi: Issi) -> None:
        await self._ports.audit.append(Audit(self._ports.clock.now_s(), actor, action, message, (("issi", issi),)))

    async def _answer(self, sender: Sender, text: str) -> None:
        """By the terminal that it came to."""
        terminal = sender.message.terminal
        message = MessageId(self._ports.ids.mint("sds"))
        command = SendSds(message, sender.issi, text, terminals=(terminal,) if terminal is not None else ())
        try:
            await ask(self._ports, SYSTEM, command)
        except Refusal as refusal:
            log.warning("radio_order_not_answered", issi=sender.issi, reason=str(refusal.reason))

    # --- the orders ---

    async def _do(self, order: Order, sender: Sender) -> str:
        match order.verb:
            case Verb.CALL_IN:
                return await self._call_in(order, sender)
            case Verb.END:
                return await self._end(order, sender)
            case Verb.CONFIRM:
                return await self._confirm(order, sender)
            case Verb.CANCEL:
                gone = self._pending.pop(sender.issi, None)
                return _say(sender.language, "nothing_waits" if gone is None else "cancelled")
            case Verb.STATUS:
                return await self._status(order, sender)
            case Verb.RECORD:
                return await self._record(order, sender)
            case Verb.ACKNOWLEDGE | Verb.RESERVE:
                return await self._decide(order, sender)
            case Verb.HELP:
                return _say(sender.language, "help", names=_names(await self._lists()))

    async def _lists(self) -> list[str]:
        return [one.name for one in await self._ports.directory.list(ActivationList)]

    async def _call_in(self, order: Order, sender: Sender) -> str:
        lists = await self._ports.directory.list(ActivationList)
        found = _named({one.id: one.name for one in lists}, order.argument)
        if len(found) != 1:
            names = [one.name for one in lists if not found or one.id in found]
            return _say(
                sender.language, "which_list" if found or not order.argument else "no_list", names=_names(names)
            )
        list_ = next(one for one in lists if one.id == found[0])
        targets = await targets_of_list(self._ports, list_)
        if not targets:
            return _say(sender.language, "empty_list", name=list_.name)

        async def start() -> str:
            return await self._start(list_, sender)

        return self._ask_for_code(sender, "confirm_call_in", start, list_.name, len(targets))

    def _ask_for_code(self, sender: Sender, text: str, act: Act, name: str, count: int) -> str:
        code = f"{secrets.randbelow(10_000):04d}"
        valid_s = self._rules.confirm_s
        until_s = self._ports.clock.now_s() + valid_s
        self._pending[sender.issi] = Pending(act, code, sender.language, until_s)
        return _say(sender.language, text, name=name, count=count, code=code, minutes=round(valid_s / 60, 1))

    async def _confirm(self, order: Order, sender: Sender) -> str:
        pending = self._pending.get(sender.issi)
        if pending is None:
            return _say(sender.language, "nothing_waits")
        if self._ports.clock.now_s() > pending.until_s:
            del self._pending[sender.issi]
            return _say(sender.language, "too_late")
        if not secrets.compare_digest(order.argument.rstrip(".!#").encode(), pending.code.encode()):
            pending.wrong += 1
            if pending.wrong < WRONG_CODES:
                return _say(sender.language, "wrong_code")
            del self._pending[sender.issi]
            return _say(sender.language, "wrong_codes")
        del self._pending[sender.issi]
        return await pending.act()

    async def _start(self, list_: ActivationList, sender: Sender) -> str:
        """To the open conference of the list's forum, or to a new one as the API would open it."""
        call = ListCall(list_.id, key=f"radio-{sender.message.id}", join_open=True, language=sender.function.language)
        (activation, targets, _), _ = await self._service.callouts.start(sender.principal, call)
        conference = self._meetings[sender.issi] = activation.conference
        codes = await self._ports.codes.read(conference) if self._rules.tell_code else None
        told: dict[str, Value] = {"name": list_.name, "count": len(targets), "number": national(self._ports.number)}
        if codes is not None and codes[0] is not None:
            told["code"] = codes[0]
        return _say(sender.language, "called_in", **told)

    # --- the meeting ---

    def _meeting(self, argument: str, sender: Sender) -> tuple[Conference | None, str]:
        """The meeting that is meant. It is the named one, the sender's last call-in, the meeting of the terminal's
        talkgroup, or the only one. None: with the answer that says why."""
        held = {
            one.id: one
            for one in self._ports.control.node()[CONFERENCES].values()
            if one.state is not ConferenceState.ENDED
        }
        if not held:
            return None, _say(sender.language, "no_meeting")
        if argument:
            candidates = _named({key: one.name for key, one in held.items()}, argument)
        else:
            near = (self._meetings.get(sender.issi), sender.message.conference)
            mine = next((key for key in near if key in held), None)
            active: list[str] = [key for key, one in held.items() if one.state is ConferenceState.ACTIVE]
            candidates = [mine] if mine is not None else active or [*held]
        if len(candidates) == 1:
            return held[ConferenceId(candidates[0])], ""
        names = [held[ConferenceId(key)].name for key in candidates or held]
        return None, _say(sender.language, "which_meeting", names=_names(names))

    def _present(self, conference: Conference) -> list[Seat]:
        people = self._ports.control.node()[PARTICIPANTS].values()
        here = [one for one in people if one.conference == conference.id and one.state is SeatState.PRESENT]
        return oldest_first(here, lambda one: one.joined_at_s)

    async def _status(self, order: Order, sender: Sender) -> str:
        conference, why = self._meeting(order.argument, sender)
        if conference is None:
            return why
        here = self._present(conference)
        who = f" ({_names([one.function or one.name for one in here])})" if here else ""
        text = _say(sender.language, "status", name=conference.name, count=len(here), who=who)
        if conference.recording.wanted and conference.recording.recording is not None:
            text += _say(sender.language, "status_recording")
        return text + await self._activation_told(conference, sender)

    async def _activation_told(self, conference: Conference, sender: Sender) -> str:
        """The newest call-out of the conference, in figures."""
        boards = await self._service.callouts.find(sender.principal, conference=conference.id, limit=1)
        if not boards:
            return ""
        activation, targets, _ = boards[0]
        counts = Counter(one.state for one in targets)
        done = sum(counts[state] for state in TARGET_DONE)
        return _say(
            sender.language,
            "status_activation",
            state=_say(sender.language, f"state_{activation.state}"),
            joined=counts[TargetState.JOINED],
            later=counts[TargetState.LATER],
            missing=counts[TargetState.UNREACHABLE] + counts[TargetState.CANNOT],
            left=len(targets) - done,
            total=len(targets),
        )

    async def _record(self, order: Order, sender: Sender) -> str:
        word, _, name = order.argument.partition(" ")
        on = on_or_off(word)
        if on is None:
            return _say(sender.language, "on_or_off")
        conference, why = self._meeting(name, sender)
        if conference is None:
            return why
        await self._service.conferences.record(sender.principal, conference.id, on=on)
        return _say(sender.language, "recording_on" if on else "recording_off", name=conference.name)

    async def _decide(self, order: Order, sender: Sender) -> str:
        """For the organisation of the sender's function. The number of the decision may stand first, then the
        meeting."""
        first, _, rest = order.argument.rstrip(".!").partition(" ")
        is_number = first.isascii() and first.isdigit() and len(first) <= MOST_DIGITS
        conference, why = self._meeting(rest if is_number else order.argument, sender)
        if conference is None:
            return why
        organisation = await self._organisation(sender.function)
        reserved = order.verb is Verb.RESERVE
        number = int(first) if is_number else None
        found = await self._service.decisions.answer_by_radio(
            sender.principal, conference.id, organisation, number, reserved=reserved
        )
        told = "decision_reserved" if reserved else "decision_acknowledged"
        return _say(sender.language, told, number=found.decision.number, organisation=organisation)

    async def _organisation(self, function: Function) -> str:
        organisations = await self._ports.directory.list(Organisation)
        return next((one.name for one in organisations if one.id == function.organisation_id), function.name)

    async def _end(self, order: Order, sender: Sender) -> str:
        conference, why = self._meeting(order.argument, sender)
        if conference is None:
            return why

        async def end() -> str:
            await self._service.conferences.end(sender.principal, conference.id)
            return _say(sender.language, "ended", name=conference.name)

        return self._ask_for_code(sender, "confirm_end", end, conference.name, len(self._present(conference)))


def _say(language: Language, key: str, **values: Value) -> str:
    """The answer to an order."""
    return word(language, "order", key, **values)


def _named(names: Mapping[str, str], wanted: str) -> list[str]:
    """Keys whose key or name is `wanted`; where none is, those whose name begins so."""
    if not wanted:
        return []
    text = plain(wanted)
    exact = [key for key, name in names.items() if text in (plain(key), plain(name))]
    return exact or [key for key, name in names.items() if plain(name).startswith(text)]


def _names(names: list[str]) -> str:
    """As many as there is room for."""
    shown = ""
    for number, name in enumerate(names):
        longer = f"{shown}, {name}" if shown else name
        if len(longer) > NAMES_LENGTH and shown:
            return f"{shown} +{len(names) - number}"
        shown = longer
    return shown
