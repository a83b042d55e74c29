"""The archive is held against itself. The first thing that does not agree is named with its kind and place."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete, text, update

from bridge.domain.canonical import canonical_json, chained_hash
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.journal import Audit
from bridge.domain.recording.records import Recording
from bridge.ports import VerificationReport
from bridge.proof.anchors import AnchorFile
from bridge.proof.verification import Verification
from bridge.proof.watch import HeadWatch
from bridge.storage.registry import RECORDS
from bridge.storage.tables import audit, meta, signed_heads
from tests.unit.api.devices import AUDIO
from tests.unit.api.region import NOW_S, Region

RECORDINGS = RECORDS[Recording].table
Damage = Callable[[Region, str, str], Awaitable[None]]


@pytest.fixture
async def archive(region: Region) -> tuple[str, str]:
    """Two recordings of meetings, archived and signed."""
    one = await region.recorded("one.flac")
    two = await region.recorded("two.flac", sound=AUDIO[::-1])
    await region.proof.heads.look()
    return one, two


async def rewritten(region: Region, change: Callable[[dict[str, object]], object]) -> None:
    """Somebody with the whole database makes the chain anew, as if it had always been so."""
    rows = await region.audit.rows(limit=10_000)
    previous = rows[0].previous_hash
    async with region.database.transaction() as connection:
        for one in rows:
            row = {"number": one.number, "at_s": one.at_s, "actor": one.actor}
            row |= {"action": one.action, "object": one.object, "detail": dict(one.detail)}
            change(row)
            digest = chained_hash(previous, row)  # type: ignore[arg-type]
            values = {**row, "previous_hash": previous, "hash": digest}
            await connection.execute(update(audit).where(audit.c.number == one.number).values(**values))
            previous = digest
        head = canonical_json({"number": rows[-1].number, "hash": previous})
        await connection.execute(update(meta).where(meta.c.key == "audit.head").values(value=head))
        region.database.chain._head = (rows[-1].number, previous)


async def by_hand(region: Region, statement: str) -> None:
    async with region.database.transaction() as connection:
        await connection.execute(text(statement))


async def verified(region: Region) -> VerificationReport:
    return await region.proof.verification.verify()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


async def test_an_untouched_archive_agrees(region: Region, archive: tuple[str, str]) -> None:
    report = await verified(region)
    assert (report.findings, report.first, report.recordings, report.of_recordings) == ((), None, 2, 2)
    assert report.rows == report.of_rows
    assert report.heads >= 2


async def a_byte_changed(region: Region, one: str, _two: str) -> None:
    flip(region.recording_file("one.flac"))


async def a_file_removed(region: Region, one: str, _two: str) -> None:
    region.recording_file("one.flac").unlink()


async def a_manifest_removed(region: Region, one: str, _two: str) -> None:
    region.recording_file("one.json").unlink()


async def a_manifest_changed(region: Region, one: str, _two: str) -> None:
    """A participant's number, say: its hashes are right."""
    file = region.recording_file("one.json")
    file.write_bytes(file.read_bytes().replace(b"{", b'{"participants": [], ', 1))


async def a_row_removed(region: Region, one: str, _two: str) -> None:
    async with region.database.transaction() as connection:
        await connection.execute(delete(RECORDINGS).where(RECORDINGS.c.id == one))


async def a_row_changed(region: Region, one: str, _two: str) -> None:
    """With the file and its manifest made to fit it."""
    file = region.recording_file("one.flac")
    flip(file)
    digest = sha256(file.read_bytes()).hexdigest()
    manifest = json.dumps({"recording": one, "audio": {"sha256": digest}}).encode()
    file.with_suffix(".json").write_bytes(manifest)
    values = {"sha256": digest, "manifest_sha256": sha256(manifest).hexdigest()}
    async with region.database.transaction() as connection:
        await connection.execute(update(RECORDINGS).where(RECORDINGS.c.id == one).values(**values))


