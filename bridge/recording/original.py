"""The source of a recording: Asterisk's one file for a meeting's mix, or the parts of a track.

A talkgroup's track is in the media worker's folder, a participant's in Asterisk's `monitor` folder. The parts are
`<recording>.wav`, `<recording>.1.wav` and so on. `<recording>.json` says when each part began, and may say when it
ended. Between the parts nothing was heard. Silence fills the gap, so that the track runs in step with the meeting's mix
and its timeline. A participant's track is as long as its mix. One that was open when the power was cut ends there, as
its mix does. No silence stands for the time until the restart.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from bridge.domain.recording.gap import GAP_S
from bridge.domain.recording.records import Recording, RecordingKind
from bridge.recording import wav

_log = structlog.get_logger(__name__)
_LONGEST_GAP_S: Final = 12 * 3600.0
"""A gap longer than this is a clock that was set, not a worker that was away."""


_CLOSED_S: Final = 5.0


class NothingRecordedError(wav.WavError):
    """The folder is there and the recording is not, or has no sound. It was never begun, as when its order died with
    the controller, or somebody took it away. Asking again is in vain."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file, and how much silence goes before it."""

    path: Path
    layout: wav.WavLayout
    silence_frames: int = 0
    began_at_s: float | None = None
    most_frames: int | None = None
    """The rest of the file was ordered to be silent."""
    silence_after: int = 0
    """Frames of it: of the last part alone."""

    @property
    def frames(self) -> int:
        """Those of the file that are used."""
        return self.layout.frames if self.most_frames is None else min(self.layout.frames, self.most_frames)


class Original:
    """The original of one recording. Nothing is opened or looked for before it is asked for.

    Args:
        folder: Where it lies.
        recording: The one that it is the original of.
        mix_ends_at_s: Of a participant's track: where the sound of its mix ends, in seconds since 1970, if known.
    """

    def __init__(self, folder: Path, recording: Recording, mix_ends_at_s: float | None = None) -> None:
        self.folder = folder
        self._recording = recording
        self._mix_ends_at_s = mix_ends_at_s
        self._track = recording.is_track
        self._list = folder / f"{recording.id}.json"

    @property
    def is_track(self) -> bool:
        return self._track

    def files(self) -> list[Path]:
        """Those that are there, in order."""
        whole = self.folder / f"{self._recording.id}.wav"
        if not self._track:
            return [whole] if whole.exists() else []
        name = re.compile(rf"{re.escape(self._recording.id)}(?:\.([0-9]{{1,6}}))?\.wav", re.ASCII)
        numbered = ((name.fullmatch(path.name), path) for path in self.folder.glob(f"{self._recording.id}*.wav"))
        return [path for _, path in sorted((int(match[1] or 0), path) for match, path in numbered if match)]

    def parts(self) -> tuple[Part, ...]:
        """Every file that holds sound.

        Raises:
            NothingRecordedError: A track in which no file holds any.
            wav.WavError: A mix without sound; parts that do not fit each other.
            OSError: Not readable.
        """
        if not self._track:
            return tuple(Part(path, wav.read_layout(path)) for path in self.files())
        times = self._times()
        found: list[Part] = []
        end_s: float | None = self._recording.started_at_s
        for path in self.files():
            try:
                layout = wav.read_layout(path)
            except wav.WavError as error:
                _log.warning("part_without_sound", recording=self._recording.id, file=path.name, reason=str(error))
                continue
            if found and (layout.rate_hz, layout.channels) != (found[0].layout.rate_hz, found[0].layout.channels):
                raise wav.WavError(f"{path.name} has another format than {found[0].path.name}")
            self._must_be_closed(path, layout)
            began_at_s, ended_at_s = times.get(path.name, (None, None))
            silence = _frames_between(end_s, began_at_s, layout.rate_hz)
            most = None if began_at_s is None or ended_at_s is None else ended_at_s - began_at_s
            frames = None if most is None else max(0, round(most * layout.rate_hz))
            found.append(Part(path, layout, silence, began_at_s, frames))
            end_s = None if began_at_s is None else began_at_s + found[-1].frames / layout.rate_hz
        if not found:
            raise NothingRecordedError("there is no sound in the track")
        if self._recording.kind is RecordingKind.PARTICIPANT and not _was_cut(found[-1]):
            after = _frames_between(end_s, self._ends_at_s(), found[-1].layout.rate_hz)
            found[-1] = replace(found[-1], silence_after=after)
        return tuple(found)

    def _ends_at_s(self) -> float | None:
        """Where its mix ends. A power cut ends that long before somebody notices."""
        noticed_s, heard_s = self._recording.ended_at_s, self._mix_ends_at_s
        if noticed_s is None or heard_s is None or noticed_s - heard_s < GAP_S:
            return noticed_s
        return heard_s

    def _must_be_closed(self, path: Path, layout: wav.WavLayout) -> None:
        """Asterisk closes a part's file a moment after its telephone has gone."""
        if (
            self._recording.kind is RecordingKind.PARTICIPANT
            and layout.repaired
            and time.time() - path.stat().st_mtime < _CLOSED_S
        ):
            raise OSError(f"{path.name} is still being written")

    def clean(self) -> None:
        """The original goes, now that the archive has it."""
        for path in self.files():
            path.unlink(missing_ok=True)
        if self._track:
            self._list.unlink(missing_ok=True)

    def _times(self) -> Mapping[str, tuple[float, float | None]]:
        """File → its begin and, where known, its end. The list may be missing, or torn by a power cut."""
        try:
            parts = json.loads(self._list.read_bytes())["parts"]
            return {
                str(one["file"]): (
                    float(one["began_at_s"]),
                    float(one["ended_at_s"]) if one.get("ended_at_s") is not None else None,
                )
                for one in parts
            }
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("list_of_parts_not_read", recording=self._recording.id, reason=str(error))
            return {}


def frames(parts: Sequence[Part]) -> int:
    """Of the whole, silence included."""
    return sum(part.silence_frames + part.frames + part.silence_after for part in parts)


def blocks(parts: Sequence[Part], block_frames: int = 1 << 16) -> Iterator[bytes]:
    """The samples of all parts with their silences, little-endian 16 bit, at most `block_frames` frames at a time."""
    for part in parts:
        frame_bytes = 2 * part.layout.channels
        yield from _silence(part.silence_frames, frame_bytes, block_frames)
        used = replace(part.layout, data_bytes=part.frames * frame_bytes)
        yield from wav.blocks(part.path, used, block_frames)
        yield from _silence(part.silence_after, frame_bytes, block_frames)


def _silence(frames: int, frame_bytes: int, block_frames: int) -> Iterator[bytes]:
    while frames:
        yield bytes(frame_bytes * min(frames, block_frames))
        frames -= min(frames, block_frames)


def _was_cut(last: Part) -> bool:
    """Its file was never closed, and nobody ordered it to be silent."""
    return last.layout.repaired and last.most_frames is None


def _frames_between(end_s: float | None, began_at_s: float | None, rate_hz: int) -> int:
    if end_s is None or began_at_s is None or not 0 < began_at_s - end_s <= _LONGEST_GAP_S:
        return 0
    return round((began_at_s - end_s) * rate_hz)
