"""The ground of every use case: the ports, the door that asks for permission, and the engine's answer."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import structlog

from bridge.domain.access.accounts import Limits
from bridge.domain.access.looking import LOOKS, Look, Looks
from bridge.domain.access.permissions import OF_NO_MEETING, Act, Reach, must_show_again, permits, reach_of
from bridge.domain.callout.records import ACTIVATIONS, Activation
from bridge.domain.conference.records import CONFERENCES, Conference, Secrecy
from bridge.domain.directory.policy import DirectoryPolicy
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ActivationId, ConferenceId, PatchId, RecordingId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.rate import Rate, Rates
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.situation.records import SituationReport
from bridge.ports import (
    Accounts,
    Archive,
    ArchivedRecording,
    ArchiveProof,
    AuditLog,
    Clock,
    Codes,
    Control,
    CopyStore,
    DecisionSheet,
    Directory,
    Exercises,
    Handovers,
    Ids,
    Keeping,
    MeetingIndex,
    MeetingSheet,
    Packer,
    Packing,
    Parcel,
    Passkeys,
    Passwords,
    Places,
    PortError,
    Provider,
    RollSheet,
    SealedSecrets,
    Sessions,
    ShownSetting,
    SoundShape,
    Tokens,
    TrunkTests,
    UpkeepLinks,
)
from bridge.reports import Report, ReportWriters
from bridge.service.reasons import AccessReason, EngineReason, UnknownReason
from bridge.service.refusal import Refusal, Undecided

log = structlog.get_logger(__name__)

ANSWER_S: Final = 20.0
"""A command that is not committed within this is answered as unavailable."""
DENIED: Final = Rate(window_s=60.0, limit=30)
"""Of one principal's acts that are not permitted, so many a minute stand in the audit log. The log has all."""
MOST_DENIED: Final = 256

Figures = Mapping[str, float]
"""Name → value; levels are dBFS, times as the name's ending says, counts since the path was made."""
S = TypeVar("S", bound="UseCases")
P = ParamSpec("P")
R = TypeVar("R")


class Package(Protocol):
    """The documentation package (zip) of a recording, in pieces; blocking (`bridge.recording.package`)."""

    def __call__(
        self,
        found: ArchivedRecording,
        notes: Sequence[Note],
        *,
        tracks: Sequence[ArchivedRecording] = (),
        issi_names: Mapping[int, str] | None = None,
        roll_calls: Sequence[RollSheet] = (),
        decisions: Sequence[DecisionSheet] = (),
        reports: Sequence[Report] = (),
        situation: Sequence[SituationReport] = (),
        proof: Mapping[str, bytes] | None = None,
    ) -> Iterator[bytes]: ...


class Documentation(Protocol):
    """The documentation of a whole meeting (zip); blocking (`bridge.recording.documentation`)."""

    def __call__(
        self,
        sheet: MeetingSheet,
        notes: Sequence[Note],
        asked: Packing,
        *,
        issi_names: Mapping[int, str] | None = None,
        reports: Sequence[Report] = (),
    ) -> Parcel: ...


class Timeline(Protocol):
    """The speech of a recording as spans of a JSON document (`bridge.recording.timeline`)."""

    def __call__(
        self, found: ArchivedRecording, notes: Iterable[Note], ended_at_s: float, issi_names: Mapping[int, str]
    ) -> Sequence[Any]: ...


Clip = Callable[[Path, float, float], bytes]
"""Of a file, from and to in seconds. Raises `OSError` where it cannot be read."""


SoundShapes = Callable[[ArchivedRecording], SoundShape]
"""Of an archived recording (`bridge.recording.peaks`); blocking. Raises `OSError` and `ValueError`."""


