"""Bringing one recording from the spool into the archive, step by step; every step may be the last before a crash.

The order is what makes it repeatable: the sound's name in the archive appears last, after its manifest, and only then
does the original go. Until that name is there, everything is made again from the untouched original.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from bridge.domain.model import Note
from bridge.ports import ArchivedRecording
from bridge.recording import durable, wav
from bridge.recording.manifest import Sound, archive_path, beside, fault_of, manifest, safe_id

WORK_FOLDER: Final = ".partial"
"""Below the archive's root, so that moving a finished file into place is one rename."""


class NothingRecordedError(wav.WavError):
    """The spool is there and the recording is not: it was never begun, as when its order died with the controller, or
    somebody took it away. Asking again is in vain."""


class ArchiveJob:
    """One recording on its way. Blocking: run it in a thread.

    Args:
        found: The recording with its conference and participants.
        notes: The conference's notes.
        spool: Where `<id>.wav` lies.
        archive: The archive's root.
        timezone: Of the date in the name.
        versions: Program → version, for the manifest.
    """

    def __init__(
        self,
        found: ArchivedRecording,
        notes: Sequence[Note],
        spool: Path,
        archive: Path,
        timezone: str,
        versions: Mapping[str, str],
    ) -> None:
        name = safe_id(found.recording.id)
        self._found = found
        self._notes = notes
        self._versions = versions
        self._archive = archive
        self._original = spool / f"{name}.wav"
        self._work = archive / WORK_FOLDER / f"{name}.flac"
        self.file = archive_path(found, timezone)
        """Below the archive's root."""
        self._final = archive / self.file
        self.steps: tuple[Callable[[], None], ...] = (self.convert, self.describe, self.publish, self.clean)
        """What `run` does, in order."""
        self._layout: wav.WavLayout | None = None
        self._pcm_sha256 = ""

    def run(self) -> tuple[str, float]:
        """SHA-256 and duration (s) of the archived file, made now or found already there.

        Raises:
            NothingRecordedError: Neither the spool nor the archive has it.
            wav.WavError: The original holds no sound, or the copy is not equal to it.
            OSError: A disk refused. The original is still there.
            soundfile.SoundFileError: The sound could not be written. The original is still there.
        """
        fault = fault_of(self._final)
        if fault is None:
            self.clean()
        elif not self._original.exists():
            reason = f"the recording is not in the spool, and {fault}"
            nowhere = self._original.parent.is_dir() and not self._final.exists()
            raise NothingRecordedError(reason) if nowhere else wav.WavError(reason)
        else:
            for step in self.steps:
                step()
        with soundfile.SoundFile(self._final) as sound:
            return durable.sha256_of(self._final), sound.frames / sound.samplerate

    def convert(self) -> None:
        """Original → FLAC in the work folder, read back and compared sample by sample."""
        layout = wav.read_layout(self._original)
        durable.make_folder(self._work.parent)
        digest = hashlib.sha256()
        with soundfile.SoundFile(
            self._work, "w", layout.rate_hz, layout.channels, subtype="PCM_16", format="FLAC"
        ) as out:
            for block in wav.blocks(self._original, layout):
                digest.update(block)
                out.write(np.frombuffer(block, "<i2").reshape(-1, layout.channels))
        durable.sync_file(self._work)
        if _pcm_sha256(self._work) != digest.hexdigest():
            raise wav.WavError("the archived copy is not equal to the original")
        self._layout, self._pcm_sha256 = layout, digest.hexdigest()

    def describe(self) -> None:
        """The manifest, in the work folder."""
        if self._layout is None:
            raise RuntimeError("convert comes before describe")
        sound = Sound(
            sha256=durable.sha256_of(self._work),
            bytes=self._work.stat().st_size,
            rate_hz=self._layout.rate_hz,
            channels=self._layout.channels,
            frames=self._layout.frames,
            pcm_sha256=self._pcm_sha256,
            original_sha256=durable.sha256_of(self._original),
            original_bytes=self._original.stat().st_size,
            repaired=self._layout.repaired,
        )
        content = manifest(self._found, self._notes, sound, self.file, self._versions)
        durable.write_file(beside(self._work), content)

    def publish(self) -> None:
        """Manifest, then sound, into their place; both names durable."""
        durable.make_folder(self._final.parent)
        beside(self._work).replace(beside(self._final))
        durable.sync_folder(self._final.parent)
        self._work.replace(self._final)
        durable.sync_folder(self._final.parent)

    def clean(self) -> None:
        """The original goes, now that the archive has it."""
        self._original.unlink(missing_ok=True)


def _pcm_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with soundfile.SoundFile(path) as source:
        for block in source.blocks(1 << 16, dtype="int16", always_2d=True):
            digest.update(np.ascontiguousarray(block, "<i2").tobytes())
    return digest.hexdigest()
