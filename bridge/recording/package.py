"""The documentation package of a recorded meeting: one ZIP that needs nothing but itself to be read and proved."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import soundfile
import structlog

from bridge.domain.canonical import JsonValue
from bridge.domain.conference.records import Seat
from bridge.domain.decisions.records import Acknowledgement
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.language import Language
from bridge.domain.recording.records import ArchiveState, RecordingKind
from bridge.domain.rollcall.records import RollCall, RollEntry
from bridge.domain.situation.records import SituationReport
from bridge.ports import ArchivedRecording, DecisionSheet, RollSheet
from bridge.recording.clip import clip
from bridge.recording.manifest import (
    faulty_tracks,
    iso,
    participants_json,
    track_json,
    track_name,
    track_slug,
)
from bridge.recording.timeline import as_json, recording_timeline
from bridge.reports import NotWritten, Report, document, sheet
from bridge.reports.cells import cell, one_line, table
from bridge.words import say, word

log = structlog.get_logger(__name__)

_BLOCK_BYTES: Final = 1 << 18

_SUMS: Final = "SHA256SUMS"
PEOPLE_HEADS: Final = "name organisation function kind role in out"
ROLL_HEADS: Final = "roll_call organisation function required attendance called seen ticked_by rung"
SITUATION_HEADS: Final = "organisation situation needs given given_by"
DECISION_HEADS: Final = "decision title state from to recording from_s to_s organisation answer answered way by"
_LABEL: Final = 12
_FILE: Final = 20
"""Columns of the README."""


def package(
    found: ArchivedRecording,
    notes: Sequence[Note],
    timezone: str = "Europe/Stockholm",
    tracks: Sequence[ArchivedRecording] = (),
    issi_names: Mapping[int, str] | None = None,
    roll_calls: Sequence[RollSheet] = (),
    decisions: Sequence[DecisionSheet] = (),
    reports: Sequence[Report] = (),
    situation: Sequence[SituationReport] = (),
    proof: Mapping[str, bytes] | None = None,
) -> Iterator[bytes]:
    """The ZIP in pieces, as it is made; the sound is never in memory as a whole. Blocking: iterate it in a thread.

    Args:
        found: The recording: a meeting's mix, or a track alone.
        notes: The conference's notes.
        timezone: Of the times in its README.
        tracks: Of the same conference; those that are not archived are left out.
        issi_names: Names of radio users, where known.
        roll_calls: Of the same conference.
        decisions: Of the same conference.
        situation: The situation reports to the meeting.
        proof: Files by name that prove it without this program.
        reports: Of its call-outs. One that cannot be typeset is in it as a table alone.

    Raises:
        ValueError: The recording is not archived.
        OSError: A file cannot be read.
    """
    if found.path is None:
        raise ValueError("the recording is not archived")
    beside = [track for track in tracks if track.path is not None]
    clips = [one for one in decisions if one.is_audible and one.recording is not None]
    clips = [one for one in clips if one.recording is not None and one.recording.id == found.recording.id]
    sink = _Sink()
    sums: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _documents(
            found, beside, notes, timezone, issi_names, roll_calls, decisions, reports, situation, bool(proof)
        ).items():
            archive.writestr(name, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            yield sink.taken()
        for name, content in (proof or {}).items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            yield sink.taken()
        for report in reports:
            for name, content in report_files(report, found.conference.language, timezone).items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
                sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            yield sink.taken()
        for one in clips:
            try:
                name, content = clip_name(one), clip(found.path, one.span[0] or 0.0, one.span[1] or 0.0)
            except soundfile.SoundFileError as error:
                # A sound that cannot be decoded is part of the package all the same, as it is.
                log.warning("clip_left_out", recording=found.recording.id, reason=str(error))
                continue
            archive.writestr(zipfile.ZipInfo(name), content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            yield sink.taken()
        for sound in (found, *beside):
            name, path = _audio_name(sound), sound.path
            digest = hashlib.sha256()
            # Sound does not deflate.
            entry = zipfile.ZipInfo.from_file(str(path), name, strict_timestamps=False)
            with archive.open(entry, "w", force_zip64=True) as out, Path(str(path)).open("rb") as source:
                while block := source.read(_BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
                    yield sink.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        archive.writestr(_SUMS, "".join(sums))
    yield sink.taken()


def clip_name(sheet: DecisionSheet) -> str:
    """The file of a decision's sound."""
    return f"beslut-{sheet.decision.number}_{sheet.decision.id}.flac"


