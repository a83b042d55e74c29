"""A program that commits as fast as it can and prints the number of each commit once it is acknowledged.

With `--limit-bytes` no file may grow beyond it, as on a full disk. It ends with `refused <device>` at the first commit
that is not acknowledged. With `--careless` its commits are not synced, which the tests must find out.
"""

import argparse
import asyncio
import resource
from dataclasses import replace

from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.journal import Audit, Note
from bridge.ports import PortError
from bridge.storage import SqlStore, open_database
from tests.unit.storage.examples import CONFERENCE, HOST, ROOM


async def write(url: str, commits: int, *, careless: bool) -> None:
    database = await open_database(url)
    store = SqlStore(database)
    await store.commit([CONFERENCE, ROOM])
    if careless:
        async with database.transaction() as connection:
            await connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
    try:
        for number in range(commits):
            person = replace(HOST, id=ParticipantId(f"prt-{number}"), name="Å" * 500)
            note = Note(CONFERENCE.id, float(number), ConferenceNote.JOINED, person.id)
            await store.commit([CONFERENCE, person], [note], [Audit(float(number), "operator", "joined", person.id)])
            print(number, flush=True)
    except PortError as error:
        print("refused", error.device, flush=True)
    await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--commits", type=int, default=10**9)
    parser.add_argument("--limit-bytes", type=int)
    parser.add_argument("--careless", action="store_true")
    given = parser.parse_args()
    if given.limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.limit_bytes, resource.RLIM_INFINITY))
    asyncio.run(write(given.url, given.commits, careless=given.careless))
