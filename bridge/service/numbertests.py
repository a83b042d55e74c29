"""Numbers of the directory, tried one by one by a short SMS with a receipt. The outbox keeps each test."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bridge.domain.access.permissions import Act
from bridge.domain.callout.records import ACTIVATIONS, ActivationState
from bridge.domain.directory.numbertests import (
    DAY_S,
    NumberStanding,
    NumberTest,
    Outcome,
    next_due,
    standings,
)
from bridge.domain.directory.records import Function, Person
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.order import newest_first
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.outbox.commands import NewMessage, QueueMessage
from bridge.domain.outbox.policy import OutboxPolicy
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage, OutboxState
from bridge.domain.telephony.numbers import parse_number, takes_sms
from bridge.service.masking import masked, sees_numbers
from bridge.service.reasons import DirectoryReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case
from bridge.words import word

ZONE: Final = ZoneInfo("Europe/Stockholm")
_LOOKS_BACK: Final = 3
"""So many rounds of the rota are looked back on: two failures in a row lie within them."""
_LEAST_S: Final = 400 * DAY_S
_UNDER_WAY: Final = frozenset({OutboxState.STANDBY, OutboxState.WAITING, OutboxState.SENDING})


class NumberTests(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self.counts: dict[str, int] = {}
        """Numbers by their standing, as the latest look found them; for the metrics."""

    @use_case(Act.DIRECTORY_READ)
    async def find(self, principal: Principal) -> Sequence[NumberStanding]:
        """Every number that takes an SMS, of functions and persons, and what its tests have told."""
        found = await standings_of(self._ports)
        self.counts = _counted(found)
        if not sees_numbers(principal):
            return [replace(one, number=masked(one.number)) for one in found]
        return found

    @use_case(Act.MESSAGE_SEND)
    async def test(self, principal: Principal, number: str) -> NumberStanding:
        """Try one number now, whatever the hour.

        Raises:
            Refusal: It is in nobody's entry, takes no SMS, or no SMS can be sent.
        """
        try:
            wanted = parse_number(number)
        except Unusable as error:
            raise Refusal("invalid", error.reason, field="number") from error
        numbers = await _numbers(self._ports)
        if wanted not in numbers:
            raise Refusal("not_found", DirectoryReason.NO_SUCH_MOBILE(), field="number")
        await self._send(principal, wanted, numbers[wanted])
        return next(one for one in await standings_of(self._ports) if one.number == wanted)

    @use_case(Act.MESSAGE_SEND)
    async def turn(self, principal: Principal) -> str | None:
        """The rota's next step: the number that is tried now, or none. A call-out comes first, and so does every
        message that waits."""
        found = await self.find(principal)
        now_s = self._ports.clock.now_s()
        local = datetime.fromtimestamp(now_s, ZONE)
        due = next_due(found, now_s, (local.weekday(), local.hour), self._ports.upkeep)
        if due is None or self._is_busy():
            return None
        await self._send(principal, due, (await _numbers(self._ports))[due])
        return due

    # --- inside ---

    def _is_busy(self) -> bool:
        node = self._ports.control.node()
        calls_out = any(one.state is ActivationState.OPEN for one in node[ACTIVATIONS].values())
        return calls_out or any(one.state in _UNDER_WAY for one in node[OUTBOX].values())

    async def _send(self, principal: Principal, number: str, entry: Function | Person) -> None:
        if self._ports.control.node().policy[OutboxPolicy].of(Bearer.SMS) is None:
            raise Refusal("unavailable", OutboxReason.BEARER_OFF(bearer=Bearer.SMS.value))
        language = entry.language if isinstance(entry, Function) else Language.SV
        text = word(language, "message", "number_test")
        key = OutboxId(self._ports.ids.mint("outbox"))
        await self._ask(
            principal,
            QueueMessage(
                NewMessage(key, Bearer.SMS, number, text, language=language, function_id=entry.id, tests_number=True)
            ),
        )


async def standings_of(ports: Ports) -> Sequence[NumberStanding]:
    since_s = ports.clock.now_s() - max(_LEAST_S, ports.upkeep.test_days * DAY_S * _LOOKS_BACK)
    kept = {one.id: one for one in await ports.archive.number_tests(since_s)}
    live = ports.control.node()[OUTBOX].values()
    kept.update({one.id: one for one in live if one.tests_number})
    newest = newest_first(kept.values(), lambda one: one.created_at_s)
    tests = [NumberTest(one.to, one.created_at_s, _outcome(one), one.reason) for one in newest]
    numbers = {number: entry.id for number, entry in (await _numbers(ports)).items()}
    return standings(numbers, tests, ports.upkeep)


async def _numbers(ports: Ports) -> Mapping[str, Function | Person]:
    """Each number that takes an SMS, and the first entry that has it."""
    found: dict[str, Function | Person] = {}
    entries: list[Function | Person] = [*await ports.directory.list(Function), *await ports.directory.list(Person)]
    for entry in entries:
        for number in entry.numbers:
            if takes_sms(number):
                found.setdefault(number, entry)
    return found


def _outcome(message: OutboxMessage) -> Outcome:
    match message.state:
        case OutboxState.DELIVERED:
            return Outcome.ARRIVED
        case OutboxState.FAILED if message.refused:
            return Outcome.REFUSED
        case OutboxState.FAILED if message.reason is not None and message.reason.code == OutboxReason.NOT_DELIVERED:
            return Outcome.FAILED
        case OutboxState.FAILED | OutboxState.WITHDRAWN:
            return Outcome.UNKNOWN
        case OutboxState.SENT | OutboxState.UNCERTAIN if message.ended_at_s is not None:
            return Outcome.UNKNOWN
        case _:
            return Outcome.UNDER_WAY


def _counted(found: Sequence[NumberStanding]) -> dict[str, int]:
    counts = {"arrived": 0, "wrong": 0, "failed": 0, "never": 0, "unknown": 0}
    for one in found:
        if one.is_wrong:
            counts["wrong"] += 1
        elif one.failures:
            counts["failed"] += 1
        elif one.arrived_at_s is not None:
            counts["arrived"] += 1
        else:
            counts["never" if one.latest is None else "unknown"] += 1
    return counts
