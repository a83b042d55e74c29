"""From the notes of a meeting to who spoke when. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bridge.domain.canonical import JsonValue
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Seat
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.journal import Note
from bridge.domain.radio.notes import RadioNote
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import RecordingKind
from bridge.domain.siderooms.notes import SideRoomNote
from bridge.ports import ArchivedRecording
from bridge.reports import Stretch


class SpanKind(StrEnum):
    TALK = "talk"
    """A participant spoke."""
    RADIO = "radio"
    """A radio user spoke in the talkgroup."""
    TRANSMISSION = "transmission"
    """The meeting was sent to the talkgroup."""
    FLOOR = "floor"
    """A participant had the floor."""
    OFF_RECORD = "off_record"
    """The meeting was off the record: the sound is silence here."""
    AWAY = "away"
    """Of a participant's track: they were in a side room, and the sound is silence here."""
    CONSULTATION = "consultation"
    """Of a participant's track: they talked with another in private, which no mix has."""


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of the recording, in seconds from its beginning."""

    kind: SpanKind
    start_s: float
    end_s: float
    participant: ParticipantId | None
    name: str
    organisation: str | None = None
    function: str | None = None
    issi: int | None = None


_OPENS: Final = {
    ConferenceNote.TALK_STARTED: SpanKind.TALK,
    RadioNote.RADIO_TALK_STARTED: SpanKind.RADIO,
    RadioNote.TRANSMISSION_STARTED: SpanKind.TRANSMISSION,
    ConferenceNote.FLOOR_GIVEN: SpanKind.FLOOR,
    RecordingNote.OFF_RECORD: SpanKind.OFF_RECORD,
}
_CLOSES: Final = {
    ConferenceNote.TALK_STOPPED: SpanKind.TALK,
    RadioNote.RADIO_TALK_STOPPED: SpanKind.RADIO,
    RadioNote.TRANSMISSION_STOPPED: SpanKind.TRANSMISSION,
    RecordingNote.ON_RECORD: SpanKind.OFF_RECORD,
}
_FLOOR_ENDS: Final = {ConferenceNote.FLOOR_GIVEN, ConferenceNote.FLOOR_TAKEN, ConferenceNote.FLOOR_MODE}
_OF_THE_FLOOR: Final = {ConferenceNote.FLOOR_GIVEN}
_MOVES: Final = {SideRoomNote.SIDE_ROOM_ENTERED, SideRoomNote.SIDE_ROOM_LEFT}
_ASIDE: Final = (SpanKind.AWAY, SpanKind.CONSULTATION)
_LEAVES: Final = {ConferenceNote.LEFT, RadioNote.UNPATCHED}

Key = tuple[SpanKind, ParticipantId | None]


def speaker_timeline(
    began_at_s: float,
    ended_at_s: float,
    participants: Iterable[Seat],
    notes: Iterable[Note],
    issi_names: Mapping[int, str] | None = None,
) -> tuple[Span, ...]:
    """The spans of speech, of sending and of the floor, in order, within the recording.

    Args:
        began_at_s: When the recording began, seconds since 1970.
        ended_at_s: When it ended; a span that is open then ends there.
        participants: Everybody who was in the meeting.
        notes: The meeting's notes, in any order. A start that is noted twice counts once; an end without a start does
            not count.
        issi_names: Names of radio users, where known.
    """
    people = {person.id: person for person in participants}
    open_spans: dict[Key, Span] = {}
    done: list[Span] = []

    def close(keys: Sequence[Key], at_s: float) -> None:
        done.extend(replace(open_spans.pop(key), end_s=at_s) for key in keys)

    for note in sorted(notes, key=lambda one: one.at_s):
        close(_ended_by(note, open_spans), note.at_s)
        kind = _OPENS.get(note.kind)
        if note.kind is SideRoomNote.SIDE_ROOM_ENTERED:
            kind = SpanKind.CONSULTATION if dict(note.detail).get("recorded") else SpanKind.AWAY
        if kind is not None and (kind, note.participant) not in open_spans:
            open_spans[(kind, note.participant)] = _begun(kind, note, people, issi_names or {})
    close(list(open_spans), ended_at_s)
    clipped = (_clipped(span, began_at_s, ended_at_s) for span in done)
    return tuple(sorted((span for span in clipped if span.end_s > span.start_s), key=lambda span: span.start_s))


def recording_timeline(
    found: ArchivedRecording, notes: Iterable[Note], ended_at_s: float, issi_names: Mapping[int, str] | None = None
) -> tuple[Span, ...]:
    """The timeline of one recording. A talkgroup's track has only what came from and went to that talkgroup. A
    participant's has their talk, their floor, their time in side rooms, and what was off the record."""
    recording = found.recording
    if recording.kind is RecordingKind.PARTICIPANT:
        marks = (RecordingNote.OFF_RECORD, RecordingNote.ON_RECORD)
        notes = [note for note in notes if note.participant == recording.seat or note.kind in marks]
    else:
        notes = [note for note in notes if note.kind not in _MOVES]
    if recording.patch is not None:
        voice = found.patch.participant if found.patch is not None else None
        notes = [note for note in notes if note.participant == voice and note.kind not in _OF_THE_FLOOR]
    return speaker_timeline(recording.started_at_s, ended_at_s, found.participants, notes, issi_names)


