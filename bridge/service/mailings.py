"""Mailings: written here, and shown with the fate of each message. None ever holds a code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, assert_never

from bridge.domain.access.permissions import Act, reach_of
from bridge.domain.callout.records import TargetState
from bridge.domain.conference.records import Conference, Secrecy
from bridge.domain.directory.records import Forum, Function, Organisation
from bridge.domain.kernel.ids import ActivationId, ConferenceId, LinkId, OutboxId, ScheduleId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.links.records import Link, LinkKind
from bridge.domain.mailings.events import Written
from bridge.domain.mailings.records import MAILINGS, Mailing, MailingKind
from bridge.domain.outbox.addresses import mail_address
from bridge.domain.outbox.commands import NewMessage
from bridge.domain.outbox.desk import REACHED
from bridge.domain.outbox.policy import OutboxPolicy
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage
from bridge.domain.schedule import keeping
from bridge.domain.schedule.records import NO_WORDS, Schedule
from bridge.domain.telephony.numbers import national
from bridge.invitations import Method, Told, invitation, when_of
from bridge.ports import Board, MailingSheet
from bridge.service.links import address, link_id
from bridge.service.outbox import addresses, messages_of
from bridge.service.refusal import Refusal
from bridge.service.schedules import called_ids, kept_schedule, to_function, told_of
from bridge.service.use_case import Ports, UseCases, use_case
from bridge.words import word

REPORTED_WITHIN_S: Final = 43_200.0
"""The link of a report is good for so long after the meeting's time, unless the meeting ends before."""
EVALUATED_WITHIN_S: Final = 14 * 86_400.0
"""The link of an evaluation is good for so long."""
MOST_BEFORE: Final = 1000
"""So many earlier mailings of a schedule are looked through for those who were invited before."""
_ID_DIGITS: Final = 26


class Mailings(UseCases):
    @use_case(Act.MESSAGE_READ, sifts=True)
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
            schedule=schedule,
            activation=activation,
            conference=conference,
            reach=reach_of(principal, Act.MESSAGE_READ),
            limit=limit,
        )
        node = self._ports.control.node()
        mailings, outbox = node[MAILINGS], node[OUTBOX]
        return [
            (mailings.get(mailing.id, mailing), [outbox.get(one.id, one) for one in messages])
            for mailing, messages in found
        ]


@dataclass(frozen=True, slots=True)
class Addressed:
    """A function, and the words to it."""

    function: Function
    heading: str
    text: str