async def exchanged(region: Region, one: str, two: str) -> None:
    """Sound, manifest and row of two recordings change places."""
    first, second = region.recording_file("one.flac"), region.recording_file("two.flac")
    for ending in (".flac", ".json"):
        a, b = first.with_suffix(ending), second.with_suffix(ending)
        was = a.read_bytes()
        a.write_bytes(b.read_bytes())
        b.write_bytes(was)
    told = {key: await region.archive.get(RecordingId(key)) for key in (one, two)}
    async with region.database.transaction() as connection:
        for key, other in ((one, told[two]), (two, told[one])):
            assert other is not None
            values = {"sha256": other.recording.sha256, "manifest_sha256": other.recording.manifest_sha256}
            await connection.execute(update(RECORDINGS).where(RECORDINGS.c.id == key).values(**values))


async def a_file_added(region: Region, _one: str, _two: str) -> None:
    region.recording_file("2026-01-01_mote_rec-0.flac").write_bytes(b"no recording of ours")


async def an_audit_row_changed(region: Region, _one: str, _two: str) -> None:
    await by_hand(region, "UPDATE audit SET actor = 'somebody else' WHERE number = 1")


async def an_audit_row_removed(region: Region, _one: str, _two: str) -> None:
    await by_hand(region, "DELETE FROM audit WHERE number = 1")


async def the_tail_cut(region: Region, _one: str, _two: str) -> None:
    """With the head that the database keeps moved back too."""
    rows = await region.audit.rows(limit=10_000)
    last = rows[1]
    head = canonical_json({"number": last.number, "hash": last.hash})
    async with region.database.transaction() as connection:
        await connection.execute(delete(audit).where(audit.c.number > last.number))
        await connection.execute(update(meta).where(meta.c.key == "audit.head").values(value=head))


async def the_chain_rewritten(region: Region, _one: str, _two: str) -> None:
    await rewritten(region, lambda row: row.update(actor="nobody") if row["number"] == 1 else None)


async def a_signed_head_removed(region: Region, _one: str, _two: str) -> None:
    async with region.database.transaction() as connection:
        await connection.execute(delete(signed_heads).where(signed_heads.c.sequence == 1))


async def a_head_forged(region: Region, _one: str, _two: str) -> None:
    await by_hand(region, "UPDATE signed_heads SET hash = '00' WHERE sequence = 2")


@pytest.mark.parametrize(
    ("damage", "code", "place"),
    [
        (a_byte_changed, "proof_file_changed", ("file", "one.flac")),
        (a_file_removed, "proof_file_removed", ("file", "one.flac")),
        (a_manifest_removed, "proof_manifest_removed", ("file", "one.flac")),
        (a_manifest_changed, "proof_manifest_changed", ("file", "one.flac")),
        (a_row_removed, "proof_row_removed", ("recording", "one")),
        (a_row_changed, "proof_file_changed", ("file", "one.flac")),
        (exchanged, "proof_exchanged", ("other", "two")),
        (a_file_added, "proof_file_unknown", ("file", "2026-01-01_mote_rec-0.flac")),
        (an_audit_row_changed, "proof_chain_changed", ("row", 1)),
        (an_audit_row_removed, "proof_chain_broken", ("row", 1)),
        (the_tail_cut, "proof_chain_cut", ("row", 3)),
        (the_chain_rewritten, "proof_chain_rewritten", None),
        (a_signed_head_removed, "proof_head_missing", ("sequence", 1)),
        (a_head_forged, "proof_head_forged", ("sequence", 2)),
    ],
)
async def test_each_damage_is_named_with_its_place(
    region: Region, archive: tuple[str, str], damage: Damage, code: str, place: tuple[str, object] | None
) -> None:
    one, two = archive
    await damage(region, one, two)
    first = (await verified(region)).first
    assert first is not None
    assert first.code == code
    if place is not None:
        name, value = place
        assert first.get(name) == {"one": one, "two": two}.get(str(value), value)