@dataclass(frozen=True)
class Identity:
    """How somebody is known."""

    accounts: Accounts
    tokens: Tokens
    sessions: Sessions
    passwords: Passwords
    sealed: SealedSecrets
    passkeys: Passkeys
    provider: Provider | None = None
    """The organisation's own login; none where none is set."""
    limits: Limits = field(default_factory=lambda: Limits(idle_s=1800.0, absolute_s=43_200.0))
    wrong_logins: int = 10
    """So many a minute from one address before it is braked."""
    secrecy_readers: frozenset[str] = frozenset({"operator"})
    """The names of tokens whose holders may read what is under secrecy."""


@dataclass(frozen=True)
class Ports:
    """The devices and stores that the use cases work with."""

    control: Control
    directory: Directory
    codes: Codes
    archive: Archive
    audit: AuditLog
    ids: Ids
    clock: Clock
    number: str
    """Our own telephone number, E.164 with plus."""
    timeline: Timeline
    package: Package
    documentation: Documentation
    sip: Documentation
    """The same as a package for a public archive (`bridge.recording.sip`)."""
    spooled: Callable[[RecordingId], Path]
    """Where a recording's file lies until it is archived."""
    clip: Clip
    """The stretch of an archived sound as FLAC; blocking (`bridge.recording.clip`)."""
    shape: SoundShapes
    """The shape of a recording, for its waveform."""
    reports: ReportWriters
    """The report of a call-out, as a table and as a document."""
    meetings: MeetingIndex
    """The archive by meetings, and their labels."""
    links: UpkeepLinks
    """By which organisations keep their own contact data."""
    identity: Identity
    """Accounts, tokens and sessions, and how people prove who they are."""
    places: Places | None = None
    """Where packages are handed over; `None`: nowhere."""
    handovers: Handovers | None = None
    """Packages that are made in the background; `None`: none is."""
    packer: Packer | None = None
    """Makes them."""
    upkeep: DirectoryPolicy = field(default_factory=DirectoryPolicy)
    organizer: str | None = None
    """The mail address of the organizer in invitations."""
    numbers: Sequence[str] = ()
    """All telephone numbers that callers may dial, the main one first."""
    proof: ArchiveProof | None = None
    """Proves the archive; none where there is no archive."""
    keeping: Keeping | None = None
    """Keeps and disposes of recordings; none where there is no archive."""
    copies: CopyStore | None = None
    """Loudness and copies of archived sounds."""
    looks: Looks = field(default_factory=Looks)
    """The looks that stand in the audit log already."""
    exercises: Exercises | None = None
    """Plays scenarios; none where nothing can ever be played."""
    trunk_tests: TrunkTests | None = None
    """Trying out trunks; none where there is no telephony."""
    can_answer_sms: bool = False
    """Whether an SMS of ours can be answered, and the answer comes here."""
    mail_most_bytes: int = 0
    """A package up to so many is attached to an e-mail; 0: none ever is."""
    link_url: str = ""
    """Our address as readers of messages reach it; empty: no link is sent."""
    settings: Sequence[ShownSetting] = ()
    """The settings in force, without their secrets."""
    levels: Callable[[PatchId], Figures | None] = lambda _patch: None
    """The figures of a patch's audio path (`bridge.media.protocol.PathStats` by name); none where there is no path."""