class DirectoryMailings:
    """`bridge.ports.Mailings` over the directory and the words."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def write(self, mailing: Mailing) -> Written:
        """Nobody where its cause is known nowhere any more."""
        match mailing.kind:
            case MailingKind.INVITATION:
                return await self._invitations(mailing)
            case MailingKind.REPORT:
                return await self._report_questions(mailing)
            case MailingKind.EVALUATION:
                return await self._evaluations(mailing)
            case MailingKind.REMINDER:
                return await self._reminders(mailing)
            case MailingKind.MEETING:
                return await self._information(mailing)
            case MailingKind.CALLOUT_STARTED:
                return await self._started(mailing)
            case MailingKind.CALLOUT_ENDED | MailingKind.CALLOUT_CANCELLED:
                return await self._ended(mailing)
            case _:
                assert_never(mailing.kind)

    async def _invitations(self, mailing: Mailing) -> Written:
        """Each in the language of its function. One who was invited before, and is no more, gets a
        cancellation."""
        told = await self._told(mailing)
        if told is None or mailing.schedule is None:
            return Written()
        functions = await self._functions()
        wanted = await self._called(told, functions)
        messages = [await self._invitation(mailing, told, one) for one in wanted]
        if mailing.on is None:
            cancelled = replace(told, method=Method.CANCEL)
            gone = await self._invited_before(mailing.schedule, {one.id for one in wanted})
            messages += [await self._invitation(mailing, cancelled, functions[key]) for key in gone if key in functions]
        unreached = tuple(one.name for one in wanted if mail_address(one.email or "") is None)
        return Written(tuple(one for one in messages if one is not None), without_address=unreached)

    # --- meetings ---

    async def _told(self, mailing: Mailing) -> Told | None:
        """Of the schedule as it is now, under the SEQUENCE of the mailing. `None`: the date is none of its rule any
        more."""
        if mailing.schedule is None:
            return None
        try:
            found = await kept_schedule(self._ports, mailing.schedule)
            return await told_of(self._ports, replace(found, sequence=mailing.sequence), mailing.on)
        except Refusal:
            return None

    async def _functions(self) -> dict[str, Function]:
        return {one.id: one for one in await self._ports.directory.list(Function)}

    async def _called(self, told: Told, functions: Mapping[str, Function]) -> list[Function]:
        """Those of the meeting's list, in its order."""
        return [functions[key] for key in await called_ids(self._ports, told.schedule) if key in functions]

    async def _reminders(self, mailing: Mailing) -> Written:
        """A date that was cancelled meanwhile is reminded of to nobody."""
        told = await self._told(mailing)
        if told is None or told.method is Method.CANCEL:
            return Written()
        found: list[Addressed] = []
        for one in await self._called(told, await self._functions()):
            theirs = await to_function(self._ports, _with_secrecy(told, one), one)
            is_rung = theirs.receiver is not None and theirs.receiver.is_rung
            number = national(told.number)
            text = (
                _about(theirs, "reminder") + " " + _words(one, "you_are_rung" if is_rung else "you_call", number=number)
            )
            found.append(Addressed(one, _about(theirs, "reminder_heading"), text))
        return self._to_each(mailing, found)

    async def _report_questions(self, mailing: Mailing) -> Written:
        """One link for each organisation, to all its functions on the list that have an e-mail address."""
        told = await self._told(mailing)
        if told is None or told.method is Method.CANCEL or told.planned is None or mailing.schedule is None:
            return Written()
        meeting = keeping.id_of(mailing.schedule, told.planned.on)
        names = {one.id: one.name for one in await self._ports.directory.list(Organisation)}
        lasts_s = told.schedule.lasts_s or REPORTED_WITHIN_S
        now_s, messages, without = self._ports.clock.now_s(), [], []
        links: dict[LinkId, Link] = {}
        for one in await self._called(told, await self._functions()):
            to = mail_address(one.email or "")
            if to is None:
                without.append(one.name)
                continue
            theirs = replace(_with_secrecy(told, one), language=one.language)
            link = Link(
                id=link_id("report", meeting, one.organisation_id),
                kind=LinkKind.REPORT,
                created_at_s=now_s,
                expires_at_s=max(told.planned.starts_at_s, now_s) + max(lasts_s, REPORTED_WITHIN_S),
                language=one.language,
                organisation_id=one.organisation_id,
                organisation=names.get(one.organisation_id, ""),
                subject=_about(theirs, "about_meeting"),
                meeting=meeting,
            )
            links.setdefault(link.id, link)
            asked = {"organisation": link.organisation, "link": address(self._ports, link.id)}
            text = "\n\n".join((_about(theirs, "report"), _words(one, "report_link", **asked)))
            key = id_of(mailing, one.id, Bearer.MAIL, to)
            new = NewMessage(key, Bearer.MAIL, to, text, _about(theirs, "report_heading"), one.language)
            messages.append(replace(new, mailing=mailing.id, mailing_on=mailing.on, function_id=one.id, links=True))
        return Written(tuple(messages), tuple(links.values()), tuple(without))

    async def _information(self, mailing: Mailing) -> Written:
        """To those who chose it for the forum, but for the functions of the list."""
        told = await self._told(mailing)
        if told is None:
            return Written()
        change = "changed" if mailing.sequence > 0 else "set"
        key = f"meeting_{'cancelled' if told.method is Method.CANCEL else change}"
        invited = set(await called_ids(self._ports, told.schedule))
        found = []
        for one in await self._informed(told.schedule.forum):
            if one.id not in invited:
                theirs = replace(_with_secrecy(told, one), language=one.language)
                text = _about(theirs, key) + " " + _words(one, "no_answer")
                found.append(Addressed(one, _about(theirs, f"{key}_heading"), text))
        return self._to_each(mailing, found)

    async def _informed(self, forum: str | None) -> list[Function]:
        found = await self._ports.directory.get(Forum, forum) if forum is not None else None
        functions = await self._functions()
        return [
            functions[key] for key in (found.informed_function_ids if found is not None else ()) if key in functions
        ]

    # --- call-outs ---

    async def _started(self, mailing: Mailing) -> Written:
        """To those who chose it for the forum of the conference, or for that of a further list. Functions that are
        called have the call."""
        board, conference = await self._call_out(mailing)
        if board is None or conference is None:
            return Written()
        activation, targets, _ = board
        called = {one.function_id for one in targets}
        forums = [conference.forum or await self._forum_with(activation.list_id)]
        forums += [await self._forum_with(one) for one in activation.also_lists]
        informed = {one.id: one for forum in dict.fromkeys(forums) for one in await self._informed(forum)}
        found = [
            Addressed(one, *_call_out_words(one.language, mailing.kind, conference))
            for one in informed.values()
            if one.id not in called
        ]
        return self._to_each(mailing, found)

    async def _ended(self, mailing: Mailing) -> Written:
        """To each address that was told of its start. A call-out that is cancelled is taken back from those too whom a
        call had reached, and no message."""
        board, conference = await self._call_out(mailing)
        if board is None or conference is None:
            return Written()
        activation, targets, attempts = board
        sheets = await self._ports.archive.mailings(activation=activation.id)
        told = [one for sheet, messages in sheets if sheet.kind is MailingKind.CALLOUT_STARTED for one in messages]
        live = self._ports.control.node()[OUTBOX]
        written = [
            _new(mailing, one.function_id or one.to, one.bearer, one.to, one.language, conference)
            for one in (live.get(each.id, each) for each in told)
            if one.state in REACHED
        ]
        if mailing.kind is MailingKind.CALLOUT_ENDED:
            return Written(tuple(written))
        functions, messages = await self._functions(), await messages_of(self._ports, activation.id)
        by_message = {one.target for one in messages if one.state in REACHED}
        answered = {key for one in attempts if one.answered_at_s is not None for key in (one.target, *one.also)}
        reached = [
            functions[one.function_id]
            for one in targets
            if one.id in answered - by_message and one.state is TargetState.LATER and one.function_id in functions
        ]
        again = [Addressed(one, *_call_out_words(one.language, mailing.kind, conference)) for one in reached]
        others = self._to_each(mailing, again)
        return Written((*written, *others.messages), without_address=others.without_address)

    async def _evaluations(self, mailing: Mailing) -> Written:
        """One link for each function of the directory that took part."""
        found = await self._ports.archive.conference(mailing.conference) if mailing.conference is not None else None
        forum = await self._ports.directory.get(Forum, found[0].forum) if found and found[0].forum is not None else None
        if found is None or forum is None or not forum.evaluation_questions:
            return Written()
        conference, seats = found
        names = {one.id: one.name for one in await self._ports.directory.list(Organisation)}
        here = {(one.organisation, one.function) for one in seats if one.function is not None}
        now_s, links, messages, without = self._ports.clock.now_s(), [], [], []
        for one in (await self._functions()).values():
            organisation = names.get(one.organisation_id, "")
            if (organisation, one.name) not in here:
                continue
            to = mail_address(one.email or "")
            if to is None:
                without.append(one.name)
                continue
            data = {"name": conference.name} if conference.secrecy is Secrecy.OPEN else {}
            link = Link(
                id=link_id("evaluation", conference.id, one.id),
                kind=LinkKind.EVALUATION,
                created_at_s=now_s,
                expires_at_s=now_s + EVALUATED_WITHIN_S,
                language=one.language,
                organisation_id=one.organisation_id,
                organisation=organisation,
                function=one.name,
                subject=_words(one, "evaluation_heading", **data),
                conference=conference.id,
                questions=forum.evaluation_questions,
            )
            links.append(link)
            text = _words(one, "evaluation", link=address(self._ports, link.id), **data)
            key = id_of(mailing, one.id, Bearer.MAIL, to)
            new = NewMessage(key, Bearer.MAIL, to, text, link.subject, one.language, mailing=mailing.id, links=True)
            messages.append(replace(new, function_id=one.id))
        return Written(tuple(messages), tuple(links), tuple(without))

    async def _call_out(self, mailing: Mailing) -> tuple[Board | None, Conference | None]:
        if mailing.activation is None or mailing.conference is None:
            return None, None
        found = await self._ports.archive.conference(mailing.conference)
        return await self._ports.archive.activation(mailing.activation), found[0] if found is not None else None

    async def _forum_with(self, list_id: str | None) -> str | None:
        forums = await self._ports.directory.list(Forum)
        return next((one.id for one in forums if list_id is not None and one.activation_list_id == list_id), None)

    # --- messages ---

    def _to_each(self, mailing: Mailing, found: Sequence[Addressed]) -> Written:
        """By every bearer that is set up, to each address."""
        bearers = [one.bearer for one in self._ports.control.node().policy[OutboxPolicy].bearers]
        messages, without = [], []
        for one in found:
            function = one.function
            ways = [(bearer, to) for bearer in bearers for to in addresses(bearer, function.numbers, function.email)]
            if not ways:
                without.append(function.name)
            for bearer, to in ways:
                key = id_of(mailing, function.id, bearer, to)
                new = NewMessage(key, bearer, to, one.text, one.heading, function.language)
                messages.append(replace(new, mailing=mailing.id, mailing_on=mailing.on, function_id=function.id))
        return Written(tuple(messages), without_address=tuple(without))

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


