"""Who spoke when, from the notes of the meeting."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.kernel.journal import Note, NoteKind
from bridge.domain.notes import NOTE_KINDS
from bridge.domain.radio.notes import RadioNote
from bridge.domain.recording.notes import RecordingNote
from bridge.recording import SpanKind, speaker_timeline
from bridge.recording.timeline import as_json
from tests.unit.recording.recordings import BEGAN_S, CONFERENCE, RADIO, TIB

PEOPLE = (TIB, RADIO)
ENDED_S = BEGAN_S + 60


def note(after_s: float, kind: NoteKind, person: object = TIB, **detail: str | int | float | bool) -> Note:
    participant = None if person is None else person.id  # type: ignore[attr-defined]
    return Note(CONFERENCE.id, BEGAN_S + after_s, kind, participant, tuple(detail.items()))


def told(*notes: Note, names: dict[int, str] | None = None) -> list[tuple[SpanKind, str, float, float]]:
    spans = speaker_timeline(BEGAN_S, ENDED_S, PEOPLE, notes, names)
    return [(span.kind, span.name, span.start_s, span.end_s) for span in spans]


def test_talk_begins_and_stops() -> None:
    assert told(
        note(1, ConferenceNote.TALK_STARTED),
        note(3, ConferenceNote.TALK_STOPPED),
        note(5, ConferenceNote.TALK_STARTED),
        note(8, ConferenceNote.TALK_STOPPED),
    ) == [(SpanKind.TALK, "TiB", 1, 3), (SpanKind.TALK, "TiB", 5, 8)]


def test_a_start_told_twice_counts_once_and_a_stop_without_a_start_not_at_all() -> None:
    assert told(
        note(0, ConferenceNote.TALK_STOPPED),
        note(1, ConferenceNote.TALK_STARTED),
        note(2, ConferenceNote.TALK_STARTED),
        note(3, ConferenceNote.TALK_STOPPED),
    ) == [(SpanKind.TALK, "TiB", 1, 3)]


def test_a_radio_user_is_shown_by_name_or_issi() -> None:
    assert told(
        note(1, RadioNote.RADIO_TALK_STARTED, RADIO, issi=1234567),
        note(2, RadioNote.RADIO_TALK_STARTED, RADIO, issi=1234567),
        note(3, RadioNote.RADIO_TALK_STARTED, RADIO, issi=7654321),
        note(4, RadioNote.RADIO_TALK_STOPPED, RADIO),
        names={1234567: "Insatsledare"},
    ) == [(SpanKind.RADIO, "Insatsledare", 1, 3), (SpanKind.RADIO, "7654321", 3, 4)]


def test_a_radio_user_whom_the_network_does_not_name_goes_by_the_talkgroup() -> None:
    assert told(
        note(1, RadioNote.RADIO_TALK_STARTED, RADIO, issi=0), note(2, RadioNote.RADIO_TALK_STOPPED, RADIO, issi=0)
    ) == [(SpanKind.RADIO, "RAPS-1", 1, 2)]


def test_what_was_sent_to_the_talkgroup_is_a_span_of_its_own() -> None:
    assert told(note(1, RadioNote.TRANSMISSION_STARTED, RADIO), note(2, RadioNote.TRANSMISSION_STOPPED, RADIO)) == [
        (SpanKind.TRANSMISSION, "RAPS-1", 1, 2)
    ]


def test_the_word_is_held_until_it_is_given_on_or_taken() -> None:
    assert told(
        note(1, ConferenceNote.FLOOR_GIVEN, TIB),
        note(4, ConferenceNote.FLOOR_GIVEN, RADIO),
        note(6, ConferenceNote.FLOOR_TAKEN, None),
        note(7, ConferenceNote.FLOOR_GIVEN, TIB),
        note(9, ConferenceNote.FLOOR_MODE, None, mode="open"),
    ) == [(SpanKind.FLOOR, "TiB", 1, 4), (SpanKind.FLOOR, "RAPS-1", 4, 6), (SpanKind.FLOOR, "TiB", 7, 9)]


def test_who_leaves_neither_talks_nor_has_the_word() -> None:
    assert told(
        note(1, ConferenceNote.TALK_STARTED), note(2, ConferenceNote.FLOOR_GIVEN), note(5, ConferenceNote.LEFT)
    ) == [
        (SpanKind.TALK, "TiB", 1, 5),
        (SpanKind.FLOOR, "TiB", 2, 5),
    ]


def test_a_stretch_off_the_record_is_marked() -> None:
    assert told(note(5, RecordingNote.OFF_RECORD, None), note(20, RecordingNote.ON_RECORD, None)) == [
        (SpanKind.OFF_RECORD, "", 5, 20)
    ]
    assert told(note(5, RecordingNote.OFF_RECORD, None)) == [(SpanKind.OFF_RECORD, "", 5, 60)]


def test_only_what_is_in_the_recording_is_shown() -> None:
    assert told(
        note(-5, ConferenceNote.TALK_STARTED),
        note(2, ConferenceNote.TALK_STOPPED),
        note(55, ConferenceNote.TALK_STARTED),
        note(70, ConferenceNote.TALK_STOPPED),
        note(80, ConferenceNote.TALK_STARTED),
    ) == [(SpanKind.TALK, "TiB", 0, 2), (SpanKind.TALK, "TiB", 55, 60)]


def test_the_end_of_the_meeting_ends_everything() -> None:
    assert told(note(1, ConferenceNote.TALK_STARTED), note(9, ConferenceNote.ENDED, None)) == [
        (SpanKind.TALK, "TiB", 1, 9)
    ]


def test_the_export_names_organisation_and_function() -> None:
    (span,) = as_json(
        speaker_timeline(
            BEGAN_S, ENDED_S, PEOPLE, [note(1.00049, ConferenceNote.TALK_STARTED), note(2, ConferenceNote.TALK_STOPPED)]
        )
    )
    assert span == {
        "kind": "talk",
        "start_s": 1.0,
        "end_s": 2.0,
        "participant": "prt-1",
        "name": "TiB",
        "organisation": "Länsstyrelsen",
        "function": "Tjänsteman i beredskap",
        "issi": None,
    }


@given(
    st.lists(
        st.builds(
            note,
            st.floats(-10, 100),
            st.sampled_from([kind for kinds in NOTE_KINDS for kind in kinds]),
            st.sampled_from([TIB, RADIO, None]),
            issi=st.integers(1, 3),
        ),
        max_size=30,
    )
)
def test_whatever_is_noted_the_spans_lie_in_the_recording_and_nobody_overlaps_himself(notes: list[Note]) -> None:
    spans = speaker_timeline(BEGAN_S, ENDED_S, PEOPLE, notes)
    for span in spans:
        assert 0 <= span.start_s < span.end_s <= ENDED_S - BEGAN_S
    for kind in SpanKind:
        for person in (TIB.id, RADIO.id, None):
            own = [span for span in spans if span.kind is kind and span.participant == person]
            assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(own))
    floors = [span for span in spans if span.kind is SpanKind.FLOOR]
    assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(floors))
