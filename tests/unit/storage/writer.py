"""A program that commits as fast as it can and prints the number of each commit once it is acknowledged.

Usage: python -m tests.unit.storage.writer URL [LIMIT_BYTES]. With a limit no file may grow beyond it, as on a full
disk; it ends with `refused <device>` at the first commit that is not acknowledged.
"""

import asyncio
import resource
import sys
from dataclasses import replace

from bridge.domain.ids import ParticipantId
from bridge.domain.model import Audit, Note, NoteKind
from bridge.ports import PortError
from bridge.storage import SqlStore, open_database
from tests.unit.storage.examples import CONFERENCE, HOST


async def write(url: str) -> None:
    database = await open_database(url)
    store = SqlStore(database)
    await store.commit([CONFERENCE])
    number = 0
    try:
        while True:
            person = replace(HOST, id=ParticipantId(f"prt-{number}"), name="Å" * 500)
            note = Note(CONFERENCE.id, float(number), NoteKind.JOINED, person.id)
            await store.commit([CONFERENCE, person], [note], [Audit(float(number), "operator", "joined", person.id)])
            print(number, flush=True)
            number += 1
    except PortError as error:
        print("refused", error.device, flush=True)
    await database.close()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    asyncio.run(write(sys.argv[1]))
