"""The documentation of a whole meeting as one ZIP: sound that anyone can play, and all that was written.

Its names are letters of ASCII, made here: no name that somebody chose is a path. A partial release is made in the same
way, with stretches taken out of sound and timeline, and people unnamed. The original's hash goes with it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from bridge.domain.canonical import JsonValue
from bridge.domain.conference.records import Seat
from bridge.domain.kernel.journal import Note
from bridge.domain.recording.records import RecordingKind
from bridge.domain.recording.release import Release, Stretch, joined, touches
from bridge.ports import ArchivedRecording, DecisionSheet, MeetingSheet, Packing, Parcel
from bridge.recording import zipped
from bridge.recording.happenings import Lines, happenings
from bridge.recording.manifest import beside, faulty_tracks, iso, participants_json, slug, track_name, track_slug
from bridge.recording.package import (
    DECISION_HEADS,
    PEOPLE_HEADS,
    ROLL_HEADS,
    SITUATION_HEADS,
    decisions_rows,
    json_of,
    participants_rows,
    report_files,
    roll_calls_rows,
    situation_rows,
    word_table,
    words_of,
)
from bridge.recording.playable import playable
from bridge.reports import NotWritten, Report, minutes
from bridge.reports.cells import cell, one_line
from bridge.words import say

log = structlog.get_logger(__name__)

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
PROOF: Final = "bevis"
"""The folder of what proves the package. The head of the audit chain is there, and what else the node gives."""
FORMAT: Final = 1
NO_DIGEST: Final = "0" * 64
"""Stands for a SHA-256 that is not known yet, of the same length."""
_BLOCK_BYTES: Final = 1 << 18
_EVALUATION_HEADS: Final = "organisation function question score text"


@dataclass(frozen=True)
class Piece:
    """One file of a package, and what it is."""

    entry: zipped.Entry
    what: str
    """The name of its words, without `doc_`."""
    media_type: str
    original: tuple[str, str] | None = None
    """Of a sound that was changed: the file in the archive, and its SHA-256."""


def documentation(
    sheet: MeetingSheet,
    notes: Sequence[Note],
    asked: Packing,
    *,
    timezone: str = "Europe/Stockholm",
    issi_names: Mapping[int, str] | None = None,
    reports: Sequence[Report] = (),
) -> Parcel:
    """The package. Blocking, as its blocks are: call it and iterate it in a thread.

    Args:
        sheet: The meeting with its parts.
        notes: Its notes.
        asked: How the package is to be.
        timezone: Of its times, by its name in the IANA database.
        issi_names: Names of radio users, where known.
        reports: Of its call-outs; a release has none.

    Raises:
        OSError: A sound cannot be read.
    """
    pieces = pieces_of(sheet, notes, asked, timezone=timezone, issi_names=issi_names, reports=reports)
    name = name_of(sheet, asked, timezone)
    digests: dict[str, str] = {}
    entries = [replace(one.entry, name=f"{name}/{one.entry.name}") for one in pieces]

    def manifest(known: Mapping[str, str]) -> bytes:
        return _manifest(sheet, asked, pieces, lambda one: known.get(f"{name}/{one}", NO_DIGEST))

    def sums(known: Mapping[str, str]) -> bytes:
        files = [*(one.entry.name for one in pieces), MANIFEST]
        return "".join(f"{known.get(f'{name}/{one}', NO_DIGEST)}  {one}\n" for one in files).encode()

    entries += [later(f"{name}/{MANIFEST}", manifest, digests), later(f"{name}/{SUMS}", sums, digests)]
    made_at = datetime.fromtimestamp(asked.made_at_s, ZoneInfo(timezone))
    return Parcel(f"{name}.zip", zipped.length(entries), zipped.blocks(entries, made_at, digests))


def name_of(sheet: MeetingSheet, asked: Packing, timezone: str) -> str:
    """Date, time and name of the meeting; a release says so."""
    began = datetime.fromtimestamp(sheet.conference.created_at_s, ZoneInfo(timezone))
    kind = ("utlamnat-" if asked.release is not None else "") + ("ovning-" if sheet.conference.exercise else "")
    return f"{began:%Y-%m-%d_%H%M}_{kind}{slug(sheet.conference.name, 'mote')}"


def pieces_of(
    sheet: MeetingSheet,
    notes: Sequence[Note],
    asked: Packing,
    *,
    timezone: str,
    issi_names: Mapping[int, str] | None = None,
    reports: Sequence[Report] = (),
) -> list[Piece]:
    """The files of a package, but for the manifest and the sums.

    Raises:
        OSError: A sound cannot be read.
    """
    made = _Made(sheet, notes, asked, ZoneInfo(timezone), issi_names or {}, reports)
    return made.pieces()


class _Made:
    """The pieces of one package, in the language of the conference."""

    def __init__(
        self,
        sheet: MeetingSheet,
        notes: Sequence[Note],
        asked: Packing,
        zone: ZoneInfo,
        issi_names: Mapping[int, str],
        reports: Sequence[Report],
    ) -> None:
        self._told = words_of(sheet.conference.language)
        self._asked = asked
        self._release = asked.release
        self._notes = notes
        self._zone = zone
        self._reports = reports if asked.release is None else ()
        self._masked = _masked(sheet, asked.release)
        self._sheet = _unnamed(sheet, asked.release, self._masked, self._told)
        self._lines = Lines(
            happenings(self._sheet, notes, issi_names, self._masked), sheet.conference.created_at_s, self._told, zone
        )

    def pieces(self) -> list[Piece]:
        rest = [*self._tables(), *self._timeline(), *self._sounds(), *self._proofs()]
        try:
            rest.insert(0, _piece("rapport.pdf", self._paper(), "report", "application/pdf"))
        except (NotWritten, TimeoutError) as error:
            log.warning("minutes_left_out", conference=self._sheet.conference.id, reason=str(error) or "too slow")
        return [_piece("LASMIG.txt", self._readme(rest), "readme", "text/plain"), *rest]

    # --- written ---

    def _tables(self) -> Iterator[Piece]:
        sheet, told = self._sheet, self._told
        people = word_table(told, PEOPLE_HEADS, participants_rows(sheet.people, told))
        yield _piece("deltagare.csv", people, "participants", "text/csv")
        yield _piece("deltagare.json", json_of(participants_json(sheet.people)), "participants", "application/json")
        if sheet.decisions:
            rows = decisions_rows(sheet.decisions, told)
            yield _piece("beslut.csv", word_table(told, DECISION_HEADS, rows), "decisions", "text/csv")
        if self._release is not None:
            return
        if (notes := self._smarr()) is not None:
            yield _piece("anteckningar.txt", notes, "smarr", "text/plain")
        if sheet.roll_calls:
            rows = roll_calls_rows(sheet.roll_calls, told)
            yield _piece("upprop.csv", word_table(told, ROLL_HEADS, rows), "roll_calls", "text/csv")
        if sheet.situation:
            rows = situation_rows(sheet.situation)
            yield _piece("lagesbilder.csv", word_table(told, SITUATION_HEADS, rows), "situation", "text/csv")
        if sheet.evaluations:
            yield _piece("utvardering.csv", self._evaluations(), "evaluations", "text/csv")
        for report in self._reports:
            for name, content in report_files(report, sheet.conference.language, self._zone.key).items():
                media = "application/pdf" if name.endswith(".pdf") else "text/csv"
                yield _piece(f"inkallning/{_safe(name)}", content, "call_out", media)

    def _timeline(self) -> Iterator[Piece]:
        title = f"{one_line(self._sheet.conference.name)} – {self._told('timeline_title')}"
        language = self._sheet.conference.language.value
        yield _piece("tidslinje.txt", self._lines.text(), "timeline", "text/plain")
        yield _piece("tidslinje.html", self._lines.page(title, language), "timeline", "text/html")
        yield _piece("tidslinje.csv", self._lines.sheet(), "timeline", "text/csv")
        yield _piece("tidslinje.json", json_of(self._lines.values()), "timeline", "application/json")

    def _smarr(self) -> bytes | None:
        said = self._sheet.smarr
        if said is None:
            return None
        parts = [
            (self._told("smarr_purpose"), [said.purpose]),
            (self._told("smarr_goal"), [said.goal]),
            (self._told("smarr_agenda"), list(said.agenda)),
            (self._told("smarr_resources"), [said.resources]),
            (self._told("smarr_rules"), [said.rules]),
        ]
        lines = [line for head, texts in parts for line in (head, *(f"  {one_line(one) or '–'}" for one in texts), "")]
        return "\r\n".join(lines).encode("utf-8", "replace")

    def _evaluations(self) -> bytes:
        rows = [
            [cell(one.organisation), cell(one.function), cell(question), str(rating or ""), cell(one.text)]
            for one in self._sheet.evaluations
            for question, rating in zip(one.questions, one.ratings, strict=False)
        ]
        return word_table(self._told, _EVALUATION_HEADS, rows)

    def _facts(self) -> list[tuple[str, str]]:
        conference = self._sheet.conference
        began, ended = (
            "–" if at_s is None else f"{datetime.fromtimestamp(at_s, self._zone):%Y-%m-%d %H:%M:%S %Z}"
            for at_s in (conference.created_at_s, conference.ended_at_s)
        )
        facts = [
            (self._told("conference"), one_line(conference.name)),
            (self._told("doc_began"), began),
            (self._told("doc_ended"), ended),
            (self._told("people"), str(len(self._sheet.people))),
            (self._told("doc_made"), f"{iso(self._asked.made_at_s)} {one_line(self._asked.made_by)}"),
        ]
        release = self._release
        if release is not None:
            facts.append((self._told("doc_ground"), one_line(release.ground)))
            if release.receiver:
                facts.append((self._told("doc_receiver"), one_line(release.receiver)))
        return facts

    def _taken_out(self) -> list[str]:
        """A line for each stretch that is not there, and for the unnamed."""
        release = self._release
        if release is None:
            return []
        lines = [
            self._told(
                "doc_masked",
                start=f"{one.start_s:.1f}",
                end=f"{one.end_s:.1f}",
                ground=one_line(one.ground),
                recording=one.recording,
            )
            for one in release.masks
        ]
        return [*lines, *([self._told("doc_unnamed", count=len(release.unnamed))] if release.unnamed else [])]

    def _readme(self, rest: Sequence[Piece]) -> bytes:
        told = self._told
        lines = [told("exercise"), ""] if self._sheet.conference.exercise else []
        lines += [told("doc_title" if self._release is None else "doc_release_title"), ""]
        lines += [f"{name + ':':<14} {value}" for name, value in self._facts()]
        if taken := self._taken_out():
            lines += ["", told("doc_taken_out"), *(f"  {one}" for one in taken)]
        named = {one.entry.name: told(f"doc_{one.what}") for one in rest}
        named |= {MANIFEST: told("doc_manifest"), SUMS: told("sums", command=f'"sha256sum -c {SUMS}"')}
        lines += ["", told("content"), *(f"  {name:<40} {what}" for name, what in named.items())]
        if self._release is None:
            missing = [track for one in self._sheet.recordings for track in faulty_tracks(one)]
            lacks = {one.recording.id: self._lack(one) for one in missing}
            if lacks:
                lines += ["", told("faults"), *(f"  {one}" for one in lacks.values())]
        return "\r\n".join([*lines, "", told("closing"), ""]).encode("utf-8", "replace")

    def _lack(self, track: ArchivedRecording) -> str:
        fault = track.recording.fault
        reason = None if fault is None else say(fault, track.conference.language)
        return self._told("track_failed", whose=one_line(track_name(track)), reason=reason)

    def _paper(self) -> bytes:
        told, sheet = self._told, self._sheet
        parts: list[dict[str, Any]] = []

        def part(
            title: str, lines: Sequence[str], heads: str = "", columns: str = "", rows: Sequence[Any] = ()
        ) -> None:
            named = [told(f"head_{one}") for one in heads.split()]
            wide = [int(one) for one in columns.split()]
            parts.append({"title": title, "lines": list(lines), "heads": named, "columns": wide, "rows": list(rows)})

        if taken := self._taken_out():
            part(told("doc_taken_out"), taken)
        if self._release is None and sheet.smarr is not None:
            said = (self._smarr() or b"").decode().split("\r\n")
            part("SMARR", [one for one in said if one])
        rows = [list(row[:4]) for row in participants_rows(sheet.people, told)]
        part(told("doc_participants"), [] if rows else ["–"], "name organisation function kind", "2 2 2 1", rows)
        decided = [
            [str(each.number), each.title or "–", told(f"decision_{each.state}"), _answers(one, told)]
            for one in sheet.decisions
            for each in (one.decision,)
        ]
        part(told("doc_decisions"), [] if decided else ["–"], "decision title state answer", "0 3 1 3", decided)
        if self._release is None and sheet.situation:
            told_of = [[one.organisation, one.text, one.needs] for one in sheet.situation]
            part(told("doc_situation"), [], "organisation situation needs", "1 2 2", told_of)
        happened = [[row[0], row[3], ", ".join(each for each in row[4:] if each)] for row in self._lines.rows()]
        shown = happened[: minutes.MOST_LINES]
        more = [told("doc_more_lines", count=len(happened) - len(shown))] if len(happened) > len(shown) else []
        part(told("timeline_title"), more, "at what name", "0 1 3", shown)
        title = told("doc_paper_title", name=one_line(sheet.conference.name))
        exercise = told("exercise") if sheet.conference.exercise else None
        return minutes.paper(
            sheet.conference.language, title, exercise, self._facts(), parts, self._zone.key, self._asked.made_at_s
        )

    # --- heard ---

    def _sounds(self) -> Iterator[Piece]:
        for one in self._sheet.recordings:
            path, kind = one.path, one.recording.kind
            if path is None or kind is RecordingKind.NAME:
                continue
            if self._release is not None:
                if kind is RecordingKind.MIX:
                    yield from self._released(one, path, self._release)
                continue
            name = f"ljud/{self._sound_name(one)}"
            what = {RecordingKind.MIX: "sound", RecordingKind.TALKGROUP: "talkgroup"}.get(kind, "participant")
            flac = zipped.Entry(f"{name}.flac", path.stat().st_size, partial(_blocks, path))
            yield Piece(flac, what, "audio/flac")
            told_by = beside(path)
            if told_by.exists():
                yield _piece(f"{name}.json", told_by.read_bytes(), "sound_manifest", "application/json")
            if kind is RecordingKind.MIX and (wav := playable(path)) is not None:
                yield Piece(zipped.Entry(f"{name}.wav", wav.size, wav.blocks), "playable", "audio/vnd.wave")

    def _released(self, one: ArchivedRecording, path: Path, release: Release) -> Iterator[Piece]:
        began_s = one.recording.started_at_s
        silenced = [(start - began_s, end - began_s) for start, end in self._masked]
        wav = playable(path, silenced, has_tone=release.has_tone)
        if wav is None:
            return
        entry = zipped.Entry(f"ljud/{self._sound_name(one)}.wav", wav.size, wav.blocks)
        yield Piece(entry, "released", "audio/vnd.wave", (path.name, one.recording.sha256 or ""))

    def _sound_name(self, one: ArchivedRecording) -> str:
        """No part of it comes from outside but through `slug`; the id makes it the only one."""
        began = datetime.fromtimestamp(one.recording.started_at_s, self._zone)
        whose = "mote" if one.recording.kind is RecordingKind.MIX else track_slug(one)
        return f"{began:%Y-%m-%d_%H%M%S}_{whose}_{_safe(one.recording.id)}"

    def _proofs(self) -> Iterator[Piece]:
        number, digest = self._asked.head
        head: dict[str, JsonValue] = {"number": number, "hash": digest, "at": iso(self._asked.made_at_s)}
        yield _piece(f"{PROOF}/kedja.json", json_of(head), "chain", "application/json")
        for name, content in sorted(self._asked.proof.items()):
            yield _piece(f"{PROOF}/{_safe(name)}", content, "proof", "application/octet-stream")


# --- inside ---


def _masked(sheet: MeetingSheet, release: Release | None) -> list[Stretch]:
    """The stretches that are taken out, in wall time."""
    if release is None:
        return []
    began = {one.recording.id: one.recording.started_at_s for one in sheet.recordings}
    return joined(
        (began[one.recording] + one.start_s, began[one.recording] + one.end_s)
        for one in release.masks
        if one.recording in began
    )


def _unnamed(
    sheet: MeetingSheet, release: Release | None, masked: Sequence[Stretch], told: Callable[..., str]
) -> MeetingSheet:
    """The meeting as it may be shown."""
    if release is None:
        return sheet
    nobody = told("doc_nobody")

    def seat(one: Seat) -> Seat:
        if one.id not in release.unnamed:
            return one
        return replace(one, name=nobody, organisation=None, function=None, number=None, also=())

    def decision(one: DecisionSheet) -> DecisionSheet:
        began_s = one.decision.begun_at_s
        is_masked = touches(began_s, one.decision.ended_at_s or began_s, masked)
        answers = tuple(replace(each, by=None, seat=None) for each in one.acknowledgements)
        return replace(
            one,
            decision=replace(one.decision, title=nobody) if is_masked else one.decision,
            acknowledgements=() if is_masked else answers,
        )

    return replace(
        sheet,
        people=[seat(one) for one in sheet.people],
        decisions=[decision(one) for one in sheet.decisions],
    )


def _answers(sheet: DecisionSheet, told: Callable[..., str]) -> str:
    return "; ".join(f"{one.organisation}: {told(f'answer_{one.answer}')}" for one in sheet.acknowledgements) or "–"


def _piece(name: str, content: bytes, what: str, media_type: str) -> Piece:
    return Piece(zipped.Entry.of(name, content), what, media_type)


def later(name: str, made: Callable[[Mapping[str, str]], bytes], digests: Mapping[str, str]) -> zipped.Entry:
    """A file that holds the digests of those before it. They have one length, so that its own is known."""
    return zipped.Entry(name, len(made({})), lambda: iter((made(digests),)))


def _safe(name: str) -> str:
    """A name that is one part of a path on every system."""
    kept = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in name)
    return kept.lstrip(".")[:100] or "fil"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(_BLOCK_BYTES):
            yield block


def _manifest(sheet: MeetingSheet, asked: Packing, pieces: Sequence[Piece], digest: Callable[[str], str]) -> bytes:
    conference, release = sheet.conference, asked.release
    content: dict[str, JsonValue] = {
        "format": FORMAT,
        "conference": {
            "id": conference.id,
            "name": conference.name,
            "exercise": conference.exercise,
            "secrecy": conference.secrecy.value,
            "began": iso(conference.created_at_s),
            "ended": iso(conference.ended_at_s),
        },
        "made": iso(asked.made_at_s),
        "made_by": asked.made_by,
        "audit_head": {"number": asked.head[0], "hash": asked.head[1]},
        "files": [_file_json(one, digest) for one in pieces],
    }
    if release is not None:
        masks: list[JsonValue] = [
            {"recording": one.recording, "start_s": one.start_s, "end_s": one.end_s, "ground": one.ground}
            for one in release.masks
        ]
        content["release"] = {
            "ground": release.ground,
            "receiver": release.receiver,
            "masks": masks,
            "unnamed": len(release.unnamed),
            "tone": release.has_tone,
        }
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _file_json(one: Piece, digest: Callable[[str], str]) -> dict[str, JsonValue]:
    name = one.entry.name
    made: dict[str, JsonValue] = {"name": name, "bytes": one.entry.size, "sha256": digest(name), "type": one.media_type}
    if one.original is not None:
        made["original"] = {"file": one.original[0], "sha256": one.original[1]}
    return made
