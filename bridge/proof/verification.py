"""The whole archive is held against itself: audit chain, signed heads, rows, manifests and files.

The walk is told while it goes on. It reads at the lowest priority that a thread has, and one archive is read once at a
time.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import structlog

from bridge import files
from bridge.domain.directory.records import AuditRow
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.proof import chain, evidence
from bridge.domain.proof.evidence import OnDisk, Told
from bridge.domain.proof.heads import ForeignHead, SignedHead, key_id
from bridge.domain.proof.reasons import Disagreement, ProofReason
from bridge.domain.proof.witness import LATEST, Given, Witnessed, fault_among
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.ports import (
    ArchivedRecording,
    AuditLog,
    Clock,
    PortError,
    ProofStore,
    PublicKey,
    VerificationReport,
    VerificationState,
)
from bridge.proof import package
from bridge.proof.signing import SigningKey, is_signed_by

log = structlog.get_logger(__name__)

MOST_FINDINGS: Final = 100
MOST_FOREIGN: Final = 100_000
"""So many heads of one other node are kept."""
FAR: Final = "node"
"""The name of the anchor that is another node."""
_PAGE: Final = 1000
_LARGEST_MANIFEST: Final = 64 << 20
DISPOSED: Final = "recording.disposed"
ARCHIVED: Final = "recording.archived"
Witness = Callable[[], Awaitable[Sequence[tuple[str, str]]]]
"""The heads that were put outside and can be read back: anchor's name and one line as JSON. Raises `OSError`."""


