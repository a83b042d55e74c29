"""Finding again what was recorded, said and called."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.domain.callout.records import ActivationState, AttemptResult, AttemptState
from bridge.domain.conference.records import ConferenceState, SeatState
from bridge.domain.kernel.ids import (
    ActivationId,
    AttemptId,
    ConferenceId,
    Issi,
    MessageId,
    ParticipantId,
    RecordingId,
    TargetId,
)
from bridge.domain.recording.records import ArchiveState, RecordingKind
from bridge.domain.shortdata.records import MessageDirection, MessageState
from bridge.storage import Database, SqlArchive, SqlStore
from tests.harness.reasons import because
from tests.unit.storage.examples import (
    ACTIVATION,
    ATTEMPT,
    CONFERENCE,
    EVERYTHING,
    HOST,
    MESSAGE,
    PATCH,
    RECORDING,
    ROOM,
    TARGET,
)

STORM = replace(CONFERENCE, id=ConferenceId("cnf-2"), name="Storm Åke 100 %", created_at_s=200.0)
ENDED = replace(CONFERENCE, state=ConferenceState.ENDED, ended_at_s=190.0)
ARCHIVED = replace(
    RECORDING, state=ArchiveState.ARCHIVED, duration_s=60.0, file="2026/11/a.flac", sha256="0" * 64, ended_at_s=170.0
)
LATER = replace(RECORDING, id=RecordingId("rec-2"), conference=STORM.id, started_at_s=210.0)
LEFT = replace(HOST, state=SeatState.LEFT, left_at_s=180.0)
GUEST = replace(
    HOST, id=ParticipantId("prt-5"), conference=STORM.id, name="Räddningschef", organisation="Östersund", function=None
)


@pytest.fixture
async def archive(database: Database, store: SqlStore, tmp_path: Path) -> SqlArchive:
    await store.commit([*EVERYTHING, STORM])
    await store.commit([ENDED, LEFT, ARCHIVED, LATER, GUEST])
    return SqlArchive(database, tmp_path)


async def test_the_newest_recording_comes_first_with_who_was_there(archive: SqlArchive, tmp_path: Path) -> None:
    newest, oldest = await archive.find()
    assert (newest.recording, newest.conference, newest.participants, newest.path) == (LATER, STORM, (GUEST,), None)
    assert (oldest.recording, oldest.conference, oldest.participants) == (ARCHIVED, ENDED, (LEFT,))
    assert oldest.path == tmp_path / "2026/11/a.flac"
    assert await archive.get(ARCHIVED.id) == oldest
    assert await archive.get(RecordingId("rec-9")) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("värme", ["rec-1"]),
        ("STORM ÅKE", ["rec-2"]),
        ("100 %", ["rec-2"]),
        ("%", ["rec-2"]),
        ("_", []),
        ("östersund", ["rec-2"]),
        ("tjänsteman", ["rec-1"]),
        ("tib", ["rec-1"]),
        ("e", ["rec-2", "rec-1"]),
        ("', (", []),
        ("\x00", []),
    ],
)
async def test_recordings_are_found_by_any_part_of_a_name_in_any_case(
    archive: SqlArchive, text: str, found: list[str]
) -> None:
    assert [str(one.recording.id) for one in await archive.find(text=text)] == found


async def test_recordings_are_found_by_when_they_began(archive: SqlArchive) -> None:
    assert [one.recording.id for one in await archive.find(since_s=110.0, until_s=210.0)] == ["rec-1"]
    assert [one.recording.id for one in await archive.find(since_s=110.1)] == ["rec-2"]
    assert [one.recording.id for one in await archive.find(limit=1)] == ["rec-2"]
    assert await archive.find(limit=-1) == []


async def test_recordings_are_found_by_conference_and_kind_however_many_are_newer(
    archive: SqlArchive, store: SqlStore
) -> None:
    track = replace(ARCHIVED, id=RecordingId("rec-3"), patch=PATCH.id, gssi=PATCH.gssi, started_at_s=1.0)
    await store.commit([track])
    for asked, found in (
        ({"kind": RecordingKind.TALKGROUP}, ["rec-3"]),
        ({"kind": RecordingKind.MIX}, ["rec-2", "rec-1"]),
        ({"conference": ENDED.id}, ["rec-1", "rec-3"]),
        ({"conference": ENDED.id, "kind": RecordingKind.MIX, "limit": 1}, ["rec-1"]),
        ({"conference": ConferenceId("cnf-9")}, []),
    ):
        assert [one.recording.id for one in await archive.find(**asked)] == found


async def test_ended_conferences_are_listed_too(archive: SqlArchive) -> None:
    assert await archive.conferences() == [STORM, ENDED]
    assert await archive.conference(ENDED.id) == (ENDED, [LEFT])
    assert await archive.conference(ConferenceId("cnf-9")) is None


async def test_a_finished_activation_is_read_back_with_every_attempt(archive: SqlArchive, store: SqlStore) -> None:
    done = replace(ACTIVATION, state=ActivationState.DONE, ended_at_s=300.0)
    first = replace(ATTEMPT, state=AttemptState.ENDED, result=AttemptResult.BUSY, cause=17, intent_at_s=1.0)
    second = replace(first, id=AttemptId("leg-0"), result=AttemptResult.JOINED, cause=16, intent_at_s=2.0)
    await store.commit([done, second, first])
    assert await archive.activations() == [done]
    assert await archive.activation(done.id) == (done, [TARGET], [first, second])
    assert await archive.activation_by_key("key-1") == (done, [TARGET], [first, second])
    assert await archive.activation(ActivationId("act-9")) is None
    assert await archive.activation_by_key("key-9") is None


async def test_several_activations_are_read_at_once_each_with_its_own(archive: SqlArchive, store: SqlStore) -> None:
    another = replace(ACTIVATION, id=ActivationId("act-2"), key="key-2", conference=STORM.id, started_at_s=9.0e9)
    target = replace(TARGET, id=TargetId("tgt-2"), activation=another.id)
    attempt = replace(ATTEMPT, id=AttemptId("leg-2"), activation=another.id, target=target.id)
    await store.commit([another, target, attempt])
    assert await archive.boards([another.id, ACTIVATION.id, ActivationId("act-9")]) == {
        ACTIVATION.id: (ACTIVATION, [TARGET], [ATTEMPT]),
        another.id: (another, [target], [attempt]),
    }
    assert await archive.boards([]) == {}
    assert await archive.activations() == [another, ACTIVATION]
    assert await archive.activations(conference=ACTIVATION.conference, limit=1) == [ACTIVATION]


async def test_messages_are_found_by_way_meeting_and_identity_newest_first(
    archive: SqlArchive, store: SqlStore
) -> None:
    came = replace(
        MESSAGE,
        id=MessageId("sds-2"),
        direction=MessageDirection.IN,
        state=MessageState.RECEIVED,
        created_at_s=130.0,
        receiver=1001,
        sender=Issi(1234567),
        conference=None,
        ended_at_s=130.0,
    )
    await store.commit([came])
    assert await archive.messages() == [came, MESSAGE]
    assert await archive.messages(direction=MessageDirection.IN) == [came]
    assert await archive.messages(state=MESSAGE.state) == [MESSAGE]
    assert await archive.messages(state=MessageState.EXPIRED) == []
    assert await archive.messages(conference=CONFERENCE.id) == [MESSAGE]
    assert await archive.messages(identity=1234567) == [came, MESSAGE]
    assert await archive.messages(identity=1001, limit=1) == [came]
    assert await archive.message(came.id) == came
    assert await archive.message(MessageId("sds-9")) is None


async def test_a_talkgroups_track_comes_with_its_patch_and_what_was_recorded_beside_it(
    store: SqlStore, archive: SqlArchive
) -> None:
    track = replace(RECORDING, id=RecordingId("rec-3"), started_at_s=115.0, patch=PATCH.id, gssi=PATCH.gssi)
    again = replace(RECORDING, id=RecordingId("rec-4"), started_at_s=150.0)
    await store.commit([CONFERENCE, ROOM, STORM, PATCH, RECORDING, again, track, LATER])
    found = await archive.get(track.id)
    assert found is not None
    assert (found.recording, found.patch, found.together) == (track, PATCH, (RECORDING.id, again.id))
    mix = await archive.get(RECORDING.id)
    assert mix is not None
    assert (mix.patch, mix.together) == (None, (track.id, again.id))
    alone = await archive.get(LATER.id)
    assert alone is not None
    assert alone.together == ()


async def test_the_tracks_that_failed_or_are_cut_short_are_told_with_the_mix_and_with_themselves(
    store: SqlStore, archive: SqlArchive
) -> None:
    mix = replace(ARCHIVED, id=RecordingId("rec-mix"))
    track = replace(mix, room=None, file="2026/11/b.flac")
    cut = replace(track, id=RecordingId("rec-cut"), seat=HOST.id, beside=mix.id, cut_short=because("no MixMonitor"))
    whole = replace(track, id=RecordingId("rec-whole"), seat=HOST.id, beside=mix.id)
    name = replace(track, id=RecordingId("rec-name"), seat=HOST.id, state=ArchiveState.FAILED, failure=because("no"))
    other = replace(cut, id=RecordingId("rec-other"), beside=RecordingId("rec-elsewhere"))
    air = replace(
        track, id=RecordingId("rec-air"), started_at_s=115.0, patch=PATCH.id, gssi=PATCH.gssi, failure=because("full")
    )
    lost = replace(air, state=ArchiveState.FAILED)
    late = replace(lost, id=RecordingId("rec-late"), started_at_s=170.5)
    await store.commit([CONFERENCE, ROOM, PATCH, mix, cut, whole, name, other, lost, late])

    async def told(recording: RecordingId) -> list[tuple[str, object, object]]:
        found = await archive.get(recording)
        assert found is not None
        return [(one.recording.id, one.recording.fault, one.patch) for one in found.faulty]

    assert await told(mix.id) == [("rec-cut", because("no MixMonitor"), None), ("rec-air", because("full"), PATCH)]
    assert await told(cut.id) == [("rec-cut", because("no MixMonitor"), None)]
    assert await told(whole.id) == await told(name.id) == []
    await store.commit([air])
    assert await told(air.id) == [], "its archiving failed once, and it is in the archive now"
    await store.commit([replace(mix, state=ArchiveState.RECORDING, ended_at_s=None)])
    assert [one[0] for one in await told(mix.id)] == ["rec-cut", "rec-late"]
