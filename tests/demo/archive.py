"""Point 6: the recording ends in the archive and is found. It is fetched in part and in whole, and left to be listened
to."""

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Any

import soundfile

from tests.demo.ledger import Ledger
from tests.demo.scenes import Cast
from tests.demo.stage import Stage
from tests.harness import wait
from tests.harness.audio import sound_file

NAME = "samverkanskonferens"


async def recording(stage: Stage, ledger: Ledger, cast: Cast, folder: Path, *, radio: bool) -> Path:
    """End the conference and take its recording out; gives the FLAC."""
    ledger.scene("6. The conference ends; its recording is in the archive")
    asked_s = time.monotonic()
    await cast.meeting.ends()
    for phone in (cast.host, cast.first, cast.second):
        await phone.is_hung_up(within_s=20)

    async def archived() -> dict[str, Any]:
        found = await stage.get("recordings", text=cast.meeting.name)
        return next(
            (one for one in found if one["conference_id"] == cast.meeting.id and one["state"] == "archived"), {}
        )

    kept = await wait.until(archived, 30, every_s=0.2, what="the recording is archived")
    ledger.ms("found by name and archived after the end", time.monotonic() - asked_s)
    names = ", ".join(one["name"] for one in kept["participants"])
    ledger.checks("its participants are with it", len(kept["participants"]) >= 3, names)
    flac = await _fetched(stage, ledger, kept, folder)
    await _timeline(stage, ledger, kept["id"], radio=radio)
    _listened(ledger, cast, flac)
    return flac


async def _fetched(stage: Stage, ledger: Ledger, kept: dict[str, Any], folder: Path) -> Path:
    api, path = stage.world.api, f"recordings/{kept['id']}/audio"
    whole = await api.get(path)
    digest = hashlib.sha256(whole.content).hexdigest()
    ledger.checks("its SHA-256 is the archive's", digest == kept["sha256"], digest[:16])
    part = await api.get(path, headers={"Range": "bytes=100-299"})
    same = part.status_code == 206 and part.content == whole.content[100:300]
    ledger.checks("a part of it is given by HTTP Range", same, f"{part.status_code}, {len(part.content)} bytes")
    return await asyncio.to_thread(_left, whole.content, folder)


def _left(content: bytes, folder: Path) -> Path:
    """As FLAC, and as WAV for players that know nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    flac = folder / f"{NAME}.flac"
    flac.write_bytes(content)
    samples, rate_hz = soundfile.read(flac, dtype="int16")
    soundfile.write(flac.with_suffix(".wav"), samples, rate_hz, subtype="PCM_16")
    return flac


async def _timeline(stage: Stage, ledger: Ledger, recording_id: str, *, radio: bool) -> None:
    spans = (await stage.get(f"recordings/{recording_id}/timeline"))["spans"]
    kinds = {str(span.get("kind")) for span in spans}
    ledger.checks("its timeline tells who spoke", bool(spans), f"{len(spans)} spans: {', '.join(sorted(kinds))}")
    if radio:
        ledger.checks("the radio user is in it", "Insatsledare" in str(spans))


def _listened(ledger: Ledger, cast: Cast, flac: Path) -> None:
    heard = sound_file(flac, flac.stem)
    length_s = heard.phrase.size / 8000
    ledger.checks("it can be listened to", length_s > 10, f"{length_s:.0f} s")
