"""The media worker: a process that does nothing but move sound, so that no other work delays it.

`python -m bridge.media.worker` has one end of a Unix socket pair as standard input: the control channel of
`protocol.py`. When it closes, whatever the reason, the process ends and with it all sending.
"""

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
import time
from typing import Final, assert_never

import numpy as np
import structlog

from bridge.media import protocol
from bridge.media.relay import Relay
from bridge.media.runner import PathRunner
from bridge.media.settings import MediaSettings

log = structlog.get_logger(__name__)

_REPORT_S: Final = 1.0
_MAX_UNSENT_BYTES: Final = 1024 * 1024
"""Notices that the program has not taken. They are few and small; more than this means that it hangs."""
_DISK_S: Final = 0.2
"""For each track, at the end: its file is whole without it, but for the last half second."""
_MAX_BUSY_US: Final = 1_000_000
"""The kernel ends a real-time process that computes for this long without a pause, lest it starve the rest."""


class Worker:
    """The paths, and the channel to the program."""

    def __init__(self, settings: MediaSettings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._settings = settings
        self._reader = reader
        self._writer = writer
        self._paths: dict[str, PathRunner] = {}
        self._relay = Relay()

    async def run(self) -> None:
        """Serve until the channel closes.

        Raises:
            protocol.ChannelClosed: It did.
        """
        reporting = asyncio.get_running_loop().create_task(self._report())
        try:
            while True:
                self._do(await protocol.read_request(self._reader))
        finally:
            reporting.cancel()
            for path in self._paths.values():
                path.close(_DISK_S)

    def _do(self, request: protocol.Request) -> None:
        if isinstance(request, protocol.Configure):
            log.warning("configured_twice")
        elif isinstance(request, protocol.Open):
            self._open(request)
        elif (path := self._paths.get(request.patch)) is None:
            log.info("path_unknown", patch=request.patch, request=type(request).__name__)
        else:
            self._command(path, request)

    def _command(
        self,
        path: PathRunner,
        request: protocol.PathRequest,
    ) -> None:
        match request:
            case protocol.Meet():
                path.meet(request.port)
            case protocol.Close():
                self._paths.pop(request.patch).close()
            case protocol.SetRadioHeard():
                path.set_radio_heard(request.heard)
            case protocol.SendVoice():
                path.send_voice()
            case protocol.HoldVoice():
                path.hold_voice(withdrawn=request.withdrawn)
            case protocol.DropVoice():
                path.drop_voice(request.older_than_ms)
            case protocol.ArmVoice():
                path.arm_voice(request.armed)
            case protocol.Say():
                path.say(np.frombuffer(request.sound, dtype="<i2").astype(np.int16))
            case protocol.StartTrack():
                path.start_track(request.recording, request.file)
            case protocol.StopTrack():
                path.stop_track(request.recording)
            case _ as never:
                assert_never(never)

    def _open(self, request: protocol.Open) -> None:
        path = self._paths.get(request.patch)
        if path is not None and path.audio != request.audio:
            path.move(request.audio)
        if path is None:
            try:
                path = PathRunner(
                    request.patch, request.audio, self._settings, self._say, mix=request.mix, relay=self._relay
                )
            except OSError as error:
                self._say(protocol.OpenFailed(request.patch, str(error)))
                return
            self._paths[request.patch] = path
        self._say(protocol.Opened(request.patch, path.port))

    def _say(self, notice: protocol.Notice) -> None:
        if self._writer.transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            log.error("program_hangs", unsent_bytes=self._writer.transport.get_write_buffer_size())
            self._writer.transport.abort()
            self._reader.feed_eof()
            return
        self._writer.write(protocol.pack(notice))

    async def _report(self) -> None:
        while True:
            self._say(protocol.Report([path.stats() for path in self._paths.values()], time.process_time()))
            await asyncio.sleep(_REPORT_S)


def _prefer(priority: int) -> None:
    """Ask for real-time scheduling, and say what came of it. Without it sound still flows, later under load."""
    if priority == 0:
        return
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (_MAX_BUSY_US, _MAX_BUSY_US))
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
        log.info("scheduling", policy="SCHED_RR", priority=priority)
    except (OSError, ValueError) as error:
        log.info("scheduling", policy="SCHED_OTHER", reason=str(error))


async def _serve(channel: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=channel)
    first = await protocol.read_request(reader)
    if not isinstance(first, protocol.Configure):
        raise protocol.ChannelClosed(f"{type(first).__name__} before Configure")
    settings = MediaSettings.model_validate_json(first.settings)
    _prefer(settings.realtime_priority)
    gc.freeze()
    await Worker(settings, reader, writer).run()


def main() -> None:
    """Run on standard input. Ctrl-C is the program's to handle; it closes the channel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        asyncio.run(_serve(socket.socket(fileno=sys.stdin.fileno())))
    except protocol.ChannelClosed as closed:
        log.info("worker_ended", reason=str(closed))


if __name__ == "__main__":
    main()
