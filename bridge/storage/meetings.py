"""Finding the archive's meetings, one entry each, and their labels.

The index is one plain table of folded text, the same on both databases. A word is found wherever it stands, also inside
a longer one: Swedish writes its compounds together. It is made from the records and can be made anew.

A search goes through the table from the newest meeting on, and has found a common word soon. A rare one leads to the
days on which it was said. There is an index of words from each of their letters on. Only meetings of these days are
looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import structlog
from sqlalchemy import (
    ColumnElement,
    Double,
    LargeBinary,
    Select,
    and_,
    column,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    tuple_,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.access.permissions import Reach
from bridge.domain.callout.records import Activation
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Conference, LegKind, Seat, Secrecy
from bridge.domain.decisions.records import Decision, DecisionState
from bridge.domain.directory.records import AuditRow, Forum
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.records import Record
from bridge.domain.radio.notes import RadioNote
from bridge.domain.recording.finding import (
    LONGEST_WORD,
    MOST_LABELS,
    MOST_LETTERS,
    MeetingQuery,
    endings,
    folded,
    words_of,
)
from bridge.domain.recording.records import ArchiveState, Recording, RecordingKind
from bridge.domain.schedule.records import Occurrence, Schedule
from bridge.domain.situation.records import SituationReport
from bridge.ports import Clock, FoundMeeting, MeetingLabel, PortError
from bridge.storage.chain import read_head
from bridge.storage.columns import storable
from bridge.storage.database import Database
from bridge.storage.order import newest_first, oldest_first
from bridge.storage.reach import meetings_within
from bridge.storage.registry import AUDIT, ENTRIES, NOTES, RECORDS
from bridge.storage.tables import meeting_index as index
from bridge.storage.tables import meeting_labels as labels
from bridge.storage.tables import meeting_stale as stale
from bridge.storage.tables import meeting_words, word_ends

log = structlog.get_logger(__name__)
AT_ONCE: Final = 50
"""So many rows of the index are made in one transaction: the engine's commits wait for no more."""
BEFORE_A_SEARCH: Final = 200
"""So many are brought up to date before a search answers. The rest follows in the background."""
MOST_HISTORY: Final = 1000
MOST: Final = 200
"""More meetings than this are never given at once."""
MOST_DAYS: Final = 400
"""A word of more days than this is common: from the newest meeting on it is found sooner."""
DAY_S: Final = 86_400.0
_AN_ID: Final = "cnf-"
_OF_A_CONFERENCE: Final = (Seat, Decision, Recording, Activation, Occurrence)


def meetings_of(records: Iterable[Record]) -> set[ConferenceId]:
    """The meetings that are found by other words after these records are kept."""
    found = {one.id for one in records if isinstance(one, Conference)}
    found |= {one.conference for one in records if isinstance(one, _OF_A_CONFERENCE) and one.conference is not None}
    return found | {ConferenceId(one.meeting) for one in records if isinstance(one, SituationReport)}


async def mark_stale(connection: AsyncConnection, meetings: Iterable[ConferenceId]) -> None:
    """Have their rows made anew. It is part of the transaction that changes them.

    The mark is counted up even where there is one. So it waits for a transaction that just takes it away.
    """
    rows = [{"conference": one, "marks": 1} for one in sorted(meetings)]
    if not rows:
        return
    made: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(stale)
    again = made.on_conflict_do_update(index_elements=["conference"], set_={"marks": stale.c.marks + 1})
    await connection.execute(again, rows)


