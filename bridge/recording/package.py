"""The documentation package of a recorded meeting: one ZIP that needs nothing but itself to be read and proved."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import soundfile
import structlog

from bridge.domain.canonical import JsonValue
from bridge.domain.conference.records import Seat
from bridge.domain.decisions.records import Acknowledgement, Answer, AnswerWay, DecisionState
from bridge.domain.kernel.journal import Note
from bridge.domain.recording.records import RecordingKind
from bridge.domain.rollcall.records import Attendance, RollCall, RollEntry
from bridge.ports import ArchivedRecording, DecisionSheet, RollSheet
from bridge.recording.clip import clip
from bridge.recording.manifest import iso, participants_json, track_json, track_name, track_slug
from bridge.recording.timeline import as_json, recording_timeline

log = structlog.get_logger(__name__)

_ATTENDANCE: Final = {
    Attendance.EXPECTED: "väntas",
    Attendance.PRESENT: "närvarande",
    Attendance.ANSWERED: "svarade",
    Attendance.TICKED: "avprickad",
    Attendance.DEPUTY: "ersättare",
    Attendance.MISSING: "saknas",
}
_DECISION: Final = {
    DecisionState.SPEAKING: "pågår",
    DecisionState.ASKING: "kvitteras",
    DecisionState.SETTLED: "klart",
    DecisionState.CANCELLED: "struket",
}
_ANSWER: Final = {
    Answer.AWAITED: "väntas",
    Answer.ACKNOWLEDGED: "kvitterat",
    Answer.RESERVED: "reserverat sig",
    Answer.UNANSWERED: "inte svarat",
}
_WAY: Final = {AnswerWay.KEY: "knapp", AnswerWay.OPERATOR: "operatör", AnswerWay.RADIO: "radio"}
_BLOCK_BYTES: Final = 1 << 18
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_README: Final = """\
{exercise}DOKUMENTATION AV SAMVERKANSKONFERENS

Konferens:   {name}
Nummer:      {number}
Inspelad:    {began}
Längd:       {minutes} min {seconds} s
Deltagare:   {people}

Innehåll
  {audio:<20} ljudet, FLAC (förlustfritt){channels}
{tracks}  participants.csv     deltagarna, för kalkylprogram (UTF-8, semikolon)
  participants.json    deltagarna
  timeline.json        vem som talade och hade ordet, i sekunder från inspelningens början
{timelines}{roll_calls}{decisions}\
  SHA256SUMS           kontrollsummor: "sha256sum -c SHA256SUMS" visar om något har ändrats

Tider i filerna anges i UTC. Pröva sekretess innan materialet lämnas ut.
"""

_ROLL_CALLS: Final = """\
  roll-call.csv        uppropen: vilka funktioner som var med och hur det syntes
  roll-call.json       uppropen
"""
_DECISIONS: Final = """\
  decisions.csv        besluten: var i inspelningen, och vad varje organisation svarade
  decisions.json       besluten
  beslut-*.flac        varje beslut för sig, ur ljudet ovan
