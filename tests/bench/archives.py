"""What the archive's own work takes: proving it, packing a long meeting, jumping in it, and recording ten voices."""

import asyncio
import hashlib
import os
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import soundfile

from bridge.domain.conference.records import Conference, ConferenceState, LegKind, Room, Seat, SeatState
from bridge.domain.handover.records import Form, HandoverState
from bridge.domain.kernel.ids import ConferenceId, MixId, ParticipantId, RecordingId
from bridge.domain.kernel.journal import Audit
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.recording.manifest import beside
from bridge.recording.playable import playable
from tests.bench.cost import product
from tests.bench.figures import Figure, Scale, percentile
from tests.harness.browser import Chromium, visitor
from tests.unit.api.region import NOW_S, NUMBER, Region, a_region
from tests.unit.api.serving import served

RATE_HZ: Final = 8000
HOUR_S: Final = 3600
VERIFY_TIMES: Final = 2000.0
PACKAGE_S: Final = 60.0
FLAT_MB: Final = 100.0
"""More memory than this while a package is made is no flat memory: the sound of one is gigabytes."""
JUMP_S: Final = 0.2
RECORDED: Final = 1.10
TRACKS: Final = 10
MEETING: Final = ConferenceId("cnf-long")
_BLOCK_BYTES: Final = 1 << 20


async def verify(folder: Path, scale: Scale) -> Sequence[Figure]:
    """The whole archive: chain, heads, rows, manifests, and each byte of sound."""
    hours, takes = scale.of(24, 2), scale.of(5, 1)
    async with a_region(folder) as region:
        files = [await kept(region, f"rec-{hour:04}", HOUR_S, scale.seed + hour) for hour in range(hours)]
        await region.proof.heads.look()
        taken_s, peers_s = [], []
        for _ in range(takes):
            began_s = perf_counter()
            report = await region.proof.verification.verify()
            taken_s.append(perf_counter() - began_s)
            assert (report.first, report.recordings) == (None, hours), report
            peers_s.append(await asyncio.to_thread(_timed, lambda: [_digest(one) for one in files]))
    times = [hours * HOUR_S / one for one in taken_s]
    return [
        Figure(
            name=f"verifying {hours} hours of sound",
            value=percentile(times, 5),
            unit="× real time",
            limit=VERIFY_TIMES,
            more_is_better=True,
            peer_name="SHA-256 of the same files",
            peer=percentile([hours * HOUR_S / one for one in peers_s], 50),
            samples=takes,
            least=takes,
            spread=(min(times), max(times)),
            how="`samband archive verify` from its beginning to its report",
            raw={"verify_s": taken_s, "peer_s": peers_s},
        )
    ]


