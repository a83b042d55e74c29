"""The documentation package is read and proved with nothing but an unzip program."""

import csv
import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.recording import package
from tests.unit.recording.recordings import NOTES, RADIO, TIB, meeting

AUDIO = "2026-09-21_varmebolja_rec-1.flac"
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


def test_what_is_not_archived_has_no_package() -> None:
    with pytest.raises(ValueError, match="not archived"):
        list(package(meeting(), NOTES))
