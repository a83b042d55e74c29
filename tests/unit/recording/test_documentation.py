"""The documentation of a meeting opens and plays everywhere, and proves itself. A release lacks what it must."""

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.domain.decisions.records import Acknowledgement, Answer, Decision, DecisionState
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.kernel.ids import AcknowledgementId, DecisionId, EvaluationId, RecordingId, SituationReportId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.language import Language
from bridge.domain.recording.release import Mask, Release, joined, touches
from bridge.domain.schedule.records import Smarr
from bridge.domain.situation.records import SituationReport
from bridge.ports import ArchivedRecording, DecisionSheet, MeetingSheet, Packing, Parcel
from bridge.recording import zipped
from bridge.recording.documentation import documentation
from bridge.recording.happenings import _TOLD
from bridge.recording.playable import playable
from bridge.recording.sip import Giver, sip
from bridge.recording.timeline import SpanKind
from bridge.words import section
from tests.unit.recording.recordings import BEGAN_S, CONFERENCE, NOTES, RADIO, TIB, meeting

RATE_HZ = 8000
ROOT = "2026-09-21_1612_varmebolja-lagesbild-1"
ASKED = Packing("Anna", BEGAN_S + 1000, head=(7, "f" * 64))
SMARR = Smarr("Samla lägesbilden", "Gemensam bild", ("Läge", "Beslut"), "Rakel", "En talar i taget")
SECRET = Mask(RecordingId("rec-1"), 1.0, 1.5, "18 kap. 1 § OSL")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "a.flac"
    samples = (8000 * np.sin(2 * np.pi * 200 * np.arange(2 * RATE_HZ) / RATE_HZ)).astype(np.int16)
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16", format="FLAC")
    return path


def held(sound: Path, **changes: Any) -> MeetingSheet:
    found = meeting(sound, **changes)
    sha256 = hashlib.sha256(sound.read_bytes()).hexdigest()
    found = replace(found, recording=replace(found.recording, sha256=sha256))
    decision = Decision(
        DecisionId("dec-1"), CONFERENCE.id, 1, BEGAN_S + 1, "TiB", DecisionState.SETTLED, "Vägen stängs",
        found.recording.id, BEGAN_S + 1.5,
    )  # fmt: skip
    answer = Acknowledgement(AcknowledgementId("ack-1"), decision.id, "Region", Answer.ACKNOWLEDGED, by="Bo Ek")
    return MeetingSheet(
        found.conference,
        found.participants,
        (),
        (found,),
        (DecisionSheet(decision, (answer,), found.recording),),
        (),
        (),
        (SituationReport(SituationReportId("s"), "cnf-1", "org", "Region", "Lugnt", "Pumpar", "TiB", BEGAN_S),),
        (Evaluation(EvaluationId("e"), CONFERENCE.id, "Region", "RKK", ("Var det bra?",), (4,), "Ja", BEGAN_S),),
        SMARR,
    )


def packed(sheet: MeetingSheet, notes: Sequence[Note] = NOTES, asked: Packing = ASKED) -> bytes:
    parcel = documentation(sheet, notes, asked)
    content = b"".join(parcel.blocks)
    assert len(content) == parcel.length  # as the browser was told
    return content


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


def test_it_is_named_by_date_and_meeting_and_holds_what_the_meeting_left(sound: Path) -> None:
    parcel = documentation(held(sound), NOTES, ASKED)
    assert parcel.name == f"{ROOT}.zip"
    files = read(b"".join(parcel.blocks))
    assert list(files) == [
        "LASMIG.txt", "rapport.pdf", "deltagare.csv", "deltagare.json", "beslut.csv", "anteckningar.txt",
        "lagesbilder.csv", "utvardering.csv", "tidslinje.txt", "tidslinje.html", "tidslinje.csv", "tidslinje.json",
        "ljud/2026-09-21_161320_mote_rec-1.flac", "ljud/2026-09-21_161320_mote_rec-1.wav", "bevis/kedja.json",
        "manifest.json", "SHA256SUMS",
    ]  # fmt: skip
    assert files["ljud/2026-09-21_161320_mote_rec-1.flac"] == sound.read_bytes()
    assert files["rapport.pdf"].startswith(b"%PDF-")
    assert b"pdfaid:part" in files["rapport.pdf"]
    readme = files["LASMIG.txt"].decode()
    assert "DOKUMENTATION AV MÖTE" in readme
    assert "Värmebölja: lägesbild 1" in readme
    assert files["anteckningar.txt"].decode().split()[:3] == ["SYFTE", "Samla", "lägesbilden"]
    assert "Pumpar" in files["lagesbilder.csv"].decode("utf-8-sig")
    assert "Var det bra?;4;Ja" in files["utvardering.csv"].decode("utf-8-sig")
    assert json.loads(files["bevis/kedja.json"])["number"] == 7


