"""Proof of the archive: its verification, its signed heads, its key and the verifier."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import Field, StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage, code, data, words
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Output, when
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.proof.heads import ForeignHead
from bridge.domain.proof.reasons import REMARKS
from bridge.ports import SoundCopy, VerificationReport

router = resource("", "recordings")
RecordingKey = Annotated[str, Path(max_length=64, description="The recording's id.")]
PLAYED_LUFS: Final = -19.0


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


class LoudnessOut(Output):
    """How loud a recording is, and how to play it as loud as the others."""

    loudness_lufs: float | None = Field(description="Integrated loudness in LUFS (ITU-R BS.1770-4); null: unknown.")
    peak_dbfs: float | None
    """The highest sample."""
    gain_db: float | None = Field(description="A player adds so many dB, to play at -19 LUFS without clipping.")
    web_audio: str | None
    """The address of its copy in Opus, where there is one."""


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


class ForeignHeadIn(Input):
    """A signed head of another node."""

    line: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    """The head as one line of JSON."""
    public: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{2,64}$")]
    """The public part of its key, hexadecimal."""


class ForeignHeadOut(Output):
    """A signed head of another node that is kept here."""

    giver: str
    """The name of the token that handed it in."""
    sequence: int
    """Of the giver's heads."""
    line: str
    """As it was handed in."""
    public: str
    """The public part of its key, hexadecimal."""
    taken_at: str | None
    """RFC 3339, UTC."""


class WitnessedOut(Output):
    """Another node whose signed heads are kept here."""

    giver: str
    """The name of the token that hands them in."""
    heads: int
    """So many are kept."""
    sequence: int
    """Of the latest."""
    signed_at: str | None
    """When that node signed it, by its own clock (RFC 3339, UTC)."""
    heard_at: str | None
    """When it came here (RFC 3339, UTC)."""
    agrees: bool
    """The latest thousand agree with each other, and no differing one was handed in since the program began."""
    fault: str | None
    """The first thing that does not agree, in words."""


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


@router.get("/recordings/{recording}/loudness")
async def loudness(recording: RecordingKey, service: TheService, asker: Asker) -> LoudnessOut:
    """How loud a recording is. The sound itself is never altered."""
    copy = await service.recordings.copy(asker, RecordingId(recording))
    return LoudnessOut(
        loudness_lufs=copy.loudness_lufs,
        peak_dbfs=copy.peak_dbfs,
        gain_db=_gain_db(copy),
        web_audio=f"/api/v1/recordings/{recording}/web-audio" if copy.opus_file else None,
    )


@router.get("/recordings/{recording}/web-audio", response_class=Response)
async def web_audio(recording: RecordingKey, request: Request, service: TheService, asker: Asker) -> Response:
    """The copy in Opus, with ranges: for slow lines. It proves nothing: the FLAC does. Listening is audited."""
    key = RecordingId(recording)
    path = await service.recordings.web_sound(asker, key)
    await service.recordings.note_listening(asker, key, request.headers.get("range", ""))
    return FileResponse(
        str(path),
        media_type="audio/ogg",
        filename=f"{recording}.opus",
        content_disposition_type="inline",
        headers={"Cache-Control": "private, no-cache"},
    )


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


@router.post("/archive/foreign-heads", status_code=201)
async def keep_foreign_head(body: ForeignHeadIn, service: TheService, asker: Asker) -> None:
    """Keep a signed head of another node, as its witness. The first of a sequence stays, and twice is as once."""
    await service.archive.keep_foreign(asker, body.line, body.public)


After = Annotated[int, Query(ge=0, le=2**31 - 1, description="Those with a higher sequence.")]


@router.get("/archive/foreign-heads/mine")
async def own_foreign_heads(service: TheService, asker: Asker, after: After = 0) -> list[ForeignHeadOut]:
    """Those that were handed in by this token, in order, at most a thousand."""
    return [_foreign(one) for one in await service.archive.own_foreign(asker, after)]


@router.get("/archive/foreign-heads")
async def foreign_heads(service: TheService, asker: Asker, after: After = 0) -> list[ForeignHeadOut]:
    """The heads that are kept here for other nodes, at most a thousand."""
    return [_foreign(one) for one in await service.archive.foreign(asker, after)]


@router.get("/archive/witnessed")
async def witnessed(service: TheService, asker: Asker, language: TheLanguage) -> list[WitnessedOut]:
    """The nodes whose signed heads are kept here: when each was last heard, and whether its heads agree."""
    return [
        WitnessedOut(
            giver=one.giver,
            heads=one.heads,
            sequence=one.sequence,
            signed_at=when(one.signed_at_s),
            heard_at=when(one.heard_at_s),
            agrees=one.fault is None,
            fault=words(one.fault, language),
        )
        for one in await service.archive.witnessed(asker)
    ]


@router.post("/archive/signing-key", status_code=201)
async def replace_key(service: TheService, asker: Asker) -> KeyOut:
    """Sign with a new key, since the former is lost. All that the former has signed stays proved."""
    return KeyOut(id=await service.archive.replace_key(asker))


@router.get("/archive/verifier", response_class=Response)
async def verifier(service: TheService, asker: Asker) -> Response:
    """The program that verifies a package: one file that needs Python 3.8 or later, and nothing else."""
    return Response(
        await service.archive.verifier(asker),
        media_type="text/x-python",
        headers={"Content-Disposition": 'attachment; filename="verify.py"'},
    )


def _foreign(one: ForeignHead) -> ForeignHeadOut:
    return ForeignHeadOut(
        giver=one.giver, sequence=one.sequence, line=one.line, public=one.public, taken_at=when(one.taken_at_s)
    )


def _gain_db(copy: SoundCopy) -> float | None:
    """To -19 LUFS, and never so much that a sample would clip."""
    if copy.loudness_lufs is None or copy.peak_dbfs is None:
        return None
    return round(min(PLAYED_LUFS - copy.loudness_lufs, -copy.peak_dbfs), 1)


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