"""
_CHANNELS: Final = ": vänster kanal från radion, höger till radion"


def package(
    found: ArchivedRecording,
    notes: Sequence[Note],
    timezone: str = "Europe/Stockholm",
    tracks: Sequence[ArchivedRecording] = (),
    issi_names: Mapping[int, str] | None = None,
    roll_calls: Sequence[RollSheet] = (),
    decisions: Sequence[DecisionSheet] = (),
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
        for name, content in _documents(found, beside, notes, timezone, issi_names, roll_calls, decisions).items():
            archive.writestr(name, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            yield sink.taken()
        for sheet in clips:
            try:
                name, content = clip_name(sheet), clip(found.path, sheet.span[0] or 0.0, sheet.span[1] or 0.0)
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
        archive.writestr("SHA256SUMS", "".join(sums))
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
) -> dict[str, bytes]:
    documents = {
        "README.txt": _readme(found, tracks, timezone, roll_calls, decisions).encode("utf-8", "replace"),
        "participants.csv": _participants_csv(found.participants),
        "participants.json": _json(participants_json(found.participants)),
        "timeline.json": _timeline(found, notes, issi_names),
    }
    if roll_calls:
        documents["roll-call.csv"] = _roll_calls_csv(roll_calls)
        documents["roll-call.json"] = _json([_roll_call_json(*one) for one in roll_calls])
    if decisions:
        documents["decisions.csv"] = _decisions_csv(decisions)
        documents["decisions.json"] = _json([_decision_json(one) for one in decisions])
    return documents | {_timeline_name(track): _timeline(track, notes, issi_names) for track in tracks}


def _timeline(found: ArchivedRecording, notes: Sequence[Note], issi_names: Mapping[int, str] | None) -> bytes:
    recording = found.recording
    ended_at_s = recording.started_at_s + (recording.duration_s or 0.0)
    spans = as_json(recording_timeline(found, notes, ended_at_s, issi_names))
    content: dict[str, JsonValue] = {"recording": recording.id, "began": iso(recording.started_at_s), "spans": spans}
    return _json({**content, **track_json(found)})


def _timeline_name(track: ArchivedRecording) -> str:
    return f"timeline_{track_slug(track)}_{track.recording.id}.json"


def _readme(
    found: ArchivedRecording,
    tracks: Sequence[ArchivedRecording],
    timezone: str,
    roll_calls: Sequence[RollSheet],
    decisions: Sequence[DecisionSheet],
) -> str:
    began = datetime.fromtimestamp(found.recording.started_at_s, ZoneInfo(timezone))
    minutes, seconds = divmod(round(found.recording.duration_s or 0), 60)
    names = [(_audio_name(one), _timeline_name(one), _whose(one)) for one in tracks]
    return _README.format(
        exercise="ÖVNING ÖVNING ÖVNING\n\n" if found.conference.exercise else "",
        name=_one_line(found.conference.name),
        number=found.conference.number,
        began=f"{began:%Y-%m-%d %H:%M:%S %Z}",
        minutes=minutes,
        seconds=seconds,
        people=len(found.participants),
        audio=_audio_name(found),
        channels=f" av {_whose(found)}" if found.recording.is_track else "",
        tracks="".join(f"  {audio:<20} {whose}\n" for audio, _, whose in names),
        roll_calls=_ROLL_CALLS if roll_calls else "",
        decisions=_DECISIONS if decisions else "",
        timelines="".join(f"  {told:<20} vem som talade och när: {whose}\n" for _, told, whose in names),
    )


def _whose(track: ArchivedRecording) -> str:
    """The owner of a track, in the README's words."""
    name = _one_line(track_name(track))
    if track.recording.kind is RecordingKind.TALKGROUP:
        return f"talgruppen {name}{_CHANNELS}"
    return f"deltagaren {name}: rösten ensam, på samma tid som mötets ljud"


def _participants_csv(participants: Sequence[Seat]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("namn", "organisation", "funktion", "typ", "roll", "in", "ut"))
    for person in participants:
        cells = (person.name, person.organisation, person.function, person.kind.value, person.role.value)
        writer.writerow([*map(_cell, cells), iso(person.joined_at_s) or "", iso(person.left_at_s) or ""])
    return out.getvalue().encode("utf-8-sig", "replace")


def _roll_calls_csv(roll_calls: Sequence[RollSheet]) -> bytes:
    """A line for each function that was expected, in the order of the roll."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        ("upprop", "organisation", "funktion", "krävs", "närvaro", "uppropad", "sedd", "avprickad av", "uppringd")
    )
    for roll_call, entries in roll_calls:
        for one in (each for each in entries if each.deputy_for is None):
            times = (one.called_at_s, one.seen_at_s)
            row = [
                iso(roll_call.started_at_s),
                _cell(one.organisation),
                _cell(one.function),
                "ja" if one.required else "",
            ]
            row += [_ATTENDANCE[one.state], *(iso(at_s) or "" for at_s in times), _cell(one.ticked_by)]
            writer.writerow([*row, iso(one.rung_at_s) or ""])
    return out.getvalue().encode("utf-8-sig", "replace")


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


def _decisions_csv(decisions: Sequence[DecisionSheet]) -> bytes:
    """A line for each organisation's answer; a decision without any has one of its own."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    heads = ("beslut", "rubrik", "läge", "från", "till", "inspelning", "från sekund", "till sekund")
    writer.writerow((*heads, "organisation", "svar", "svarade", "sätt", "av"))
    for sheet in decisions:
        one = sheet.decision
        seconds = ["" if each is None else f"{each:.3f}" for each in sheet.span]
        row = [str(one.number), _cell(one.title), _DECISION[one.state], iso(one.begun_at_s) or ""]
        row += [iso(one.ended_at_s) or "", one.recording or "", *seconds]
        for given in sheet.acknowledgements or (None,):
            writer.writerow([*row, *_answer_cells(given)])
    return out.getvalue().encode("utf-8-sig", "replace")


def _answer_cells(given: Acknowledgement | None) -> list[str]:
    if given is None:
        return [""] * 5
    way = _WAY[given.way] if given.way is not None else ""
    return [_cell(given.organisation), _ANSWER[given.answer], iso(given.answered_at_s) or "", way, _cell(given.by)]


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


def _cell(value: str | None) -> str:
    """A name must not become a formula in the reader's spreadsheet."""
    text = _one_line(value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _json(value: JsonValue) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _audio_name(found: ArchivedRecording) -> str:
    if found.path is None:
        raise ValueError("the recording is not archived")
    return Path(found.path).name
