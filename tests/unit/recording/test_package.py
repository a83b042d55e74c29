"""The documentation package is read and proved with nothing but an unzip program."""

import csv
import hashlib
import inspect
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pytest

from bridge.ari.reasons import AsteriskReason
from bridge.domain.conference.records import LegKind, Role
from bridge.domain.decisions.records import Acknowledgement, Answer, AnswerWay, Decision, DecisionState
from bridge.domain.kernel.ids import (
    AcknowledgementId,
    ConferenceId,
    DecisionId,
    RecordingId,
    RollCallId,
    RollEntryId,
    SituationReportId,
)
from bridge.domain.kernel.language import Language
from bridge.domain.recording.records import ArchiveState
from bridge.domain.rollcall.records import Attendance, RollCall, RollCallState, RollEntry
from bridge.domain.situation.records import SituationReport
from bridge.media.reasons import MediaReason
from bridge.ports import DecisionSheet, FaultyTrack
from bridge.recording.documentation import documentation
from bridge.recording.happenings import Lines
from bridge.recording.package import package
from bridge.words import section
from tests.harness.tongues import english_in
from tests.unit.recording.recordings import NOTES, PATCH, RADIO, RECORDING, TIB, TRACK, meeting

AUDIO = "2026-09-21_varmebolja_rec-1.flac"
CONFERENCE = ConferenceId("cnf-1")
FILES = re.compile(r"\S+\.(?:csv|json|flac)|\"sha256sum.*\"|SHA256SUMS|CES?T")
"""Names of files, of the one command, and of time zones."""
SOUND = b"fLaC" + bytes(range(256)) * 4000


@pytest.fixture
def archived(tmp_path: Path) -> Path:
    path = tmp_path / AUDIO
    path.write_bytes(SOUND)
    return path


def test_it_holds_sound_people_timeline_and_sums_that_agree(archived: Path, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(b"".join(package(meeting(archived), NOTES)))
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "README.txt", "participants.csv", "participants.json", "timeline.json", AUDIO, "SHA256SUMS",
        ]  # fmt: skip
        assert archive.read(AUDIO) == SOUND
        for line in archive.read("SHA256SUMS").decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert [one["name"] for one in json.loads(archive.read("participants.json"))] == ["TiB", "RAPS-1"]
        timeline = json.loads(archive.read("timeline.json"))
        assert [(span["name"], span["start_s"]) for span in timeline["spans"]] == [("TiB", 1.0)]
        readme = archive.read("README.txt").decode()
        archive.extractall(tmp_path / "unpacked")
    assert "Värmebölja: lägesbild 1" in readme
    assert "2026-09-21" in readme
    assert "ÖVNING" not in readme
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "unpacked", check=True)


def test_the_sound_is_sent_in_pieces(archived: Path) -> None:
    pieces = list(package(meeting(archived), NOTES))
    assert max(map(len, pieces)) < len(SOUND) / 3


def test_an_exercise_says_so_first(archived: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(package(meeting(archived, exercise=True), NOTES)))) as archive:
        assert archive.read("README.txt").decode().startswith("ÖVNING")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+46", "-1", "@SUM", "\t=1", " =1", "a\r\n=1;b", 'x";=1', "\x00=1"])