class Verification:
    """Implements `bridge.ports.ArchiveProof` and `bridge.ports.Health`.

    Args:
        store: The rows.
        audit: The audit log.
        root: The archive's root.
        key: Of this node.
        clock: For the times in reports.
        busy: Whether a meeting goes on: then none is begun by itself.
        every_s: So often one is begun by itself; 0: never.
        witness: The heads that were put outside.
        far: Those that another node keeps: it may be out of reach, which is told and proves nothing.
    """

    def __init__(
        self,
        store: ProofStore,
        audit: AuditLog,
        root: Path,
        key: SigningKey,
        clock: Clock,
        busy: Callable[[], bool] = lambda: False,
        every_s: float = 0.0,
        witness: Witness | None = None,
        far: Witness | None = None,
    ) -> None:
        self._store = store
        self._differed: dict[str, Reason] = {}
        """Giver → the first head that differed from the one that is kept; at most `LATEST`."""
        self._audit = audit
        self._root = root
        self._key = key
        self._clock = clock
        self._busy = busy
        self._every_s = every_s
        self._witness = witness
        self._far = far
        self._report = VerificationReport()
        self._asked = asyncio.Event()
        self._health = WELL

    # --- for the use cases ---

    def report(self) -> VerificationReport:
        return self._report

    def begin(self) -> None:
        if self._report.state is not VerificationState.RUNNING:
            self._report = VerificationReport(VerificationState.RUNNING, self._clock.now_s())
            self._asked.set()

    async def check(self, found: ArchivedRecording) -> Reason | None:
        recording = found.recording
        row = await self._store.archived(recording.id)
        disk = await asyncio.to_thread(on_disk, self._root, recording)
        audit = None if row is None else told_by(row)
        return evidence.fault_of(recording.id, audit, _of(recording), disk)

    async def evidence(self, found: ArchivedRecording) -> Mapping[str, bytes]:
        recording = found.recording
        signed = await self._store.head_of(recording.id)
        manifest = await asyncio.to_thread(_manifest_of, self._root, recording)
        return package.files(recording, manifest, signed, await self._store.keys())

    async def head(self) -> SignedHead | None:
        return await self._store.latest()

    def verifier(self) -> bytes:
        return package.verifier()

    async def replace_key(self, actor: str) -> str:
        public = await asyncio.to_thread(self._key.renew)
        await self._store.add_key(public, actor, self._clock.now_s(), instead=True)
        return key_id(public)

    async def keep_foreign(self, giver: str, line: str, public: str) -> Reason | None:
        head = package.head_of(line)
        try:
            key = bytes.fromhex(public)
        except ValueError:
            key = b""
        if head is None or head.sequence < 1 or key_id(key) != head.key or not is_signed_by(head, key):
            return ProofReason.FOREIGN_UNREADABLE()
        # As we would write it: two spellings of one head are one.
        kept = ForeignHead(giver, head.sequence, package.line_of(head), public.lower(), self._clock.now_s())
        reason = await self._store.add_foreign(kept, MOST_FOREIGN)
        if reason is not None and reason.code == ProofReason.FOREIGN_DIFFERS and len(self._differed) < LATEST:
            self._differed.setdefault(giver, reason)
        return reason

    async def witnessed(self) -> Sequence[Witnessed]:
        """The latest heads of each node are read anew: what is kept may be changed, too."""
        found = []
        for giver, heads, sequence in await self._store.givers():
            kept = await self._store.foreign(giver, max(0, sequence - LATEST))
            if not kept:
                continue
            given = await asyncio.to_thread(_all_given, kept)
            last = given[-1].head
            fault = self._differed.get(giver) or fault_among(given)
            found.append(
                Witnessed(giver, heads, sequence, last.at_s if last is not None else None, kept[-1].taken_at_s, fault)
            )
        return found

    async def foreign(self, giver: str | None, after: int) -> Sequence[ForeignHead]:
        return await self._store.foreign(giver, after)

    # --- the part ---

    def health(self) -> Mapping[str, Reason]:
        """`archive proof`: the first thing that did not agree when it was last looked."""
        return {"archive proof": self._health}

    async def run(self) -> None:
        """Verify when it is asked for, and by itself while nobody is in a meeting; until cancelled."""
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), self._every_s or None)
            except TimeoutError:
                if self._busy():
                    await asyncio.sleep(60.0)
                    continue
                self.begin()
            self._asked.clear()
            await self.verify()

    async def verify(self) -> VerificationReport:
        """The whole walk, now."""
        self._report = VerificationReport(VerificationState.RUNNING, self._clock.now_s())
        try:
            rows, recordings = await self._store.count()
            self._report = replace(self._report, of_rows=rows, of_recordings=recordings)
            await self._walk()
        except (PortError, OSError) as error:
            reason = error.reason if isinstance(error, PortError) else ProofReason.NOT_VERIFIED(evidence=str(error))
            self._end(VerificationState.BROKEN_OFF, reason)
            self._health = ProofReason.NOT_VERIFIED()
        except asyncio.CancelledError:
            self._end(VerificationState.BROKEN_OFF)
            raise
        else:
            self._end(VerificationState.DONE)
            first = self._report.first
            self._health = WELL if first is None else ProofReason.DISAGREES(first=first)
        log.info("archive_verified", state=self._report.state, findings=len(self._report.findings))
        return self._report

    # --- inside ---

    def _end(self, state: VerificationState, reason: Reason | None = None) -> None:
        self._report = replace(self._report, state=state, ended_at_s=self._clock.now_s(), reason=reason)

    def _found(self, *reasons: Reason) -> None:
        for one in reasons:
            if len(self._report.findings) < MOST_FINDINGS:
                self._report = replace(self._report, findings=(*self._report.findings, one))
            else:
                self._report = replace(self._report, more=self._report.more + 1)

    async def _walk(self) -> None:
        keys = {one.id: one for one in await self._store.keys()}
        signed = await self._heads(keys)
        outside = await self._outside(keys, signed)
        audited, disposed = await self._chain(signed, outside)
        await self._recordings(audited, disposed)

    async def _heads(self, keys: Mapping[str, PublicKey]) -> dict[int, str]:
        """Row → hash of every head that is signed as it should be."""
        for one in keys.values():
            if key_id(bytes.fromhex(one.public)) != one.id:
                self._found(Disagreement.KEY_CHANGED(key=one.id))
        signed: dict[int, str] = {}
        before: SignedHead | None = None
        while heads := await self._store.heads(before.sequence if before is not None else 0):
            for head in heads:
                self._found(*chain.heads_follow(before, head))
                if is_genuine(head, keys):
                    signed[head.number] = head.hash
                else:
                    self._found(Disagreement.HEAD_FORGED(sequence=head.sequence))
                before = head
            self._report = replace(self._report, heads=self._report.heads + len(heads))
        return signed

    async def _outside(self, keys: Mapping[str, PublicKey], signed: Mapping[int, str]) -> list[tuple[str, SignedHead]]:
        """The heads that were put outside, each with its anchor's name."""
        found = []
        lines = [*(await self._witness() if self._witness is not None else ())]
        if self._far is not None:
            try:
                lines += await self._far()
            except OSError as error:
                self._found(Disagreement.ANCHOR_AWAY(anchor=FAR, evidence=str(error)[:200]))
        for at, (anchor, line) in enumerate(lines, 1):
            head = package.head_of(line)
            if head is None:
                self._found(Disagreement.ANCHOR_UNREADABLE(anchor=anchor, line=at))
            elif not is_genuine(head, keys):
                self._found(Disagreement.ANCHOR_DIFFERS(sequence=head.sequence, anchor=anchor))
            else:
                found.append((anchor, head))
                if head.number not in signed:
                    self._found(Disagreement.HEAD_MISSING(sequence=head.sequence))
        return found

    async def _chain(
        self, signed: Mapping[int, str], outside: Sequence[tuple[str, SignedHead]]
    ) -> tuple[dict[str, Told], set[str]]:
        """The hashes of each recording by the audit log, and those that it says were disposed of."""
        audited: dict[str, Told] = {}
        disposed: set[str] = set()
        wanted = {head.number for _, head in outside}
        hashes: dict[int, str] = {}
        walk = chain.Walk()
        head = await self._store.head()
        async for row in self._rows_to(head):
            walk, faults = chain.follow(walk, _row(row), signed)
            self._found(*faults)
            if row.number in wanted:
                hashes[row.number] = row.hash
            if row.action == ARCHIVED:
                audited.setdefault(row.object, told_by(row))
            elif row.action == DISPOSED:
                disposed.add(row.object)
        if (fault := chain.ended(walk, head, signed)) is not None:
            self._found(fault)
        differing = [(anchor, one) for anchor, one in outside if hashes.get(one.number) != one.hash]
        self._found(*(Disagreement.ANCHOR_DIFFERS(sequence=one.sequence, anchor=anchor) for anchor, one in differing))
        return audited, disposed

    async def _rows_to(self, head: tuple[int, str]) -> AsyncIterator[AuditRow]:
        """Every row up to the head. Those after it are given too, unless they were added since."""
        after = -(2**62)
        while rows := await self._audit.rows(after, _PAGE):
            if rows[-1].number > head[0] and (await self._store.head())[0] >= rows[-1].number:
                rows = [one for one in rows if one.number <= head[0]]
            for row in rows:
                after = row.number
                yield row
            self._report = replace(self._report, rows=self._report.rows + len(rows))
            if not rows or after >= head[0]:
                return

    async def _recordings(self, audited: Mapping[str, Told], disposed: set[str]) -> None:
        owners = {told.sha256: recording for recording, told in audited.items() if told.sha256 is not None}
        known: set[str] = set()
        paths: set[str] = set()
        after = ""
        while rows := await self._store.kept(after):
            for one in rows:
                after = one.id
                known.add(one.id)
                paths.add(one.file or "")
                await self._recording(one, audited.get(one.id), one.id in disposed, owners)
                self._report = replace(self._report, recordings=self._report.recordings + 1)
        self._found(*(Disagreement.ROW_REMOVED(recording=one) for one in audited if one not in known))
        on_their_way = await self._store.on_their_way()
        self._found(*await asyncio.to_thread(_unknown, self._root, paths, on_their_way))

    async def _recording(
        self, one: Recording, audit: Told | None, is_disposed: bool, owners: Mapping[str, str]
    ) -> None:
        if one.state is ArchiveState.DISPOSED:
            fault = None if is_disposed else Disagreement.DISPOSAL_UNAUDITED(recording=one.id)
            fault = fault or evidence.row_fault(one.id, audit, _of(one))
            if fault is None and await asyncio.to_thread((self._root / str(one.file)).exists):
                fault = Disagreement.FILE_NOT_DISPOSED(recording=one.id, file=one.file)
        else:
            disk = await asyncio.to_thread(on_disk, self._root, one)
            fault = evidence.fault_of(one.id, audit, _of(one), disk, owners)
        if fault is not None:
            self._found(fault)


