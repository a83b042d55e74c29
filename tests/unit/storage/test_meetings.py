"""A meeting is found again by what is known of it, however it is typed, on both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Secrecy
from bridge.domain.kernel.ids import ConferenceId, DecisionId, MixId, ParticipantId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.recording.finding import MOST_LABELS, MeetingQuery, endings, folded, words_of
from bridge.domain.recording.records import ArchiveState
from bridge.storage import Database, SqlAudit, SqlMeetings, SqlStore
from bridge.storage.meetings import MOST_DAYS, days_of, on_days, with_word
from bridge.storage.tables import meeting_stale
from tests.unit.storage.conftest import FixedClock
from tests.unit.storage.examples import CONFERENCE, DECISION, EVERYTHING, HOST, RECORDING, ROOM

STORM = replace(CONFERENCE, id=ConferenceId("cnf-8"), name="Storm Åke", created_at_s=300.0, exercise=True, forum="vind")
SECRET = replace(CONFERENCE, id=ConferenceId("cnf-9"), name="Hotbild", created_at_s=400.0, secrecy=Secrecy.SECRET)
ROOMS = [replace(ROOM, id=MixId(f"mix-{one.id}"), conference=one.id) for one in (STORM, SECRET)]
CHIEF = replace(
    HOST,
    id=ParticipantId("prt-8"),
    conference=STORM.id,
    room=ROOMS[0].id,
    name="Räddningschef",
    organisation="Östersunds kommunkrisledning",
    function="Inre befäl",
    said_name=None,
)
SPY = replace(CHIEF, id=ParticipantId("prt-9"), conference=SECRET.id, room=ROOMS[1].id, organisation="Säpo")
SOUND = replace(
    RECORDING,
    id=RecordingId("rec-8"),
    conference=STORM.id,
    room=ROOMS[0].id,
    state=ArchiveState.ARCHIVED,
    duration_s=60.0,
)
STOPPED = replace(
    DECISION, id=DecisionId("dec-8"), conference=STORM.id, title="Vägen över Öland stängs", recording=None
)
TALKED = Note(STORM.id, 310.0, ConferenceNote.TALK_STARTED, CHIEF.id)


@pytest.fixture
async def meetings(database: Database, store: SqlStore, clock: FixedClock) -> SqlMeetings:
    await store.commit([*EVERYTHING, STORM, SECRET, *ROOMS, CHIEF, SPY, SOUND, STOPPED], [TALKED])
    return SqlMeetings(database, clock)


async def found(meetings: SqlMeetings, **query: object) -> list[str]:
    return [one.conference.name for one in await meetings.find(MeetingQuery(**query))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["storm", "STORM åke", "ake", "Ostersund", "krisledning", "inre befal", "oland", "vägen storm", "Räddnings"]
)
async def test_a_meeting_is_found_by_any_word_of_it_without_case_and_marks(meetings: SqlMeetings, text: str) -> None:
    assert await found(meetings, text=text) == ["Storm Åke"]


@pytest.mark.parametrize("text", ["orkan", "storm orkan", "%", "_", "\x00"])
async def test_every_word_must_be_there(meetings: SqlMeetings, text: str) -> None:
    assert await found(meetings, text=text) == []


async def test_the_newest_comes_first_and_each_meeting_once(meetings: SqlMeetings) -> None:
    assert await found(meetings, reads_secrets=True) == ["Hotbild", "Storm Åke", CONFERENCE.name]


async def test_by_date_forum_organisation_talker_and_exercise(meetings: SqlMeetings) -> None:
    assert await found(meetings, since_s=300.0, until_s=400.0) == ["Storm Åke"]
    assert await found(meetings, forum="vind") == ["Storm Åke"]
    assert await found(meetings, organisation="ÖSTERSUND") == ["Storm Åke"]
    assert await found(meetings, exercise=True) == ["Storm Åke"]
    assert "Storm Åke" not in await found(meetings, exercise=False)
    assert await found(meetings, talker="raddning") == ["Storm Åke"]
    assert await found(meetings, talker=HOST.name) == []


async def test_an_entry_tells_what_is_inside(meetings: SqlMeetings) -> None:
    [one] = await meetings.find(MeetingQuery(text="storm"))
    assert (one.people, one.decisions, one.activations, one.recorded_s) == (1, 1, 0, 60.0)
    assert one.organisations == ("Östersunds kommunkrisledning",)
    assert [each.id for each in one.recordings] == [SOUND.id]


async def test_words_find_nothing_under_secrecy_for_those_who_may_not_read_it(meetings: SqlMeetings) -> None:
    for query in ({"text": "hotbild"}, {"organisation": "säpo"}, {"text": "säpo"}):
        assert await found(meetings, **query) == []
        assert await found(meetings, **query, reads_secrets=True) == ["Hotbild"]
    assert "Hotbild" in await found(meetings)  # that it was held is no secret


async def test_page_after_page_gives_every_meeting_once(meetings: SqlMeetings, store: SqlStore) -> None:
    same = [replace(CONFERENCE, id=ConferenceId(f"cnf-p{one:02}"), created_at_s=500.0) for one in range(25)]
    await store.commit(same)
    seen: list[str] = []
    after = None
    while page := await meetings.find(MeetingQuery(since_s=500.0, after=after, limit=10)):
        seen += [one.conference.id for one in page]
        after = page[-1].conference.id
    assert seen == sorted((one.id for one in same), reverse=True)


async def test_a_change_is_found_at_once(meetings: SqlMeetings, store: SqlStore) -> None:
    assert await found(meetings, text="orkan") == []
    await store.commit([replace(STORM, name="Orkan Åke")])
    assert await found(meetings, text="orkan") == ["Orkan Åke"]


async def test_a_label_is_put_on_found_and_taken_off_and_the_audit_log_has_it(
    meetings: SqlMeetings, audit: SqlAudit
) -> None:
    assert await meetings.label("Anna", STORM.id, "Väderlarm")
    assert await meetings.label("Bo", STORM.id, "väderlarm")  # the same one
    assert [(one.label, one.set_by) for one in await meetings.labels(STORM.id)] == [("Väderlarm", "Anna")]
    assert await found(meetings, label="VADERLARM") == ["Storm Åke"]
    assert await found(meetings, text="vaderlarm") == ["Storm Åke"]
    assert await meetings.all_labels() == [("Väderlarm", 1)]
    assert await meetings.unlabel("Bo", STORM.id, "Väderlarm")
    assert not await meetings.unlabel("Bo", STORM.id, "Väderlarm")
    assert await found(meetings, label="väderlarm") == []
    rows = [one for one in await audit.rows() if one.action.startswith("meeting.")]
    assert [(one.actor, one.action, one.object) for one in rows] == [
        ("Anna", "meeting.labelled", STORM.id),
        ("Bo", "meeting.unlabelled", STORM.id),
    ]


async def test_a_meeting_takes_a_few_labels_and_no_more(meetings: SqlMeetings) -> None:
    assert all([await meetings.label("Anna", STORM.id, f"etikett {one}") for one in range(MOST_LABELS)])
    assert not await meetings.label("Anna", STORM.id, "en till")


async def test_the_index_is_brought_up_to_date_portion_by_portion(
    meetings: SqlMeetings, store: SqlStore, database: Database
) -> None:
    many = [replace(CONFERENCE, id=ConferenceId(f"cnf-m{one:03}"), created_at_s=600.0) for one in range(120)]
    await store.commit(many)
    assert await meetings.refresh(50) == 50
    assert await meetings.refresh(1000) == 74
    assert await meetings.refresh() == 0
    async with database.reading() as connection:
        assert list(await connection.scalars(select(meeting_stale.c.conference))) == []


@pytest.mark.parametrize(
    ("text", "plain"), [("ÅÄÖ åäö", "aao aao"), ("Straße", "strasse"), ("É  ü\tø\nx", "e u o\nx"), ("", "")]
)
def test_case_and_marks_do_not_matter(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_a_search_of_many_words_is_cut() -> None:
    assert len(words_of(" ".join(f"ord{one}" for one in range(1000)))) == 10


# --- a rare word among very many meetings ---


async def test_a_rare_word_is_found_without_going_through_all_meetings(
    meetings: SqlMeetings, database: Database
) -> None:
    """The plan of the database says so: it searches by indexes, and scans neither the meetings nor the words."""
    await meetings.refresh()
    query = MeetingQuery(text="krisledning", reads_secrets=True)
    async with database.reading() as connection:
        days = await days_of(connection, query)
        assert days == [0]
        steps = [await plan(connection, one) for one in (with_word("krisledning"), on_days([0, 7]))]
        whole = await plan(connection, meetings._matching(query, days))
    for told in (*steps, whole):
        for table in ("meeting_index", "meeting_words", "word_ends"):
            assert not scans(told, table), told


async def plan(connection: AsyncConnection, query: Select[Any]) -> str:
    """In the database's own words, as it is with very many rows."""
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
    made = query.compile(dialect=connection.dialect)
    given = tuple(made.params[name] for name in made.positiontup or ())
    explained = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in await connection.exec_driver_sql(explained + str(made), given))


