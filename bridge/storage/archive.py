"""Finding again what was recorded, said and called."""

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.access.permissions import Reach
from bridge.domain.alarms.records import Alarm
from bridge.domain.callout.records import Activation, Attempt, Target
from bridge.domain.conference.records import Conference, Seat
from bridge.domain.decisions.records import Acknowledgement, Decision
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.kernel.ids import (
    ActivationId,
    ConferenceId,
    DecisionId,
    MessageId,
    OccurrenceId,
    OutboxId,
    PatchId,
    RecordingId,
    ScheduleId,
)
from bridge.domain.kernel.journal import Note
from bridge.domain.mailings.records import Mailing
from bridge.domain.outbox.records import Bearer, OutboxMessage, OutboxState
from bridge.domain.radio.records import Patch
from bridge.domain.recording.records import ArchiveState, Recording, RecordingKind
from bridge.domain.rollcall.records import RollCall, RollEntry
from bridge.domain.schedule.records import Occurrence, Schedule
from bridge.domain.shortdata.records import Message, MessageDirection, MessageState
from bridge.domain.situation.records import SituationReport
from bridge.ports import ArchivedRecording, Board, DecisionSheet, FaultyTrack, MailingSheet, RollSheet
from bridge.storage.columns import storable
from bridge.storage.database import Database
from bridge.storage.order import newest_first, oldest_first
from bridge.storage.reach import call_outs_within, meetings_within, of_call_outs_within
from bridge.storage.registry import NOTES, RECORDS

MOST_ALARMS: Final = 5000
"""Of the alarms at once: the figures of a week of floods."""
_CONFERENCES: Final = RECORDS[Conference]
_PEOPLE: Final = RECORDS[Seat]
_PATCHES: Final = RECORDS[Patch]
_TRACKS: Final = (RecordingKind.TALKGROUP, RecordingKind.PARTICIPANT)
_ACTIVATIONS: Final = RECORDS[Activation]
_TARGETS: Final = RECORDS[Target]
_ATTEMPTS: Final = RECORDS[Attempt]
_RECORDINGS: Final = RECORDS[Recording]
_MESSAGES: Final = RECORDS[Message]
_OUTBOX: Final = RECORDS[OutboxMessage]
_EVALUATIONS: Final = RECORDS[Evaluation]
_ALARMS: Final = RECORDS[Alarm]
_MAILINGS: Final = RECORDS[Mailing]
_ROLL_CALLS: Final = RECORDS[RollCall]
_ROLL_ENTRIES: Final = RECORDS[RollEntry]
_SCHEDULES: Final = RECORDS[Schedule]
_SITUATION_REPORTS: Final = RECORDS[SituationReport]
_OCCURRENCES: Final = RECORDS[Occurrence]
_DECISIONS: Final = RECORDS[Decision]
_ACKNOWLEDGEMENTS: Final = RECORDS[Acknowledgement]

_MOST: Final = 1000
_MOST_TESTS: Final = 20_000
"""More than this is never given at once, whatever `limit` says."""