def test_no_name_becomes_a_formula_or_a_row_of_its_own(archived: Path, name: str) -> None:
    found = replace(meeting(archived), participants=(replace(TIB, name=name, organisation=name), RADIO))
    with zipfile.ZipFile(io.BytesIO(b"".join(package(found, NOTES)))) as archive:
        text = archive.read("participants.csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 3
    assert all(len(row) == 7 for row in rows)
    assert not rows[1][0].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_it_is_in_the_language_of_the_conference_to_its_last_word(archived: Path) -> None:
    told: dict[Language, dict[str, str]] = {}
    for language in Language:
        found = meeting(archived)
        found = replace(found, conference=replace(found.conference, language=language, name="X"))
        with zipfile.ZipFile(io.BytesIO(b"".join(package(found, NOTES)))) as archive:
            names = [name for name in archive.namelist() if name in ("README.txt", "participants.csv")]
            told[language] = {name: archive.read(name).decode("utf-8-sig") for name in names}
    swedish, english = told[Language.SV], told[Language.EN]
    assert swedish["README.txt"].startswith("DOKUMENTATION AV SAMVERKANSKONFERENS\n\nKonferens:   X\n")
    assert english["README.txt"].startswith("DOCUMENTATION OF A COLLABORATION CONFERENCE\n\nConference:  X\n")
    head, tib, _ = swedish["participants.csv"].splitlines()
    assert head == "namn;organisation;funktion;typ;roll;in;ut"
    assert tib.startswith("TiB;Länsstyrelsen;Tjänsteman i beredskap;telefon;deltagare;")
    head, tib, _ = english["participants.csv"].splitlines()
    assert head == "name;organisation;function;kind;role;in;out"
    assert tib.startswith("TiB;Länsstyrelsen;Tjänsteman i beredskap;telephone;participant;")
    assert english_in(FILES.sub(" ", swedish["README.txt"])) == []


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("kind", LegKind),
        ("role", Role),
        ("attendance", Attendance),
        ("decision", DecisionState),
        ("answer", Answer),
        ("way", AnswerWay),
    ],
)
def test_every_value_that_its_tables_can_hold_has_words(prefix: str, values: type[StrEnum]) -> None:
    for language in Language:
        assert {f"{prefix}_{one}" for one in values} <= set(section(language, "package"))


def test_no_words_of_it_are_there_for_nothing() -> None:
    makers = (package, documentation, Lines)
    source = "".join(inspect.getsource(sys.modules[one.__module__]) for one in makers)
    heads = {f"head_{name}" for row in re.findall(r'HEADS: Final = \(?\s*"([^"]*)"', source) for name in row.split()}
    facts = {"conference", "number", "recorded", "length", "people", "talkgroup", "participant"}
    of_values = ("kind_", "role_", "event_", "doc_", "attendance_", "decision_", "answer_", "way_")
    said = set(re.findall(r'told\("([a-z_]+)"', source)) | heads | facts
    kept = {key for key in section(Language.SV, "package") if not key.startswith(of_values)}
    assert kept == {key for key in said if not key.startswith(of_values)}


