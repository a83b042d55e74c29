"""The archive is copied to an object store that lets nobody delete a copy: tried on a real SeaweedFS."""

import asyncio
import hashlib
import hmac
import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import obstore
import pytest

from bridge.recording.removal import S3Versions
from bridge.recording.settings import CopySettings
from bridge.recording.upload import OtherContentError, S3Bucket, Uploads
from tests.harness.ports import free_port
from tests.harness.wait import until
from tests.unit.api.devices import AUDIO
from tests.unit.api.region import Region

WEED = Path(sys.executable).parent / "weed"
BUCKET = "archive"
LOCK = (
    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
    "<Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
)


@dataclass(frozen=True)
class Seaweed:
    """A SeaweedFS with an S3 address, and a bucket with object lock that keeps everything for a day."""

    port: int
    settings: CopySettings

    def asks(self, method: str, path: str, query: str = "", body: bytes = b"") -> int:
        """The status of a request that is signed as the owner's (AWS Signature Version 4)."""
        host, now = f"127.0.0.1:{self.port}", datetime.now(UTC)
        digest = hashlib.sha256(body).hexdigest()
        stamp, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
        named = f"host:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n"
        signed = "host;x-amz-content-sha256;x-amz-date"
        whole = "\n".join((method, path, query, named, signed, digest))
        scope = f"{day}/us-east-1/s3/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(whole.encode()).hexdigest()))
        key = b"AWS4secret"
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        headers = {
            "x-amz-content-sha256": digest,
            "x-amz-date": stamp,
            "Content-MD5": b64encode(hashlib.md5(body).digest()).decode(),  # noqa: S324  the protocol's
            "Authorization": f"AWS4-HMAC-SHA256 Credential=key/{scope},SignedHeaders={signed},Signature={signature}",
        }
        address = f"http://{host}{path}" + (f"?{query}" if query else "")
        request = urllib.request.Request(address, body or None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    folder = tmp_path_factory.mktemp("seaweed")
    (folder / "data").mkdir()
    who: dict[str, Any] = {"name": "owner", "credentials": [{"accessKey": "key", "secretKey": "secret"}]}
    (folder / "s3.json").write_text(
        json.dumps({"identities": [{**who, "actions": ["Admin", "Read", "Write", "List"]}]})
    )
    (folder / "password").write_text("secret\n")
    master, volume, filer, port, *grpc = (free_port() for _ in range(8))
    settings = CopySettings(
        url=f"http://127.0.0.1:{port}", bucket=BUCKET, user="key", password_file=folder / "password"
    )
    words = ["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-filer", "-s3", "-s3.config=s3.json"]
    words += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={port}"]
    names = ("master", "volume", "filer", "s3")
    words += [f"-{name}.port.grpc={one}" for name, one in zip(names, grpc, strict=True)]
    words += ["-master.volumeSizeLimitMB=16", "-volume.max=20"]
    process = subprocess.Popen([WEED, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = Seaweed(port, settings)

    def is_up() -> bool:
        with suppress(OSError):
            return made.asks("PUT", f"/{BUCKET}") in (200, 409)
        return False

    try:
        asyncio.run(until(is_up, 30, what="SeaweedFS answers"))
        assert made.asks("PUT", f"/{BUCKET}", "versioning=", VERSIONS.encode()) == 200
        assert made.asks("PUT", f"/{BUCKET}", "object-lock=", LOCK.encode()) == 200
        yield made
    finally:
        # It takes half a minute to end when it is asked to.
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


VERSIONS = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


async def test_an_archived_recording_is_copied_and_nobody_deletes_the_copy(region: Region, seaweed: Seaweed) -> None:
    await region.recorded("locked.flac")
    uploads = Uploads(region.copies, region.archive_folder, S3Bucket(seaweed.settings))
    assert await uploads.look() == 1
    assert uploads.health()["archive copy"].code == "ok"
    store = S3Bucket(seaweed.settings)._store()
    for name in ("locked.flac", "locked.json"):
        there = bytes(await (await obstore.get_async(store, name)).bytes_async())
        assert there == region.recording_file(name).read_bytes()
        version = (await obstore.head_async(store, name))["version"]
        assert seaweed.asks("DELETE", f"/{BUCKET}/{name}", f"versionId={version}") == 403
    assert await uploads.look() == 0


async def test_a_copy_is_never_written_over(region: Region, seaweed: Seaweed) -> None:
    """As when a controller died between the copy and its row; and as when somebody else has put something there."""
    await region.recorded("again.flac")
    await S3Bucket(seaweed.settings).put("again.flac", region.recording_file("again.flac"))
    uploads = Uploads(region.copies, region.archive_folder, S3Bucket(seaweed.settings))
    assert await uploads.look() == 1
    await region.recorded("taken.flac")
    stranger = region.folder / "stranger"
    stranger.write_bytes(AUDIO[::-1])
    await S3Bucket(seaweed.settings).put("taken.flac", stranger)
    assert await uploads.look() == 0
    assert uploads.health()["archive copy"].code == "archive_copies_failed"


async def test_while_the_store_is_away_recordings_wait_and_it_is_told(region: Region, seaweed: Seaweed) -> None:
    await region.recorded("waits.flac")
    away = seaweed.settings.model_copy(update={"url": f"http://127.0.0.1:{free_port()}"})
    uploads = Uploads(region.copies, region.archive_folder, S3Bucket(away))
    assert await uploads.look() == 0
    assert uploads.health()["archive copy"].code == "archive_copies_wait"
    assert await Uploads(region.copies, region.archive_folder, S3Bucket(seaweed.settings)).look() == 1


async def test_a_sound_that_was_changed_is_not_copied(region: Region, seaweed: Seaweed) -> None:
    await region.recorded("changed.flac")
    region.recording_file("changed.flac").write_bytes(b"changed")
    uploads = Uploads(region.copies, region.archive_folder, S3Bucket(seaweed.settings))
    assert await uploads.look() == 0
    assert uploads.health()["archive copy"].code == "archive_copies_failed"


@pytest.mark.slow
async def test_a_disposed_copy_stays_while_it_is_locked_and_goes_with_all_its_versions(
    region: Region, seaweed: Seaweed
) -> None:
    free = seaweed.settings.model_copy(update={"bucket": "free"})
    assert seaweed.asks("PUT", "/free") == 200
    file = region.folder / "disposed.flac"
    for settings in (seaweed.settings, free):
        for content in (b"one", b"other"):
            file.write_bytes(content)
            with suppress(OtherContentError):
                await S3Bucket(settings).put("disposed.flac", file)
    locked = await asyncio.to_thread(S3Versions(seaweed.settings).remove, "disposed.flac")
    assert locked.versions == 1
    assert locked.locked_until_s is not None
    assert 0 < locked.locked_until_s - datetime.now(UTC).timestamp() <= 86_400
    assert (await asyncio.to_thread(S3Versions(free).remove, "disposed.flac")).versions == 0
    with pytest.raises(FileNotFoundError):
        await obstore.get_async(S3Bucket(free)._store(), "disposed.flac")
