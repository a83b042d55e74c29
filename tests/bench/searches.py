"""How long a search takes in a hundred thousand meetings, beside a plain LIKE over the same table."""

import os
import random
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bridge.domain.conference.records import Conference, ConferenceState
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.recording.finding import MeetingQuery, folded, words_of
from bridge.storage import SqlMeetings, SqlStore, open_database
from tests.bench.figures import Figure, Scale, percentile
from tests.unit.api.region import Clock

LIMIT_S: Final = 0.1
MEETINGS: Final = 100_000
RARE_EVERY: Final = 1000
_BATCH: Final = 2000
_GAP_S: Final = 3000.0
"""Between two meetings: ten years of them."""
_PEERS: Final = 10


@dataclass(frozen=True)
class Asked:
    """Searches of one kind."""

    name: str
    texts: Sequence[str]
    how: str


async def words(folder: Path, scale: Scale) -> Sequence[Figure]:
    """The first search of a start, from a disk of which nothing was read yet. Then all kinds of searches."""
    chance = random.Random(scale.seed)
    many = scale.of(MEETINGS, 5000)
    file = folder / "archive.db"
    await _filled(file, many, chance)
    kinds = _asked(many, scale.of(100, 10), chance)
    first_s = [await _first(file, one) for one in kinds[0].texts[: scale.of(10, 3)]]
    database = await open_database(f"sqlite:///{file}")
    try:
        meetings = SqlMeetings(database, Clock())
        taken_s = [[await _taken(meetings, text) for text in one.texts] for one in kinds]
        began_s, count = time.process_time(), sum(len(one.texts) for one in kinds)
        for one in kinds:
            for text in one.texts:
                await _taken(meetings, text)
        each_ms = (time.process_time() - began_s) / count * 1000
    finally:
        await database.close()
    there = f"in {f'{many:,}'.replace(',', ' ')} meetings"
    figures = [
        _figure(f"{one.name} {there}, p95", one, times, [_like(file, text) for text in one.texts[:_PEERS]])
        for one, times in zip(kinds, taken_s, strict=True)
    ]
    cold = _figure(
        f"the first search of a start {there}, the longest", kinds[0], first_s, [_like(file, kinds[0].texts[0])]
    )
    computed = f"processor time {each_ms:.0f} ms a search on average"
    return [*(replace(one, how=f"{one.how}; {computed}") for one in figures), replace(cold, value=max(first_s))]


def _asked(many: int, times: int, chance: random.Random) -> Sequence[Asked]:
    rare = [f"ledning{chance.randrange(max(1, many // RARE_EVERY))}näm" for _ in range(times)]
    common = [chance.choice(("samverkan", "konferens", "kommun", "funktion", "a", "1")) for _ in range(times)]
    several = [f"kommun {chance.randrange(290)} funktion {chance.randrange(2000)}" for _ in range(times)]
    none = [f"översvämning {chance.randrange(10**6)}x" for _ in range(times)]
    both = [f"samverkan {one}" for one in rare]
    return [
        Asked("a rare word found", rare, f"a part of a word of one meeting in {RARE_EVERY}"),
        Asked("a common word found", common, "a part of a word of each meeting, a letter, a digit"),
        Asked("a common and a rare word found", both, "both must be found"),
        Asked("four words found", several, "two names of two words, which few meetings or none have"),
        Asked("a word of no meeting missed", none, "nothing is found"),
    ]


async def _filled(file: Path, many: int, chance: random.Random) -> None:
    database = await open_database(f"sqlite:///{file}")
    try:
        store, meetings = SqlStore(database), SqlMeetings(database, Clock())
        first = Conference(ConferenceId("cnf-0"), "", "+4685555555", 0.0, ConferenceState.ENDED)
        for start in range(0, many, _BATCH):
            made = [
                replace(first, id=ConferenceId(f"cnf-{at:08}"), name=_name(chance, at), created_at_s=at * _GAP_S)
                for at in range(start, min(many, start + _BATCH))
            ]
            await store.commit(made)
            await meetings.refresh(_BATCH)
    finally:
        await database.close()


async def _first(file: Path, text: str) -> float:
    """In a program that has just opened the database. The kernel has forgotten the file, where it may."""
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    database = await open_database(f"sqlite:///{file}")
    try:
        return await _taken(SqlMeetings(database, Clock()), text)
    finally:
        await database.close()


async def _taken(meetings: SqlMeetings, text: str) -> float:
    began_s = time.perf_counter()
    await meetings.find(MeetingQuery(text=text, reads_secrets=True))
    return time.perf_counter() - began_s


def _figure(name: str, asked: Asked, taken_s: Sequence[float], peers_s: Sequence[float]) -> Figure:
    return Figure(
        name=name,
        value=percentile(taken_s, 95),
        unit="s",
        limit=LIMIT_S,
        peer_name="a plain LIKE over the same table",
        peer=percentile(peers_s, 50),
        samples=len(taken_s),
        least=len(taken_s),
        spread=(min(taken_s), max(taken_s)),
        how=f"from the question to its meetings with all that the page shows; {asked.how}",
        raw={"search_s": list(taken_s), "peer_s": list(peers_s)},
    )


def _name(chance: random.Random, at: int) -> str:
    named = [f"Kommun {chance.randrange(290)}", f"Funktion {chance.randrange(2000)}", "Samverkanskonferens"]
    if at % RARE_EVERY == 0:
        named.append(f"Krisledning{at // RARE_EVERY}nämnd")
    return " ".join(named)


def _like(file: Path, text: str) -> float:
    parts = [folded(one) for one in words_of(text)]
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        began_s = time.perf_counter()
        holds = " AND ".join("words LIKE ?" for _ in parts)
        asked = f"SELECT conference FROM meeting_index WHERE {holds} ORDER BY began_at_s DESC LIMIT 50"  # noqa: S608
        connection.execute(asked, [f"%{one}%" for one in parts]).fetchall()
        taken_s = time.perf_counter() - began_s
    connection.close()
    return taken_s