class _Sink(io.RawIOBase):
    """The bytes that `zipfile` has written since they were last taken. Not seekable: the ZIP gets data descriptors
    instead."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _documents(
    found: ArchivedRecording,
    tracks: Sequence[ArchivedRecording],
    notes: Sequence[Note],
    timezone: str,
    issi_names: Mapping[int, str] | None,
    roll_calls: Sequence[RollSheet],
    decisions: Sequence[DecisionSheet],
    reports: Sequence[Report],
    situation: Sequence[SituationReport],
    is_proved: bool = False,
) -> dict[str, bytes]:
    told = words_of(found.conference.language)
    readme = _readme(found, tracks, timezone, roll_calls, decisions, reports, situation, is_proved)
    documents = {
        "README.txt": readme.encode("utf-8", "replace"),
        "participants.csv": word_table(told, PEOPLE_HEADS, participants_rows(found.participants, told)),
        "participants.json": json_of(participants_json(found.participants)),
        "timeline.json": _timeline(found, notes, issi_names),
    }
    if roll_calls:
        documents["roll-call.csv"] = word_table(told, ROLL_HEADS, roll_calls_rows(roll_calls, told))
        documents["roll-call.json"] = json_of([_roll_call_json(*one) for one in roll_calls])
    if decisions:
        documents["decisions.csv"] = word_table(told, DECISION_HEADS, decisions_rows(decisions, told))
        documents["decisions.json"] = json_of([_decision_json(one) for one in decisions])
    if situation:
        documents["situation-reports.csv"] = word_table(told, SITUATION_HEADS, situation_rows(situation))
        documents["situation-reports.json"] = json_of([_situation_json(one) for one in situation])
    return documents | {_timeline_name(track): _timeline(track, notes, issi_names) for track in tracks}


def report_files(report: Report, language: Language, timezone: str) -> dict[str, bytes]:
    """The report of a call-out, by the names of its files."""
    made = {_report_name(report, "csv"): sheet(report, language, timezone)}
    try:
        made[_report_name(report, "pdf")] = document(report, language, timezone)
    except (NotWritten, TimeoutError) as error:
        log.warning("report_left_out", activation=report.activation.id, reason=str(error) or "too slow")
    return made


def _report_name(report: Report, form: str) -> str:
    return f"call-out_{report.activation.id}.{form}"


def _timeline(found: ArchivedRecording, notes: Sequence[Note], issi_names: Mapping[int, str] | None) -> bytes:
    recording = found.recording
    ended_at_s = recording.started_at_s + (recording.duration_s or 0.0)
    spans = as_json(recording_timeline(found, notes, ended_at_s, issi_names))
    content: dict[str, JsonValue] = {"recording": recording.id, "began": iso(recording.started_at_s), "spans": spans}
    return json_of({**content, **track_json(found)})


def _timeline_name(track: ArchivedRecording) -> str:
    return f"timeline_{track_slug(track)}_{track.recording.id}.json"


def _readme(
    found: ArchivedRecording,
    tracks: Sequence[ArchivedRecording],
    timezone: str,
    roll_calls: Sequence[RollSheet],
    decisions: Sequence[DecisionSheet],
    reports: Sequence[Report],
    situation: Sequence[SituationReport],
    is_proved: bool = False,
) -> str:
    """In the language of the conference, as the tables."""
    told = words_of(found.conference.language)
    began = datetime.fromtimestamp(found.recording.started_at_s, ZoneInfo(timezone))
    minutes, seconds = divmod(round(found.recording.duration_s or 0), 60)
    facts = {
        "conference": one_line(found.conference.name),
        "number": found.conference.number,
        "recorded": f"{began:%Y-%m-%d %H:%M:%S %Z}",
        "length": told("minutes", minutes=minutes, seconds=seconds),
        "people": str(len(found.participants)),
    }
    files = [(_audio_name(found), told("audio", whose=_whose(found, told) if found.recording.is_track else None))]
    files += [(_audio_name(one), _whose(one, told)) for one in tracks]
    files += [("participants.csv", told("participants_table")), ("participants.json", told("participants"))]
    files += [("timeline.json", told("timeline"))]
    files += [(_timeline_name(one), told("timeline_of", whose=_whose(one, told))) for one in tracks]
    if roll_calls:
        files += [("roll-call.csv", told("roll_calls_table")), ("roll-call.json", told("roll_calls"))]
    if decisions:
        files += [("decisions.csv", told("decisions_table")), ("decisions.json", told("decisions"))]
        files += [("beslut-*.flac", told("decisions_alone"))]
    if situation:
        files += [("situation-reports.csv", told("situation_table")), ("situation-reports.json", told("situation"))]
    for report in reports:
        files += [(_report_name(report, "csv/pdf"), told("call_out", list=one_line(report.activation.list_name)))]
    if is_proved:
        files += [("manifest_*.json", told("manifests")), ("proof_*.json", told("proofs"))]
        files += [("verify.py", told("verifier", command='"python3 verify.py"'))]
        files += [("verify.sh", told("verifier", command='"sh verify.sh"'))]
    files += [(_SUMS, told("sums", command=f'"sha256sum -c {_SUMS}"'))]
    lines = [*([told("exercise"), ""] if found.conference.exercise else []), told("title"), ""]
    lines += [f"{told(name) + ':':<{_LABEL}} {value}" for name, value in facts.items()]
    lines += ["", told("content"), *(f"  {name:<{_FILE}} {what}" for name, what in files)]
    if missing := [_missing(one, told) for one in faulty_tracks(found)]:
        lines += ["", told("faults"), *(f"  {one}" for one in missing)]
    return "\n".join([*lines, "", told("closing"), ""])


def words_of(language: Language) -> Callable[..., str]:
    """From the name of a text, and its data, to words of the language. Data that is `None` is left out."""

    def told(key: str, /, **data: str | int | None) -> str:
        given = {name: value for name, value in data.items() if value is not None}
        return word(language, "package", key, **given)

    return told


def _whose(track: ArchivedRecording, told: Callable[..., str]) -> str:
    """The owner of a track, in the README's words."""
    kind = "talkgroup" if track.recording.kind is RecordingKind.TALKGROUP else "participant"
    return told(kind, name=one_line(track_name(track)))


