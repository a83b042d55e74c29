"""One recording's way from the spool into the archive, step by step. Every step may be the last before a crash.

The order is what makes it repeatable. The sound's name in the archive appears last, after its manifest, and only then
does the original go. Until that name is there, everything is made again from the untouched original.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import structlog

from bridge import files
from bridge.domain.kernel.journal import Note
from bridge.domain.recording.gap import missing_s
from bridge.ports import ArchivedRecording
from bridge.recording import original, wav
from bridge.recording.manifest import OriginalFile, Sound, archive_path, beside, fault_of, manifest, safe_id
from bridge.recording.original import NothingRecordedError, Original, Part

_log = structlog.get_logger(__name__)
WORK_FOLDER: Final = ".partial"
"""Below the archive's root, so that moving a finished file into place is one rename."""


class ArchiveJob:
    """One recording on its way. Blocking: run it in a thread.

    Args:
        found: The recording with its conference and participants.
        notes: The conference's notes.
        folder: Where its original lies: Asterisk's spool, or the media worker's tracks.
        archive: The archive's root.
        timezone: Of the date in the name.
        versions: Program → version, for the manifest.
        issi_names: Names of radio users, where known.
        mix_ends_at_s: Of a participant's track: where the sound of its mix ends, if known.
    """

    def __init__(
        self,
        found: ArchivedRecording,
        notes: Sequence[Note],
        folder: Path,
        archive: Path,
        timezone: str,
        versions: Mapping[str, str],
        issi_names: Mapping[int, str] | None = None,
        mix_ends_at_s: float | None = None,
    ) -> None:
        name = safe_id(found.recording.id)
        self._found = found
        self._notes = notes
        self._versions = versions
        self._issi_names = issi_names or {}
        self._original = Original(folder, found.recording, mix_ends_at_s)
        self._work = archive / WORK_FOLDER / f"{name}.flac"
        self.file = archive_path(found, timezone)
        """Below the archive's root."""
        self._final = archive / self.file
        self.steps: tuple[Callable[[], None], ...] = (self.convert, self.describe, self.publish, self.clean)
        """The steps of `run`, in order."""
        self._parts: tuple[Part, ...] = ()
        self._pcm_sha256 = ""

    def run(self) -> tuple[str, float]:
        """SHA-256 and duration (s) of the archived file, made now or found already there.

        Raises:
            NothingRecordedError: Neither the folder nor the archive has it, or a track without any sound.
            wav.WavError: The original holds no sound, or the copy is not equal to it.
            OSError: A disk refused. The original is still there.
            soundfile.SoundFileError: The sound could not be written. The original is still there.
        """
        fault = fault_of(self._final)
        if fault is None:
            self.clean()
        elif not self._original.files():
            where = "not among the tracks" if self._original.is_track else "not in the spool"
            reason = f"the recording is {where}, and {fault}"
            nowhere = self._original.folder.is_dir() and not self._final.exists()
            raise NothingRecordedError(reason) if nowhere else wav.WavError(reason)
        else:
            try:
                for step in self.steps:
                    step()
            except (OSError, soundfile.SoundFileError) as error:
                raise OSError(f"{error} ({self._room()})") from error
            finally:
                self._discard()
        with soundfile.SoundFile(self._final) as sound:
            return files.sha256_of(self._final), sound.frames / sound.samplerate

    def manifest_sha256(self) -> str:
        """Of the manifest in the archive.

        Raises:
            OSError: It cannot be read.
        """
        return files.sha256_of(beside(self._final))

    def _discard(self) -> None:
        """A half-made copy must not take the last room of a full disk; it is made again from the original."""
        with suppress(OSError):
            self._work.unlink(missing_ok=True)
            beside(self._work).unlink(missing_ok=True)

    def _room(self) -> str:
        free = files.free_percent(self._work.parent.parent)
        return "the archive's disk cannot be asked" if free is None else f"{free:.0f} % of the archive's disk is free"

    def convert(self) -> None:
        """Original → FLAC in the work folder, read back and compared sample by sample."""
        parts = self._original.parts()
        layout = parts[0].layout
        files.make_folder(self._work.parent)
        digest = hashlib.sha256()
        with soundfile.SoundFile(
            self._work, "w", layout.rate_hz, layout.channels, subtype="PCM_16", format="FLAC"
        ) as out:
            for block in original.blocks(parts):
                digest.update(block)
                out.write(np.frombuffer(block, "<i2").reshape(-1, layout.channels))
        files.sync_file(self._work)
        if _pcm_sha256(self._work) != digest.hexdigest():
            raise wav.WavError("the archived copy is not equal to the original")
        self._parts, self._pcm_sha256 = parts, digest.hexdigest()

    def describe(self) -> None:
        """The manifest, in the work folder."""
        if not self._parts:
            raise RuntimeError("convert comes before describe")
        sound = Sound(
            sha256=files.sha256_of(self._work),
            bytes=self._work.stat().st_size,
            rate_hz=self._parts[0].layout.rate_hz,
            channels=self._parts[0].layout.channels,
            frames=original.frames(self._parts),
            pcm_sha256=self._pcm_sha256,
            originals=tuple(_described(part) for part in self._parts),
        )
        gap_s = missing_s(self._found.recording, sound.duration_s)
        if gap_s:
            _log.warning("recording_has_a_gap", recording=self._found.recording.id, missing_s=gap_s)
        content = manifest(self._found, self._notes, sound, self.file, self._versions, self._issi_names)
        files.replace_file(beside(self._work), content)

    def publish(self) -> None:
        """Manifest, then sound, into their place; both names files."""
        files.make_folder(self._final.parent)
        beside(self._work).replace(beside(self._final))
        files.sync_folder(self._final.parent)
        self._work.replace(self._final)
        files.sync_folder(self._final.parent)

    def clean(self) -> None:
        """The original goes, now that the archive has it."""
        self._original.clean()


def _described(part: Part) -> OriginalFile:
    return OriginalFile(
        part.path.name,
        files.sha256_of(part.path),
        part.path.stat().st_size,
        part.layout.repaired,
        part.silence_frames / part.layout.rate_hz,
    )


def _pcm_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with soundfile.SoundFile(path) as source:
        for block in source.blocks(1 << 16, dtype="int16", always_2d=True):
            digest.update(np.ascontiguousarray(block, "<i2").tobytes())
    return digest.hexdigest()