class SqlMeetings:
    """`bridge.ports.MeetingIndex` over the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, query: MeetingQuery, reach: Reach | None = None) -> Sequence[FoundMeeting]:
        """The newest first. Of what is under secrecy only date, forum and kind find anything, unless the query may
        read secrets.

        Raises:
            PortError: device `database`.
        """
        try:
            await self.refresh(BEFORE_A_SEARCH)
        except PortError as error:
            log.warning("meetings_not_indexed", reason=error.message)
        async with self._database.reading() as connection:
            days = await days_of(connection, query)
            wanted = self._matching(query, days).where(*meetings_within(index.c.conference, reach))
            rows = [ConferenceId(one) for one in await connection.scalars(wanted)]
            return await _described(connection, rows)

    async def refresh(self, limit: int = AT_ONCE) -> int:
        """Bring rows of the index up to date, the newest first. Gives how many were.

        Raises:
            PortError: device `database`.
        """
        done = 0
        while done < limit:
            count = await self._refreshed(min(AT_ONCE, limit - done))
            done += count
            if count < AT_ONCE:
                break
        return done

    async def history(self, objects: Sequence[str]) -> Sequence[AuditRow]:
        """The lines of the audit log about these, in order; of many the first thousand."""
        rows = AUDIT.table
        query = select(rows).where(rows.c.object.in_(objects)).order_by(rows.c.number).limit(MOST_HISTORY)
        async with self._database.reading() as connection:
            return await AUDIT.fetch(connection, query)

    async def chain_head(self) -> tuple[int, str]:
        """Number and hash of the last line of the audit log."""
        async with self._database.reading() as connection:
            return await read_head(connection)

    async def labels(self, conference: ConferenceId) -> Sequence[MeetingLabel]:
        """Of one meeting, by name."""
        async with self._database.reading() as connection:
            return (await _labels(connection, [conference])).get(conference, ())

    async def all_labels(self, limit: int = 1000, reach: Reach | None = None) -> Sequence[tuple[str, int]]:
        """Every label in use, with the number of meetings that have it; by name."""
        query = select(func.min(labels.c.label), func.count()).where(*meetings_within(labels.c.conference, reach))
        query = query.group_by(labels.c.folded).order_by(labels.c.folded)
        async with self._database.reading() as connection:
            return [(row[0], row[1]) for row in await connection.execute(query.limit(limit))]

    async def label(self, actor: str, conference: ConferenceId, label: str) -> bool:
        """Put a label on a meeting; one that it has already stays as it is. Whether it has it now.

        Raises:
            PortError: device `database`.
        """
        now_s, key = self._clock.now_s(), folded(label)
        async with self._database.transaction() as connection:
            held = list(await connection.scalars(select(labels.c.folded).where(labels.c.conference == conference)))
            if key in held:
                return True
            if len(held) >= MOST_LABELS:
                return False
            row = {"conference": conference, "folded": key, "label": label, "set_by": actor, "set_at_s": now_s}
            await connection.execute(insert(labels).values(row))
            await mark_stale(connection, [conference])
            line = Audit(now_s, actor, "meeting.labelled", conference, (("label", label),))
            await self._database.chain.append(connection, [line])
        return True

    async def unlabel(self, actor: str, conference: ConferenceId, label: str) -> bool:
        """Take a label away. Whether there was one.

        Raises:
            PortError: device `database`.
        """
        async with self._database.transaction() as connection:
            named = delete(labels).where(labels.c.conference == conference, labels.c.folded == folded(label))
            gone = bool((await connection.execute(named)).rowcount)
            if gone:
                await mark_stale(connection, [conference])
                detail = (("label", label),)
                line = Audit(self._clock.now_s(), actor, "meeting.unlabelled", conference, detail)
                await self._database.chain.append(connection, [line])
        return gone

    # --- inside ---

    def _matching(self, query: MeetingQuery, days: Sequence[int] | None) -> Select[Any]:
        wanted = select(index.c.conference)
        if days is not None:
            wanted = wanted.where(index.c.conference.in_(on_days(days)))
        for one in words_of(query.text):
            wanted = wanted.where(self._holds(index.c.words, one))
        for held, text in ((index.c.organisations, query.organisation), (index.c.talkers, query.talker)):
            if text:
                wanted = wanted.where(self._holds(held, folded(text).strip()))
        if query.label:
            has = select(labels.c.conference).where(labels.c.folded == storable(folded(query.label)))
            wanted = wanted.where(index.c.conference.in_(has))
        if query.since_s is not None:
            wanted = wanted.where(index.c.began_at_s >= query.since_s)
        if query.until_s is not None:
            wanted = wanted.where(index.c.began_at_s < query.until_s)
        if query.forum is not None:
            wanted = wanted.where(index.c.forum == query.forum)
        if query.exercise is not None:
            wanted = wanted.where(index.c.exercise.is_(query.exercise))
        if query.asks_for_words and not query.reads_secrets:
            wanted = wanted.where(index.c.is_secret.is_(False))
        if query.after is not None:
            last = select(index.c.began_at_s, index.c.conference).where(index.c.conference == query.after).subquery()
            here = tuple_(index.c.began_at_s, index.c.conference)
            wanted = wanted.where(here < select(last.c.began_at_s, last.c.conference).scalar_subquery())
        wanted = wanted.order_by(*newest_first(index.c.began_at_s, index.c.conference))
        return wanted.limit(max(0, min(query.limit, MOST)))

    def _holds(self, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
        """Quicker than LIKE, and no sign of it means anything."""
        find = func.instr if self._database.dialect == "sqlite" else func.strpos
        return find(column, literal(storable(text))) > 0

    async def _refreshed(self, limit: int) -> int:
        async with self._database.transaction() as connection:
            newest = select(stale.c.conference).order_by(stale.c.conference.desc()).limit(limit)
            if self._database.is_shared:  # what somebody just marks comes next time
                newest = newest.with_for_update(skip_locked=True)
            found = [ConferenceId(one) for one in await connection.scalars(newest)]
            if not found:
                return 0
            await connection.execute(delete(stale).where(stale.c.conference.in_(found)))
            rows = await _rows(connection, found)
            await connection.execute(delete(index).where(index.c.conference.in_(found)))
            if rows:
                await connection.execute(insert(index), rows)
                await _add_words(connection, rows)
        return len(found)


# --- words to days ---


async def days_of(connection: AsyncConnection, query: MeetingQuery) -> Sequence[int] | None:
    """The days on which a meeting with all of the words may have begun; `None`: too many to help.

    A word that begins as ids do is one of an id.
    """
    asked = [*words_of(query.text), *folded(query.organisation).split(), *folded(query.talker).split()]
    found: set[int] | None = None
    for word in dict.fromkeys(asked):
        days = await _days_with(connection, word)
        if days is not None:
            found = days if found is None else found & days
    return None if found is None else sorted(found)


def with_word(word: str) -> Select[Any]:
    """The days of a word, or of those that it is a part of."""
    begins = storable(word)[:MOST_LETTERS].encode()
    ends = word_ends.c.ending
    parts = select(word_ends.c.word).where(
        ends >= literal(begins, LargeBinary), ends < literal(begins + b"\xff", LargeBinary)
    )
    return select(meeting_words.c.day).distinct().where(meeting_words.c.word.in_(parts)).limit(MOST_DAYS + 1)


async def _days_with(connection: AsyncConnection, word: str) -> set[int] | None:
    if _AN_ID.startswith(word[: len(_AN_ID)]):
        return None
    days = set(await connection.scalars(with_word(word)))
    return days if len(days) <= MOST_DAYS else None


def on_days(days: Sequence[int]) -> Select[Any]:
    """The meetings that began on these days. Each stretch of days is a range of the index by date."""
    stretches: list[tuple[float, float]] = []
    for day in days:
        if stretches and stretches[-1][1] == day * DAY_S:
            stretches[-1] = (stretches[-1][0], (day + 1) * DAY_S)
        else:
            stretches.append((day * DAY_S, (day + 1) * DAY_S))
    if not stretches:
        return select(index.c.conference).where(false())
    spans = values(column("from_s", Double), column("until_s", Double), name="spans").data(stretches).cte("spans")
    began = index.c.began_at_s
    return select(index.c.conference).join(spans, and_(began >= spans.c.from_s, began < spans.c.until_s))


async def _add_words(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ids are left out: each is a word of its own, and as long."""
    seen: set[tuple[bytes, int]] = set()
    words: set[str] = set()
    for row in rows:
        of_it = {one for one in storable(row["words"]).split() if not one.startswith(_AN_ID)}
        words |= of_it
        seen |= {(_key(one), int(row["began_at_s"] // DAY_S)) for one in of_it}
    ends = {(part.encode(), _key(one)) for one in words for part in endings(one)}
    insert_ = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    for table, found in ((meeting_words, seen), (word_ends, ends)):
        names = [one.name for one in table.columns]
        values_ = [dict(zip(names, one, strict=True)) for one in sorted(found)]  # in order: no two wait for each other
        if values_:
            made: Any = insert_(table)
            await connection.execute(made.on_conflict_do_nothing(), values_)


def _key(word: str) -> bytes:
    return word[:LONGEST_WORD].encode()


async def _rows(connection: AsyncConnection, meetings: Sequence[ConferenceId]) -> list[dict[str, Any]]:
    """The rows of the index for those of them that are known."""
    held = RECORDS[Conference].table
    conferences = await RECORDS[Conference].fetch(connection, select(held).where(held.c.id.in_(meetings)))
    words = await _words(connection, meetings)
    people = await _people(connection, meetings)
    talked = await _talked(connection, meetings)
    forums = {one.id: one.name for one in await _forums(connection, conferences)}
    rows = []
    for one in conferences:
        seats = people.get(one.id, [])
        names: list[str | None] = [one.name, one.id, forums.get(one.forum or "", "")]
        names += chain.from_iterable((each.name, each.organisation, each.function) for each in seats)
        spoke = [each.name for each in seats if each.id in talked]
        spoke += [f"{each.function}\n{each.organisation}" for each in seats if each.id in talked and each.function]
        rows.append(
            {
                "conference": one.id,
                "began_at_s": one.created_at_s,
                "exercise": one.exercise,
                "is_secret": one.secrecy is not Secrecy.OPEN,
                "forum": one.forum,
                "words": _once([*names, *words.get(one.id, [])]),
                "organisations": _once(each.organisation for each in seats),
                "talkers": _once(spoke),
            }
        )
    return rows


def _once(texts: Iterable[str | None]) -> str:
    """Each once, folded, in lines of their own."""
    return "\n".join(dict.fromkeys(folded(one) for one in texts if one))


async def _people(connection: AsyncConnection, meetings: Sequence[ConferenceId]) -> dict[ConferenceId, list[Seat]]:
    seats = RECORDS[Seat].table
    query = (
        select(seats).where(seats.c.conference.in_(meetings)).order_by(*oldest_first(seats.c.joined_at_s, seats.c.id))
    )
    found: dict[ConferenceId, list[Seat]] = {}
    for one in await RECORDS[Seat].fetch(connection, query):
        found.setdefault(one.conference, []).append(one)
    return found


async def _talked(connection: AsyncConnection, meetings: Sequence[ConferenceId]) -> set[str]:
    notes, kinds = NOTES.table, (ConferenceNote.TALK_STARTED, RadioNote.RADIO_TALK_STARTED)
    query = select(notes.c.participant).distinct().where(notes.c.conference.in_(meetings), notes.c.kind.in_(kinds))
    return {one for one in await connection.scalars(query) if one is not None}


async def _forums(connection: AsyncConnection, conferences: Sequence[Conference]) -> Sequence[Forum]:
    forums = ENTRIES[Forum].table
    return await ENTRIES[Forum].fetch(
        connection, select(forums).where(forums.c.id.in_({one.forum for one in conferences if one.forum}))
    )


async def _words(connection: AsyncConnection, meetings: Sequence[ConferenceId]) -> Mapping[ConferenceId, list[str]]:
    """All else that was written down of them: titles, the invitation's words, reports, lists, labels."""
    found: dict[ConferenceId, list[str]] = {}

    def add(conference: str, *texts: str | None) -> None:
        found.setdefault(ConferenceId(conference), []).extend(one for one in texts if one)

    decisions, dates, plans = RECORDS[Decision].table, RECORDS[Occurrence].table, RECORDS[Schedule].table
    is_kept = decisions.c.state != DecisionState.CANCELLED
    decided = select(decisions.c.conference, decisions.c.title).where(decisions.c.conference.in_(meetings), is_kept)
    for row in await connection.execute(decided):
        add(row[0], row[1])
    calls = RECORDS[Activation].table
    called = select(calls.c.conference, calls.c.list_name).where(calls.c.conference.in_(meetings))
    for row in await connection.execute(called):
        add(row[0], row[1])
    query = select(dates).where(dates.c.conference.in_(meetings))
    came = await RECORDS[Occurrence].fetch(connection, query)
    planned = select(plans).where(plans.c.id.in_({one.schedule for one in came}))
    by_id = {one.id: one for one in await RECORDS[Schedule].fetch(connection, planned)}
    meeting_of: dict[str, str] = {one: one for one in meetings}
    for one in came:
        if (plan := by_id.get(one.schedule)) is not None:
            meeting_of[one.id] = one.conference
            words = plan.smarr
            add(one.conference, plan.name, words.purpose, words.goal, *words.agenda, words.resources, words.rules)
    reports = RECORDS[SituationReport].table
    told = select(reports).where(reports.c.meeting.in_(meeting_of))
    for report in await RECORDS[SituationReport].fetch(connection, told):
        add(meeting_of[report.meeting], report.organisation, report.text, report.needs)
    for conference, put in (await _labels(connection, meetings)).items():
        add(conference, *(one.label for one in put))
    return found


async def _labels(
    connection: AsyncConnection, meetings: Sequence[ConferenceId]
) -> dict[ConferenceId, tuple[MeetingLabel, ...]]:
    query = select(labels).where(labels.c.conference.in_(meetings)).order_by(labels.c.folded)
    found: dict[ConferenceId, tuple[MeetingLabel, ...]] = {}
    for row in (await connection.execute(query)).mappings():
        one = MeetingLabel(row["label"], row["set_by"], row["set_at_s"])
        found[row["conference"]] = (*found.get(row["conference"], ()), one)
    return found


async def _described(connection: AsyncConnection, meetings: Sequence[ConferenceId]) -> list[FoundMeeting]:
    """In the same order."""
    held, kept = RECORDS[Conference].table, RECORDS[Recording].table
    conferences = {
        one.id: one for one in await RECORDS[Conference].fetch(connection, select(held).where(held.c.id.in_(meetings)))
    }
    people = await _people(connection, meetings)
    put = await _labels(connection, meetings)
    names = {key: [one.organisation for one in seats if one.organisation] for key, seats in people.items()}
    sound: dict[ConferenceId, list[Recording]] = {}
    query = select(kept).where(kept.c.conference.in_(meetings), kept.c.state != ArchiveState.DROPPED)
    for each in await RECORDS[Recording].fetch(
        connection, query.order_by(*oldest_first(kept.c.started_at_s, kept.c.id))
    ):
        sound.setdefault(each.conference, []).append(each)
    decided = await _counted(connection, Decision, meetings)
    called = await _counted(connection, Activation, meetings)
    return [
        FoundMeeting(
            conference=conferences[one],
            organisations=tuple(dict.fromkeys(names.get(one, []))),
            people=sum(seat.kind is not LegKind.RADIO for seat in people.get(one, [])),
            labels=put.get(one, ()),
            recordings=tuple(sound.get(one, ())),
            recorded_s=sum(each.duration_s or 0.0 for each in sound.get(one, []) if each.kind is RecordingKind.MIX),
            decisions=decided.get(one, 0),
            activations=called.get(one, 0),
        )
        for one in meetings
        if one in conferences
    ]


async def _counted(
    connection: AsyncConnection, record: type[Record], meetings: Sequence[ConferenceId]
) -> dict[ConferenceId, int]:
    table = RECORDS[record].table
    query = select(table.c.conference, func.count()).where(table.c.conference.in_(meetings))
    return {row[0]: row[1] for row in await connection.execute(query.group_by(table.c.conference))}