def _words(function: Function, key: str, **data: str) -> str:
    return word(function.language, "mailing", key, **data)


def _about(told: Told, key: str) -> str:
    """Of a meeting, with the mark of an exercise."""
    data = {"name": told.schedule.name, "when": when_of(told)}
    if told.schedule.options.exercise:
        data["exercise"] = word(told.language, "invitation", "exercise")
    return word(told.language, "mailing", key, **data)


def _call_out_words(language: Language, kind: MailingKind, conference: Conference) -> tuple[str, str]:
    """Heading and text. A conference under secrecy is not named."""
    mark = "exercise" if conference.exercise else "live"
    data = {} if conference.secrecy is not Secrecy.OPEN else {"name": conference.name}
    marked = {**data, "mark": word(language, "mailing", f"mark_{mark}")}
    text = word(language, "mailing", kind.value, **marked) + " " + word(language, "mailing", "no_answer")
    return word(language, "mailing", f"{kind.value}_heading", **marked), text


def _new(
    mailing: Mailing, function: str, bearer: Bearer, to: str, language: Language, conference: Conference
) -> NewMessage:
    heading, text = _call_out_words(language, mailing.kind, conference)
    new = NewMessage(id_of(mailing, function, bearer, to), bearer, to, text, heading, language, mailing=mailing.id)
    return replace(new, function_id=function)


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