async def test_a_clock_that_went_back_is_told_and_is_no_fault(region: Region, archive: tuple[str, str]) -> None:
    region.clock.time_s = NOW_S - 3600
    await region.audit.append(Audit(region.clock.time_s, "operator", "listened", "rec-1"))
    await region.proof.heads.look()
    report = await verified(region)
    assert {one.code for one in report.findings} == {"proof_clock_back", "proof_head_clock_back"}
    assert report.first is None


async def test_a_forger_who_has_the_key_too_is_found_by_what_was_put_outside(
    region: Region, archive: tuple[str, str], tmp_path: Path
) -> None:
    """The chain is made anew, and signed anew: only the file elsewhere knows better."""
    file = AnchorFile(tmp_path / "elsewhere/heads")
    file._path.parent.mkdir()
    watch = HeadWatch(region.proof.store, region.proof.key, region.clock, 3600.0, [file])
    await watch.look()
    assert len(await file.lines()) == (await region.proof.store.latest()).sequence  # type: ignore[union-attr]
    await rewritten(region, lambda row: row.update(actor="nobody") if row["number"] == 1 else None)
    async with region.database.transaction() as connection:
        await connection.execute(delete(signed_heads))
    await HeadWatch(region.proof.store, region.proof.key, region.clock, 3600.0).look()
    store, folder = region.proof.store, region.archive_folder
    assert (await Verification(store, region.audit, folder, region.proof.key, region.clock).verify()).first is None
    looking = Verification(store, region.audit, folder, region.proof.key, region.clock, witness=file.lines)
    first = (await looking.verify()).first
    assert first is not None
    assert (first.code, first.get("anchor")) == ("proof_anchor_differs", "file")


async def test_what_is_written_while_it_is_verified_is_no_fault(region: Region, archive: tuple[str, str]) -> None:
    rows = region.audit.rows

    async def grown(after: int = 0, limit: int = 100) -> object:
        await region.audit.append(Audit(NOW_S, "operator", "listened", "rec-1"))
        return await rows(after, limit)

    region.audit.rows = grown  # type: ignore[assignment, method-assign]
    assert (await verified(region)).findings == ()


async def test_a_lost_key_is_told_and_never_replaced_in_silence(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient
) -> None:
    file = region.proof.key.file
    file.unlink()
    again = HeadWatch(region.proof.store, type(region.proof.key)(file), region.clock, every_s=3600.0)
    await region.recorded("three.flac")
    await again.look()
    assert again.health()["archive signing"].code == "signing_key_lost"
    assert not file.exists()
    refused = await host.post("/archive/signing-key")  # this program has it still
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


async def test_a_new_key_is_made_on_demand_and_both_keys_prove(region: Region, archive: tuple[str, str]) -> None:
    file = region.proof.key.file
    file.unlink()
    key = type(region.proof.key)(file)
    store = region.proof.store
    made = await Verification(store, region.audit, region.archive_folder, key, region.clock).replace_key("operator")
    (line,) = await region.audited("archive.key_replaced")
    assert (line.actor, line.object) == ("operator", made)
    await region.recorded("three.flac")
    await HeadWatch(store, key, region.clock, every_s=3600.0).look()
    heads = await store.heads()
    assert len({one.key for one in heads}) == 2
    assert (await verified(region)).findings == ()


async def test_the_head_is_signed_each_hour_where_it_has_moved(region: Region, archive: tuple[str, str]) -> None:
    before = len(await region.proof.store.heads())
    await region.audit.append(Audit(NOW_S, "operator", "listened", "rec-1"))
    await region.proof.heads.look()
    assert len(await region.proof.store.heads()) == before
    region.clock.time_s += 3601
    await region.proof.heads.look()
    await region.proof.heads.look()
    heads = await region.proof.store.heads()
    assert len(heads) == before + 1
    assert (heads[-1].number, heads[-1].hash) == await region.proof.store.head()


# --- packages ---


