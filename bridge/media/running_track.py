"""One running track of one path. Both directions are on one time line, handed to the file half a second at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from bridge.audio.frame import RATE_HZ, Samples
from bridge.audio.two_way import SETTLED, Side, TwoSides
from bridge.media import protocol
from bridge.media.track_file import TrackFile

log = structlog.get_logger(__name__)

_PIECE: Final = RATE_HZ // 2


class Track:
    """Its time begins when the file is open; sound before that is not in it. Make it inside the event loop.

    Args:
        say: Takes `TrackStarted`, then `TrackEnded` or `TrackFailed`, in the loop.
    """

    def __init__(self, patch: str, recording: str, file: str, say: Callable[[protocol.Notice], None]) -> None:
        self.recording = recording
        self._patch = patch
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._began: int | None = None
        self._sides = TwoSides()
        self._taken = 0
        self.over = False
        """Failed, or told to stop."""
        name = Path(file)
        self._file = TrackFile(
            name,
            opened=lambda: self._tell(self._opened, protocol.TrackStarted(patch, recording, name.name)),
            failed=lambda reason: self._tell(self._failed, protocol.TrackFailed(patch, recording, reason)),
            closed=lambda: self._tell(self._closed, protocol.TrackEnded(patch, recording)),
        )
        self._file.start()

    def put(self, side: Side, samples: Samples) -> None:
        """Sound that passes now."""
        if self._began is None or self.over:
            return
        self._sides.put(side, samples, self._now())

    def tick(self) -> None:
        """Hand over what is complete, once there is half a second of it."""
        if self._began is None or self.over:
            return
        until = self._now() - SETTLED
        if until - self._taken >= _PIECE:
            self._hand_over(until)

    def stop(self, wait_s: float = 0.0) -> None:
        """To the present sample; the file is closed when all is written."""
        if self.over:
            return
        if self._began is not None:
            self._hand_over(self._now())
        self.over = True
        self._file.close(wait_s)

    def _now(self) -> int:
        return int(self._loop.time() * RATE_HZ) - (self._began or 0)

    def _hand_over(self, until: int) -> None:
        self._file.write(self._sides.take(until).astype("<i2").tobytes())
        self._taken = until

    # --- from the file's thread ---

    def _tell(self, act: Callable[[protocol.Notice], None], notice: protocol.Notice) -> None:
        try:
            self._loop.call_soon_threadsafe(act, notice)
        except RuntimeError:  # the loop is closed: there is nobody left to tell
            return

    def _opened(self, notice: protocol.Notice) -> None:
        self._began = int(self._loop.time() * RATE_HZ)
        self._say(notice)

    def _failed(self, notice: protocol.Notice) -> None:
        self.over = True
        self._say(notice)

    def _closed(self, notice: protocol.Notice) -> None:
        if self._file.lost_frames:
            log.warning("track_has_holes", recording=self.recording, lost_s=self._file.lost_frames / RATE_HZ)
        self._say(notice)
