"""Orders by radio: a duty officer without a telephone calls a list in, and steers the meeting, by coded short data.

What counts as an order is in `bridge.api.order_words`. Taken only from an ISSI of a function that the directory allows
it (`radio_orders`), sent to a terminal of ours and not to a talkgroup, whose members would read the codes. What calls
people in or ends a meeting must be confirmed with a code of four digits that is sent to that ISSI alone: it proves that
the sender reads what that ISSI receives, and that he meant this. Orders of anybody else are not answered: they are
counted, audited, and shown to the host with the message.

Nothing is kept over a restart: an order that waited for its code must be given again.
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from bridge.api.activations import (
    NewActivation,
    activation_view,
    forum_of_list,
    open_conference_of,
    opening_of_list,
    start_once,
    targets_of_list,
)
from bridge.api.conferences import end_conference
from bridge.api.order_words import Order, Verb, on_or_off, plain, read_order
from bridge.api.parts import Parts, ask
from bridge.api.problems import Problem
from bridge.domain.commands import SendSds, SetRecording
from bridge.domain.directory import ActivationList, Function
from bridge.domain.ids import ConferenceId, Issi, MessageId
from bridge.domain.model import (
    Audit,
    Conference,
    ConferenceState,
    Language,
    Message,
    MessageDirection,
    Participant,
    ParticipantState,
)
from bridge.domain.numbers import national
from bridge.main.order_texts import say
from bridge.ports import PortError
from bridge.settings import ShortDataSettings

log = structlog.get_logger(__name__)

WRONG_CODES: Final = 3
"""So many wrong codes void an order: with four digits a guess is one in ten thousand each."""
NAMES_LENGTH: Final = 80
"""Lists and people are named within so many characters."""
REFUSALS_AUDITED_PER_MINUTE: Final = 6
"""A flood of strange orders must not fill the audit log; all of them are counted."""

LATE_S: Final = 60.0
"""An order that cannot be saved is not heeded later than this: the sender may have done without it."""
LOOK_AGAIN_S: Final = 0.25

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
    """Who gives an order."""

    issi: Issi
    function: Function
    message: Message
    language: Language

    @property
    def actor(self) -> str:
        return f"{self.function.name} (radio {self.issi})"

    def speaking(self, language: Language | None) -> "Sender":
        return Sender(self.issi, self.function, self.message, language or self.language)


@dataclass(slots=True)
class Rate:
    """At most `most` in any minute."""

    most: int
    taken_at_s: deque[float] = field(default_factory=deque)

    def take(self, now_s: float) -> bool:
        while self.taken_at_s and self.taken_at_s[0] <= now_s - 60.0:
            self.taken_at_s.popleft()
        if len(self.taken_at_s) >= self.most:
            return False
        self.taken_at_s.append(now_s)
        return True


class RadioOrders:
    """Keep `run` running beside the engine."""

    def __init__(self, parts: Parts, settings: ShortDataSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._pending: dict[Issi, Pending] = {}
        self._rates: dict[Issi, Rate] = {}
        self._refusals = Rate(REFUSALS_AUDITED_PER_MINUTE)
        self._meetings: dict[Issi, ConferenceId] = {}
        """Which meeting each of them last called in to."""
        self._counts: Counter[str] = Counter()

    def counts(self) -> Mapping[str, int]:
        """`answered`, `refused` (a stranger's), `braked` (too many), `failed`, `missed`."""
        return dict(self._counts)

    async def run(self) -> None:
        """Heed what comes in from now on, one message after the other, until cancelled."""
        number = self._parts.control.number()
        async for change in self._parts.control.changes(number):
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
        while (message := await self._parts.archive.message(key)) is None:
            if self._parts.clock.now_s() - at_s > LATE_S:
                raise PortError("database", "the message was not saved in time to be heeded", retry=False)
            await asyncio.sleep(LOOK_AGAIN_S)
        return message

    async def _take(self, order: Order, message: Message, issi: Issi) -> None:
        function = await self._orderer(issi)
        if function is None:
            await self._refuse(order, message, issi, "not_allowed", "refused")
            return
        if not self._rates.setdefault(issi, Rate(self._settings.orders_per_minute)).take(self._parts.clock.now_s()):
            await self._refuse(order, message, issi, "too_many", "braked")
            return
        sender = Sender(issi, function, message, function.language).speaking(order.language)
        await self._audit(sender.actor, f"radio_order.{order.verb.value}", message.id, issi)
        try:
            text = await self._do(order, sender)
        except Problem as problem:
            self._counts["failed"] += 1
            text = say(sender.language, "failed", reason=problem.detail)
        self._counts["answered"] += 1
        await self._answer(sender, text)

    async def _orderer(self, issi: Issi) -> Function | None:
        functions = await self._parts.directory.list(Function)
        return next((one for one in functions if one.radio_orders and issi in one.issis), None)

    async def _refuse(self, order: Order, message: Message, issi: Issi, why: str, count: str) -> None:
        self._counts[count] += 1
        log.warning("radio_order_refused", issi=issi, order=order.verb.value, reason=why)
        if self._refusals.take(self._parts.clock.now_s()):
            await self._audit(f"radio {issi}", f"radio_order.{why}", message.id, issi)

    async def _audit(self, actor: str, action: str, message: MessageId, issi: Issi) -> None:
        await self._parts.audit.append(Audit(self._parts.clock.now_s(), actor, action, message, (("issi", issi),)))

    async def _answer(self, sender: Sender, text: str) -> None:
        """By the terminal that it came to."""
        terminal = sender.message.terminal
        message = MessageId(self._parts.ids.mint("sds"))
        command = SendSds(message, sender.issi, text, terminals=(terminal,) if terminal is not None else ())
        try:
            await ask(self._parts, "samband", command)
        except Problem as problem:
            log.warning("radio_order_not_answered", issi=sender.issi, reason=problem.detail)

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
                return say(sender.language, "nothing_waits" if gone is None else "cancelled")
            case Verb.STATUS:
                return await self._status(order, sender)
            case Verb.RECORD:
                return await self._record(order, sender)
            case Verb.HELP:
                return say(sender.language, "help", names=_names(await self._lists()))

    async def _lists(self) -> list[str]:
        return [one.name for one in await self._parts.directory.list(ActivationList)]

    async def _call_in(self, order: Order, sender: Sender) -> str:
        lists = await self._parts.directory.list(ActivationList)
        found = _named({one.id: one.name for one in lists}, order.argument)
        if len(found) != 1:
            names = [one.name for one in lists if not found or one.id in found]
            return say(sender.language, "which_list" if found or not order.argument else "no_list", names=_names(names))
        list_ = next(one for one in lists if one.id == found[0])
        targets = await targets_of_list(self._parts, list_)
        if not targets:
            return say(sender.language, "empty_list", name=list_.name)

        async def start() -> str:
            return await self._start(list_, sender)

        return self._ask_for_code(sender, "confirm_call_in", start, list_.name, len(targets))

    def _ask_for_code(self, sender: Sender, text: str, act: Act, name: str, count: int) -> str:
        code = f"{secrets.randbelow(10_000):04d}"
        valid_s = self._settings.orders_confirm_s
        until_s = self._parts.clock.now_s() + valid_s
        self._pending[sender.issi] = Pending(act, code, sender.language, until_s)
        return say(sender.language, text, name=name, count=count, code=code, minutes=round(valid_s / 60, 1))

    async def _confirm(self, order: Order, sender: Sender) -> str:
        pending = self._pending.get(sender.issi)
        if pending is None:
            return say(sender.language, "nothing_waits")
        if self._parts.clock.now_s() > pending.until_s:
            del self._pending[sender.issi]
            return say(sender.language, "too_late")
        if not secrets.compare_digest(order.argument.rstrip(".!#").encode(), pending.code.encode()):
            pending.wrong += 1
            if pending.wrong < WRONG_CODES:
                return say(sender.language, "wrong_code")
            del self._pending[sender.issi]
            return say(sender.language, "wrong_codes")
        del self._pending[sender.issi]
        return await pending.act()

    async def _start(self, list_: ActivationList, sender: Sender) -> str:
        """To the open conference of the list's forum, or to a new one as the API would open it."""
        parts = self._parts
        forum = await forum_of_list(parts, list_)
        held = open_conference_of(parts, forum) if forum is not None else None
        opening = await opening_of_list(parts, list_, sender.function.language)
        targets = await targets_of_list(parts, list_)
        new = NewActivation(
            key=f"radio-{sender.message.id}",
            list_name=list_.name,
            list_id=list_.id,
            targets=targets,
            ring_s=list_.ring_s,
            rounds=list_.rounds,
            round_pause_s=list_.round_pause_s,
            exercise=held.exercise if held is not None else False,
        )
        activation, _ = await start_once(parts, sender.actor, new, held.id if held is not None else None, opening)
        conference = ConferenceId((await activation_view(parts, activation)).conference_id)
        self._meetings[sender.issi] = conference
        codes = await parts.codes.read(conference) if self._settings.orders_tell_code else None
        code = say(sender.language, "code", code=codes[0]) if codes is not None and codes[0] is not None else ""
        number = national(parts.number)
        return say(sender.language, "called_in", name=list_.name, count=len(targets), number=number, code=code)

    # --- the meeting ---

    def _meeting(self, argument: str, sender: Sender) -> tuple[Conference | None, str]:
        """The meeting that is meant: the named one, else the one he called in to, else the one that the terminal's
        talkgroup is in, else the only one. None: with the answer that says why."""
        held = {
            one.id: one
            for one in self._parts.control.node().conferences.values()
            if one.state is not ConferenceState.ENDED
        }
        if not held:
            return None, say(sender.language, "no_meeting")
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
        return None, say(sender.language, "which_meeting", names=_names(names))

    def _present(self, conference: Conference) -> list[Participant]:
        people = self._parts.control.node().participants.values()
        here = [one for one in people if one.conference == conference.id and one.state is ParticipantState.PRESENT]
        return sorted(here, key=lambda one: one.joined_at_s or 0.0)

    async def _status(self, order: Order, sender: Sender) -> str:
        conference, why = self._meeting(order.argument, sender)
        if conference is None:
            return why
        here = self._present(conference)
        who = f" ({_names([one.function or one.name for one in here])})" if here else ""
        text = say(sender.language, "status", name=conference.name, count=len(here), who=who)
        if conference.recording.wanted and conference.recording.recording is not None:
            text += say(sender.language, "status_recording")
        return text + await self._activation_told(conference, sender.language)

    async def _activation_told(self, conference: Conference, language: Language) -> str:
        """The newest call-out of the conference, in figures."""
        found = [one for one in self._parts.control.node().activations.values() if one.conference == conference.id]
        found = found or list(await self._parts.archive.activations(conference=conference.id, limit=1))
        if not found:
            return ""
        view = await activation_view(self._parts, max(found, key=lambda one: one.started_at_s).id)
        counters = view.counters
        return say(
            language,
            "status_activation",
            state=say(language, f"state_{view.state}"),
            joined=counters["joined"],
            later=counters["later"],
            missing=counters["unreachable"] + counters["cannot"],
            left=counters["total"] - counters["done"],
            total=counters["total"],
        )

    async def _record(self, order: Order, sender: Sender) -> str:
        word, _, name = order.argument.partition(" ")
        on = on_or_off(word)
        if on is None:
            return say(sender.language, "on_or_off")
        conference, why = self._meeting(name, sender)
        if conference is None:
            return why
        await ask(self._parts, sender.actor, SetRecording(conference.id, on))
        return say(sender.language, "recording_on" if on else "recording_off", name=conference.name)

    async def _end(self, order: Order, sender: Sender) -> str:
        conference, why = self._meeting(order.argument, sender)
        if conference is None:
            return why

        async def end() -> str:
            await end_conference(self._parts, sender.actor, conference.id)
            return say(sender.language, "ended", name=conference.name)

        return self._ask_for_code(sender, "confirm_end", end, conference.name, len(self._present(conference)))


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