def test_the_copy_that_plays_everywhere_is_the_sound_sample_by_sample(sound: Path) -> None:
    files = read(packed(held(sound)))
    copy, rate_hz = soundfile.read(io.BytesIO(files["ljud/2026-09-21_161320_mote_rec-1.wav"]), dtype="int16")
    original, _ = soundfile.read(sound, dtype="int16")
    assert rate_hz == RATE_HZ
    assert (copy == original).all()


def test_the_timeline_reads_as_people_read(sound: Path) -> None:
    files = read(packed(held(sound)))
    lines = files["tidslinje.txt"].decode().splitlines()
    assert "2026-09-21 16:13:21  talar                  TiB, Länsstyrelsen, Tjänsteman i beredskap" in lines
    assert "<td>talar</td><td>TiB</td>" in files["tidslinje.html"].decode()
    assert ";0:01:01;" in files["tidslinje.csv"].decode("utf-8-sig")


def test_every_file_stands_in_manifest_and_sums_with_its_hash(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(packed(held(sound)))
    subprocess.run(["unzip", "-q", "p.zip"], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=tmp_path / ROOT, check=True)
    told = json.loads((tmp_path / ROOT / "manifest.json").read_text())
    for one in told["files"]:
        content = (tmp_path / ROOT / one["name"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert told["audit_head"] == {"number": 7, "hash": "f" * 64}


OPENERS = {
    "unzip": ["unzip", "-q", "p.zip"],
    "bsdtar": ["bsdtar", "-xf", "p.zip"],
    "bsdtar from a pipe": ["sh", "-c", "cat p.zip | bsdtar -xf -"],
    "7z": ["7z", "x", "-y", "p.zip"],
    "jar": ["jar", "xf", "p.zip"],
    "jar from a pipe": ["sh", "-c", "cat p.zip | jar x"],
    "python": ["python3", "-m", "zipfile", "-e", "p.zip", "."],
}
MADE: dict[str, Callable[[MeetingSheet], Parcel]] = {
    "the documentation": lambda sheet: documentation(sheet, NOTES, ASKED),
    "a release": lambda sheet: documentation(sheet, NOTES, replace(ASKED, release=Release("OSL", masks=(SECRET,)))),
    "for a public archive": lambda sheet: sip(sheet, NOTES, ASKED, giver=Giver("Länsstyrelsen", "202100-0000", "1.0")),
}


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("what", MADE)
def test_it_opens_with(opener: str, what: str, sound: Path, tmp_path: Path) -> None:
    content = b"".join(MADE[what](held(sound)).blocks)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        wanted = {name: archive.read(name) for name in archive.namelist()}
    out = tmp_path / "out"
    out.mkdir()
    (out / "p.zip").write_bytes(content)
    subprocess.run(OPENERS[opener], cwd=out, check=True, capture_output=True)
    (out / "p.zip").unlink()
    assert {one.relative_to(out).as_posix(): one.read_bytes() for one in out.rglob("*") if one.is_file()} == wanted


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\con", "\x00", "a/b", "..", "åäö", "x" * 300, "\u202egnp.exe"]
)
def test_no_name_becomes_a_path(name: str, sound: Path) -> None:
    sheet = held(sound, name=name)
    sheet = replace(sheet, people=[replace(TIB, name=name, organisation=name), RADIO])
    content = packed(sheet, asked=replace(ASKED, proof={name: b"proof"}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for one in archive.namelist():
            assert one.isascii()
            assert not one.startswith("/")
            assert all(part and not part.startswith(".") for part in one.split("/"))
            assert not set("\\:") & set(one)


def test_what_proves_it_has_its_place(sound: Path) -> None:
    files = read(packed(held(sound), asked=replace(ASKED, proof={"verifier.py": b"print()", "head.json": b"{}"})))
    assert (files["bevis/verifier.py"], files["bevis/head.json"]) == (b"print()", b"{}")


def test_a_sound_that_cannot_be_decoded_goes_as_it_is(sound: Path) -> None:
    sound.write_bytes(b"fLaC" + bytes(1000))
    files = read(packed(held(sound)))
    assert [name for name in files if name.startswith("ljud/")] == ["ljud/2026-09-21_161320_mote_rec-1.flac"]


def test_a_sound_that_changes_while_it_is_packed_breaks_the_package(sound: Path) -> None:
    parcel = documentation(held(sound), NOTES, ASKED)
    sound.write_bytes(sound.read_bytes()[:-10])
    with pytest.raises(zipped.ChangedError):
        list(parcel.blocks)


def test_memory_stays_flat(sound: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.flac"
    with soundfile.SoundFile(long, "w", RATE_HZ, 1, subtype="PCM_16", format="FLAC") as out:
        for _ in range(60):
            out.write(np.random.default_rng(1).integers(-8000, 8000, RATE_HZ * 10, dtype=np.int16))
    parcel = documentation(held(long), NOTES, ASKED)
    largest = max(map(len, parcel.blocks))
    assert parcel.length > 10_000_000
    assert largest < 500_000


# --- partial release ---


def released(sheet: MeetingSheet, release: Release, notes: Sequence[Note] = NOTES) -> dict[str, bytes]:
    return read(packed(sheet, notes, replace(ASKED, release=release)))


def heard(files: dict[str, bytes]) -> "np.ndarray[Any, Any]":
    [wav] = [content for name, content in files.items() if name.endswith(".wav")]
    samples: np.ndarray[Any, Any] = soundfile.read(io.BytesIO(wav), dtype="int16")[0]
    return samples


@pytest.mark.parametrize("has_tone", [True, False])
def test_nothing_of_a_masked_stretch_is_heard_and_the_rest_is_untouched(sound: Path, has_tone: bool) -> None:
    files = released(held(sound), Release("OSL", masks=(SECRET,), has_tone=has_tone))
    samples, original = heard(files), soundfile.read(sound, dtype="int16")[0]
    masked = samples[RATE_HZ : RATE_HZ * 3 // 2]
    assert masked.any() == has_tone
    spectrum = np.abs(np.fft.rfft(masked.astype(float)))
    assert spectrum[100] < 1000  # 200 Hz, which the speech had there
    assert (samples[:RATE_HZ] == original[:RATE_HZ]).all()
    assert (samples[RATE_HZ * 3 // 2 :] == original[RATE_HZ * 3 // 2 :]).all()


def test_the_ground_is_on_the_cover_in_the_document_and_in_the_manifest(sound: Path) -> None:
    files = released(held(sound), Release("OSL 18:1", "Tidningen", (SECRET,)))
    readme = files["LASMIG.txt"].decode()
    assert "UTLÄMNAT" in readme
    assert "1.0–1.5 s i rec-1: 18 kap. 1 § OSL" in readme
    told = json.loads(files["manifest.json"])
    assert told["release"]["masks"] == [
        {"recording": "rec-1", "start_s": 1.0, "end_s": 1.5, "ground": "18 kap. 1 § OSL"}
    ]
    [audio] = [one for one in told["files"] if one["name"].endswith(".wav")]
    assert audio["original"] == {"file": "a.flac", "sha256": hashlib.sha256(sound.read_bytes()).hexdigest()}


def test_timeline_and_decisions_lack_what_was_said_there(sound: Path) -> None:
    files = released(held(sound), Release("OSL", masks=(SECRET,)))
    written = b"".join(content for name, content in files.items() if not name.endswith((".wav", ".pdf")))
    for gone in ("Vägen stängs", "talar", "Bo Ek", "Pumpar", "Samla läges", "Var det bra"):
        assert gone.encode() not in written
    assert "utelämnat" in files["tidslinje.txt"].decode()


def test_the_unnamed_stand_nowhere_by_name(sound: Path) -> None:
    sheet = held(sound)
    person = replace(TIB, name="Anna Alm", organisation="Hemliga byrån", function="Spanare", number="+46701740600")
    sheet = replace(sheet, people=[person, RADIO])
    files = released(sheet, Release("OSL", unnamed=frozenset({TIB.id})))
    everything = b"".join(content for name, content in files.items() if not name.endswith((".wav", ".pdf")))
    for gone in ("Anna Alm", "Hemliga byrån", "Spanare", "46701740600"):
        assert gone.encode() not in everything
    assert "talar                  utelämnat" in files["tidslinje.txt"].decode()


def test_tracks_of_single_voices_and_names_are_never_released(sound: Path) -> None:
    sheet = held(sound)
    [mix] = sheet.recordings
    voice: ArchivedRecording = replace(
        mix, recording=replace(mix.recording, id=RecordingId("rec-9"), seat=TIB.id, beside=mix.recording.id, room=None)
    )
    files = released(replace(sheet, recordings=(mix, voice)), Release("OSL"))
    assert [name for name in files if name.startswith("ljud/")] == ["ljud/2026-09-21_161320_mote_rec-1.wav"]


def test_stretches_are_joined() -> None:
    assert joined([(3, 4), (1, 2), (1.5, 3), (5, 5), (7, 6)]) == [(1, 4)]
    assert touches(2, 2, [(1, 3)])
    assert not touches(3, 4, [(1, 3)])


def test_a_stretch_that_ends_after_the_sound_is_cut(sound: Path) -> None:
    made = playable(sound, [(1.0, 1e6)])
    assert made is not None
    assert len(b"".join(made.blocks())) == made.size


def test_everything_that_happens_has_words() -> None:
    told = section(Language.SV, "package")
    assert [one for one in (*SpanKind, *_TOLD.values(), "masked") if f"event_{one}" not in told] == []


def test_a_zip_beyond_four_gigabytes_has_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "_MOST", 1000)  # as if that were the limit
    entries = [zipped.Entry.of(f"f/{one}", bytes([one]) * 700) for one in range(4)]
    entries.append(zipped.Entry.of("f/large", b"x" * 1500))
    content = b"".join(zipped.blocks(entries, datetime.fromtimestamp(BEGAN_S, UTC)))
    assert len(content) == zipped.length(entries)
    assert b"PK\6\6" in content
    assert b"PK\6\7" in content
