"""Proof of the archive: its verification, its signed heads, its key and the verifier."""

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.security import Asker
from bridge.api.text import Output, when
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.proof.reasons import REMARKS
from bridge.ports import VerificationReport

router = APIRouter(tags=["recordings"])


class FindingOut(Output):
    """One thing of the archive that does not agree with another."""

    kind: Literal["fault", "remark"]
    """A remark proves nothing against the archive, such as a clock that was set back."""
    code: str
    """For programs: stable, snake_case."""
    data: dict[str, Any]
    """The place: the row, the recording, the file, by name."""
    words: str
    """The same for people, in the language asked for."""


class VerificationOut(Output):
    """How far the verification of the archive is, or how the last one went."""

    state: str
    """`never`, `running`, `done` or `broken_off`."""
    ok: bool | None
    """Whether all agrees; null until it is done."""
    began_at: str | None
    """RFC 3339, UTC."""
    ended_at: str | None
    """RFC 3339, UTC."""
    rows: int
    """Rows of the audit log that were followed."""
    of_rows: int
    """All there were at its beginning."""
    recordings: int
    """Recordings that were held against their files."""
    of_recordings: int
    """All there were at its beginning."""
    heads: int
    """Signed heads that were checked."""
    first: FindingOut | None
    """The first thing that does not agree."""
    findings: list[FindingOut]
    """All of them in the order of the walk, at most a hundred."""
    more: int
    """Findings beyond those."""
    reason: str | None
    """Why it was broken off, in words."""
    reason_code: str | None
    """The same for programs."""
    reason_data: dict[str, Any] | None
    """The values that the reason shows, by name."""


class HeadOut(Output):
    """A signed head of the audit log. Kept elsewhere, it proves every row up to its own."""

    sequence: int
    """Counts the signed heads."""
    number: int
    """Of the audit log's row."""
    hash: str
    """SHA-256 of that row, hexadecimal."""
    at: str | None
    """When it was signed (RFC 3339, UTC)."""
    recording: str | None
    """The recording whose archiving that row tells of."""
    key: str
    """The id of the signing key."""
    signature: str
    """Ed25519, hexadecimal."""


class KeyOut(Output):
    """A signing key."""

    id: str
    """The beginning of the SHA-256 of its public part."""


@router.get("/recordings/verification")
async def verification(service: TheService, asker: Asker, language: TheLanguage) -> VerificationOut:
    """How far the verification of the whole archive is, or how the last one went."""
    return _out(await service.archive.report(asker), language)


@router.post("/recordings/verification", status_code=202)
async def verify(service: TheService, asker: Asker, language: TheLanguage) -> VerificationOut:
    """Begin to verify the whole archive: audit log, signed heads, rows, manifests and files. While one runs, nothing is
    begun."""
    return _out(await service.archive.verify(asker), language)


@router.get("/archive/head")
async def head(service: TheService, asker: Asker) -> HeadOut | None:
    """The newest signed head; null until one is signed."""
    found = await service.archive.head(asker)
    if found is None:
        return None
    return HeadOut(
        sequence=found.sequence,
        number=found.number,
        hash=found.hash,
        at=when(found.at_s),
        recording=found.recording,
        key=found.key,
        signature=found.signature,
    )


@router.post("/archive/signing-key", status_code=201)
async def replace_key(service: TheService, asker: Asker) -> KeyOut:
    """Sign with a new key, since the former is lost. What the former has signed stays proved."""
    return KeyOut(id=await service.archive.replace_key(asker))


@router.get("/archive/verifier", response_class=Response)
async def verifier(service: TheService, asker: Asker) -> Response:
    """The program that verifies a package: one file that needs Python 3.8 or later, and nothing else."""
    return Response(
        await service.archive.verifier(asker),
        media_type="text/x-python",
        headers={"Content-Disposition": 'attachment; filename="verify.py"'},
    )


def _out(report: VerificationReport, language: Language) -> VerificationOut:
    first = report.first
    return VerificationOut(
        state=report.state,
        ok=(first is None) if report.state == "done" else None,
        began_at=when(report.began_at_s),
        ended_at=when(report.ended_at_s),
        rows=report.rows,
        of_rows=report.of_rows,
        recordings=report.recordings,
        of_recordings=report.of_recordings,
        heads=report.heads,
        first=None if first is None else _finding(first, language),
        findings=_findings(report.findings, language),
        more=report.more,
        reason=words(report.reason, language),
        reason_code=code(report.reason),
        reason_data=data(report.reason),
    )


def _findings(found: Sequence[Reason], language: Language) -> list[FindingOut]:
    return [_finding(one, language) for one in found]


def _finding(one: Reason, language: Language) -> FindingOut:
    kind: Literal["fault", "remark"] = "remark" if one.code in REMARKS else "fault"
    return FindingOut(kind=kind, code=one.code, data=data(one) or {}, words=words(one, language) or "")
