"""The archive by meetings: one entry each, with its parts inside, found by what is known of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from bridge.domain.access.permissions import Act, permits, reach_of
from bridge.domain.conference.records import Conference, Secrecy
from bridge.domain.decisions.records import DecisionState
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import Principal
from bridge.domain.recording.finding import MOST_LABELS, MeetingQuery
from bridge.domain.recording.records import RecordingKind
from bridge.domain.recording.release import Release
from bridge.domain.schedule.records import Smarr
from bridge.ports import ArchivedRecording, FoundMeeting, MeetingLabel, MeetingSheet, Packing, Parcel, PortError
from bridge.service.archive import proofs_of
from bridge.service.callouts import boards_of
from bridge.service.lookups import find_conference, people_of
from bridge.service.reasons import RecordingReason, UnknownReason
from bridge.service.recordings import must_be_there, radio_names
from bridge.service.refusal import Refusal
from bridge.service.reports import reports_of
from bridge.service.rollcalls import roll_calls_of
from bridge.service.situation import reports_to
from bridge.service.use_case import Documentation, Ports, UseCases, use_case

MOST_PARTS = 1000
"""Of each kind that a meeting has inside."""


class Finding(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._handing = asyncio.Semaphore(1)
        """One package is handed over at a time."""

    @use_case(Act.RECORDING_READ, sifts=True)
    async def find(self, principal: Principal, query: MeetingQuery) -> Sequence[FoundMeeting]:
        """The newest first. Words find nothing that is under secrecy for those who may not read it."""
        query = replace(query, reads_secrets=permits(principal, Act.SECRET_READ))
        found = await self._ports.meetings.find(query, reach_of(principal, Act.RECORDING_READ))
        return found if query.reads_secrets else [_covered(one) for one in found]

    @use_case(Act.RECORDING_READ)
    async def read(self, principal: Principal, conference: ConferenceId) -> MeetingSheet:
        """One meeting with its parts.

        Raises:
            Refusal: There is no such meeting, or they may not read what is under secrecy.
        """
        return await self._sheet(principal, conference)

    @use_case(Act.RECORDING_PACKAGE)
    async def package(self, principal: Principal, conference: ConferenceId) -> Parcel:
        """The documentation of the whole meeting as one zip. It stands in the audit log.

        Raises:
            Refusal: As `read`; `gone` and `unavailable`: a sound is not in the archive, or cannot be read.
        """
        sheet = await self._sheet(principal, conference)
        return await self._packed(principal, sheet, self._ports.documentation, "zip")

    @use_case(Act.RECORDING_PACKAGE)
    async def sip(self, principal: Principal, conference: ConferenceId) -> Parcel:
        """The same as a package for a public archive (E-ARK SIP 2.1.0). It stands in the audit log.

        Raises:
            Refusal: As `package`.
        """
        sheet = await self._sheet(principal, conference)
        return await self._packed(principal, sheet, self._ports.sip, "sip")

    @use_case(Act.RECORDING_PACKAGE)
    async def places(self, principal: Principal) -> Sequence[str]:
        """The names of those that packages can be handed over to."""
        return self._ports.places.names if self._ports.places is not None else ()

    @use_case(Act.RECORDING_PACKAGE)
    async def hand_over(self, principal: Principal, conference: ConferenceId, place: str, *, sip: bool) -> str:
        """Put the package at a place. Before and after stand in the audit log. Gives the package's name there.

        Raises:
            Refusal: As `package`; `not_found`: there is no such place. `unavailable`: it did not take the package.
        """
        places = self._ports.places
        if places is None or place not in places.names:
            raise Refusal.not_found(UnknownReason.PLACE, place)
        sheet = await self._sheet(principal, conference)
        form = "sip" if sip else "zip"
        made = await self._packing(principal, sheet, self._ports.sip if sip else self._ports.documentation, form)
        try:
            async with self._handing:
                name = await asyncio.to_thread(places.put, place, made)
        except PortError as error:
            await self._told(principal, "meeting.not_handed_over", conference, place, error.message)
            raise Refusal("unavailable", error.reason, retry=error.retry) from error
        await self._told(principal, "meeting.handed_over", conference, place, name)
        return name

    @use_case(Act.RECORDING_READ, sifts=True)
    async def labels(self, principal: Principal) -> Sequence[tuple[str, int]]:
        """Every label in use, with the number of meetings that have it."""
        return await self._ports.meetings.all_labels(reach=reach_of(principal, Act.RECORDING_READ))

    @use_case(Act.RECORDING_LABEL)
    async def label(self, principal: Principal, conference: ConferenceId, label: str) -> Sequence[MeetingLabel]:
        """Put a label on a meeting. It stands in the audit log. Twice is as once.

        Raises:
            Refusal: There is no such meeting, they may not read it, or it has its most labels already.
        """
        held = await find_conference(self._ports, conference)
        await self._reads(principal, held, held.id)
        if not await self._ports.meetings.label(principal.name, conference, label):
            raise Refusal("conflict", RecordingReason.TOO_MANY_LABELS(most=MOST_LABELS))
        return await self._ports.meetings.labels(conference)

    @use_case(Act.RECORDING_LABEL)
    async def unlabel(self, principal: Principal, conference: ConferenceId, label: str) -> None:
        """Take a label away. It stands in the audit log.

        Raises:
            Refusal: There is no such meeting or label, or they may not read it.
        """
        held = await find_conference(self._ports, conference)
        await self._reads(principal, held, held.id)
        if not await self._ports.meetings.unlabel(principal.name, conference, label):
            raise Refusal("not_found", RecordingReason.NO_SUCH_LABEL(label=label))

    # --- inside ---

    async def _sheet(self, principal: Principal, conference: ConferenceId) -> MeetingSheet:
        held = await find_conference(self._ports, conference)
        await self._reads(principal, held, held.id)
        return await sheet_of(self._ports, held)

    async def _told(self, principal: Principal, action: str, conference: ConferenceId, place: str, what: str) -> None:
        detail = (("place", place), ("told", what))
        await self._ports.audit.append(Audit(self._ports.clock.now_s(), principal.name, action, conference, detail))

    async def _packed(self, principal: Principal, sheet: MeetingSheet, made: Documentation, form: str) -> Parcel:
        return await asyncio.to_thread(await self._packing(principal, sheet, made, form))

    async def _packing(
        self, principal: Principal, sheet: MeetingSheet, made: Documentation, form: str
    ) -> Callable[[], Parcel]:
        """Its line is in the audit log before the package is made."""
        await self._may_pack(principal, sheet)
        return await packing_of(self._ports, principal.name, sheet, None, made, form)

    async def _may_pack(self, principal: Principal, sheet: MeetingSheet) -> None:
        sounds = sounds_of(sheet)
        await self._reads_restricted(principal, *(one.recording.id for one in sounds))
        await must_be_there(*sounds)


def sounds_of(sheet: MeetingSheet) -> Sequence[ArchivedRecording]:
    """Those that a package holds."""
    there = (one for one in sheet.recordings if one.path is not None)
    return [one for one in there if one.recording.kind is not RecordingKind.NAME]


async def packing_of(
    ports: Ports,
    actor: str,
    sheet: MeetingSheet,
    release: Release | None,
    made: Documentation,
    form: str,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> Callable[[], Parcel]:
    """All that a package needs; it is made when this is called. Its line is in the audit log before.

    Raises:
        Refusal: `conflict`: a sound is not what was archived.
        PortError: A store does not answer.
    """
    conference = sheet.conference.id
    proof = await proofs_of(ports, *sounds_of(sheet), told=told)
    now_s = ports.clock.now_s()
    await ports.audit.append(_line(now_s, actor, conference, release, form))
    objects = [conference, *(one.recording.id for one in sheet.recordings)]
    asked = Packing(
        actor,
        now_s,
        release,
        await ports.meetings.chain_head(),
        await ports.meetings.history(objects),
        proof if release is None else {},
    )
    notes = await ports.archive.timeline(conference)
    names = await radio_names(ports)
    reports = await reports_of(ports, conference) if release is None else ()
    return partial(made, sheet, notes, asked, issi_names=names, reports=reports)


def _line(now_s: float, actor: str, conference: ConferenceId, release: Release | None, form: str) -> Audit:
    if release is None:
        return Audit(now_s, actor, "meeting.packaged", conference, (("form", form),))
    detail = (
        ("ground", release.ground),
        ("receiver", release.receiver),
        ("masks", len(release.masks)),
        ("unnamed", len(release.unnamed)),
    )
    return Audit(now_s, actor, "meeting.released", conference, detail)


def _covered(found: FoundMeeting) -> FoundMeeting:
    """As shown to those who may not read what is under secrecy."""
    if found.conference.secrecy is Secrecy.OPEN:
        return found
    return replace(found, organisations=(), labels=(), people=0)


async def sheet_of(ports: Ports, conference: Conference) -> MeetingSheet:
    """All that the archive has of a meeting."""
    kept = await ports.archive.activations(conference=conference.id, limit=MOST_PARTS)
    decisions = await ports.archive.decisions(conference.id, MOST_PARTS)
    return MeetingSheet(
        conference=conference,
        people=await people_of(ports, conference, left=True),
        labels=await ports.meetings.labels(conference.id),
        recordings=list(reversed(await ports.archive.find(conference=conference.id, limit=MOST_PARTS))),
        decisions=[one for one in decisions if one.decision.state is not DecisionState.CANCELLED],
        activations=await boards_of(ports, [one.id for one in reversed(kept)]),
        roll_calls=await roll_calls_of(ports, conference.id),
        situation=await reports_to(ports, conference.id),
        evaluations=await ports.archive.evaluations(conference.id),
        smarr=await smarr_of(ports, conference.id),
    )


async def smarr_of(ports: Ports, conference: ConferenceId) -> Smarr | None:
    """The words of a prepared meeting's invitation; `None`: it was not prepared."""
    date = await ports.archive.occurrence_of(conference)
    plan = await ports.archive.schedule(date.schedule) if date is not None else None
    return plan.smarr if plan is not None else None