class SqlArchive:
    """`bridge.ports.Archive` over the database. `folder` is the archive's root, which recordings' paths are below."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def find(
        self,
        *,
        text: str = "",
        since_s: float | None = None,
        until_s: float | None = None,
        conference: ConferenceId | None = None,
        kind: RecordingKind | None = None,
        asides: bool = True,
        reach: Reach | None = None,
        limit: int = 100,
    ) -> Sequence[ArchivedRecording]:
        """Recordings that began in `since_s ≤ t < until_s`. `text` is found in the conference's name, or in a
        participant's name, organisation or function. It may stand anywhere there, in any case. Newest first."""
        recordings, conferences, people = _RECORDINGS.table, _CONFERENCES.table, _PEOPLE.table
        query = select(recordings).join(conferences, conferences.c.id == recordings.c.conference)
        query = query.where(recordings.c.state != ArchiveState.DROPPED)
        query = query.where(*meetings_within(recordings.c.conference, reach))
        if text:
            wanted = storable(text).casefold()
            heard = select(people.c.conference).where(people.c.search.contains(wanted, autoescape=True))
            query = query.where(
                or_(conferences.c.search.contains(wanted, autoescape=True), conferences.c.id.in_(heard))
            )
        if since_s is not None:
            query = query.where(recordings.c.started_at_s >= since_s)
        if until_s is not None:
            query = query.where(recordings.c.started_at_s < until_s)
        if conference is not None:
            query = query.where(recordings.c.conference == conference)
        if kind is not None:
            query = query.where(*_of_kind(recordings.c, kind))
        elif not asides:
            query = query.where(recordings.c.seat.is_(None))
        return await self._described(
            query.order_by(*newest_first(recordings.c.started_at_s, recordings.c.id)).limit(_bounded(limit))
        )

    async def get(self, recording: RecordingId) -> ArchivedRecording | None:
        """One recording with its conference and everybody who was in it."""
        found = await self._described(select(_RECORDINGS.table).where(_RECORDINGS.table.c.id == recording))
        return found[0] if found else None

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]:
        """Everything noted, in order of time."""
        notes = NOTES.table
        query = select(notes).where(notes.c.conference == conference).order_by(*oldest_first(notes.c.at_s, notes.c.id))
        async with self._database.reading() as connection:
            return await NOTES.fetch(connection, query)

    async def conferences(self, limit: int = 100, reach: Reach | None = None) -> Sequence[Conference]:
        """Also the ended ones, newest first."""
        conferences = _CONFERENCES.table
        query = select(conferences).where(*meetings_within(conferences.c.id, reach))
        query = query.order_by(*newest_first(conferences.c.created_at_s, conferences.c.id)).limit(_bounded(limit))
        async with self._database.reading() as connection:
            return await _CONFERENCES.fetch(connection, query)

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Seat]] | None:
        """One conference with everybody who was ever in it."""
        query = select(_CONFERENCES.table).where(_CONFERENCES.table.c.id == conference)
        async with self._database.reading() as connection:
            found = await _CONFERENCES.fetch(connection, query)
            return (found[0], await _people(connection, [conference])) if found else None

    async def messages(
        self,
        *,
        direction: MessageDirection | None = None,
        conference: ConferenceId | None = None,
        identity: int | None = None,
        state: MessageState | None = None,
        reach: Reach | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Newest first."""
        messages = _MESSAGES.table
        query = select(messages)
        if reach is not None:
            column = messages.c.conference
            own = or_(messages.c.actor == reach.opened_by, column.is_(None), *meetings_within(column, reach))
            query = query.where(own)
        if direction is not None:
            query = query.where(messages.c.direction == direction)
        if conference is not None:
            query = query.where(messages.c.conference == conference)
        if identity is not None:
            query = query.where(or_(messages.c.sender == identity, messages.c.receiver == identity))
        if state is not None:
            query = query.where(messages.c.state == state)
        query = query.order_by(*newest_first(messages.c.created_at_s, messages.c.id)).limit(_bounded(limit))
        async with self._database.reading() as connection:
            return await _MESSAGES.fetch(connection, query)

    async def message(self, message: MessageId) -> Message | None:
        query = select(_MESSAGES.table).where(_MESSAGES.table.c.id == message)
        async with self._database.reading() as connection:
            found = await _MESSAGES.fetch(connection, query)
            return found[0] if found else None

    async def outbox(
        self,
        *,
        bearer: Bearer | None = None,
        state: OutboxState | None = None,
        activation: ActivationId | None = None,
        reach: Reach | None = None,
        package: str | None = None,
        limit: int = 100,
    ) -> Sequence[OutboxMessage]:
        """Newest first."""
        outbox = _OUTBOX.table
        query = select(outbox)
        if reach is not None:
            own = or_(outbox.c.actor == reach.opened_by, of_call_outs_within(outbox.c.activation, reach))
            query = query.where(own)
        if bearer is not None:
            query = query.where(outbox.c.bearer == bearer)
        if state is not None:
            query = query.where(outbox.c.state == state)
        if activation is not None:
            query = query.where(outbox.c.activation == activation)
        if package is not None:
            query = query.where(outbox.c.package == package)
        query = query.order_by(*newest_first(outbox.c.created_at_s, outbox.c.id)).limit(_bounded(limit))
        async with self._database.reading() as connection:
            return await _OUTBOX.fetch(connection, query)

    async def number_tests(self, since_s: float) -> Sequence[OutboxMessage]:
        """Tests of numbers, the newest first; at most `_MOST_TESTS`."""
        outbox = _OUTBOX.table
        query = select(outbox).where(outbox.c.tests_number, outbox.c.created_at_s >= since_s)
        query = query.order_by(*newest_first(outbox.c.created_at_s, outbox.c.id)).limit(_MOST_TESTS)
        async with self._database.reading() as connection:
            return await _OUTBOX.fetch(connection, query)

    async def outbox_message(self, message: OutboxId) -> OutboxMessage | None:
        query = select(_OUTBOX.table).where(_OUTBOX.table.c.id == message)
        async with self._database.reading() as connection:
            found = await _OUTBOX.fetch(connection, query)
            return found[0] if found else None

    async def alarms(self, *, since_s: float | None = None, limit: int = 100) -> Sequence[Alarm]:
        """Alarms of all nodes, the latest to come first; `since_s`: those alone that came or stood since then."""
        table = _ALARMS.table
        query = select(table)
        if since_s is not None:
            query = query.where(or_(table.c.ended_at_s.is_(None), table.c.last_at_s >= since_s))
        query = query.order_by(*newest_first(table.c.last_at_s, table.c.id)).limit(min(max(limit, 1), MOST_ALARMS))
        async with self._database.reading() as connection:
            return await _ALARMS.fetch(connection, query)

    async def mailings(
        self,
        *,
        schedule: ScheduleId | None = None,
        activation: ActivationId | None = None,
        conference: ConferenceId | None = None,
        reach: Reach | None = None,
        limit: int = 100,
    ) -> Sequence[MailingSheet]:
        """Newest first, the messages of each by their address."""
        mailings, outbox = _MAILINGS.table, _OUTBOX.table
        query = select(mailings)
        if reach is not None:
            to_meeting = meetings_within(mailings.c.conference, reach)
            of_call_out = of_call_outs_within(mailings.c.activation, reach)
            query = query.where(or_(mailings.c.schedule.is_not(None), of_call_out, *to_meeting))
        for column, wanted in (
            (mailings.c.schedule, schedule),
            (mailings.c.activation, activation),
            (mailings.c.conference, conference),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        query = query.order_by(*newest_first(mailings.c.created_at_s, mailings.c.id)).limit(_bounded(limit))
        async with self._database.reading() as connection:
            found = await _MAILINGS.fetch(connection, query)
            written = select(outbox).where(outbox.c.mailing.in_([one.id for one in found]))
            messages = await _OUTBOX.fetch(connection, written.order_by(outbox.c.to, outbox.c.id))
        by_mailing: dict[str, list[OutboxMessage]] = {}
        for one in messages:
            by_mailing.setdefault(one.mailing or "", []).append(one)
        return [(one, by_mailing.get(one.id, [])) for one in found]

    async def roll_calls(self, conference: ConferenceId, limit: int = 100) -> Sequence[RollSheet]:
        """Newest first."""
        calls, entries = _ROLL_CALLS.table, _ROLL_ENTRIES.table
        query = select(calls).where(calls.c.conference == conference)
        query = query.order_by(*newest_first(calls.c.started_at_s, calls.c.id)).limit(_bounded(limit))
        async with self._database.reading() as connection:
            found = await _ROLL_CALLS.fetch(connection, query)
            wanted = select(entries).where(entries.c.roll_call.in_([one.id for one in found]))
            roll = await _ROLL_ENTRIES.fetch(connection, wanted.order_by(entries.c.position, entries.c.id))
        return [(one, [each for each in roll if each.roll_call == one.id]) for one in found]

    async def schedule(self, schedule: ScheduleId) -> Schedule | None:
        """One, also when it was removed."""
        query = select(_SCHEDULES.table).where(_SCHEDULES.table.c.id == schedule)
        async with self._database.reading() as connection:
            found = await _SCHEDULES.fetch(connection, query)
        return found[0] if found else None

    async def occurrence(self, occurrence: OccurrenceId) -> Occurrence | None:
        """A date of the schedule that has come."""
        return await self._occurrence(_OCCURRENCES.table.c.id == occurrence)

    async def occurrence_of(self, conference: ConferenceId) -> Occurrence | None:
        """The date of the schedule that it was opened for."""
        return await self._occurrence(_OCCURRENCES.table.c.conference == conference)

    async def _occurrence(self, where: ColumnElement[bool]) -> Occurrence | None:
        async with self._database.reading() as connection:
            found = await _OCCURRENCES.fetch(connection, select(_OCCURRENCES.table).where(where))
        return found[0] if found else None

    async def situation_reports(self, meeting: str) -> Sequence[SituationReport]:
        """By organisation."""
        reports = _SITUATION_REPORTS.table
        query = select(reports).where(reports.c.meeting == meeting).order_by(reports.c.organisation, reports.c.id)
        async with self._database.reading() as connection:
            return await _SITUATION_REPORTS.fetch(connection, query)

    async def evaluations(self, conference: ConferenceId) -> Sequence[Evaluation]:
        """By organisation and function."""
        found = _EVALUATIONS.table
        query = select(found).where(found.c.conference == conference)
        async with self._database.reading() as connection:
            return await _EVALUATIONS.fetch(
                connection, query.order_by(found.c.organisation, found.c.function, found.c.id)
            )

    async def occurrences(self, schedule: ScheduleId, limit: int = 100) -> Sequence[Occurrence]:
        """The latest first."""
        dates = _OCCURRENCES.table
        query = (
            select(dates).where(dates.c.schedule == schedule).order_by(*newest_first(dates.c.starts_at_s, dates.c.id))
        )
        async with self._database.reading() as connection:
            return await _OCCURRENCES.fetch(connection, query.limit(_bounded(limit)))

    async def decisions(self, conference: ConferenceId, limit: int = 100) -> Sequence[DecisionSheet]:
        """In the order they were begun; cancelled ones too."""
        decisions = _DECISIONS.table
        query = select(decisions).where(decisions.c.conference == conference)
        return await self._sheets(
            query.order_by(*oldest_first(decisions.c.begun_at_s, decisions.c.id)).limit(_bounded(limit))
        )

    async def decision(self, decision: DecisionId) -> DecisionSheet | None:
        """One with its answers so far, by organisation."""
        found = await self._sheets(select(_DECISIONS.table).where(_DECISIONS.table.c.id == decision))
        return found[0] if found else None

    async def _sheets(self, query: Select[tuple[object, ...]]) -> list[DecisionSheet]:
        answers, recordings = _ACKNOWLEDGEMENTS.table, _RECORDINGS.table
        async with self._database.reading() as connection:
            found = await _DECISIONS.fetch(connection, query)
            wanted = select(answers).where(answers.c.decision.in_([one.id for one in found]))
            given = await _ACKNOWLEDGEMENTS.fetch(connection, wanted.order_by(answers.c.organisation, answers.c.id))
            heard = select(recordings).where(recordings.c.id.in_({one.recording for one in found if one.recording}))
            kept = {one.id: one for one in await _RECORDINGS.fetch(connection, heard)}
        return [
            DecisionSheet(
                one,
                tuple(each for each in given if each.decision == one.id),
                kept.get(one.recording) if one.recording is not None else None,
            )
            for one in found
        ]

    async def activations(
        self, *, conference: ConferenceId | None = None, reach: Reach | None = None, limit: int = 100
    ) -> Sequence[Activation]:
        """Newest first."""
        activations = _ACTIVATIONS.table
        query = select(activations).order_by(*newest_first(activations.c.started_at_s, activations.c.id))
        query = query.where(*call_outs_within(reach))
        if conference is not None:
            query = query.where(activations.c.conference == conference)
        async with self._database.reading() as connection:
            return await _ACTIVATIONS.fetch(connection, query.limit(_bounded(limit)))

    async def activation(self, activation: ActivationId) -> Board | None:
        """One activation with its targets in order and every attempt in order of time."""
        return (await self.boards([activation])).get(activation)

    async def activation_by_key(self, key: str) -> Board | None:
        """The activation that a client-made key already started, however long ago."""
        query = select(_ACTIVATIONS.table.c.id).where(_ACTIVATIONS.table.c.key == key).limit(1)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else await self.activation(ActivationId(found))

    async def boards(self, activations: Sequence[ActivationId]) -> Mapping[ActivationId, Board]:
        """Those of them that are known."""
        records, targets, attempts = _ACTIVATIONS.table, _TARGETS.table, _ATTEMPTS.table
        held = select(records).where(records.c.id.in_(activations))
        asked = select(targets).where(targets.c.activation.in_(activations)).order_by(targets.c.position)
        made = select(attempts).where(attempts.c.activation.in_(activations))
        found: dict[ActivationId, tuple[Activation, list[Target], list[Attempt]]] = {}
        async with self._database.reading() as connection:
            for activation in await _ACTIVATIONS.fetch(connection, held):
                found[activation.id] = (activation, [], [])
            for target in await _TARGETS.fetch(connection, asked):
                found[target.activation][1].append(target)
            for attempt in await _ATTEMPTS.fetch(
                connection, made.order_by(*oldest_first(attempts.c.intent_at_s, attempts.c.id))
            ):
                found[attempt.activation][2].append(attempt)
        return found

    async def _described(self, query: Select[tuple[object, ...]]) -> list[ArchivedRecording]:
        async with self._database.reading() as connection:
            found = await _RECORDINGS.fetch(connection, query)
            ids = list({recording.conference for recording in found})
            meetings = select(_CONFERENCES.table).where(_CONFERENCES.table.c.id.in_(ids))
            by_id = {one.id: one for one in await _CONFERENCES.fetch(connection, meetings)}
            people = await _people(connection, ids)
            patches = await _patches(connection, [one.patch for one in found if one.patch is not None])
            together = await _together(connection, ids)
            faulty = await _faulty(connection, ids)
        return [
            ArchivedRecording(
                recording=recording,
                conference=by_id[recording.conference],
                participants=tuple(person for person in people if person.conference == recording.conference),
                path=self._path(recording),
                patch=patches.get(recording.patch) if recording.patch is not None else None,
                together=tuple(one for one in together[recording.conference] if one != recording.id),
                faulty=tuple(one for one in faulty if _concerns(recording, one.recording)),
            )
            for recording in found
        ]

    def _path(self, recording: Recording) -> Path | None:
        if recording.state is not ArchiveState.ARCHIVED or recording.file is None:
            return None
        return self._folder / recording.file


async def _people(connection: AsyncConnection, conferences: Sequence[ConferenceId]) -> Sequence[Seat]:
    table = _PEOPLE.table
    query = (
        select(table)
        .where(table.c.conference.in_(conferences))
        .order_by(*oldest_first(table.c.joined_at_s, table.c.id))
    )
    return await _PEOPLE.fetch(connection, query)


async def _patches(connection: AsyncConnection, ids: Sequence[PatchId]) -> dict[PatchId, Patch]:
    if not ids:
        return {}
    query = select(_PATCHES.table).where(_PATCHES.table.c.id.in_(ids))
    return {patch.id: patch for patch in await _PATCHES.fetch(connection, query)}


async def _together(
    connection: AsyncConnection, conferences: Sequence[ConferenceId]
) -> dict[ConferenceId, list[RecordingId]]:
    """All recordings of each conference, in order of time."""
    table = _RECORDINGS.table
    query = select(table.c.id, table.c.conference).where(table.c.conference.in_(conferences))
    found: dict[ConferenceId, list[RecordingId]] = {one: [] for one in conferences}
    for row in (await connection.execute(query.order_by(*oldest_first(table.c.started_at_s, table.c.id)))).mappings():
        found[row["conference"]].append(row["id"])
    return found


async def _faulty(connection: AsyncConnection, conferences: Sequence[ConferenceId]) -> Sequence[FaultyTrack]:
    """Every track of them that failed or is cut short, in order of time."""
    table = _RECORDINGS.table
    query = select(table).where(table.c.conference.in_(conferences))
    query = query.where(or_(table.c.cut_short.is_not(None), table.c.state == ArchiveState.FAILED))
    query = query.where(or_(*(and_(*_of_kind(table.c, one)) for one in _TRACKS)))
    tracks = await _RECORDINGS.fetch(connection, query.order_by(*oldest_first(table.c.started_at_s, table.c.id)))
    patches = await _patches(connection, [one.patch for one in tracks if one.patch is not None])
    return [FaultyTrack(one, patches.get(one.patch) if one.patch is not None else None) for one in tracks]


def _concerns(recording: Recording, track: Recording) -> bool:
    """Whether a fault of this track is told with the recording."""
    if recording.kind is not RecordingKind.MIX or track.conference != recording.conference:
        return track.id == recording.id
    if track.beside is not None:
        return track.beside == recording.id
    ended_at_s, its_end_s = (inf if one.ended_at_s is None else one.ended_at_s for one in (recording, track))
    return track.started_at_s < ended_at_s and recording.started_at_s < its_end_s


def _of_kind(recordings: Any, kind: RecordingKind) -> tuple[ColumnElement[bool], ...]:
    """The condition that `Recording.kind` is this one, in columns."""
    of_one, of_a_patch, beside = (
        column.is_not(None) for column in (recordings.seat, recordings.patch, recordings.beside)
    )
    match kind:
        case RecordingKind.NAME:
            return (of_one, ~beside)
        case RecordingKind.PARTICIPANT:
            return (of_one, beside)
        case RecordingKind.TALKGROUP:
            return (~of_one, of_a_patch)
        case RecordingKind.MIX:
            return (~of_one, ~of_a_patch)


def _bounded(limit: int) -> int:
    return max(0, min(limit, _MOST))
