"""The happenings of a meeting, as lines that people read. Pure but for the words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from bridge.domain.canonical import JsonValue
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.decisions.notes import DecisionNote
from bridge.domain.kernel.journal import Note
from bridge.domain.radio.notes import RadioNote
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.release import Stretch, touches
from bridge.ports import MeetingSheet
from bridge.recording.manifest import iso
from bridge.recording.timeline import Span, speaker_timeline
from bridge.reports.cells import cell, one_line, table

_TOLD: Final = {
    ConferenceNote.JOINED: "joined",
    ConferenceNote.LEFT: "left",
    ConferenceNote.LINE_LOST: "line_lost",
    ConferenceNote.LOCKED: "locked",
    ConferenceNote.UNLOCKED: "unlocked",
    ConferenceNote.ENDED: "ended",
    DecisionNote.DECISION_BEGUN: "decision_begun",
    DecisionNote.DECISION_ENDED: "decision_ended",
    RadioNote.PATCHED: "patched",
    RadioNote.UNPATCHED: "unpatched",
    RecordingNote.RECORDING_STARTED: "recording_started",
    RecordingNote.RECORDING_STOPPED: "recording_stopped",
    RecordingNote.RECORDING_FAILED: "recording_failed",
    RecordingNote.RECORDING_GAP: "recording_gap",
}
"""Notes that stand in the timeline for people, with their words in the section `package`."""
HEADS: Final = "at offset until what name organisation function"

Told = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline.

    Attributes:
        at_s: Wall time.
        until_s: Of a stretch: its end.
        kind: The name of its words, without `event_`.
    """

    at_s: float
    until_s: float | None
    kind: str
    name: str = ""
    organisation: str = ""
    function: str = ""


def happenings(
    sheet: MeetingSheet, notes: Sequence[Note], issi_names: Mapping[int, str], masked: Sequence[Stretch] = ()
) -> list[Happening]:
    """In order of time.

    Args:
        sheet: The meeting, with people named as they may be.
        notes: Its notes.
        issi_names: Names of radio users, where known.
        masked: Stretches in wall time. A line that lies in one says so, and no more.
    """
    began_s = sheet.conference.created_at_s
    ended_s = sheet.conference.ended_at_s or max((began_s, *(one.at_s for one in notes)))
    people = {one.id: one for one in sheet.people}
    spans = speaker_timeline(began_s, ended_s, sheet.people, notes, issi_names)
    found = [_of(span, began_s) for span in spans]
    for note in notes:
        if (kind := _TOLD.get(note.kind)) is not None:
            who = people.get(note.participant) if note.participant else None
            person = (who.name, who.organisation or "", who.function or "") if who is not None else ("", "", "")
            found.append(Happening(note.at_s, None, kind, *person))
    shown = [
        Happening(one.at_s, one.until_s, "masked")
        if touches(one.at_s, one.until_s if one.until_s is not None else one.at_s, masked)
        else one
        for one in found
    ]
    return sorted(shown, key=lambda one: (one.at_s, one.until_s or one.at_s, one.kind))


def _of(span: Span, began_s: float) -> Happening:
    person = (span.name, span.organisation or "", span.function or "")
    return Happening(began_s + span.start_s, began_s + span.end_s, span.kind.value, *person)


@dataclass(frozen=True)
class Lines:
    """The timeline in the forms of a package."""

    happenings: Sequence[Happening]
    began_s: float
    told: Told
    zone: ZoneInfo

    def rows(self) -> Iterator[list[str]]:
        """Cells by `HEADS`."""
        for one in self.happenings:
            until = self._clock(one.until_s) if one.until_s is not None else ""
            what = self.told(f"event_{one.kind}")
            person = (one.name, one.organisation, one.function)
            yield [self._clock(one.at_s), self._offset(one.at_s), until, what, *map(one_line, person)]

    def text(self) -> bytes:
        """A line for each, for everything that shows text."""
        told = ((row[0], row[3], ", ".join(part for part in row[4:] if part)) for row in self.rows())
        lines = [f"{at}  {what:<22} {who}".rstrip() for at, what, who in told]
        return ("\r\n".join([self.told("timeline_title"), "", *lines]) + "\r\n").encode("utf-8", "replace")

    def sheet(self) -> bytes:
        """For a spreadsheet."""
        return table(self._heads(), [[cell(one) for one in row] for row in self.rows()])

    def page(self, title: str, language: str) -> bytes:
        """A page by itself, without script."""
        heads = "".join(f"<th>{escape(one)}</th>" for one in self._heads())
        body = "\n".join("<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in self.rows())
        page = (
            f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
            "<style>body{font:1rem sans-serif;margin:2rem}table{border-collapse:collapse}"
            "td,th{border:1px solid #999;padding:.2rem .5rem;text-align:left}</style></head>\n"
            f"<body><h1>{escape(title)}</h1>\n<table><thead><tr>{heads}</tr></thead><tbody>\n{body}\n"
            "</tbody></table></body></html>\n"
        )
        return page.encode("utf-8", "replace")

    def values(self) -> list[JsonValue]:
        """For programs."""
        return [
            {
                "at": iso(one.at_s),
                "until": iso(one.until_s),
                "kind": one.kind,
                "name": one.name,
                "organisation": one.organisation,
                "function": one.function,
            }
            for one in self.happenings
        ]

    def _heads(self) -> list[str]:
        return [self.told(f"head_{one}") for one in HEADS.split()]

    def _clock(self, at_s: float) -> str:
        return f"{datetime.fromtimestamp(at_s, self.zone):%Y-%m-%d %H:%M:%S}"

    def _offset(self, at_s: float) -> str:
        minutes, seconds = divmod(round(max(0.0, at_s - self.began_s)), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
