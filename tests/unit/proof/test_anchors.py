"""Signed heads are put outside: in a file, by mail, and at a real time stamping authority over HTTP."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from rfc3161_client.errors import VerificationError

from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.domain.proof.heads import SignedHead
from bridge.main.outside import mailed_head
from bridge.proof import package
from bridge.proof.anchors import AnchorError, AnchorFile, MailAnchor, StampAnchor
from bridge.proof.settings import ProofSettings
from bridge.proof.watch import AGAIN_S, HeadWatch
from bridge.service import Service
from tests.harness.ports import free_port
from tests.unit.api.region import Region

HEAD = SignedHead(7, 41, "ab" * 32, 1_800_000_000.0, "rec-1", "0" * 16, "cd" * 64)
CONFIG = """
[ tsa ]
default_tsa = tsa
[ tsa ]
dir = {folder}
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
[ ca ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[ stamps ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
"""


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def authority(folder: Path) -> Path:
    """Keys and certificates of a time stamping authority; gives its root."""
    folder.mkdir()
    (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        folder, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Root", "-days", "3650",
        "-config", "openssl.cnf", "-extensions", "ca", "-section", "tsa",
    )  # fmt: skip
    openssl(folder, "req", "-new", *curve, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", "tsa.pem", "-days", "3650", "-extfile", "openssl.cnf", "-extensions", "stamps",
    )  # fmt: skip
    return folder / "ca.pem"


@dataclass
class Tsa:
    """An authority that answers over HTTP with `openssl ts`."""

    url: str
    root: Path
    is_up: bool = True
    asked: int = 0


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("keys") / "authority")


@pytest.fixture
async def tsa(keys: Path, tmp_path: Path) -> AsyncIterator[Tsa]:
    port = free_port()
    made = Tsa(f"http://127.0.0.1:{port}/tsr", keys)

    async def stamp(request: web.Request) -> web.Response:
        made.asked += 1
        if not made.is_up:
            return web.Response(status=503)
        query, answer = tmp_path / "query.tsq", tmp_path / "answer.tsr"
        query.write_bytes(await request.read())
        words = ["ts", "-reply", "-config", "openssl.cnf", "-section", "tsa", "-queryfile", str(query)]
        await asyncio.to_thread(openssl, keys.parent, *words, "-out", str(answer))
        return web.Response(body=answer.read_bytes(), content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/tsr", stamp)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made
    await runner.cleanup()


def stamps(tsa: Tsa, root: Path | None = None) -> StampAnchor:
    return StampAnchor(tsa.url, root or tsa.root, every_s=3600.0, within_s=10.0)


async def test_an_authority_stamps_a_head_and_the_stamp_proves_that_head_alone(tsa: Tsa) -> None:
    anchor = stamps(tsa)
    stamp = await anchor.put(HEAD)
    assert stamp is not None
    anchor.check(stamp, package.line_of(HEAD).encode())
    with pytest.raises(VerificationError):
        anchor.check(stamp, package.line_of(HEAD).encode().replace(b"41", b"42"))


async def test_a_stamp_of_a_stranger_is_not_taken(tsa: Tsa, tmp_path: Path) -> None:
    stranger = authority(tmp_path / "stranger")
    with pytest.raises(AnchorError):
        await stamps(tsa, stranger).put(HEAD)


async def test_while_the_authority_is_away_the_newest_head_waits_and_it_is_told(region: Region, tsa: Tsa) -> None:
    await region.recorded("a.flac")
    watch = HeadWatch(region.proof.store, region.proof.key, region.clock, 3600.0, [stamps(tsa)])
    tsa.is_up = False
    await watch.look()
    reason = watch.health()["archive anchor tsa"]
    assert (reason.code, reason.get("anchor")) == ("anchor_waits", "tsa")
    await watch.look()
    assert tsa.asked == 1, "not tried again at once"
    await region.recorded("b.flac")
    tsa.is_up = True
    region.clock.time_s += AGAIN_S + 1
    await watch.look()
    assert watch.health()["archive anchor tsa"].code == "ok"
    latest = await region.proof.store.latest()
    assert latest is not None
    [(sequence, stamp)] = await region.proof.store.stamps("tsa")
    assert sequence == latest.sequence
    stamps(tsa).check(stamp, package.line_of(latest).encode())


async def test_nothing_that_answers_otherwise_is_taken_for_an_authority(tmp_path: Path, keys: Path) -> None:
    with pytest.raises(AnchorError):
        await StampAnchor(f"http://127.0.0.1:{free_port()}/", keys, 3600.0, 2.0).put(HEAD)


async def test_the_file_gets_every_head_once_and_each_on_a_line_of_its_own(tmp_path: Path) -> None:
    file = AnchorFile(tmp_path / "heads")
    await file.put(HEAD)
    await file.put(HEAD)
    assert [line for _, line in await file.lines()] == [package.line_of(HEAD)]
    with (tmp_path / "heads").open("a") as torn:
        torn.write('{"sequence": 8, "num')
    another = SignedHead(9, 50, "ef" * 32, 1_800_000_001.0, None, "0" * 16, "cd" * 64)
    await file.put(another)
    assert [package.head_of(line) for _, line in await file.lines()] == [HEAD, None, another]


@pytest.mark.parametrize(
    "line", ["", "x", "[]", "{}", '{"sequence": 1}', "[" * 5000, package.line_of(HEAD) + " " * 5000]
)
def test_a_line_that_is_no_head_is_none(line: str) -> None:
    assert package.head_of(line) is None


async def test_a_head_goes_out_by_mail_at_most_once_a_day(region: Region) -> None:
    region.sending = OutboxPolicy(bearers=(BearerPolicy(Bearer.MAIL, 10.0, 4),))
    await region.restart()
    await region.recorded("a.flac")
    service = Service.on(region.ports())

    async def send(head: SignedHead, line: str) -> None:
        await mailed_head(service, "registrator@example.org", head, line)

    watch = HeadWatch(region.proof.store, region.proof.key, region.clock, 3600.0, [MailAnchor(send, 86_400.0)])
    await watch.look()
    await region.recorded("b.flac")
    await watch.look()
    [message] = await region.archive.outbox()
    head = package.head_of(message.text.splitlines()[-1])
    assert (message.to, head) == ("registrator@example.org", (await region.proof.store.heads())[0])


async def test_without_mail_the_head_waits_and_it_is_told(region: Region) -> None:
    await region.recorded("a.flac")
    service = Service.on(region.ports())

    async def send(head: SignedHead, line: str) -> None:
        await mailed_head(service, "registrator@example.org", head, line)

    watch = HeadWatch(region.proof.store, region.proof.key, region.clock, 3600.0, [MailAnchor(send, 86_400.0)])
    await watch.look()
    assert watch.health()["archive anchor mail"].code == "anchor_waits"


def test_an_authority_needs_its_root() -> None:
    with pytest.raises(ValueError, match="setting_no_tsa_root"):
        ProofSettings(tsa_url="https://tsa.example.org/")