def is_genuine(head: SignedHead, keys: Mapping[str, PublicKey]) -> bool:
    """Whether one of our keys signed it."""
    key = keys.get(head.key)
    return key is not None and is_signed_by(head, bytes.fromhex(key.public))


def told_by(row: AuditRow) -> Told:
    """The hashes in a line of the audit log."""
    sha256, manifest = row.detail.get("sha256"), row.detail.get("manifest_sha256")
    return Told(str(sha256) if sha256 else None, str(manifest) if manifest else None)


def on_disk(root: Path, recording: Recording) -> OnDisk:
    """The files in the archive under the name of a recording. Blocking, and reads the whole file."""
    name = recording.file or ""
    sound = root / name
    try:
        sha256 = files.sha256_of(sound) if name and sound.is_file() else None
        manifest = _manifest_of(root, recording)
    except OSError:
        return OnDisk(name, unreadable=True)
    if manifest is None:
        return OnDisk(name, sha256)
    about, told = _read_manifest(manifest)
    return OnDisk(name, sha256, package.sha256_of(manifest), about, told)


def _manifest_of(root: Path, recording: Recording) -> bytes | None:
    path = (root / (recording.file or "")).with_suffix(".json") if recording.file else None
    if path is None or not path.is_file() or path.stat().st_size > _LARGEST_MANIFEST:
        return None
    return path.read_bytes()


