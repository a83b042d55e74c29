"""What the engine committed is what it gets back, whatever is in it."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from bridge.domain.ids import AttemptId, ConferenceId, ParticipantId, RecordingId, TargetId
from bridge.domain.model import (
    Activation,
    ActivationState,
    ArchiveState,
    Attempt,
    AttemptState,
    Audit,
    Conference,
    ConferenceState,
    Message,
    MessageState,
    Note,
    NoteKind,
    Participant,
    ParticipantState,
    Patch,
    PatchState,
    Record,
    Recording,
    Saved,
    Target,
)
from bridge.ports import PortError, RecordsRefused
from bridge.storage import Database, IntegrityConflict, SqlArchive, SqlAudit, SqlStore, open_database
from tests.unit.storage.examples import (
    ACTIVATION,
    ATTEMPT,
    CONFERENCE,
    EVERYTHING,
    HOST,
    MESSAGE,
    PATCH,
    RECORDING,
    TARGET,
    any_of,
    but,
)

ANY_VALUE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def test_an_empty_database_gives_back_nothing(store: SqlStore) -> None:
    assert await store.load() == Saved()


async def test_what_is_not_finished_comes_back_after_a_restart(url: str) -> None:
    first = await open_database(url)
    await SqlStore(first).commit(EVERYTHING)
    await first.close()

    second = await open_database(url)
    saved = await SqlStore(second).load()
    await second.close()

    records = ((CONFERENCE,), (HOST,), (PATCH,), (ACTIVATION,), (TARGET,), (ATTEMPT,), (RECORDING,), (MESSAGE,))
    assert saved == Saved(*records)


async def test_a_record_committed_again_replaces_the_former(store: SqlStore) -> None:
    await store.commit([CONFERENCE])
    locked = replace(CONFERENCE, locked=True, name="Skogsbrand")
    await store.commit([locked])
    assert (await store.load()).conferences == (locked,)


async def test_of_two_states_of_one_record_in_a_batch_the_last_counts(store: SqlStore) -> None:
    ringing = replace(ATTEMPT, state=AttemptState.RINGING, ringing_at_s=5.0)
    await store.commit([CONFERENCE, ACTIVATION, TARGET, ATTEMPT, ringing])
    assert (await store.load()).attempts == (ringing,)


async def test_records_may_come_in_any_order(store: SqlStore) -> None:
    await store.commit(tuple(reversed(EVERYTHING)))
    assert (await store.load()).attempts == (ATTEMPT,)


async def test_what_is_finished_does_not_come_back(store: SqlStore) -> None:
    ended = replace(CONFERENCE, id=ConferenceId("cnf-2"), state=ConferenceState.ENDED)
    await store.commit(
        [
            *EVERYTHING,
            ended,
            replace(HOST, id=ParticipantId("prt-9"), conference=ended.id, state=ParticipantState.LEFT),
            replace(RECORDING, id=RecordingId("rec-9"), conference=ended.id, state=ArchiveState.FAILED),
            replace(HOST, state=ParticipantState.LEFT),
            replace(PATCH, state=PatchState.REMOVED),
            replace(ATTEMPT, state=AttemptState.ENDED),
            replace(RECORDING, state=ArchiveState.ARCHIVED),
            replace(MESSAGE, state=MessageState.DELIVERED, ended_at_s=130.0),
        ]
    )
    assert await store.load() == Saved(conferences=(CONFERENCE,), activations=(ACTIVATION,), targets=(TARGET,))
    await store.commit([replace(ACTIVATION, state=ActivationState.DONE)])
    assert await store.load() == Saved(conferences=(CONFERENCE,))


async def test_a_conference_that_ended_comes_back_while_somebody_or_a_recording_is_left_in_it(store: SqlStore) -> None:
    ended = replace(CONFERENCE, state=ConferenceState.ENDED)
    gone = replace(HOST, state=ParticipantState.LEFT)
    await store.commit([ended, HOST])
    assert await store.load() == Saved(conferences=(ended,), participants=(HOST,))
    await store.commit([gone, RECORDING])
    assert await store.load() == Saved(conferences=(ended,), recordings=(RECORDING,))
    await store.commit([replace(RECORDING, state=ArchiveState.ARCHIVED)])
    assert await store.load() == Saved()


async def test_a_recording_of_an_ended_conference_still_waits_for_the_archive(store: SqlStore) -> None:
    spooled = replace(RECORDING, state=ArchiveState.SPOOLED)
    await store.commit([replace(CONFERENCE, state=ConferenceState.ENDED), spooled])
    assert (await store.load()).recordings == (spooled,)


async def test_a_commit_that_fails_leaves_nothing_behind(store: SqlStore, audit: SqlAudit) -> None:
    orphan = replace(HOST, conference=ConferenceId("nobody"))
    with pytest.raises(IntegrityConflict) as refused:
        await store.commit([CONFERENCE, orphan], audit=[Audit(1.0, "operator", "opened", CONFERENCE.id)])
    assert refused.value.device == "database"
    assert not refused.value.retry
    assert await store.load() == Saved()
    assert await audit.rows() == []
    await store.commit([CONFERENCE], audit=[Audit(1.0, "operator", "opened", CONFERENCE.id)])
    assert await audit.verify() is None


async def test_what_the_database_cannot_take_is_named_and_the_rest_can_be_kept(
    store: SqlStore, audit: SqlAudit
) -> None:
    stray = replace(HOST, id=ParticipantId("prt-8"), conference=ConferenceId("nobody"))
    lost = replace(CONFERENCE, id=ConferenceId("cnf-8"), created_at_s=None)  # type: ignore[arg-type]
    inside = replace(HOST, id=ParticipantId("prt-9"), conference=lost.id)
    huge = replace(PATCH, gssi=2**80)  # type: ignore[arg-type]
    records: list[Record] = [inside, huge, CONFERENCE, stray, lost, HOST]
    notes = [Note(CONFERENCE.id, 1.0, NoteKind.JOINED), Note(ConferenceId("nobody"), 2.0, NoteKind.LEFT)]
    lines = [Audit(1.0, "op", "opened", "cnf-1"), Audit(1.0, "op", "moved", "cnf-1", (("to", float("inf")),))]

    with pytest.raises(RecordsRefused) as refused:
        await store.commit(records, notes, lines)
    assert set(refused.value.records) == {stray, lost, inside, huge}
    assert (refused.value.notes, refused.value.audit) == ((notes[1],), (lines[1],))
    assert not refused.value.retry
    assert await store.load() == Saved()
    assert await audit.rows() == []

    await store.commit([CONFERENCE, HOST], notes[:1], lines[:1])
    assert await store.load() == Saved(conferences=(CONFERENCE,), participants=(HOST,))
    assert await audit.verify() is None


async def test_a_record_that_is_refused_is_no_fault_of_the_database(database: Database, store: SqlStore) -> None:
    with pytest.raises(RecordsRefused):
        await store.commit([HOST])
    assert database.health() == {"database": "ok"}


async def test_a_database_that_is_away_is_not_taken_for_a_bad_record(database: Database, store: SqlStore) -> None:
    await database.close()
    with pytest.raises(PortError) as away:
        await store.commit([HOST])
    assert not isinstance(away.value, IntegrityConflict)


async def test_a_call_that_is_up_comes_back_though_its_call_out_is_done(store: SqlStore) -> None:
    done, up = replace(ACTIVATION, state=ActivationState.DONE), replace(ATTEMPT, state=AttemptState.ANSWERED)
    await store.commit([CONFERENCE, done, TARGET, up])
    assert await store.load() == Saved(
        conferences=(CONFERENCE,), activations=(done,), targets=(TARGET,), attempts=(up,)
    )
    await store.commit([replace(up, state=AttemptState.ENDED)])
    assert await store.load() == Saved(conferences=(CONFERENCE,))


async def test_two_commits_at_once_are_both_kept(store: SqlStore, audit: SqlAudit) -> None:
    await store.commit([CONFERENCE])
    people = [replace(HOST, id=ParticipantId(f"prt-{number}")) for number in range(20)]
    lines = [Audit(float(number), "operator", "joined", person.id) for number, person in enumerate(people)]
    await asyncio.gather(*(store.commit([person], audit=[line]) for person, line in zip(people, lines, strict=True)))
    assert {person.id for person in (await store.load()).participants} == {person.id for person in people}
    assert [row.number for row in await audit.rows()] == list(range(1, 21))
    assert await audit.verify() is None


async def test_a_cancelled_commit_is_kept_whole_or_not_at_all(store: SqlStore, audit: SqlAudit) -> None:
    await store.commit([CONFERENCE])
    for number in range(10):
        line = Audit(1.0, "operator", "joined", f"prt-{number}")
        task = asyncio.create_task(store.commit([replace(HOST, id=ParticipantId(f"prt-{number}"))], audit=[line]))
        for _ in range(number * 3):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.commit([HOST], audit=[Audit(2.0, "operator", "joined", HOST.id)])
    kept = {str(person.id) for person in (await store.load()).participants}
    assert {row.object for row in await audit.rows()} == kept
    assert await audit.verify() is None


async def test_a_list_of_500_is_one_commit(store: SqlStore) -> None:
    targets = [replace(TARGET, id=TargetId(f"tgt-{number:03}"), position=number) for number in range(500)]
    attempts = [
        replace(ATTEMPT, id=AttemptId(f"leg-{number:03}"), target=target.id) for number, target in enumerate(targets)
    ]
    await store.commit([CONFERENCE, ACTIVATION, *targets, *attempts])
    saved = await store.load()
    assert saved.targets == tuple(targets)
    assert set(saved.attempts) == set(attempts)


async def test_notes_are_appended_in_order(store: SqlStore, database: Database, tmp_path: object) -> None:
    first = Note(CONFERENCE.id, 1.0, NoteKind.RADIO_TALK_STARTED, HOST.id, (("issi", 1234567), ("emergency", True)))
    second = Note(CONFERENCE.id, 1.0, NoteKind.RADIO_TALK_STOPPED, HOST.id)
    await store.commit([CONFERENCE], [first, second])
    await store.commit([], [first])
    archive = SqlArchive(database, folder=None)  # type: ignore[arg-type]
    assert await archive.timeline(CONFERENCE.id) == [first, second, first]


@pytest.mark.parametrize(
    "name",
    [
        "rad ett\nrad två\r\n\t",
        "'; DROP TABLE conferences; --",
        '"citat" och \\backslash\\ och %_',
        "🚒🚑 släckt ✅ \u202e bakvänt",
        "Å" * 10_000,
        "",
    ],
)
async def test_hostile_names_are_kept_as_they_are(store: SqlStore, name: str) -> None:
    await store.commit([replace(CONFERENCE, name=name), replace(HOST, name=name, organisation=name)])
    saved = await store.load()
    assert saved.conferences[0].name == name
    assert saved.participants[0].organisation == name


async def test_what_no_database_holds_is_replaced_and_stops_no_commit(store: SqlStore, audit: SqlAudit) -> None:
    hostile = "a\x00b\ud800c"
    await store.commit(
        [replace(CONFERENCE, name=hostile)],
        [Note(CONFERENCE.id, 1.0, NoteKind.JOINED, None, (("name", hostile),))],
        [Audit(1.0, hostile, "opened", hostile, (("name", hostile),))],
    )
    assert (await store.load()).conferences[0].name == "a�b�c"
    assert (await audit.rows())[0].actor == "a�b�c"
    assert await audit.verify() is None


async def test_a_value_the_database_cannot_hold_is_refused_and_the_next_commit_works(store: SqlStore) -> None:
    with pytest.raises(PortError) as refused:
        await store.commit([replace(PATCH, gssi=2**80)])  # type: ignore[arg-type]
    assert not refused.value.retry
    await store.commit(EVERYTHING)


@ANY_VALUE
@given(any_of(Conference, id="cnf-1", state=but(ConferenceState, ConferenceState.ENDED)))
async def test_any_conference_comes_back_equal(store: SqlStore, conference: Conference) -> None:
    await store.commit([conference])
    assert (await store.load()).conferences == (conference,)


@ANY_VALUE
@given(any_of(Participant, id="prt-1", conference="cnf-1", state=but(ParticipantState, ParticipantState.LEFT)))
async def test_any_participant_comes_back_equal(store: SqlStore, participant: Participant) -> None:
    await store.commit([CONFERENCE, participant])
    assert (await store.load()).participants == (participant,)


@ANY_VALUE
@given(any_of(Patch, id="pat-1", conference="cnf-1", state=but(PatchState, PatchState.REMOVED)))
async def test_any_patch_comes_back_equal(store: SqlStore, patch: Patch) -> None:
    await store.commit([CONFERENCE, patch])
    assert (await store.load()).patches == (patch,)


@ANY_VALUE
@given(
    any_of(Activation, id="act-1", conference="cnf-1", state=ActivationState.OPEN),
    any_of(Target, id="tgt-1", activation="act-1"),
    any_of(Attempt, id="leg-1", target="tgt-1", activation="act-1", state=but(AttemptState, AttemptState.ENDED)),
)
async def test_any_call_out_comes_back_equal(
    store: SqlStore, activation: Activation, target: Target, attempt: Attempt
) -> None:
    await store.commit([CONFERENCE, activation, target, attempt])
    saved = await store.load()
    assert (saved.activations, saved.targets, saved.attempts) == ((activation,), (target,), (attempt,))


@ANY_VALUE
@given(
    any_of(
        Recording, id="rec-1", conference="cnf-1", state=but(ArchiveState, ArchiveState.ARCHIVED, ArchiveState.FAILED)
    )
)
async def test_any_recording_comes_back_equal(store: SqlStore, recording: Recording) -> None:
    await store.commit([CONFERENCE, recording])
    assert (await store.load()).recordings == (recording,)


@ANY_VALUE
@given(any_of(Message, id="sds-1", conference=None, ended_at_s=None))
async def test_any_message_comes_back_equal(store: SqlStore, message: Message) -> None:
    await store.commit([message])
    assert (await store.load()).messages == (message,)