def test_the_roll_calls_are_part_of_it_with_how_each_function_was_seen(archived: Path) -> None:
    roll_call = RollCall(RollCallId("rol-1"), CONFERENCE, "TiB", 1000.0, RollCallState.ENDED, ended_at_s=1060.0)
    function = RollEntry(
        RollEntryId("ren-1"), roll_call.id, 0, "=Jour", "MSB", state=Attendance.TICKED, seen_at_s=1010.0,
        called_at_s=1001.0, ticked_by="Värd", required=True,
    )  # fmt: skip
    deputy = replace(function, id=RollEntryId("ren-2"), function="Reserv", deputy_for=function.id)
    content = b"".join(package(meeting(archived), NOTES, roll_calls=[(roll_call, [function, deputy])]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("roll-call.csv").decode("utf-8-sig")
        [told] = json.loads(archive.read("roll-call.json"))
        assert "roll-call.csv" in archive.read("README.txt").decode()
        assert "roll-call.csv" in archive.read("SHA256SUMS").decode()
    head, row = csv.reader(io.StringIO(text), delimiter=";")
    assert dict(zip(head, row, strict=True)) == {
        "upprop": "1970-01-01T00:16:40.000+00:00",
        "organisation": "MSB",
        "funktion": "'=Jour",
        "krävs": "ja",
        "närvaro": "avprickad",
        "uppropad": "1970-01-01T00:16:41.000+00:00",
        "sedd": "1970-01-01T00:16:50.000+00:00",
        "avprickad av": "Värd",
        "uppringd": "",
    }
    assert (told["started_by"], [one["state"] for one in told["functions"]]) == ("TiB", ["ticked"])


def test_the_situation_reports_are_part_of_it_with_the_needs_of_each_organisation(archived: Path) -> None:
    key = SituationReportId("sch-1.2027-01-07/lst")
    sent = SituationReport(key, "sch-1.2027-01-07", "lst", "Länsstyrelsen", "=Lugnt", "En båt", "operator", 100.0)
    found = meeting(archived)
    with zipfile.ZipFile(io.BytesIO(b"".join(package(found, NOTES, situation=(sent,))))) as archive:
        text = archive.read("situation-reports.csv").decode("utf-8-sig")
        told = json.loads(archive.read("situation-reports.json"))
        for listed in ("README.txt", "SHA256SUMS"):
            assert "situation-reports.csv" in archive.read(listed).decode()
    assert text.splitlines()[1].startswith("Länsstyrelsen;'=Lugnt;En båt;1970-01-01T00:01:40")
    assert [(one["organisation"], one["needs"]) for one in told] == [("Länsstyrelsen", "En båt")]


def test_the_decisions_are_part_of_it_with_their_place_in_the_sound_and_every_answer(archived: Path) -> None:
    found = meeting(archived)
    began_s = found.recording.started_at_s
    decision = Decision(
        DecisionId("dec-1"), CONFERENCE, 1, began_s + 0.5, "TiB", DecisionState.SETTLED, "=Stäng bron",
        found.recording.id, ended_at_s=began_s + 1.25,
    )  # fmt: skip
    given = Acknowledgement(
        AcknowledgementId("ack-1"), decision.id, "MSB", Answer.RESERVED, began_s + 20, AnswerWay.KEY, "+46701740605"
    )
    bare = DecisionSheet(replace(decision, number=2, state=DecisionState.CANCELLED, recording=None), (), None)
    sheets = [DecisionSheet(decision, (given,), found.recording), bare]
    with zipfile.ZipFile(io.BytesIO(b"".join(package(found, NOTES, decisions=sheets)))) as archive:
        text = archive.read("decisions.csv").decode("utf-8-sig")
        told = json.loads(archive.read("decisions.json"))
        assert "decisions.csv" in archive.read("README.txt").decode()
        assert "decisions.csv" in archive.read("SHA256SUMS").decode()
        assert not [name for name in archive.namelist() if name.startswith("beslut-")], "this sound cannot be decoded"
    head, row, other = csv.reader(io.StringIO(text), delimiter=";")
    cells = dict(zip(head, row, strict=True))
    assert (cells["rubrik"], cells["från sekund"], cells["till sekund"]) == ("'=Stäng bron", "0.500", "1.250")
    assert (cells["organisation"], cells["svar"], cells["sätt"]) == ("MSB", "reserverat sig", "knapp")
    assert cells["av"] == "'+46701740605"
    assert (len(other), other[2], other[6]) == (len(head), "struket", "")
    assert [one["number"] for one in told] == [1, 2]
    assert (told[0]["from_s"], told[0]["to_s"], told[0]["acknowledgements"][0]["answer"]) == (0.5, 1.25, "reserved")


def test_it_says_first_hand_which_sound_is_missing_and_why(archived: Path) -> None:
    lost = FaultyTrack(replace(TRACK, state=ArchiveState.FAILED, failure=MediaReason.TRACK_FAILED()), PATCH)
    alone = replace(TRACK, id=RecordingId("rec-3"), patch=None, gssi=None, seat=TIB.id, beside=RECORDING.id)
    cut = FaultyTrack(replace(alone, cut_short=AsteriskReason.RECORDING_FAILED()))
    for faulty, lines in (
        ((), []),
        (
            (lost, cut),
            [
                "  RAPS-1: saknas (talgruppens inspelning gick inte att skriva)",
                "  TiB: en del saknas (Asterisk har avbrutit inspelningen)",
            ],
        ),
    ):
        content = b"".join(package(replace(meeting(archived), faulty=faulty), NOTES))
        readme = zipfile.ZipFile(io.BytesIO(content)).read("README.txt").decode()
        assert ("LJUD SOM SAKNAS" in readme) is bool(lines)
        for line in lines:
            assert line in readme


def test_what_is_not_archived_has_no_package() -> None:
    with pytest.raises(ValueError, match="not archived"):
        list(package(meeting(), NOTES))