def _read_manifest(content: bytes) -> tuple[str | None, str | None]:
    """The recording that it is about, and the hash of its sound."""
    try:
        told: Any = json.loads(content)
        return str(told["recording"]), str(told["audio"]["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, None


def _of(recording: Recording) -> Told:
    return Told(recording.sha256, recording.manifest_sha256)


def _row(row: AuditRow) -> chain.Row:
    content: dict[str, Any] = {
        "number": row.number,
        "at_s": row.at_s,
        "actor": row.actor,
        "action": row.action,
        "object": row.object,
        "detail": dict(row.detail),
    }
    return chain.Row(row.number, row.at_s, row.previous_hash, row.hash, content)


def _unknown(root: Path, known: set[str], on_their_way: set[str]) -> list[Reason]:
    """Sounds in the archive that no row names. Hidden folders hold work that is under way. Blocking."""
    found = []
    for path in sorted(root.rglob("*.flac")):
        name = path.relative_to(root)
        hidden = any(part.startswith(".") for part in name.parts)
        owner = path.stem.rpartition("_")[2]
        if not hidden and str(name) not in known and owner not in on_their_way:
            found.append(Disagreement.FILE_UNKNOWN(file=str(name)))
    return found


def _all_given(kept: Sequence[ForeignHead]) -> list[Given]:
    return [_given(one) for one in kept]


def _given(one: ForeignHead) -> Given:
    head = package.head_of(one.line)
    try:
        key = bytes.fromhex(one.public)
    except ValueError:
        key = b""
    return Given(one.sequence, head, head is not None and key_id(key) == head.key and is_signed_by(head, key))