def _missing(track: ArchivedRecording, told: Callable[..., str]) -> str:
    """A track that failed or is cut short, in the README's words."""
    fault, name = track.recording.fault, one_line(track_name(track))
    reason = None if fault is None else say(fault, track.conference.language)
    if track.recording.state is ArchiveState.FAILED:
        return told("track_failed", whose=name, reason=reason)
    return told("track_cut_short", whose=name, reason=reason)


def word_table(told: Callable[..., str], heads: str, rows: Iterable[Sequence[str]]) -> bytes:
    """For a spreadsheet. `heads` are names of the words above its columns."""
    return table([told(f"head_{name}") for name in heads.split()], rows)


def participants_rows(participants: Sequence[Seat], told: Callable[..., str]) -> Iterator[Sequence[str]]:
    for person in participants:
        words = told(f"kind_{person.kind}"), told(f"role_{person.role}")
        cells = map(cell, (person.name, person.organisation, person.function))
        yield [*cells, *words, iso(person.joined_at_s) or "", iso(person.left_at_s) or ""]


def roll_calls_rows(roll_calls: Sequence[RollSheet], told: Callable[..., str]) -> Iterator[Sequence[str]]:
    """A line for each function that was expected, in the order of the roll."""
    for roll_call, entries in roll_calls:
        for one in (each for each in entries if each.deputy_for is None):
            times = (one.called_at_s, one.seen_at_s)
            row = [iso(roll_call.started_at_s) or "", cell(one.organisation), cell(one.function)]
            row += [told("yes") if one.required else "", told(f"attendance_{one.state}")]
            yield [*row, *(iso(at_s) or "" for at_s in times), cell(one.ticked_by), iso(one.rung_at_s) or ""]


