"""How long a directory of ten thousand functions takes from the file to the database, preview and acceptance."""

import csv
import io
import random
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

from tests.bench.figures import Figure, Scale, percentile
from tests.unit.api.region import Region, a_region

LIMIT_S: Final = 5.0
ROWS: Final = 10_000
_ADDRESS: Final = "http://127.0.0.1:8080/api/v1"


async def directory(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Preview and acceptance by the API, of a table that no run has seen before."""
    chance = random.Random(scale.seed)
    times = scale.of(10, 3)
    taken: list[tuple[float, float]] = []
    peers_s = []
    for at in range(times):
        content = _table(chance)
        async with a_region() as region:
            taken.append(await _imported(region, content))
        peers_s.append(_bare(folder / f"bare-{at}.db", content))
    whole_s = [preview_s + accept_s for preview_s, accept_s in taken]
    return [
        Figure(
            name="10 000 directory rows imported with preview, p95",
            value=percentile(whole_s, 95),
            unit="s",
            limit=LIMIT_S,
            peer_name="the same table read and inserted by nothing but Python's csv and sqlite3",
            peer=percentile(peers_s, 50),
            samples=len(whole_s),
            least=times,
            spread=(min(whole_s), max(whole_s)),
            how="from the request for a preview to its answer, and from the acceptance to its commit; two numbers, a"
            " radio and an address each",
            raw={"preview_s": [one[0] for one in taken], "accept_s": [one[1] for one in taken], "peer_s": peers_s},
        )
    ]


def _table(chance: random.Random) -> bytes:
    first = chance.randrange(1_000_000, 8_000_000)
    rows = (
        f"Kommun {at % 290};Funktion {at};070-{first + at} / 08-{first + ROWS + at};{1_400_000 + at};f{at}@example.org"
        for at in range(ROWS)
    )
    return ("Organisation;Funktion;Telefon;ISSI;E-post\r\n" + "\r\n".join(rows)).encode("cp1252")


async def _imported(region: Region, content: bytes) -> tuple[float, float]:
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()), base_url=_ADDRESS, headers=headers, timeout=60
    ) as client:
        began_s = time.monotonic()
        shown = (await client.post("/directory/import", content=content)).json()
        previewed_s = time.monotonic()
        answer = await client.post("/directory/import", content=content, params={"accept": shown["digest"]})
        ended_s = time.monotonic()
    assert answer.json()["rows_new"] == ROWS, answer.text[:200]
    return previewed_s - began_s, ended_s - previewed_s


def _bare(path: Path, content: bytes) -> float:
    began_s = time.monotonic()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE functions (organisation, name, numbers, issi, email)")
    rows = list(csv.reader(io.StringIO(content.decode("cp1252"), newline=""), delimiter=";"))
    with database:
        database.executemany("INSERT INTO functions VALUES (?, ?, ?, ?, ?)", rows[1:])
    database.close()
    return time.monotonic() - began_s
