"""Makes packages in the background: one at a time, resumed after a crash, cancelled at any moment.

A package lies in its folder under its id, whole or not at all. A file that nobody wants any more is soon removed.
"""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import structlog

from bridge import files
from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import Handover, Step
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import Handovers, Parcel, Places, PortError
from bridge.recording.quiet import quietly

log = structlog.get_logger(__name__)
LOOK_S: Final = 5.0
BEAT_S: Final = 0.5
"""So often progress is kept, and it is seen that somebody has cancelled."""
SPARE_BYTES: Final = 1 << 30
"""A package leaves so much of the disk free: recordings need it more."""
_READ_BYTES: Final = 1 << 20


class StoppedError(Exception):
    """Somebody has cancelled it."""


class NotMadeError(Exception):
    """It cannot be made, for a reason that the maker knows."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass
class Progress:
    """How far a package is: set by what makes it, also from a thread, and read by the loop."""

    step: Step = Step.PROVING
    done: int = 0
    of: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def told(self, step: Step, done: int, of: int) -> None:
        """Raises:
        StoppedError: It is not to be made any more.
        """
        if self.stopped.is_set():
            raise StoppedError
        self.step, self.done, self.of = step, done, of


class Maker(Protocol):
    """Gets all that a package needs (`bridge.service.handovers`)."""

    def __call__(self, job: Handover, told: Callable[[Step, int, int], None]) -> Awaitable[Callable[[], Parcel]]:
        """Makes the package when it is called, which is blocking.

        Raises:
            NotMadeError: It cannot be made.
            PortError: A store does not answer.
        """
        raise NotImplementedError


class HandingOver:
    """Implements `bridge.ports.Packer` and `bridge.ports.Health`.

    Args:
        store: The packages.
        folder: Where their files lie.
        make: Gets what a package needs.
        kept_s: A package is kept for so long.
        places: Where packages are put.
    """

    def __init__(
        self, store: Handovers, folder: Path, make: Maker, kept_s: float, places: Places | None = None
    ) -> None:
        self._store = store
        self._folder = folder
        self._make = make
        self._kept_s = kept_s
        self._places = places
        self._woken = asyncio.Event()
        self._fault = WELL

    def health(self) -> Mapping[str, Reason]:
        """`packages`: whether the database and the folder could be used."""
        return {"packages": self._fault}

    def wake(self) -> None:
        self._woken.set()

    def file(self, job: Handover) -> Path:
        return self._folder / f"{job.id}.zip"

    async def run(self) -> None:
        """Look until cancelled."""
        await self._resume()
        while True:
            await self.look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_S)
            self._woken.clear()

    async def look(self) -> int:
        """Make what waits, one after the other, and remove what is not kept any more. Gives how many were tried."""
        tried = 0
        try:
            await self._sweep()
            while (job := await self._store.claim()) is not None:
                tried += 1
                await self._work(job)
                await self._sweep()
            self._fault = WELL
        except PortError as error:
            self._fault = error.reason
        except OSError as error:
            self._fault = HandoverReason.NOT_WRITTEN(evidence=str(error))
        return tried

    # --- inside ---

    async def _resume(self) -> None:
        try:
            await self._store.resume()
        except PortError as error:
            self._fault = error.reason

    async def _sweep(self) -> None:
        kept = {f"{one}.zip" for one in await self._store.kept()}
        await asyncio.to_thread(_remove_others, self._folder, kept)

    async def _work(self, job: Handover) -> None:
        progress = Progress()
        work = asyncio.create_task(self._made(job, progress))
        try:
            while not work.done():
                await asyncio.wait([work], timeout=BEAT_S)
                if not await self._store.progress(job.id, progress.step, progress.done, progress.of):
                    progress.stopped.set()
            await work
        except StoppedError:
            log.info("package_cancelled", package=job.id)
        except (NotMadeError, PortError) as error:
            await self._failed(job, error.reason)
        except OSError as error:
            await self._failed(job, HandoverReason.NOT_WRITTEN(evidence=str(error)[:200]))
        except Exception as error:  # one package that cannot be made keeps no other from its turn
            log.exception("package_failed", package=job.id)
            await self._failed(job, HandoverReason.NOT_MADE(evidence=type(error).__name__))
        finally:
            progress.stopped.set()  # a thread that still writes ends at its next block
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
            self.file(job).with_suffix(".partial").unlink(missing_ok=True)

    async def _failed(self, job: Handover, reason: Reason) -> None:
        log.warning("package_not_made", package=job.id, reason=str(reason))
        await self._store.failed(job.id, reason)

    async def _made(self, job: Handover, progress: Progress) -> None:
        make = await self._make(job, progress.told)
        progress.told(Step.WRITING, 0, 1)
        parcel, digest = await asyncio.to_thread(self._written, job, make, progress)
        if job.place and self._places is not None:
            put = Placed(self.file(job), parcel, progress)
            await asyncio.to_thread(self._places.put, job.place, put)
        progress.told(progress.step, progress.done, progress.of)
        await self._store.ready(job.id, parcel.name, parcel.length, digest, self._kept_s)

    def _written(self, job: Handover, make: Callable[[], Parcel], progress: Progress) -> tuple[Parcel, str]:
        """In a thread of the lowest priority.

        Raises:
            NotMadeError: The disk has no room for it.
            OSError: The disk refuses, or a sound cannot be read.
            StoppedError: Somebody has cancelled it.
        """
        with quietly():
            parcel = make()
            files.make_folder(self._folder)
            free = shutil.disk_usage(self._folder).free
            if free < parcel.length + SPARE_BYTES:
                needs = parcel.length + SPARE_BYTES
                raise NotMadeError(HandoverReason.NO_ROOM(needs_mb=needs // 1_000_000, free_mb=free // 1_000_000))
            whole, digest, done = self.file(job), sha256(), 0
            part = whole.with_suffix(".partial")
            try:
                with part.open("wb") as out:
                    for block in parcel.blocks:
                        progress.told(Step.PACKING, done, parcel.length)
                        out.write(block)
                        digest.update(block)
                        done += len(block)
                files.sync_file(part)
                part.replace(whole)
                files.sync_folder(self._folder)
            finally:
                part.unlink(missing_ok=True)
        return parcel, digest.hexdigest()


@dataclass(frozen=True)
class Placed:
    """Reads a package that lies on the disk, for each try anew."""

    file: Path
    parcel: Parcel
    progress: Progress

    def __call__(self) -> Parcel:
        return replace(self.parcel, blocks=self._blocks())

    def _blocks(self) -> Iterator[bytes]:
        done = 0
        with self.file.open("rb") as source:
            while block := source.read(_READ_BYTES):
                self.progress.told(Step.PLACING, done, self.parcel.length)
                done += len(block)
                yield block


def _remove_others(folder: Path, kept: set[str]) -> None:
    if folder.is_dir():
        for one in folder.iterdir():
            if one.name not in kept and one.suffix in {".zip", ".partial"}:
                one.unlink(missing_ok=True)