def spoken(
    participants: Iterable[Seat], notes: Iterable[Note], began_at_s: float, ended_at_s: float
) -> tuple[Stretch, ...]:
    """The speech between two instants, for a report, in seconds from the first of them."""
    spans = speaker_timeline(began_at_s, ended_at_s, participants, notes)
    return tuple(
        Stretch(one.organisation, one.kind is SpanKind.RADIO, one.start_s, one.end_s)
        for one in spans
        if one.kind in (SpanKind.TALK, SpanKind.RADIO)
    )


def timeline_json(
    found: ArchivedRecording, notes: Iterable[Note], ended_at_s: float, issi_names: Mapping[int, str]
) -> list[JsonValue]:
    """The timeline of one recording for a JSON document."""
    return as_json(recording_timeline(found, notes, ended_at_s, issi_names))


def as_json(spans: Iterable[Span]) -> list[JsonValue]:
    """The spans for a JSON document; instants to the millisecond."""
    return [
        {
            "kind": span.kind.value,
            "start_s": round(span.start_s, 3),
            "end_s": round(span.end_s, 3),
            "participant": span.participant,
            "name": span.name,
            "organisation": span.organisation,
            "function": span.function,
            "issi": span.issi,
        }
        for span in spans
    ]


def _ended_by(note: Note, open_spans: Mapping[Key, Span]) -> list[Key]:
    if note.kind is ConferenceNote.ENDED:
        return list(open_spans)
    if note.kind in _LEAVES:
        return [key for key in open_spans if key[1] == note.participant]
    if note.kind in _MOVES:
        return [key for key in open_spans if key[0] in _ASIDE and key[1] == note.participant]
    if note.kind in _FLOOR_ENDS:
        return [key for key in open_spans if key[0] is SpanKind.FLOOR]
    if note.kind is RadioNote.RADIO_TALK_STARTED:  # another radio user in the same talkgroup
        key = (SpanKind.RADIO, note.participant)
        return [key] if key in open_spans and open_spans[key].issi != _issi(note) else []
    closed = _CLOSES.get(note.kind)
    return [key for key in open_spans if key == (closed, note.participant)]


def _begun(kind: SpanKind, note: Note, people: Mapping[ParticipantId, Seat], names: Mapping[int, str]) -> Span:
    person = people.get(note.participant) if note.participant else None
    issi = _issi(note) if kind is SpanKind.RADIO else None
    name = person.name if person else ""
    if issi is not None:
        name = names.get(issi, str(issi))
    return Span(
        kind,
        note.at_s,
        note.at_s,
        note.participant,
        name,
        person.organisation if person else None,
        person.function if person else None,
        issi,
    )


def _issi(note: Note) -> int | None:
    """The talker; the network does not always give one (0)."""
    found = dict(note.detail).get("issi")
    return found if isinstance(found, int) and found else None


def _clipped(span: Span, began_at_s: float, ended_at_s: float) -> Span:
    start_s, end_s = max(span.start_s, began_at_s), min(span.end_s, ended_at_s)
    return replace(span, start_s=start_s - began_at_s, end_s=end_s - began_at_s)
