"""What the engine committed is what it gets back, whatever is in it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.domain.alarms.records import AlarmState
from bridge.domain.callout.records import ActivationState, Attempt, AttemptState, Target
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Conference, ConferenceState, Seat, SeatState
from bridge.domain.guessing.records import FamiliarLines, Guesses
from bridge.domain.kernel.ids import AttemptId, ConferenceId, ParticipantId, RecordingId, TargetId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.reasons import WELL
from bridge.domain.kernel.records import Record
from bridge.domain.mailings.records import MailingState
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.records import PatchState
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.rollcall.records import RollCallState
from bridge.domain.saved import Saved
from bridge.domain.shortdata.records import MessageState
from bridge.ports import PortError, RecordsRefused
from bridge.storage import (
    Database,
    IntegrityConflict,
    SqlArchive,
    SqlAudit,
    SqlGuesses,
    SqlStore,
    StorageSettings,
    open_database,
)
from tests.unit.storage.examples import (
    ACKNOWLEDGED,
    ACTIVATION,
    ALARM,
    ATTEMPT,
    CONFERENCE,
    CONFIRMED_ORDER,
    DECISION,
    EVALUATED,
    EVERYTHING,
    FAMILIAR,
    GUESSED,
    HELD,
    HOST,
    LINK,
    MAILING,
    MESSAGE,
    OUTBOX_MESSAGE,
    PATCH,
    RECORDING,
    REPORTED,
    ROLL_CALL,
    ROOM,
    SCHEDULED,
    SPEAKING,
    TALLIED,
    TARGET,
)


async def test_an_empty_database_gives_back_nothing(store: SqlStore) -> None:
    assert await store.load() == Saved()


@pytest.mark.slow
async def test_what_is_not_finished_comes_back_after_a_restart(url: str) -> None:
    first = await open_database(url)
    await SqlStore(first).commit(EVERYTHING)
    await first.close()

    second = await open_database(url)
    saved = await SqlStore(second).load()
    await second.close()

    of_people = (REPORTED, EVALUATED)
    kept = Saved.of(*(one for one in EVERYTHING if one not in of_people))
    assert saved == kept, "nobody decides by a report, nor by an evaluation"


async def test_a_record_committed_again_replaces_the_former(store: SqlStore) -> None:
    await store.commit([CONFERENCE])
    locked = replace(CONFERENCE, locked=True, name="Skogsbrand")
    await store.commit([locked])
    assert (await store.load())[Conference] == (locked,)


async def test_of_two_states_of_one_record_in_a_batch_the_last_counts(store: SqlStore) -> None:
    ringing = replace(ATTEMPT, state=AttemptState.RINGING, ringing_at_s=5.0)
    await store.commit([CONFERENCE, ACTIVATION, TARGET, ATTEMPT, ringing])
    assert (await store.load())[Attempt] == (ringing,)


async def test_records_may_come_in_any_order(store: SqlStore) -> None:
    await store.commit(tuple(reversed(EVERYTHING)))
    assert (await store.load())[Attempt] == (ATTEMPT,)


async def test_what_is_finished_does_not_come_back(store: SqlStore) -> None:
    ended = replace(CONFERENCE, id=ConferenceId("cnf-2"), state=ConferenceState.ENDED)
    await store.commit(
        [
            *EVERYTHING,
            ended,
            replace(HOST, id=ParticipantId("prt-9"), conference=ended.id, state=SeatState.LEFT),
            replace(RECORDING, id=RecordingId("rec-9"), conference=ended.id, state=ArchiveState.FAILED),
            replace(HOST, state=SeatState.LEFT),
            replace(PATCH, state=PatchState.REMOVED),
            replace(ATTEMPT, state=AttemptState.ENDED),
            replace(RECORDING, state=ArchiveState.ARCHIVED),
            replace(MESSAGE, state=MessageState.DELIVERED, ended_at_s=130.0),
            replace(ROLL_CALL, state=RollCallState.ENDED, ended_at_s=130.0),
            replace(OUTBOX_MESSAGE, ended_at_s=130.0),
            replace(LINK, ended_at_s=130.0),
            replace(ALARM, state=AlarmState.ENDED, ended_at_s=130.0),
            replace(CONFIRMED_ORDER, ended_at_s=130.0),
            replace(MAILING, state=MailingState.QUEUED, ended_at_s=130.0),
        ]
    )
    kept = (SPEAKING, GUESSED, FAMILIAR, DECISION, ACKNOWLEDGED, SCHEDULED, HELD, TALLIED)
    assert await store.load() == Saved.of(CONFERENCE, ROOM, ACTIVATION, TARGET, *kept)
    await store.commit([replace(ACTIVATION, state=ActivationState.DONE)])
    assert await store.load() == Saved.of(CONFERENCE, ROOM, *kept)


async def test_a_conference_that_ended_comes_back_while_somebody_or_a_recording_is_left_in_it(store: SqlStore) -> None:
    ended = replace(CONFERENCE, state=ConferenceState.ENDED)
    gone = replace(HOST, state=SeatState.LEFT)
    await store.commit([ended, ROOM, HOST])
    assert await store.load() == Saved.of(ended, ROOM, HOST)
    await store.commit([gone, RECORDING])
    assert await store.load() == Saved.of(ended, ROOM, RECORDING)
    await store.commit([replace(RECORDING, state=ArchiveState.ARCHIVED)])
    assert await store.load() == Saved()


async def test_a_recording_of_an_ended_conference_still_waits_for_the_archive(store: SqlStore) -> None:
    spooled = replace(RECORDING, state=ArchiveState.SPOOLED)
    await store.commit([replace(CONFERENCE, state=ConferenceState.ENDED), ROOM, spooled])
    assert (await store.load())[Recording] == (spooled,)


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
    records: list[Record] = [inside, huge, CONFERENCE, ROOM, stray, lost, HOST]
    notes = [Note(CONFERENCE.id, 1.0, ConferenceNote.JOINED), Note(ConferenceId("nobody"), 2.0, ConferenceNote.LEFT)]
    lines = [Audit(1.0, "op", "opened", "cnf-1"), Audit(1.0, "op", "moved", "cnf-1", (("to", float("inf")),))]

    with pytest.raises(RecordsRefused) as refused:
        await store.commit(records, notes, lines)
    assert set(refused.value.records) == {stray, lost, inside, huge}
    assert (refused.value.notes, refused.value.audit) == ((notes[1],), (lines[1],))
    assert not refused.value.retry
    assert await store.load() == Saved()
    assert await audit.rows() == []

    await store.commit([CONFERENCE, ROOM, HOST], notes[:1], lines[:1])
    assert await store.load() == Saved.of(CONFERENCE, ROOM, HOST)
    assert await audit.verify() is None


async def test_a_record_that_is_refused_is_no_fault_of_the_database(database: Database, store: SqlStore) -> None:
    with pytest.raises(RecordsRefused):
        await store.commit([HOST])
    assert database.health() == {"database": WELL}


async def test_a_database_that_is_away_is_not_taken_for_a_bad_record(database: Database, store: SqlStore) -> None:
    await database.close()
    with pytest.raises(PortError) as away:
        await store.commit([HOST])
    assert not isinstance(away.value, IntegrityConflict)


async def test_a_call_that_is_up_comes_back_though_its_call_out_is_done(store: SqlStore) -> None:
    done, up = replace(ACTIVATION, state=ActivationState.DONE), replace(ATTEMPT, state=AttemptState.ANSWERED)
    await store.commit([CONFERENCE, done, TARGET, up])
    assert await store.load() == Saved.of(CONFERENCE, done, TARGET, up)
    await store.commit([replace(up, state=AttemptState.ENDED)])
    assert await store.load() == Saved.of(CONFERENCE)


async def test_two_commits_at_once_are_both_kept(store: SqlStore, audit: SqlAudit) -> None:
    await store.commit([CONFERENCE, ROOM])
    people = [replace(HOST, id=ParticipantId(f"prt-{number}")) for number in range(20)]
    lines = [Audit(float(number), "operator", "joined", person.id) for number, person in enumerate(people)]
    await asyncio.gather(*(store.commit([person], audit=[line]) for person, line in zip(people, lines, strict=True)))
    assert {person.id for person in (await store.load())[Seat]} == {person.id for person in people}
    assert [row.number for row in await audit.rows()] == list(range(1, 21))
    assert await audit.verify() is None


async def test_a_cancelled_commit_is_kept_whole_or_not_at_all(store: SqlStore, audit: SqlAudit) -> None:
    await store.commit([CONFERENCE, ROOM])
    for number in range(10):
        line = Audit(1.0, "operator", "joined", f"prt-{number}")
        task = asyncio.create_task(store.commit([replace(HOST, id=ParticipantId(f"prt-{number}"))], audit=[line]))
        for _ in range(number * 3):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.commit([HOST], audit=[Audit(2.0, "operator", "joined", HOST.id)])
    kept = {str(person.id) for person in (await store.load())[Seat]}
    assert {row.object for row in await audit.rows()} == kept
    assert await audit.verify() is None


async def test_a_list_of_500_is_one_commit(store: SqlStore) -> None:
    targets = [replace(TARGET, id=TargetId(f"tgt-{number:03}"), position=number) for number in range(500)]
    attempts = [
        replace(ATTEMPT, id=AttemptId(f"leg-{number:03}"), target=target.id) for number, target in enumerate(targets)
    ]
    await store.commit([CONFERENCE, ACTIVATION, *targets, *attempts])
    saved = await store.load()
    assert saved[Target] == tuple(targets)
    assert set(saved[Attempt]) == set(attempts)


async def test_notes_are_appended_in_order(store: SqlStore, database: Database, tmp_path: object) -> None:
    first = Note(CONFERENCE.id, 1.0, RadioNote.RADIO_TALK_STARTED, HOST.id, (("issi", 1234567), ("emergency", True)))
    second = Note(CONFERENCE.id, 1.0, RadioNote.RADIO_TALK_STOPPED, HOST.id)
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
    await store.commit([replace(CONFERENCE, name=name), ROOM, replace(HOST, name=name, organisation=name)])
    saved = await store.load()
    assert saved[Conference][0].name == name
    assert saved[Seat][0].organisation == name


async def test_what_no_database_holds_is_replaced_and_stops_no_commit(store: SqlStore, audit: SqlAudit) -> None:
    hostile = "a\x00b\ud800c"
    await store.commit(
        [replace(CONFERENCE, name=hostile)],
        [Note(CONFERENCE.id, 1.0, ConferenceNote.JOINED, None, (("name", hostile),))],
        [Audit(1.0, hostile, "opened", hostile, (("name", hostile),))],
    )
    assert (await store.load())[Conference][0].name == "a�b�c"
    assert (await audit.rows())[0].actor == "a�b�c"
    assert await audit.verify() is None


async def test_a_value_the_database_cannot_hold_is_refused_and_the_next_commit_works(store: SqlStore) -> None:
    with pytest.raises(PortError) as refused:
        await store.commit([replace(PATCH, gssi=2**80)])  # type: ignore[arg-type]
    assert not refused.value.retry
    await store.commit(EVERYTHING)


# --- several nodes on one database ---


@pytest.mark.parametrize("migrated_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_node_gets_back_what_is_its_own_and_is_told_of_the_others(migrated_url: str) -> None:
    north = await open_database(migrated_url, StorageSettings(node="north"))
    south = await open_database(migrated_url, StorageSettings(node="south"))
    await SqlStore(north).commit(EVERYTHING)
    with capture_logs() as logs:
        assert await SqlStore(south).load() == Saved()
    assert [(line["event"], line["others"]) for line in logs] == [("conferences_of_other_nodes", {"north": 1})]

    other = replace(CONFERENCE, id=ConferenceId("cnf-2"))
    await SqlStore(south).commit([other, replace(CONFERENCE, name="seen from the south")])
    assert await SqlStore(south).load() == Saved.of(other)
    assert (await SqlStore(north).load())[Conference] == (replace(CONFERENCE, name="seen from the south"),)
    assert {one.id for one in await SqlArchive(south, folder=None).conferences()} == {"cnf-1", "cnf-2"}  # type: ignore[arg-type]
    await north.close()
    await south.close()


@pytest.mark.parametrize("migrated_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_no_node_writes_over_the_wrong_codes_that_another_has_counted(migrated_url: str) -> None:
    north = await open_database(migrated_url, StorageSettings(node="north"))
    south = await open_database(migrated_url, StorageSettings(node="south"))
    here = replace(GUESSED, wrong=5)
    await SqlStore(north).commit([GUESSED])
    await SqlStore(south).commit([here])
    await SqlStore(north).commit([replace(GUESSED, wrong=3)])
    assert (await SqlStore(south).load())[Guesses] == (here,)
    assert (await SqlStore(north).load())[Guesses] == (replace(GUESSED, wrong=3),)
    assert list(await SqlGuesses(south).of_others()) == [replace(GUESSED, wrong=3)]
    await north.close()
    await south.close()


@pytest.mark.parametrize("migrated_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_no_node_writes_over_the_lines_that_are_familiar_to_another(migrated_url: str) -> None:
    north = await open_database(migrated_url, StorageSettings(node="north"))
    south = await open_database(migrated_url, StorageSettings(node="south"))
    there = FamiliarLines(lines=(("+46701740607", 81.0),))
    await SqlStore(north).commit([FAMILIAR])
    await SqlStore(south).commit([there])
    assert (await SqlStore(north).load())[FamiliarLines] == (FAMILIAR,)
    assert (await SqlStore(south).load())[FamiliarLines] == (there,)
    assert list(await SqlGuesses(south).familiar_to_others()) == [FAMILIAR]
    await north.close()
    await south.close()


async def test_a_file_whose_node_was_given_another_name_loses_no_meeting(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/samband.db"
    former = await open_database(url, StorageSettings(node="former"))
    await SqlStore(former).commit(EVERYTHING)
    await former.close()
    renamed = await open_database(url, StorageSettings(node="renamed"))
    assert (await SqlStore(renamed).load())[Conference] == (CONFERENCE,)
    await renamed.close()