async def package(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Eight hours in which ten speak in turn, from the order to the file that can be fetched."""
    long_s, takes = scale.of(8 * HOUR_S, HOUR_S // 4), scale.of(3, 1)
    async with a_region(folder) as region:
        await a_meeting(region, long_s, scale.seed)
        taken_s, grown_mb, peers_s, size = [], [], [], 0
        for take in range(takes):
            job = await region.handovers.add("operator", MEETING, Form.ZIP, "", lambda _: None)
            assert not hasattr(job, "code"), job
            began_s = perf_counter()
            made, grown = await _growth_mb(region.packed)
            taken_s.append(perf_counter() - began_s)
            grown_mb.append(grown)
            [newest] = [one for one in await region.handovers.find(MEETING) if one.id == job.id]
            assert (made, newest.state) == (1, HandoverState.READY), newest
            size = newest.length
            await region.handovers.take_away("operator", newest.id)
            await region.packed()
            sounds = sorted(region.archive_folder.glob("*.flac"))
            peers_s.append(await asyncio.to_thread(_timed, partial(_zipped, folder / f"peer-{take}.zip", sounds)))
    name = f"package of {long_s / HOUR_S:g} hours with {TRACKS} tracks"
    return [
        Figure(
            name=name,
            value=max(taken_s),
            unit="s",
            limit=PACKAGE_S,
            peer_name="Python's zipfile over the same files and the same WAV",
            peer=percentile(peers_s, 50),
            samples=takes,
            least=takes,
            spread=(min(taken_s), max(taken_s)),
            how=f"from the order until it can be fetched, each sound proved before; {size / 1e6:.0f} MB; the longest",
            raw={"package_s": taken_s, "peer_s": peers_s, "bytes": size},
        ),
        Figure(
            name=f"memory that grows in a {name}",
            value=max(grown_mb),
            unit="MB",
            limit=FLAT_MB,
            samples=takes,
            least=takes,
            spread=(min(grown_mb), max(grown_mb)),
            how="resident, of the process that makes it, above what it had before",
        ),
    ]


async def jump(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Into a recording of three hours in a real browser, from the key to the first new second of sound."""
    long_s, times = scale.of(3 * HOUR_S, HOUR_S // 4), scale.of(60, 5)
    chance = np.random.default_rng(scale.seed)
    chromium = Chromium()
    async with a_region(folder) as region:
        await a_meeting(region, long_s, scale.seed, tracks=0)
        try:
            browser = await chromium.get("--autoplay-policy=no-user-gesture-required")
            async with (
                served(region) as port,
                visitor(browser, port, token=region.operator, bypass_csp=True) as context,
            ):
                page = await context.new_page()
                await page.goto(f"/archive/{MEETING}")
                await page.wait_for_function("document.getElementById('audio').readyState > 0", timeout=120_000)
                source = await page.evaluate("document.getElementById('audio').currentSrc")
                await page.evaluate(_WHOLE, source)
                taken_s, peers_s = [], []
                for _ in range(times):
                    at_s = float(chance.uniform(10, long_s - 10))
                    taken_s.append(float(await page.evaluate(_JUMP, ["audio", at_s])) / 1000)
                    peers_s.append(float(await page.evaluate(_JUMP, ["bare", at_s])) / 1000)
        finally:
            await chromium.end()
    return [
        Figure(
            name=f"first sound after a jump into {long_s / HOUR_S:g} hours, p95",
            value=percentile(taken_s, 95),
            unit="s",
            limit=JUMP_S,
            peer_name="the same file as a whole in the browser's memory",
            peer=percentile(peers_s, 95),
            samples=times,
            least=times,
            spread=(min(taken_s), max(taken_s)),
            how="in Chromium: from the jump of the playing element until its clock has gone on behind the place",
            raw={"jump_s": taken_s, "peer_s": peers_s},
        )
    ]


async def ten_tracks(folder: Path, scale: Scale) -> Sequence[Figure]:
    """What recording costs beside the same room that is not recorded."""
    seconds, takes = scale.of(30, 4), scale.of(5, 1)
    found = [await product(folder / f"take-{take}", TRACKS, seconds) for take in range(takes)]
    ratios = [one.recorded.percent / one.plain.percent for one in found]
    fewest = min(spent.streams for one in found for spent in (one.plain, one.recorded))
    return [
        Figure(
            name=f"CPU of a room with {TRACKS} talking telephones, recorded with a track each",
            value=percentile([one.recorded.percent for one in found], 50),
            unit="% of a core",
            limit=RECORDED,
            limits_ratio=True,
            peer_name="the same room before it is recorded",
            peer=percentile([one.plain.percent for one in found], 50),
            samples=takes,
            least=takes,
            spread=(min(ratios), max(ratios)),
            how="Asterisk and all that `samband run` has started; the spread is that of the ratio",
            wanting="" if fewest >= TRACKS else f"only {fewest} of {TRACKS} streams flowed",
            raw={"takes": found},
        )
    ]


# --- what is measured on ---


def speech(path: Path, long_s: int, seed: int, share: tuple[int, int] = (0, 1)) -> None:
    """Noise as loud as speech in four of every six seconds. Of `share`, as (2, 10), each tenth such turn from the
    third on."""
    chance = np.random.default_rng(seed)
    mine, of = share
    turn = np.zeros((6 * RATE_HZ,), np.int16)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, subtype="PCM_16", format="FLAC") as out:
        for at in range(long_s // 6):
            said = turn.copy()
            if at % of == mine:
                said[: 4 * RATE_HZ] = chance.normal(0, 900, 4 * RATE_HZ).astype(np.int16)
            out.write(said)


async def kept(region: Region, key: str, long_s: int, seed: int, share: tuple[int, int] = (0, 1)) -> Path:
    """An archived recording with its manifest and its line of the audit log."""
    file = region.recording_file(f"{key}.flac")
    await asyncio.to_thread(speech, file, long_s, seed, share)
    is_track = share != (0, 1)
    digest = await asyncio.to_thread(_digest, file)
    manifest = f'{{"recording": "{key}", "audio": {{"sha256": "{digest}"}}}}'.encode()
    beside(file).write_bytes(manifest)
    began_s, ended_s = NOW_S - 20 * HOUR_S, NOW_S - 20 * HOUR_S + long_s
    room = Room(MixId("mix-long"), MEETING, began_s)
    seat = Seat(
        ParticipantId(f"prt-{share[0]}"), MEETING, room.id, LegKind.PHONE, f"Talare {share[0]}", state=SeatState.LEFT,
        organisation="Länsstyrelsen", function="TiB", joined_at_s=began_s, left_at_s=ended_s,
    )  # fmt: skip
    recording = Recording(
        RecordingId(key), MEETING, began_s, ArchiveState.ARCHIVED, ended_s, float(long_s), file.name, digest,
        room=None if is_track else room.id, seat=seat.id if is_track else None,
        beside=RecordingId("rec-mix") if is_track else None, manifest_sha256=hashlib.sha256(manifest).hexdigest(),
    )  # fmt: skip
    hashes = (("sha256", digest), ("manifest_sha256", recording.manifest_sha256))
    line = Audit(ended_s, "samband", "recording.archived", recording.id, hashes)
    conference = Conference(MEETING, "Långt möte", NUMBER, began_s, ConferenceState.ENDED, ended_at_s=ended_s)
    await region.store.commit([conference, room, seat, recording], [], [line])
    return file


async def a_meeting(region: Region, long_s: int, seed: int, tracks: int = TRACKS) -> None:
    """Its mix, and a track for each who spoke."""
    await kept(region, "rec-mix", long_s, seed)
    for track in range(tracks):
        await kept(region, f"rec-track-{track}", long_s, seed + track + 1, (track, TRACKS))


# --- instruments ---

_WHOLE: Final = """async (source) => {
    const bare = document.createElement("audio");
    bare.id = "bare";
    bare.src = URL.createObjectURL(await (await fetch(source)).blob());
    document.body.append(bare);
    await new Promise((done) => bare.addEventListener("loadedmetadata", done, { once: true }));
}"""
_JUMP: Final = """async ([id, at]) => {
    const audio = document.getElementById(id);
    await audio.play();
    const began = performance.now();
    audio.currentTime = at;
    while (audio.seeking || audio.currentTime <= at) await new Promise((done) => setTimeout(done, 1));
    const taken = performance.now() - began;
    audio.pause();
    return taken;
}"""


async def _growth_mb(work: Callable[[], Awaitable[int]]) -> tuple[int, float]:
    """What it gives, and how much more memory was resident at most meanwhile."""
    before_mb = most_mb = _resident_mb()
    doing = asyncio.ensure_future(work())
    while not doing.done():
        await asyncio.wait([doing], timeout=0.1)
        most_mb = max(most_mb, _resident_mb())
    return await doing, most_mb - before_mb


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _timed(work: Callable[[], object]) -> float:
    began_s = perf_counter()
    work()
    return perf_counter() - began_s


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _zipped(path: Path, sounds: Sequence[Path]) -> None:
    """As the product's own package: each sound as it is, and the mix as WAV."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for sound in sounds:
            _digest(sound)
            archive.write(sound, sound.name)
            if sound.name == "rec-mix.flac" and (wav := playable(sound)) is not None:
                with archive.open("rec-mix.wav", "w", force_zip64=True) as out:
                    for block in wav.blocks():
                        out.write(block)
    path.unlink()
