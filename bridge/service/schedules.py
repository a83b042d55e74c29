"""The schedule: prepared conferences, their dates, and their opening by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from bridge.domain.access.permissions import Act, opener_of
from bridge.domain.conference.records import ForumLevel
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation, Talkgroup
from bridge.domain.kernel.ids import ConferenceId, MixId, OccurrenceId, ScheduleId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.order import newest_first
from bridge.domain.kernel.principal import Principal
from bridge.domain.schedule import calendar
from bridge.domain.schedule.calendar import Planned
from bridge.domain.schedule.commands import (
    AddSchedule,
    ChangeSchedule,
    MoveDate,
    RemoveSchedule,
    SkipDate,
    StartScheduled,
)
from bridge.domain.schedule.records import (
    AS_THE_FORUM,
    NO_WORDS,
    OCCURRENCES,
    SCHEDULES,
    Occurrence,
    Options,
    Rule,
    Schedule,
    Smarr,
)
from bridge.invitations import Invitation, Method, Receiver, Told, invitation
from bridge.service.reasons import CodesReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case

MOST_AHEAD: Final = 100


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """A conference to prepare."""

    name: str
    rule: Rule
    forum: str | None = None
    activation_list: str | None = None
    level: ForumLevel | None = None
    options: Options = AS_THE_FORUM
    smarr: Smarr = NO_WORDS
    open_before_s: float = 900.0
    lasts_s: float | None = None
    rings: bool = False
    invites: bool = False
    remind_before_s: float | None = None


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """A schedule with its next date, and the dates that have come lately, the latest first."""

    schedule: Schedule
    coming: Planned | None
    held: Sequence[Occurrence]


class Schedules(UseCases):
    @use_case(Act.SCHEDULE_READ)
    async def find(self, principal: Principal) -> Sequence[ShownSchedule]:
        """Those of this node, by their next date."""
        found = [self._shown(one) for one in self._ports.control.node()[SCHEDULES].values()]
        return sorted(found, key=_next_first)

    @use_case(Act.SCHEDULE_READ)
    async def read(self, principal: Principal, schedule: ScheduleId) -> ShownSchedule:
        return self._shown(find_schedule(self._ports, schedule))

    @use_case(Act.SCHEDULE_READ)
    async def dates(self, principal: Principal, schedule: ScheduleId, count: int) -> Sequence[Planned]:
        """The next of them, as they will be held."""
        found = find_schedule(self._ports, schedule)
        return dates_of(found.rule, self._ports.clock.now_s(), count)

    @use_case(Act.SCHEDULE_READ)
    async def held(self, principal: Principal, schedule: ScheduleId, limit: int) -> Sequence[Occurrence]:
        """The dates that have come, the latest first: opened, late or missed. Also of a schedule that was removed.

        Raises:
            Refusal: There is no such schedule.
        """
        await kept_schedule(self._ports, schedule)
        live = self._ports.control.node()[OCCURRENCES]
        return [live.get(one.id, one) for one in await self._ports.archive.occurrences(schedule, limit)]

    @use_case(Act.SCHEDULE_READ)
    async def preview(self, principal: Principal, rule: Rule, count: int) -> Sequence[Planned]:
        """The dates that a rule would give. Nothing is kept.

        Raises:
            Refusal: The rule cannot be used.
        """
        fault = calendar.fault_of(rule)
        if fault is not None:
            raise Refusal("invalid", fault[1], field=fault[0])
        return dates_of(rule, self._ports.clock.now_s(), count)

    @use_case(Act.SCHEDULE_READ)
    async def invitation(
        self, principal: Principal, schedule: ScheduleId, *, on: str | None = None, function: str | None = None
    ) -> Invitation:
        """To the series, or to one date. A schedule that was removed, and a date that is skipped, are cancelled.

        Args:
            principal: The one who asks.
            schedule: Also one that was removed.
            on: The date of the rule; `None`: the series, or the only date.
            function: The receiver's id; `None`: nobody is named.

        Raises:
            Refusal: There is no such schedule, date or function.
        """
        found = await kept_schedule(self._ports, schedule)
        told = await told_of(self._ports, found, on)
        if function is None:
            return invitation(told)
        receiver = await self._ports.directory.get(Function, function)
        if receiver is None:
            raise Refusal.unknown(UnknownReason.FUNCTION, function, "function_id")
        return invitation(await to_function(self._ports, told, receiver))

    @use_case(Act.SCHEDULE_READ)
    async def invitations(
        self, principal: Principal, schedule: ScheduleId, *, on: str | None = None
    ) -> Sequence[Invitation]:
        """As `invitation`, one for each function of the meeting's list, in its order."""
        found = await kept_schedule(self._ports, schedule)
        told = await told_of(self._ports, found, on)
        functions = {one.id: one for one in await self._ports.directory.list(Function)}
        wanted = await called_ids(self._ports, found)
        return [invitation(await to_function(self._ports, told, functions[key])) for key in wanted if key in functions]

    @use_case(Act.SCHEDULE_CHANGE)
    async def add(self, principal: Principal, new: NewSchedule) -> ShownSchedule:
        """Prepare a conference.

        Raises:
            Refusal: It names what is not there, its rule cannot be used, or the engine refused.
        """
        await self._must_be_there(new)
        key = ScheduleId(self._ports.ids.mint("schedule"))
        await self._ask(principal, AddSchedule(schedule_of(key, new)))
        return self._shown(find_schedule(self._ports, key))

    @use_case(Act.SCHEDULE_CHANGE)
    async def change(
        self, principal: Principal, schedule: ScheduleId, new: NewSchedule, sequence: int
    ) -> ShownSchedule:
        """Put another in its place, made on the one with this `sequence`.

        Raises:
            Refusal: There is none, it was changed meanwhile, or the new one cannot be used.
        """
        find_schedule(self._ports, schedule)
        await self._must_be_there(new)
        await self._ask(principal, ChangeSchedule(replace(schedule_of(schedule, new), sequence=sequence)))
        return self._shown(find_schedule(self._ports, schedule))

    @use_case(Act.SCHEDULE_CHANGE)
    async def remove(self, principal: Principal, schedule: ScheduleId) -> None:
        """No date of it is opened any more. A meeting that is open goes on."""
        find_schedule(self._ports, schedule)
        await self._ask(principal, RemoveSchedule(schedule))

    @use_case(Act.SCHEDULE_CHANGE)
    async def skip(self, principal: Principal, schedule: ScheduleId, on: str, *, skipped: bool) -> ShownSchedule:
        """One date is not held, or after all."""
        find_schedule(self._ports, schedule)
        await self._ask(principal, SkipDate(schedule, on, skipped))
        return self._shown(find_schedule(self._ports, schedule))

    @use_case(Act.SCHEDULE_CHANGE)
    async def move(
        self, principal: Principal, schedule: ScheduleId, on: str, to_on: str, to_time: str
    ) -> ShownSchedule:
        """One date is held at another time."""
        find_schedule(self._ports, schedule)
        await self._ask(principal, MoveDate(schedule, on, to_on, to_time))
        return self._shown(find_schedule(self._ports, schedule))

    @use_case(Act.SCHEDULE_START)
    async def start(self, principal: Principal, schedule: ScheduleId) -> Occurrence:
        """Open it now, and ring where it rings. The conference is open some moments later.

        Returns:
            The date that it is held as. While a meeting of the schedule is open, it is that one.
        """
        find_schedule(self._ports, schedule)
        mint = self._ports.ids.mint
        extra, conference, mix = OccurrenceId(mint("occurrence")), ConferenceId(mint("conference")), MixId(mint("mix"))
        key = OccurrenceId(
            await self._ask(principal, StartScheduled(schedule, extra, conference, mix, opener_of(principal)))
        )
        return self._ports.control.node()[OCCURRENCES][key]

    # --- inside ---

    def _shown(self, schedule: Schedule) -> ShownSchedule:
        node, now_s = self._ports.control.node(), self._ports.clock.now_s()
        held = [one for one in node[OCCURRENCES].values() if one.schedule == schedule.id]
        known = {one.on for one in held}
        ahead = calendar.following(schedule.rule, max(now_s, schedule.from_at_s))
        coming = next((one for one in islice(ahead, len(known) + 1) if one.on not in known), None)
        return ShownSchedule(schedule, coming, newest_first(held, lambda one: one.starts_at_s))

    async def _must_be_there(self, new: NewSchedule) -> None:
        """Everything that it names."""
        directory = self._ports.directory
        if new.forum is not None and await directory.get(Forum, new.forum) is None:
            raise Refusal.unknown(UnknownReason.FORUM, new.forum, "forum")
        wanted = new.activation_list
        if wanted is not None and await directory.get(ActivationList, wanted) is None:
            raise Refusal.unknown(UnknownReason.ACTIVATION_LIST, wanted, "activation_list_id")
        number = new.options.direct_number
        if number is not None and number not in self._ports.numbers[1:]:
            raise Refusal("invalid", CodesReason.NO_NUMBER_OF_OURS(number=number), field="direct_number")


