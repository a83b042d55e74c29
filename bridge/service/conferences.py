"""Conferences: open, read, lock, mute all, record, end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from bridge.domain.access.permissions import Act, opener_of, permits, reach_of
from bridge.domain.conference.codes import fault_of, is_prefix_free
from bridge.domain.conference.commands import EndConference, LockConference, MuteAll, OpenConference, UndoMuteAll
from bridge.domain.conference.reasons import CodeReason
from bridge.domain.conference.records import (
    CONFERENCES,
    Conference,
    ConferenceState,
    Door,
    EntrySound,
    FloorMode,
    Holder,
    Role,
    Seat,
    Secrecy,
)
from bridge.domain.directory.records import Forum, Function, Organisation
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, Issi, MixId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.order import newest_first
from bridge.domain.kernel.principal import Principal
from bridge.domain.meetingtime.commands import ExtendMeeting, SetEnd
from bridge.domain.radio.records import PATCHES
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.waiting import together
from bridge.domain.waiting.commands import SetDoor
from bridge.ports import CodeRefused, PersonalCode, ReadCodes
from bridge.service.lookups import as_seen_by, find_conference, open_one, patches_in, people_in
from bridge.service.patches import ShownPatch, shown_patch, talker_names
from bridge.service.reasons import CodesReason, UnknownReason
from bridge.service.refusal import Refusal, Undecided
from bridge.service.use_case import Ports, UseCases, use_case

MOST_ENDED: Final = 200
"""So many of the latest ended conferences are listed."""


@dataclass(frozen=True, slots=True)
class NewConference:
    """A conference to open. A member that is `None` is as its forum says. Without a forum it is Swedish and recorded,
    without a sound or a name at the door."""

    name: str
    language: Language | None = None
    recorded: bool | None = None
    exercise: bool = False
    forum: str | None = None
    floor_mode: FloorMode = FloorMode.OPEN
    emergency: bool = False
    code: str | None = None
    host_code: str | None = None
    waiting_room: bool = False
    joins_muted: bool = False
    entry_sound: EntrySound | None = None
    asks_name: bool | None = None
    calls_back_in: bool = False
    """As its forum says, always."""
    direct_number: str | None = None
    """A number of ours that leads straight into it; not the main one, and not that of another open conference."""
    direct_code: bool = True
    secrecy: Secrecy = Secrecy.OPEN
    ends_at_s: float | None = None
    """When it is meant to end; `None`: that is open."""


@dataclass(frozen=True, slots=True)
class ShownConference:
    """A conference with all that a host sees of it."""

    conference: Conference
    people: Sequence[Seat]
    patches: Sequence[ShownPatch]
    codes: ReadCodes | None
    """The participants' code and the host's; `None` where it has none."""
    together: Sequence[Seat] = ()
    """Those out of the emergency room who wait together to come into it."""


class Conferences(UseCases):
    @use_case(Act.CONFERENCE_READ, sifts=True)
    async def find(self, principal: Principal, *, ended: bool = False) -> Sequence[ShownConference]:
        """The open ones, the newest first; with `ended` also the latest 200 that have ended. Each sees their own."""
        reach = reach_of(principal, Act.CONFERENCE_READ)
        kept = await self._ports.archive.conferences(limit=MOST_ENDED, reach=reach) if ended else ()
        found = {one.id: one for one in kept}
        found.update(self._ports.control.node()[CONFERENCES])
        wanted = [one for one in found.values() if ended or one.state is not ConferenceState.ENDED]
        seen = [one for one in wanted if reach is None or reach.holds(one.id, one.forum, one.opened_by, one.co_hosts)]
        shown = await self._shown(newest_first(seen, lambda one: one.created_at_s))
        return [_as_seen_by(principal, one) for one in shown]

    @use_case(Act.CONFERENCE_READ)
    async def read(self, principal: Principal, conference: ConferenceId) -> ShownConference:
        """A live one, or one of the archive."""
        return _as_seen_by(principal, await self._read(conference))

    @use_case(Act.CONFERENCE_OPEN)
    async def open(self, principal: Principal, new: NewConference) -> ShownConference:
        """Issue the codes, then open. A refusal takes the codes back.

        Raises:
            Refusal: There is no such forum, a wanted code cannot be used, or the engine refused.
        """
        command = opening_of(self._ports, principal, await with_defaults(self._ports, new))
        async with issued(self._ports, principal, command.conference, new):
            await self._ask(principal, command)
        return await self._read(command.conference)

    @use_case(Act.CONFERENCE_LOCK)
    async def lock(self, principal: Principal, conference: ConferenceId, *, locked: bool) -> ShownConference:
        """Let nobody new in, or open again."""
        return await self._do(principal, conference, LockConference(conference, locked))

    @use_case(Act.CONFERENCE_DOOR)
    async def set_door(
        self,
        principal: Principal,
        conference: ConferenceId,
        *,
        waiting_room: bool | None = None,
        joins_muted: bool | None = None,
        sound: EntrySound | None = None,
        asks_name: bool | None = None,
    ) -> ShownConference:
        """Change the rules for those who come in. A member that is `None` stays."""
        door = SetDoor(conference, waiting_room, joins_muted, sound, asks_name)
        return await self._do(principal, conference, door)

    @use_case(Act.CONFERENCE_MUTE_ALL)
    async def mute_all(self, principal: Principal, conference: ConferenceId) -> ShownConference:
        """Mute everybody but the hosts."""
        return await self._do(principal, conference, MuteAll(conference))

    @use_case(Act.CONFERENCE_MUTE_ALL)
    async def undo_mute_all(self, principal: Principal, conference: ConferenceId) -> ShownConference:
        """Let exactly those be heard again who were open before."""
        return await self._do(principal, conference, UndoMuteAll(conference))

    @use_case(Act.CONFERENCE_RECORD)
    async def record(self, principal: Principal, conference: ConferenceId, *, on: bool) -> ShownConference:
        """Begin or end the recording."""
        return await self._do(principal, conference, SetRecording(conference, on))

    @use_case(Act.CONFERENCE_RECORD)
    async def off_record(self, principal: Principal, conference: ConferenceId, *, off: bool) -> ShownConference:
        """Talk off the record, or go back to it."""
        return await self._do(principal, conference, SetOffRecord(conference, off))

    @use_case(Act.CONFERENCE_TIME)
    async def set_end(self, principal: Principal, conference: ConferenceId, ends_at_s: float | None) -> ShownConference:
        """Say when it is meant to end; `None`: that is open. Nothing ends it by itself."""
        return await self._do(principal, conference, SetEnd(conference, ends_at_s))

    @use_case(Act.CONFERENCE_TIME)
    async def extend(self, principal: Principal, conference: ConferenceId, by_s: float) -> ShownConference:
        """Give it so much more time."""
        return await self._do(principal, conference, ExtendMeeting(conference, by_s))

    @use_case(Act.CONFERENCE_END)
    async def end(self, principal: Principal, conference: ConferenceId) -> ShownConference:
        """End it for everybody, and withdraw its codes. To end an ended one changes nothing."""
        found = await find_conference(self._ports, conference)
        if found.state is not ConferenceState.ENDED:
            await self._ask(principal, EndConference(conference))
            await self._ports.codes.withdraw(conference)
        return await self._read(conference)

    @use_case(Act.CONFERENCE_CODES)
    async def personal_codes(self, principal: Principal, conference: ConferenceId) -> Sequence[PersonalCode]:
        """The codes that functions were given for it, without their digits."""
        await find_conference(self._ports, conference)
        return await self._ports.codes.personal(conference)

    @use_case(Act.CONFERENCE_CODES)
    async def issue_personal_code(
        self, principal: Principal, conference: ConferenceId, function_id: str, role: Role
    ) -> tuple[PersonalCode, str]:
        """Give a function of the directory a code of its own, in place of one it has. It is shown here only.

        Raises:
            Refusal: There is no such conference or function, or the conference has ended.
        """
        await open_one(self._ports, conference)
        function = await self._ports.directory.get(Function, function_id)
        if function is None:
            raise Refusal.unknown(UnknownReason.FUNCTION, function_id, "function_id")
        organisation = await self._ports.directory.get(Organisation, function.organisation_id)
        holder = Holder(function.name, organisation.name if organisation is not None else "")
        return await self._ports.codes.issue_personal(conference, function_id, holder, role, principal.name)

    @use_case(Act.CONFERENCE_CODES)
    async def withdraw_personal_code(self, principal: Principal, conference: ConferenceId, code: str) -> None:
        """It opens nothing from now on; the function stays in the conference if it is there.

        Raises:
            Refusal: There is no such conference, or no such code of it.
        """
        await find_conference(self._ports, conference)
        if not await self._ports.codes.withdraw_personal(conference, code, principal.name):
            raise Refusal.not_found(UnknownReason.PERSONAL_CODE, code)

    # --- inside ---

    async def _do(self, principal: Principal, conference: ConferenceId, command: Command) -> ShownConference:
        await open_one(self._ports, conference)
        await self._ask(principal, command)
        return await self._read(conference)

    async def _read(self, conference: ConferenceId) -> ShownConference:
        (shown,) = await self._shown([await find_conference(self._ports, conference)])
        return shown

    async def _shown(self, conferences: Sequence[Conference]) -> list[ShownConference]:
        """In as many questions for all as for one."""
        ports = self._ports
        held = [one.id for one in conferences if one.state is not ConferenceState.ENDED]
        codes = await ports.codes.read_many(held)
        names = await talker_names(ports, ports.control.node()[PATCHES].values())
        return [_shown_one(ports, one, codes.get(one.id), names) for one in conferences]


def _shown_one(
    ports: Ports, conference: Conference, codes: ReadCodes | None, names: Mapping[Issi, str]
) -> ShownConference:
    node = ports.control.node()
    patches = [shown_patch(ports, one, names) for one in patches_in(node, conference.id)]
    return ShownConference(conference, people_in(node, conference.id), patches, codes, together.of(node, conference.id))


# --- opening, which a call-out does too ---


async def with_defaults(ports: Ports, new: NewConference) -> NewConference:
    """As its forum says where nothing is said.

    Raises:
        Refusal: There is no such forum, a chosen code is easy to guess, or both codes begin alike.
    """
    forum = await ports.directory.get(Forum, new.forum) if new.forum is not None else None
    if new.forum is not None and forum is None:
        raise Refusal.unknown(UnknownReason.FORUM, new.forum, "forum")
    for field, chosen in (("code", new.code), ("host_code", new.host_code)):
        fault = fault_of(chosen) if chosen is not None else None
        if fault is not None:
            raise Refusal("invalid", fault, field=field)
    if new.code is not None and new.host_code is not None and not is_prefix_free(new.code, [new.host_code]):
        raise Refusal("invalid", CodeReason.ALIKE(), field="host_code")
    if new.direct_number is not None and new.direct_number not in ports.numbers[1:]:
        raise Refusal("invalid", CodesReason.NO_NUMBER_OF_OURS(number=new.direct_number), field="direct_number")
    language, recorded = (forum.language, forum.recorded) if forum is not None else (Language.SV, True)
    sound, asks_name = (forum.entry_sound, forum.asks_name) if forum is not None else (EntrySound.NONE, False)
    return NewConference(
        name=new.name,
        language=new.language or language,
        recorded=recorded if new.recorded is None else new.recorded,
        exercise=new.exercise,
        forum=new.forum,
        floor_mode=new.floor_mode,
        emergency=new.emergency,
        waiting_room=new.waiting_room,
        joins_muted=new.joins_muted,
        entry_sound=sound if new.entry_sound is None else new.entry_sound,
        asks_name=asks_name if new.asks_name is None else new.asks_name,
        calls_back_in=forum is not None and forum.calls_back_in,
        code=new.code,
        host_code=new.host_code,
        direct_number=new.direct_number,
        direct_code=new.direct_code,
        secrecy=new.secrecy,
        ends_at_s=new.ends_at_s,
    )


def opening_of(ports: Ports, principal: Principal, new: NewConference) -> OpenConference:
    """The command that opens it, with fresh ids. It is the principal's."""
    return OpenConference(
        conference=ConferenceId(ports.ids.mint("conference")),
        mix=MixId(ports.ids.mint("mix")),
        name=new.name,
        number=new.direct_number or ports.number,
        language=new.language or Language.SV,
        recorded=new.recorded is not False,
        exercise=new.exercise,
        forum=new.forum,
        emergency=new.emergency,
        floor_mode=new.floor_mode,
        door=Door(
            new.waiting_room,
            new.joins_muted,
            new.entry_sound or EntrySound.NONE,
            new.asks_name is True,
            new.calls_back_in,
        ),
        direct_number=new.direct_number,
        direct_code=new.direct_code,
        secrecy=new.secrecy,
        ends_at_s=new.ends_at_s,
        opened_by=opener_of(principal),
    )


