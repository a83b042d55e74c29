"""What a recording is made from: Asterisk's one file for a meeting's mix, or the parts of a talkgroup's track.

A track lies in the media worker's folder: `<recording>.wav`, and after each restart of the worker `<recording>.1.wav`
and so on; `<recording>.json` tells when each part began. Between the parts nothing was heard: there silence is put in,
so that the track runs in step with the meeting's mix and its timeline.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bridge.domain.model import Recording
from bridge.recording import wav

_log = structlog.get_logger(__name__)
_LONGEST_GAP_S: Final = 12 * 3600.0
"""A gap longer than this is a clock that was set, not a worker that was away."""


class NothingRecordedError(wav.WavError):
    """The folder is there and the recording is not, or there is no sound in it: it was never begun, as when its order
    died with the controller, or somebody took it away. Asking again is in vain."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file, and how much silence goes before it."""

    path: Path
    layout: wav.WavLayout
    silence_frames: int = 0
    began_at_s: float | None = None


class Original:
    """The original of one recording. Nothing is opened or looked for before it is asked for."""

    def __init__(self, folder: Path, recording: Recording) -> None:
        self.folder = folder
        self._recording = recording
        self._track = recording.patch is not None
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
        began = self._began()
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
            began_at_s = began.get(path.name)
            silence = _frames_between(end_s, began_at_s, layout.rate_hz)
            found.append(Part(path, layout, silence, began_at_s))
            end_s = None if began_at_s is None else began_at_s + layout.duration_s
        if not found:
            raise NothingRecordedError("there is no sound in the track")
        return tuple(found)

    def clean(self) -> None:
        """The original goes, now that the archive has it."""
        for path in self.files():
            path.unlink(missing_ok=True)
        if self._track:
            self._list.unlink(missing_ok=True)

    def _began(self) -> Mapping[str, float]:
        """File → instant, as far as the list tells: it may be missing or torn by a power cut."""
        try:
            parts = json.loads(self._list.read_bytes())["parts"]
            return {str(one["file"]): float(one["began_at_s"]) for one in parts}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("list_of_parts_not_read", recording=self._recording.id, reason=str(error))
            return {}


def frames(parts: Sequence[Part]) -> int:
    """Of the whole, silence included."""
    return sum(part.silence_frames + part.layout.frames for part in parts)


def blocks(parts: Sequence[Part], block_frames: int = 1 << 16) -> Iterator[bytes]:
    """The samples of all parts with their silences, little-endian 16 bit, at most `block_frames` frames at a time."""
    for part in parts:
        frame_bytes = 2 * part.layout.channels
        left = part.silence_frames
        while left:
            yield bytes(frame_bytes * min(left, block_frames))
            left -= min(left, block_frames)
        yield from wav.blocks(part.path, part.layout, block_frames)


def _frames_between(end_s: float | None, began_at_s: float | None, rate_hz: int) -> int:
    if end_s is None or began_at_s is None or not 0 < began_at_s - end_s <= _LONGEST_GAP_S:
        return 0
    return round((began_at_s - end_s) * rate_hz)