def _roll_call_json(roll_call: RollCall, entries: Sequence[RollEntry]) -> JsonValue:
    functions: list[JsonValue] = [
        {
            "organisation": one.organisation,
            "function": one.function,
            "required": one.required,
            "state": one.state.value,
            "called": iso(one.called_at_s),
            "seen": iso(one.seen_at_s),
            "participant": one.seat,
            "ticked_by": one.ticked_by,
            "rung": iso(one.rung_at_s),
        }
        for one in entries
        if one.deputy_for is None
    ]
    return {
        "id": roll_call.id,
        "state": roll_call.state.value,
        "started_by": roll_call.started_by,
        "started": iso(roll_call.started_at_s),
        "ended": iso(roll_call.ended_at_s),
        "quorum": roll_call.quorum,
        "functions": functions,
    }


def situation_rows(situation: Sequence[SituationReport]) -> Iterator[Sequence[str]]:
    """A line for each organisation that has sent one."""
    for one in situation:
        given = iso(one.given_at_s) or ""
        yield [cell(one.organisation), cell(one.text), cell(one.needs), given, cell(one.given_by)]


def _situation_json(one: SituationReport) -> JsonValue:
    return {
        "organisation": one.organisation,
        "situation": one.text,
        "needs": one.needs,
        "given": iso(one.given_at_s),
        "given_by": one.given_by,
    }


def decisions_rows(decisions: Sequence[DecisionSheet], told: Callable[..., str]) -> Iterator[Sequence[str]]:
    """A line for each organisation's answer; a decision without any has one of its own."""
    for decided in decisions:
        one = decided.decision
        seconds = ["" if each is None else f"{each:.3f}" for each in decided.span]
        row = [str(one.number), cell(one.title), told(f"decision_{one.state}"), iso(one.begun_at_s) or ""]
        row += [iso(one.ended_at_s) or "", one.recording or "", *seconds]
        for given in decided.acknowledgements or (None,):
            yield [*row, *_answer_cells(given, told)]


def _answer_cells(given: Acknowledgement | None, told: Callable[..., str]) -> list[str]:
    if given is None:
        return [""] * 5
    way = told(f"way_{given.way}") if given.way is not None else ""
    answer = told(f"answer_{given.answer}")
    return [cell(given.organisation), answer, iso(given.answered_at_s) or "", way, cell(given.by)]


def _decision_json(sheet: DecisionSheet) -> JsonValue:
    one, (from_s, to_s) = sheet.decision, sheet.span
    answers: list[JsonValue] = [
        {
            "organisation": each.organisation,
            "answer": each.answer.value,
            "answered": iso(each.answered_at_s),
            "way": each.way.value if each.way is not None else None,
            "by": each.by,
            "participant": each.seat,
        }
        for each in sheet.acknowledgements
    ]
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "state": one.state.value,
        "began": iso(one.begun_at_s),
        "begun_by": one.begun_by,
        "ended": iso(one.ended_at_s),
        "ended_by": one.ended_by,
        "cancelled_by": one.cancelled_by,
        "recording": one.recording,
        "from_s": from_s,
        "to_s": to_s,
        "acknowledgements": answers,
    }


def json_of(value: JsonValue) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _audio_name(found: ArchivedRecording) -> str:
    if found.path is None:
        raise ValueError("the recording is not archived")
    return Path(found.path).name