def _as_seen_by(principal: Principal, shown: ShownConference) -> ShownConference:
    """Without its codes, and the numbers of its people, for those who may not see them."""
    codes = shown.codes if permits(principal, Act.CODES_READ) else None
    people = as_seen_by(principal, shown.people)
    return replace(shown, codes=codes, people=people, together=as_seen_by(principal, shown.together))


@asynccontextmanager
async def issued(
    ports: Ports, principal: Principal, conference: ConferenceId, new: NewConference
) -> AsyncIterator[None]:
    """Codes for a conference that is about to be opened. They are taken back when it is refused, not when that is
    unknown.

    Raises:
        Refusal: A wanted code cannot be used; none is kept.
    """
    await _issue(ports, principal, conference, new)
    try:
        yield
    except Undecided:
        raise
    except Refusal:
        await ports.codes.withdraw(conference)
        raise


async def _issue(ports: Ports, principal: Principal, conference: ConferenceId, new: NewConference) -> None:
    code, host_code = await ports.codes.issue(conference)
    if new.code is None and new.host_code is None:
        return
    try:
        await ports.codes.set_codes(conference, new.code or code, new.host_code or host_code, principal.name)
    except CodeRefused as refused:
        await ports.codes.withdraw(conference)
        raise Refusal("conflict", refused.reason, field=refused.field) from refused
