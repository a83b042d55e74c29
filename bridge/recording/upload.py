"""Archived sounds and manifests are copied to an object store (S3). The local disk stays the master.

The store's bucket has object lock with a default retention. So no program and no operator can change or delete a copy
before its time. A copy is made with `If-None-Match: *`: none is ever written over.
"""

import asyncio
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from bridge import files
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.recording.records import Recording
from bridge.ports import PortError, UploadStore
from bridge.recording.reasons import RecordingReason
from bridge.recording.settings import CopySettings

log = structlog.get_logger(__name__)

LOOK_S: Final = 10.0
AGAIN_S: Final = 60.0


class BucketError(Exception):
    """The store does not take it now. The text is for the log."""


class OtherContentError(BucketError):
    """Something else lies there under that name."""


class Bucket(Protocol):
    """An object store's bucket."""

    async def put(self, name: str, file: Path) -> None:
        """Put a file there. The same file again does no harm.

        Raises:
            BucketError: The store does not take it.
            OSError: The file cannot be read.
        """


class S3Bucket:
    """Any store that speaks S3, by `obstore`."""

    def __init__(self, settings: CopySettings) -> None:
        self._settings = settings
        self._made: Any = None

    async def put(self, name: str, file: Path) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError

        content = await asyncio.to_thread(file.read_bytes)
        try:
            try:
                await obstore.put_async(self._store(), name, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                there = bytes(await (await obstore.get_async(self._store(), name)).bytes_async())
                if sha256(there).digest() != sha256(content).digest():
                    raise OtherContentError(f"another {name} lies there") from None
        except BaseError as error:
            raise BucketError(str(error)[:500]) from error

    def _store(self) -> Any:
        """Made anew after a fault of the password's file, which is read here."""
        if self._made is None:
            from obstore.store import S3Store

            settings = self._settings
            if settings.password_file is None:
                raise BucketError("no password is set")
            try:
                secret = settings.password_file.read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise BucketError(f"{settings.password_file} cannot be read") from error
            self._made = S3Store(
                settings.bucket,
                prefix=settings.prefix or None,
                endpoint=settings.url,
                region=settings.region,
                access_key_id=settings.user,
                secret_access_key=secret,
                virtual_hosted_style_request=False,
                client_options={"allow_http": settings.url.startswith("http://"), "timeout": "60s"},
                retry_config={"max_retries": 0},
            )
        return self._made


class Uploads:
    """Implements `bridge.ports.Health`. Recordings that wait are rows of the database, so no queue can overflow."""

    def __init__(self, store: UploadStore, root: Path, bucket: Bucket) -> None:
        self._store = store
        self._root = root
        self._bucket = bucket
        self._fault = WELL
        self._again_at_s = 0.0

    def health(self) -> Mapping[str, Reason]:
        """`archive copy`: how many recordings wait, where the store does not take them."""
        return {"archive copy": self._fault}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            if time.monotonic() >= self._again_at_s:
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Copy what is not there yet, the oldest first; gives how many were copied."""
        done = 0
        try:
            while (recording := await self._store.next_upload()) is not None:
                try:
                    await self._upload(recording)
                except (OtherContentError, FileNotFoundError) as error:
                    # Nothing that waiting would mend: verification names the file, and the others go on.
                    log.error("recording_not_copied", recording=recording.id, reason=str(error))
                    await self._store.uploaded(recording.id, str(error)[:200])
                else:
                    await self._store.uploaded(recording.id, None)
                    done += 1
            failed = await self._store.not_uploaded()
            self._fault = WELL if not failed else RecordingReason.COPIES_FAILED(count=failed)
        except (BucketError, OSError, PortError) as error:
            log.warning("archive_not_copied", reason=str(error))
            self._fault = RecordingReason.COPIES_WAIT(evidence=str(error)[:500])
            self._again_at_s = time.monotonic() + AGAIN_S
        return done

    async def _upload(self, recording: Recording) -> None:
        """The manifest last: with it the copy is whole. A sound that is not the archived one is not copied."""
        sound = self._root / str(recording.file)
        if await asyncio.to_thread(files.sha256_of, sound) != recording.sha256:
            raise OtherContentError(f"{recording.file} is not what was archived")
        for path in (sound, sound.with_suffix(".json")):
            await self._bucket.put(str(path.relative_to(self._root)), path)
