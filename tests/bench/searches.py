"""How long a rare word takes in a hundred thousand meetings, beside a plain LIKE over the same table."""

import random
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bridge.domain.conference.records import Conference, ConferenceState
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.recording.finding import MeetingQuery
from bridge.storage import SqlMeetings, SqlStore, open_database
from tests.bench.figures import Figure, Scale, percentile
from tests.unit.api.region import Clock

LIMIT_S: Final = 0.1
MEETINGS: Final = 100_000
RARE_EVERY: Final = 1000
_BATCH: Final = 2000
_GAP_S: Final = 3000.0
"""Between two meetings: ten years of them."""


async def rare_words(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Parts of words that few meetings have, in an archive that no run has seen before."""
    chance = random.Random(scale.seed)
    times, many = scale.of(100, 10), scale.of(MEETINGS, 5000)
    file = folder / "archive.db"
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
        words = [f"krisledning{chance.randrange(many // RARE_EVERY)}nämnd" for _ in range(times)]
        taken_s = []
        for word in words:
            began_s = time.perf_counter()
            found = await meetings.find(MeetingQuery(text=word[3:-2], reads_secrets=True))
            taken_s.append(time.perf_counter() - began_s)
            assert found, word
    finally:
        await database.close()
    peers_s = [_like(file, word[3:-2].replace("ä", "a")) for word in words[:10]]
    return [
        Figure(
            name=f"a rare word found in {f'{many:,}'.replace(',', ' ')} meetings, p95",
            value=percentile(taken_s, 95),
            unit="s",
            limit=LIMIT_S,
            peer_name="a plain LIKE over the same table",
            peer=percentile(peers_s, 50),
            samples=len(taken_s),
            least=times,
            spread=(min(taken_s), max(taken_s)),
            how="from the question to its meetings with all that the page shows; a part of a word of one meeting in"
            f" {RARE_EVERY}",
            raw={"search_s": taken_s, "peer_s": peers_s},
        )
    ]


def _name(chance: random.Random, at: int) -> str:
    named = [f"Kommun {chance.randrange(290)}", f"Funktion {chance.randrange(2000)}", "Samverkanskonferens"]
    if at % RARE_EVERY == 0:
        named.append(f"Krisledning{at // RARE_EVERY}nämnd")
    return " ".join(named)


def _like(file: Path, word: str) -> float:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        began_s = time.perf_counter()
        asked = "SELECT conference FROM meeting_index WHERE words LIKE ? ORDER BY began_at_s DESC LIMIT 50"
        found = connection.execute(asked, (f"%{word}%",)).fetchall()
        taken_s = time.perf_counter() - began_s
    connection.close()
    assert found, word
    return taken_s
