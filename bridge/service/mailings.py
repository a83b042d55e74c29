"""Mailings: written here, and shown with the fate of each message. None ever holds a code."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final, assert_never

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import Secrecy
from bridge.domain.directory.records import Function
from bridge.domain.kernel.ids import ActivationId, ConferenceId, OutboxId, ScheduleId
from bridge.domain.kernel.principal import Principal
from bridge.domain.mailings.events import Written
from bridge.domain.mailings.records import MAILINGS, Mailing, MailingKind
from bridge.domain.outbox.addresses import mail_address
from bridge.domain.outbox.commands import NewMessage
from bridge.domain.outbox.desk import REACHED
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage
from bridge.domain.schedule.records import NO_WORDS, Schedule
from bridge.invitations import Method, Told, invitation
from bridge.ports import MailingSheet
from bridge.service.refusal import Refusal
from bridge.service.schedules import called_ids, kept_schedule, to_function, told_of
from bridge.service.use_case import Ports, UseCases, use_case
from bridge.words import word

MOST_BEFORE: Final = 1000
"""So many earlier mailings of a schedule are looked through for those who were invited before."""
_ID_DIGITS: Final = 26


class Mailings(UseCases):
    @use_case(Act.MESSAGE_READ)
    async def find(
        self,
        principal: Principal,
        *,
        schedule: ScheduleId | None = None,
        activation: ActivationId | None = None,
        conference: ConferenceId | None = None,
        limit: int = 100,
    ) -> Sequence[MailingSheet]:
        """Newest first, each with its messages and their fate."""
        found = await self._ports.archive.mailings(
            schedule=schedule, activation=activation, conference=conference, limit=limit
        )
        node = self._ports.control.node()
        mailings, outbox = node[MAILINGS], node[OUTBOX]
        return [
            (mailings.get(mailing.id, mailing), [outbox.get(one.id, one) for one in messages])
            for mailing, messages in found
        ]


class DirectoryMailings:
    """`bridge.ports.Mailings` over the directory and the words."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def write(self, mailing: Mailing) -> Written:
        """Nobody where its cause is known nowhere any more."""
        match mailing.kind:
            case MailingKind.INVITATION:
                return await self._invitations(mailing)
            case _:
                assert_never(mailing.kind)

    async def _invitations(self, mailing: Mailing) -> Written:
        """Each in the language of its function. One who was invited before, and is no more, gets a
        cancellation."""
        if mailing.schedule is None:
            return Written()
        try:
            found = await kept_schedule(self._ports, mailing.schedule)
            told = await told_of(self._ports, replace(found, sequence=mailing.sequence), mailing.on)
        except Refusal:  # the date is none of its rule any more
            return Written()
        functions = {one.id: one for one in await self._ports.directory.list(Function)}
        wanted = [functions[key] for key in await called_ids(self._ports, found) if key in functions]
        messages = [await self._invitation(mailing, told, one) for one in wanted]
        if mailing.on is None:
            cancelled = replace(told, method=Method.CANCEL)
            gone = await self._invited_before(mailing.schedule, {one.id for one in wanted})
            messages += [await self._invitation(mailing, cancelled, functions[key]) for key in gone if key in functions]
        unreached = tuple(one.name for one in wanted if mail_address(one.email or "") is None)
        return Written(tuple(one for one in messages if one is not None), unreached)

    async def _invitation(self, mailing: Mailing, told: Told, function: Function) -> NewMessage | None:
        """Nothing where the function has no address."""
        to = mail_address(function.email or "")
        if to is None:
            return None
        made = invitation(await to_function(self._ports, _with_secrecy(told, function), function))
        return NewMessage(
            id=id_of(mailing, function.id, Bearer.MAIL, to),
            bearer=Bearer.MAIL,
            to=to,
            text=made.text,
            heading=made.subject,
            language=function.language,
            mailing=mailing.id,
            mailing_on=mailing.on,
            function_id=function.id,
            calendar=made.calendar.decode(),
            calendar_method=made.method.value,
        )

    async def _invited_before(self, schedule: ScheduleId, wanted: set[str]) -> list[str]:
        """The functions whose latest message about the schedule was an invitation, and who are on its list no more."""
        latest: dict[str, OutboxMessage] = {}
        for mailing, messages in await self._ports.archive.mailings(schedule=schedule, limit=MOST_BEFORE):
            if mailing.on is not None or mailing.kind is not MailingKind.INVITATION:
                continue
            for one in messages:
                if one.function_id is not None and one.state in REACHED:
                    latest.setdefault(one.function_id, one)
        is_invited = (key for key, one in latest.items() if one.calendar_method == Method.REQUEST.value)
        return sorted(key for key in is_invited if key not in wanted)


def _with_secrecy(told: Told, function: Function) -> Told:
    """A mail is read on its way. Of a meeting under secrecy it tells the time and the number alone."""
    if told.schedule.options.secrecy is Secrecy.OPEN:
        return told
    name = word(function.language, "mailing", "secret_meeting")
    smarr = replace(NO_WORDS, asks_reports=told.schedule.smarr.asks_reports)
    schedule: Schedule = replace(told.schedule, name=name, smarr=smarr)
    return replace(told, schedule=schedule)


def id_of(mailing: Mailing, function: str, bearer: Bearer, to: str) -> OutboxId:
    """The same for the same mailing, function and address, whenever it is written."""
    whole = "\n".join((mailing.id, function, bearer.value, to))
    return OutboxId(f"out-{sha256(whole.encode()).hexdigest()[:_ID_DIGITS]}")