def _next_first(shown: ShownSchedule) -> tuple[bool, float, str]:
    coming = shown.coming
    return (coming is None, coming.starts_at_s if coming is not None else 0.0, shown.schedule.id)


def find_schedule(ports: Ports, schedule: ScheduleId) -> Schedule:
    """One that opens meetings.

    Raises:
        Refusal: There is none.
    """
    found = ports.control.node()[SCHEDULES].get(schedule)
    if found is None:
        raise Refusal.not_found(UnknownReason.SCHEDULE, schedule)
    return found


async def kept_schedule(ports: Ports, schedule: ScheduleId) -> Schedule:
    """The same, or one that was removed.

    Raises:
        Refusal: There is none.
    """
    found = ports.control.node()[SCHEDULES].get(schedule) or await ports.archive.schedule(schedule)
    if found is None:
        raise Refusal.not_found(UnknownReason.SCHEDULE, schedule)
    return found


def dates_of(rule: Rule, after_s: float, count: int) -> list[Planned]:
    return list(islice(calendar.following(rule, after_s), min(count, MOST_AHEAD)))


def schedule_of(key: ScheduleId, new: NewSchedule) -> Schedule:
    """The engine fills in who has made it, and when."""
    return Schedule(
        id=key,
        created_by="",
        created_at_s=0.0,
        name=new.name,
        rule=new.rule,
        forum=new.forum,
        activation_list=new.activation_list,
        level=new.level,
        options=new.options,
        smarr=new.smarr,
        open_before_s=new.open_before_s,
        lasts_s=new.lasts_s,
        rings=new.rings,
        invites=new.invites,
        remind_before_s=new.remind_before_s,
    )