def scans(told: str, table: str) -> bool:
    return f"SCAN {table}" in told or f"Seq Scan on {table}" in told


async def test_a_common_word_is_looked_for_from_the_newest_meeting_on(
    meetings: SqlMeetings, database: Database, store: SqlStore
) -> None:
    often = [
        replace(STORM, id=ConferenceId(f"cnf-d{at:04}"), created_at_s=at * 86_400.0) for at in range(MOST_DAYS + 1)
    ]
    await store.commit(often)
    await meetings.refresh(1000)
    async with database.reading() as connection:
        assert await days_of(connection, MeetingQuery(text="storm")) is None
        assert await days_of(connection, MeetingQuery(text="storm krisledning")) == [0]
    assert len(await found(meetings, text="storm")) == 50


async def test_words_of_different_days_find_no_meeting(meetings: SqlMeetings, store: SqlStore) -> None:
    later = replace(STORM, id=ConferenceId("cnf-late"), name="Snökanon", created_at_s=10 * 86_400.0)
    await store.commit([later])
    assert await found(meetings, text="snökanon krisledning") == []
    assert await found(meetings, text="nokan") == ["Snökanon"]
    assert await found(meetings, text="cnf-late") == ["Snökanon"]


def test_a_part_of_a_word_is_the_beginning_of_an_ending() -> None:
    word = "kommunkrisledningsnämnd"
    assert all(any(one.startswith(part) for one in endings(word)) for part in ("kommun", "krisledning", "d"))
    assert len(endings("a" * 5000)) <= 40
