"""The files of talkgroups' tracks, as the program keeps them: parts, and when each began.

`<recording>.wav` is the first part. A new worker, or a new program, begins `<recording>.1.wav` and so on.
`<recording>.json` beside them says when: `{"began_at_s": …, "parts": [{"file": …, "began_at_s": …}]}`, wall time.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.audio.frame import RATE_HZ
from bridge.media.track_file import FRAME_BYTES, header


@dataclass(frozen=True, slots=True)
class Span:
    """From the first sample of the first part to the last of the last, wall time."""

    began_at_s: float
    ended_at_s: float


class TrackFolder:
    """Blocking, all of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def next_part(self, recording: str) -> Path:
        """The name of a file that does not exist yet; makes the folder.

        Raises:
            OSError: The folder cannot be made.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part, number = self._folder / f"{recording}.wav", 0
        while part.exists():
            number += 1
            part = self._folder / f"{recording}.{number}.wav"
        return part

    def add_part(self, recording: str, file: str, began_at_s: float) -> float:
        """A part has begun: noted whole or not at all. Gives when the first one did.

        Raises:
            OSError: It cannot be written.
        """
        known = self._read(recording)
        parts = [*known.get("parts", ()), {"file": file, "began_at_s": began_at_s}]
        content = json.dumps({"began_at_s": parts[0]["began_at_s"], "parts": parts})
        place = self._index(recording)
        partial = place.with_name(f".{place.name}")
        with partial.open("w", encoding="utf-8") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(place)
        return float(parts[0]["began_at_s"])

    def span(self, recording: str) -> Span | None:
        """As far as it is written; nothing for a recording that never began."""
        parts = self._read(recording).get("parts")
        if not parts:
            return None
        last = parts[-1]
        try:
            size = (self._folder / str(last["file"])).stat().st_size
        except OSError:
            size = 0
        duration_s = max(0, size - len(header(0))) // FRAME_BYTES / RATE_HZ
        return Span(float(parts[0]["began_at_s"]), float(last["began_at_s"]) + duration_s)

    def _index(self, recording: str) -> Path:
        return self._folder / f"{recording}.json"

    def _read(self, recording: str) -> dict[str, Any]:
        try:
            found = json.loads(self._index(recording).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