class UseCases:
    """The use cases of one capability. Each public method is marked by `use_case`."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._denied: Rates[str] = Rates(MOST_DENIED)

    async def _ask(self, principal: Principal, command: Command) -> str:
        """Put a command to the engine and wait for its commit.

        Returns:
            The id that the answer is about.

        Raises:
            Refusal: The command was refused, and nothing has changed.
            Undecided: It was not committed in time, and may still be.
        """
        return await ask(self._ports, principal, command)

    async def _reads(self, principal: Principal, conference: Conference, subject: str) -> None:
        """Something that was said there is read. Where secrecy applies it takes a permission of its own, and each
        reading stands in the audit log.

        Raises:
            Refusal: `not_permitted`: they may not read what is under secrecy.
        """
        if conference.secrecy is Secrecy.OPEN:
            return
        if not permits(principal, Act.SECRET_READ):
            await self._deny(principal, Act.SECRET_READ)
            raise Refusal("not_permitted", AccessReason.UNDER_SECRECY(principal=principal.name))
        line = Audit(self._ports.clock.now_s(), principal.name, Act.SECRET_READ.value, subject)
        await self._ports.audit.append(line)

    async def _reads_restricted(self, principal: Principal, *recordings: str) -> None:
        """Something of recordings is read. A label takes the same permission as secrecy, and each reading stands in the
        audit log.

        Raises:
            Refusal: `not_permitted`.
        """
        if self._ports.keeping is None:
            return
        for recording in await self._ports.keeping.labels(recordings):
            if not permits(principal, Act.SECRET_READ):
                await self._deny(principal, Act.SECRET_READ)
                raise Refusal("not_permitted", AccessReason.UNDER_SECRECY(principal=principal.name))
            line = Audit(self._ports.clock.now_s(), principal.name, Act.SECRET_READ.value, recording)
            await self._ports.audit.append(line)

    async def _must(self, principal: Principal, act: Act, organisation: str | None = None) -> None:
        """Ask the table of permissions.

        Raises:
            Refusal: `not_permitted`; the attempt stands in the audit log. Or `step_up`: they are to show anew who they
                are.
        """
        if permits(principal, act, organisation):
            if must_show_again(principal, act, self._ports.clock.now_s()):
                raise Refusal("step_up", AccessReason.SHOW_AGAIN(act=act.value))
            return
        await self._deny(principal, act)
        raise Refusal("not_permitted", AccessReason.NOT_PERMITTED(principal=principal.name, act=act.value))

    async def _must_see(self, principal: Principal, act: Act, conference: ConferenceId) -> None:
        """Of a meeting that they are not to see, somebody is not even told that it is there.

        Raises:
            Refusal: `not_found`.
        """
        reach = reach_of(principal, act)
        if reach is not None and not await self._holds(reach, conference):
            raise Refusal.not_found(UnknownReason.CONFERENCE, conference)

    async def _must_see_call_out(self, principal: Principal, act: Act, activation: ActivationId) -> None:
        """As `_must_see`: of one to a meeting that they are not to see, and that they have not started.

        Raises:
            Refusal: `not_found`.
        """
        reach = reach_of(principal, act)
        if reach is None:
            return
        found = self._ports.control.node()[ACTIVATIONS].get(activation)
        if found is None:
            board = await self._ports.archive.activation(activation)
            found = board[0] if board is not None else None
        if found is None or not await self._holds_call_out(reach, found):
            raise Refusal.not_found(UnknownReason.ACTIVATION, activation)

    async def _must_reach(
        self, principal: Principal, act: Act, reach: Reach, named: Mapping[str, Any], *, sifts: bool
    ) -> None:
        """Whether somebody who is confined to some meetings is let in to what a use case names.

        Raises:
            Refusal: `not_found` of another meeting; `not_permitted` where none is named, and one is needed.
        """
        if (conference := named.get("conference")) is not None:
            await self._must_see(principal, act, conference)
        elif (activation := named.get("activation")) is not None:
            await self._must_see_call_out(principal, act, activation)
        elif (recording := named.get("recording")) is not None:
            found = await self._ports.archive.get(recording)
            if found is None or not reaches(reach, found.conference):
                raise Refusal.not_found(UnknownReason.RECORDING, recording)
        elif not sifts and act not in OF_NO_MEETING:
            await self._deny(principal, act)
            raise Refusal("not_permitted", AccessReason.NOT_PERMITTED(principal=principal.name, act=act.value))

    async def _holds_call_out(self, reach: Reach, activation: Activation) -> bool:
        """To one of their meetings, or started by them and not handed over."""
        meeting = await self._known_meeting(activation.conference)
        if meeting is not None and reaches(reach, meeting):
            return True
        return activation.started_by == reach.opened_by and (meeting is None or meeting.handed_from != reach.opened_by)

    async def _holds(self, reach: Reach, conference: ConferenceId) -> bool:
        found = await self._known_meeting(conference)
        return found is not None and reaches(reach, found)

    async def _known_meeting(self, conference: ConferenceId) -> Conference | None:
        """A live one, or one of the archive."""
        found = self._ports.control.node()[CONFERENCES].get(conference)
        if found is None:
            ended = await self._ports.archive.conference(conference)
            found = ended[0] if ended is not None else None
        return found

    async def _looked(self, principal: Principal, look: Look, subject: str, span: str = "") -> None:
        """Somebody has looked at something: a line of the audit log, unless one of theirs tells it already.

        Raises:
            PortError: It cannot be written, and nobody may look without.
        """
        now_s, looks = self._ports.clock.now_s(), self._ports.looks
        if not looks.is_new(principal, look.action, subject, now_s, look.joined_s):
            return
        detail = (("range", span),) if span else ()
        try:
            await self._ports.audit.append(Audit(now_s, principal.name, look.action, subject, detail))
        except PortError as error:
            if look.is_needed:
                raise
            log.warning("look_not_audited", principal=principal.id, action=look.action, reason=str(error.reason))
        else:
            looks.written(principal, look.action, subject, now_s)

    async def _deny(self, principal: Principal, act: Act) -> None:
        """The attempt stands in the log, and in the audit log unless there are many."""
        now_s = self._ports.clock.now_s()
        log.warning("act_not_permitted", principal=principal.id, act=act.value)
        if not self._denied.of(principal.id, DENIED).is_full(now_s):
            self._denied = self._denied.happened(principal.id, now_s, DENIED)
            await self._ports.audit.append(Audit(now_s, principal.name, "access.denied", act.value))


def use_case(
    act: Act, *, sifts: bool = False
) -> Callable[
    [Callable[Concatenate[S, Principal, P], Awaitable[R]]], Callable[Concatenate[S, Principal, P], Awaitable[R]]
]:
    """Carry a method out only for principals whom the act is permitted to.

    Some are confined to some meetings. The argument `conference`, `activation` or `recording` has to name something of
    one of them. Without it they are let in to acts that concern no meeting. `sifts`: the method shows them their own
    alone.
    """

    def guard(
        method: Callable[Concatenate[S, Principal, P], Awaitable[R]],
    ) -> Callable[Concatenate[S, Principal, P], Awaitable[R]]:
        shape = inspect.signature(method)

        @wraps(method)
        async def guarded(self: S, principal: Principal, /, *args: P.args, **kwargs: P.kwargs) -> R:
            await self._must(principal, act)
            if (reach := reach_of(principal, act)) is not None:
                named = shape.bind(self, principal, *args, **kwargs).arguments
                await self._must_reach(principal, act, reach, named, sifts=sifts)
            answer = await method(self, principal, *args, **kwargs)
            if (look := LOOKS.get(act)) is not None:
                subject = args[0] if args and isinstance(args[0], str) else ""
                await self._looked(principal, look, subject)
            return answer

        guarded.act = act  # type: ignore[attr-defined]
        return guarded

    return guard


def reaches(reach: Reach, conference: Conference) -> bool:
    return reach.holds(conference.id, conference.forum, conference.opened_by, conference.co_hosts)


async def ask(ports: Ports, principal: Principal, command: Command) -> str:
    """As `UseCases._ask`, for what no single capability asks."""
    try:
        async with asyncio.timeout(ANSWER_S):
            reply = await ports.control.ask(principal, command)
    except TimeoutError:
        raise Undecided("unavailable", EngineReason.NO_ANSWER_IN_TIME(within_s=ANSWER_S)) from None
    match reply:
        case Done(subject):
            return subject
        case Refused() as refused:
            raise Refusal.of(refused)
