"""Copies of disposed recordings are removed from the object store: each version of each file, once its lock has ended.

In a bucket with object lock a plain DELETE hides a file and removes nothing. So the versions are listed, and each is
deleted by its id (S3 API: `ListObjectVersions`, `DeleteObject`). Requests are signed by AWS Signature Version 4.
"""

import asyncio
import hashlib
import hmac
import http.client
import ssl
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

import structlog

from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.recording.records import Recording
from bridge.ports import Keeping, PortError
from bridge.recording.reasons import RecordingReason
from bridge.recording.settings import CopySettings

log = structlog.get_logger(__name__)
LOOK_S: Final = 60.0
AGAIN_S: Final = 3600.0
"""A copy that is locked, or that the store does not give up, is tried again after this."""
_WITHIN_S: Final = 30.0
_MOST_BYTES: Final = 1 << 20
_LOCKED: Final = frozenset({400, 403, 409})
"""Stores refuse to delete a locked version with one of these; S3 itself with 403."""


class StoreError(Exception):
    """The store does not answer as it should. The text is for the log and the protocol."""


@dataclass(frozen=True, slots=True)
class Remains:
    """Of a file in the store, after its versions were deleted as far as that goes."""

    versions: int
    """So many lie there still."""
    locked_until_s: float | None = None
    """The latest end of their locks, where the store tells it."""


class CopyStore(Protocol):
    """The object store, as far as it forgets."""

    def remove(self, name: str) -> Remains:
        """Delete every version of a file that is not locked. Blocking.

        Raises:
            StoreError: The store does not answer as it should.
        """
        raise NotImplementedError


class S3Versions:
    """`CopyStore` over any store that speaks S3."""

    def __init__(self, settings: CopySettings) -> None:
        self._settings = settings

    def remove(self, name: str) -> Remains:
        key = "/".join(one for one in (self._settings.prefix.strip("/"), name) if one)
        for version in self._versions(key):
            status, _, _ = self._asked("DELETE", key, {"versionId": version})
            if status not in {200, 204, 404} and status not in _LOCKED:
                raise StoreError(f"DELETE answered {status}")
        left = self._versions(key)
        ends = [at_s for one in left if (at_s := self._locked_until_s(key, one)) is not None]
        return Remains(len(left), max(ends, default=None))

    # --- inside ---

    def _versions(self, key: str) -> list[str]:
        """The ids of its versions, without the marks that hide them: those hold nothing."""
        status, body, _ = self._asked("GET", "", {"prefix": key, "versions": ""})
        if status != 200:
            raise StoreError(f"the list of versions answered {status}")
        if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
            raise StoreError("the list of versions is no plain XML")
        try:
            found = ET.fromstring(body)  # noqa: S314  without entities, and bounded
        except ET.ParseError as error:
            raise StoreError("the list of versions cannot be read") from error
        versions = [one for one in found.iter() if one.tag.rpartition("}")[2] == "Version"]
        named = [{part.tag.rpartition("}")[2]: part.text or "" for part in one} for one in versions]
        return [one["VersionId"] for one in named if one.get("Key") == key and one.get("VersionId")]

    def _locked_until_s(self, key: str, version: str) -> float | None:
        _, _, headers = self._asked("HEAD", key, {"versionId": version})
        try:
            return datetime.fromisoformat(headers.get("x-amz-object-lock-retain-until-date", "")).timestamp()
        except ValueError:
            return None

    def _asked(self, method: str, key: str, query: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        settings = self._settings
        if settings.password_file is None:
            raise StoreError("no password is set")
        parts = urlsplit(settings.url)
        path = quote(f"{parts.path.rstrip('/')}/{settings.bucket}" + (f"/{key}" if key else ""), safe="/~")
        asked = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            secret = settings.password_file.read_text(encoding="utf-8").strip()
            headers = signed(settings, secret, method, parts.netloc, path, asked, datetime.now(UTC))
            line = kind(parts.hostname or "", parts.port, timeout=_WITHIN_S)
            try:
                line.request(method, f"{path}?{asked}", headers=headers)
                answer = line.getresponse()
                told = {name.lower(): value for name, value in answer.getheaders()}
                return answer.status, answer.read(_MOST_BYTES), told
            finally:
                line.close()
        except (OSError, ValueError, http.client.HTTPException, ssl.SSLError) as error:
            raise StoreError(str(error)[:200]) from error


def signed(
    settings: CopySettings, secret: str, method: str, host: str, path: str, query: str, now: datetime
) -> dict[str, str]:
    """The headers of a request without a body (AWS Signature Version 4)."""
    digest = hashlib.sha256(b"").hexdigest()
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    names = "host;x-amz-content-sha256;x-amz-date"
    named = f"host:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n"
    whole = "\n".join((method, path, query, named, names, digest))
    scope = f"{now:%Y%m%d}/{settings.region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(whole.encode()).hexdigest()}"
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    given = f"AWS4-HMAC-SHA256 Credential={settings.user}/{scope},SignedHeaders={names},Signature={signature}"
    return {"x-amz-content-sha256": digest, "x-amz-date": stamp, "Authorization": given}


class CopyRemovals:
    """Implements `bridge.ports.Health`. The copies that are left are rows of the database, so none is forgotten."""

    def __init__(self, keeping: Keeping, store: CopyStore, now_s: Callable[[], float] = time.time) -> None:
        self._keeping = keeping
        self._store = store
        self._now_s = now_s
        self._again_at_s: dict[str, float] = {}
        self._fault = WELL

    def health(self) -> Mapping[str, Reason]:
        """`disposed copies`: a store that does not answer. A copy that is locked is no fault: the protocol names it."""
        return {"disposed copies": self._fault}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Try each copy that is left and due."""
        fault = WELL
        try:
            for disposal, recording in await self._keeping.copies_left():
                if self._now_s() < self._again_at_s.get(recording.id, 0.0):
                    continue
                try:
                    remains = await asyncio.to_thread(self._removed, recording)
                except StoreError as error:
                    log.warning("copy_not_removed", recording=recording.id, reason=str(error))
                    fault = RecordingReason.COPIES_NOT_REMOVED(evidence=str(error))
                    await self._keeping.copy_remains(disposal, recording.id, None, str(error)[:200])
                    self._again_at_s[recording.id] = self._now_s() + AGAIN_S
                    continue
                if remains.versions:
                    await self._keeping.copy_remains(disposal, recording.id, remains.locked_until_s, None)
                    self._again_at_s[recording.id] = self._now_s() + AGAIN_S
                else:
                    await self._keeping.copy_gone(disposal, recording.id)
                    self._again_at_s.pop(recording.id, None)
        except PortError as error:
            fault = error.reason
        self._fault = fault

    def _removed(self, recording: Recording) -> Remains:
        found = [self._store.remove(name) for name in _names(recording)]
        ends = [one.locked_until_s for one in found if one.locked_until_s is not None]
        return Remains(sum(one.versions for one in found), max(ends, default=None))


def _names(recording: Recording) -> list[str]:
    """As `bridge.recording.upload` has put them there."""
    if recording.file is None:
        return []
    stem = recording.file.rpartition(".")[0]
    return [recording.file, f"{stem}.json"]
