"""A track's file: written by a thread of its own, so that no disk ever delays a frame.

16-bit PCM WAV, 8 kHz, stereo. The header is written anew after every piece, so that the file is whole however the
process ends.
"""

import contextlib
import os
import queue
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bridge.audio.frame import RATE_HZ

CHANNELS: Final = 2
FRAME_BYTES: Final = 2 * CHANNELS
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM: Final = 1
MOST_WAITING: Final = 40
"""Pieces: 20 s of half seconds. A disk that stands still for longer costs sound, never time."""
_SYNC_PIECES: Final = 4
_LOOK_S: Final = 0.5
_SILENCE_BYTES: Final = 1 << 20


def header(data_bytes: int) -> bytes:
    """The 44 bytes before the samples."""
    return _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        CHANNELS,
        RATE_HZ,
        RATE_HZ * FRAME_BYTES,
        FRAME_BYTES,
        16,
        b"data",
        data_bytes,
    )


class TrackFile:
    """`start` it, `write` to it, `close` it. `opened`, then `failed` (with the reason) or `closed` are called once,
    each in its thread.

    Overflow rule: a piece that finds `MOST_WAITING` others waiting is not kept. So much silence is written in its place
    that later sound stays at its time. It is counted in `lost_frames`.
    """

    def __init__(
        self, file: Path, opened: Callable[[], None], failed: Callable[[str], None], closed: Callable[[], None]
    ) -> None:
        self._file = file
        self._opened = opened
        self._failed = failed
        self._closed = closed
        self._waiting: queue.Queue[tuple[int, bytes]] = queue.Queue(MOST_WAITING)
        self._skipped_bytes = 0
        self._closing = threading.Event()
        self._data_bytes = 0
        self.lost_frames = 0
        """Samples of time that found no room, ever."""
        self._thread = threading.Thread(target=self._work, name=f"track {file.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def write(self, piece: bytes) -> None:
        """Samples, left and right in turn. Never waits."""
        try:
            self._waiting.put_nowait((self._skipped_bytes, piece))
            self._skipped_bytes = 0
        except queue.Full:
            self._skipped_bytes += len(piece)
            self.lost_frames += len(piece) // FRAME_BYTES

    @property
    def is_idle(self) -> bool:
        """Whether all that was given is in the file."""
        return self._waiting.unfinished_tasks == 0

    def close(self, wait_s: float = 0.0) -> None:
        """Nothing more comes; what waits is written. Waits so long for it at most."""
        self._closing.set()
        if wait_s and self._thread.is_alive():
            self._thread.join(wait_s)

    # --- in the thread ---

    def _work(self) -> None:
        with contextlib.suppress(OSError):  # it may have inherited real-time scheduling; a disk needs none
            os.sched_setscheduler(threading.get_native_id(), os.SCHED_OTHER, os.sched_param(0))
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                self._append(descriptor, b"")
                self._opened()
                self._write_on(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._failed(f"{self._file.name} cannot be written: {error.strerror or error}")
        else:
            self._closed()

    def _write_on(self, descriptor: int) -> None:
        pieces = 0
        while True:
            try:
                silence_bytes, piece = self._waiting.get(timeout=_LOOK_S)
            except queue.Empty:
                if self._closing.is_set():
                    break
                continue
            while silence_bytes:
                part = min(silence_bytes, _SILENCE_BYTES)
                self._append(descriptor, bytes(part))
                silence_bytes -= part
            self._append(descriptor, piece)
            self._waiting.task_done()
            pieces += 1
            if pieces % _SYNC_PIECES == 0:
                os.fdatasync(descriptor)
        os.fsync(descriptor)

    def _append(self, descriptor: int, piece: bytes) -> None:
        view = memoryview(piece)
        at = _HEADER.size + self._data_bytes
        while view:
            written = os.pwrite(descriptor, view, at)
            view, at = view[written:], at + written
        self._data_bytes += len(piece)
        os.pwrite(descriptor, header(self._data_bytes), 0)