# --- invitations ---


async def told_of(ports: Ports, schedule: Schedule, on: str | None) -> Told:
    """An invitation's contents, without a receiver.

    Raises:
        Refusal: The date is none of the schedule.
    """
    rule = schedule.rule
    is_cancelled = schedule.removed_at_s is not None or (on is not None and on in rule.skipped)
    planned = None
    if on is None and not rule.weekdays:
        planned = calendar.planned_on(rule, rule.first_on)  # where its only date is moved
    if on is not None:
        planned = calendar.planned_on(rule, on) or calendar.planned_on(replace(rule, skipped=()), on)
        if planned is None:
            raise Refusal.unknown(UnknownReason.OCCURRENCE, on, "on")
    forum = await ports.directory.get(Forum, schedule.forum) if schedule.forum is not None else None
    gssi = schedule.options.talkgroup or (forum.talkgroup if forum is not None else None)
    talkgroup = await ports.directory.get(Talkgroup, str(gssi)) if gssi is not None else None
    return Told(
        schedule=schedule,
        number=schedule.options.direct_number or ports.number,
        at_s=ports.clock.now_s(),
        language=schedule.options.language or (forum.language if forum is not None else Language.SV),
        planned=planned,
        method=Method.CANCEL if is_cancelled else Method.REQUEST,
        talkgroup=talkgroup or (Talkgroup(gssi, "") if gssi is not None else None),
        organizer=ports.organizer,
    )


async def to_function(ports: Ports, told: Told, function: Function) -> Told:
    """The same to a function, in its language."""
    organisation = await ports.directory.get(Organisation, function.organisation_id)
    is_called = function.id in await called_ids(ports, told.schedule)
    receiver = Receiver(
        function=function.name,
        organisation=organisation.name if organisation is not None else "",
        email=function.email,
        is_rung=told.schedule.rings and is_called and bool(function.numbers),
    )
    return replace(told, receiver=receiver, language=function.language)


async def called_ids(ports: Ports, schedule: Schedule) -> Sequence[str]:
    """The functions of the meeting's list."""
    forum = await ports.directory.get(Forum, schedule.forum) if schedule.forum is not None else None
    key = schedule.activation_list or (forum.activation_list_id if forum is not None else None)
    list_ = await ports.directory.get(ActivationList, key) if key is not None else None
    return list_.function_ids if list_ is not None else ()