async def packed(host: httpx.AsyncClient, recording: str, folder: Path) -> Path:
    answer = await host.get(f"/recordings/{recording}/package")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder)
    (folder.parent / "package.zip").write_bytes(answer.content)
    return folder


def verify_alone(folder: Path, *more: str) -> tuple[int, str]:
    """By Python alone: no packages, no environment, no site."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *more]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, cwd="/")
    return done.returncode, done.stdout + done.stderr


async def test_a_package_is_proved_by_python_alone(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient, tmp_path: Path
) -> None:
    folder = await packed(host, archive[0], tmp_path / "package")
    status, said = verify_alone(folder)
    assert (status, f"{archive[0]}: " in said) == (0, True), said
    assert verify_alone(folder, str(tmp_path / "package.zip"))[0] == 0
    public = (await region.proof.store.keys())[0]
    assert verify_alone(folder, "--key", public.id)[0] == 0
    assert verify_alone(folder, "--key", "0" * 16)[0] == 1


SHELLS = ("dash", "bash", "busybox")


def verify_by_openssl(folder: Path, bare: Path, *more: str, shell: str = "dash") -> tuple[int, str]:
    """By a POSIX shell and OpenSSL. Nothing else is in the environment but what makes and removes a folder."""
    bare.mkdir(exist_ok=True)
    for name in ("openssl", "mkdir", "rm"):
        if not (bare / name).exists():
            (bare / name).symlink_to(str(shutil.which(name)))
    command = [str(shutil.which(shell)), *(["sh"] if shell == "busybox" else []), str(folder / "verify.sh"), *more]
    done = subprocess.run(command, env={"PATH": str(bare)}, capture_output=True, text=True, check=False, cwd="/")
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("shell", [one for one in SHELLS if shutil.which(one)])
async def test_a_package_is_proved_by_a_shell_and_openssl_alone(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient, tmp_path: Path, shell: str
) -> None:
    folder = await packed(host, archive[0], tmp_path / "package")
    public = (await region.proof.store.keys())[0]
    status, said = verify_by_openssl(folder, tmp_path / "bin", shell=shell)
    assert (status, said.count("ok     "), f"{archive[0]}: " in said) == (0, 1, True), said
    assert verify_by_openssl(folder, tmp_path / "bin", str(folder), public.id, shell=shell)[0] == 0
    status, said = verify_by_openssl(folder, tmp_path / "bin", str(folder), "0" * 16, shell=shell)
    assert (status, "not by 0000" in said) == (1, True), said


async def test_both_verifiers_say_that_a_file_is_missing_added_or_changed(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient, tmp_path: Path
) -> None:
    folder = await packed(host, archive[0], tmp_path / "package")

    def say(what: str) -> None:
        for status, said in (verify_alone(folder), verify_by_openssl(folder, tmp_path / "bin")):
            assert (status, what in said) == (1, True), said

    (folder / "more.txt").write_text("not of it")
    say("more.txt is not of the package")
    (folder / "more.txt").unlink()
    readme = folder / "README.txt"
    before = readme.read_bytes()
    readme.write_bytes(before + b" ")
    say("README.txt was changed")
    readme.unlink()
    say("README.txt is missing")
    readme.write_bytes(before)
    assert (verify_alone(folder)[0], verify_by_openssl(folder, tmp_path / "bin")[0]) == (0, 0)


async def test_the_documentation_of_a_whole_meeting_is_proved_by_both(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = await host.get("/archive/meetings/cnf-past/package")
    (tmp_path / "p.zip").write_bytes(answer.content)
    with zipfile.ZipFile(tmp_path / "p.zip") as package:
        package.extractall(tmp_path)
        [root] = {name.split("/")[0] for name in package.namelist()}
    proof = tmp_path / root / "bevis"
    for status, said in (
        verify_alone(proof),
        verify_alone(proof, str(tmp_path / "p.zip")),
        verify_by_openssl(proof, tmp_path / "bin"),
    ):
        assert (status, [one in said for one in archive]) == (0, [True, True]), said
    [sound, *_] = (tmp_path / root / "ljud").glob("*.flac")
    flip(sound)
    for status, said in (verify_alone(proof), verify_by_openssl(proof, tmp_path / "bin")):
        assert (status, f"ljud/{sound.name} was changed" in said) == (1, True), said


@pytest.mark.parametrize("field", ["row_text", "statement_text", "public_base64", "signature_base64"])
async def test_openssl_finds_a_proof_that_was_changed(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient, tmp_path: Path, field: str
) -> None:
    folder = await packed(host, archive[0], tmp_path / "package")
    [file] = folder.glob("proof_*.json")
    proof = json.loads(file.read_text())
    value = proof["openssl"][field]
    proof["openssl"][field] = value[:-8] + ("A" if value[-8] != "A" else "B") + value[-7:]
    file.write_text(json.dumps(proof, ensure_ascii=True, indent=1, sort_keys=True) + "\n")
    made_to_fit(folder)
    status, said = verify_by_openssl(folder, tmp_path / "bin")
    assert (status, "WRONG" in said, "ok     " in said) == (1, True, False), said


def made_to_fit(folder: Path) -> None:
    """The sums, as a forger would make them."""
    lines = [one.split("  ")[1] for one in (folder / "SHA256SUMS").read_text().splitlines()]
    sums = "".join(f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in lines)
    (folder / "SHA256SUMS").write_text(sums)


@pytest.mark.parametrize("which", ["one.flac", "manifest_", "proof_"])
async def test_a_changed_package_is_not_proved_though_its_sums_were_made_to_fit(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient, tmp_path: Path, which: str
) -> None:
    folder = await packed(host, archive[0], tmp_path / "package")
    file = next(one for one in folder.iterdir() if which in one.name or (which == "one.flac" and one.suffix == ".flac"))
    if which == "proof_":
        proof = json.loads(file.read_text())
        proof["row"]["actor"] = "somebody else"
        file.write_text(json.dumps(proof))
    else:
        content = bytearray(file.read_bytes())
        content[10] ^= 1
        file.write_bytes(content)
    made_to_fit(folder)
    for status, said in (verify_alone(folder), verify_by_openssl(folder, tmp_path / "bin")):
        assert (status, "WRONG" in said) == (1, True), said


async def test_no_package_is_made_of_a_sound_that_was_changed(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient
) -> None:
    flip(region.recording_file("one.flac"))
    answer = await host.get(f"/recordings/{archive[0]}/package")
    assert answer.status_code == 409
    assert "one.flac" in answer.text


# --- for people ---


async def test_the_verification_is_begun_followed_and_read(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient
) -> None:
    assert (await host.get("/recordings/verification")).json()["state"] == "never"
    flip(region.recording_file("one.flac"))
    begun = await host.post("/recordings/verification")
    assert (begun.status_code, begun.json()["state"], begun.json()["ok"]) == (202, "running", None)
    await verified(region)
    done = (await host.get("/recordings/verification")).json()
    assert (done["state"], done["ok"], done["first"]["code"]) == ("done", False, "proof_file_changed")
    assert done["first"]["data"] == {"recording": archive[0], "file": "one.flac"}
    assert "one.flac" in done["first"]["words"]
    assert region.proof.verification.health()["archive proof"].code == "archive_disagrees"
    assert [one.actor for one in await region.audited("archive.verification_begun")] == ["operator"]


async def test_the_newest_signed_head_and_the_verifier_are_read(
    region: Region, archive: tuple[str, str], host: httpx.AsyncClient
) -> None:
    latest = await region.proof.store.latest()
    assert latest is not None
    told = (await host.get("/archive/head")).json()
    assert (told["sequence"], told["signature"]) == (latest.sequence, latest.signature)
    assert (await host.get("/archive/verifier")).content.startswith(b"#!/usr/bin/env python3")
