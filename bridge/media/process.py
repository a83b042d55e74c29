"""The worker process as the program holds it: started, spoken with, and ended."""

import asyncio
import os
import socket
import sys
from typing import Final, Self

from bridge.domain.kernel.events import Fate
from bridge.media import protocol
from bridge.media.reasons import MediaReason
from bridge.media.settings import MediaSettings
from bridge.ports import PortError

_ENVIRONMENT: Final = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "OPENBLAS_CORETYPE",
    "ALSA_CONFIG_PATH",
)
"""All that the worker gets of our environment: it needs no secret. ALSA reads `HOME` for the user's own devices."""
DEVICE: Final = "media worker"


class WorkerProcess:
    """One life of the worker. Closing our end of the channel ends it; `end` also waits for it."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._opening: dict[str, asyncio.Future[int]] = {}

    @classmethod
    async def start(cls, settings: MediaSettings) -> Self:
        """Start it and configure it.

        Raises:
            OSError: It cannot be started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bridge.media.worker",
                stdin=theirs.fileno(),
                env=environment | {"OPENBLAS_NUM_THREADS": "1"},
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(process, reader, writer)
        worker.send(protocol.Configure(settings.model_dump_json()))
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, request: protocol.Request) -> None:
        """Requests are few and small, and a worker that does not read them is killed for its silence."""
        self._writer.write(protocol.pack(request))

    async def open(self, patch: str, audio: str, mix: str, timeout_s: float) -> int:
        """Make a path; gives the UDP port where Asterisk shall send.

        Raises:
            PortError: The worker refused, died or did not answer in time.
        """
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._opening[patch] = answer
        self.send(protocol.Open(patch, audio, mix))
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError as error:
            reason, said = MediaReason.PATH_NOT_BUILT(), f"no answer within {timeout_s} s"
            raise PortError(DEVICE, reason, retry=True, evidence=said, fate=Fate.UNKNOWN) from error
        finally:
            self._opening.pop(patch, None)

    async def read(self, timeout_s: float) -> protocol.Notice:
        """The next notice; those that answer `open` are handed to it on the way.

        Raises:
            protocol.ChannelClosed: The worker is gone.
            TimeoutError: It has said nothing for `timeout_s`: it hangs.
        """
        async with asyncio.timeout(timeout_s):
            notice = await protocol.read_notice(self._reader)
        if isinstance(notice, protocol.Opened | protocol.OpenFailed):
            answer = self._opening.get(notice.patch)
            if answer is not None and not answer.done():
                if isinstance(notice, protocol.Opened):
                    answer.set_result(notice.port)
                else:
                    reason = MediaReason.PATH_NOT_BUILT()
                    failed = PortError(DEVICE, reason, retry=True, evidence=notice.reason)
                    answer.set_exception(failed)
        return notice

    async def end(self) -> int:
        """Close the channel and make sure that the process is gone; its exit code."""
        for answer in self._opening.values():
            if not answer.done():
                reason = MediaReason.WORKER_LOST()
                answer.set_exception(PortError(DEVICE, reason, retry=True, fate=Fate.UNKNOWN))
        self._writer.transport.abort()
        try:
            async with asyncio.timeout(0.5):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()
