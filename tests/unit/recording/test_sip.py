"""The validator of public archives takes the package. Every file in it is the one that METS and PREMIS describe."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.domain.directory.records import AuditRow
from bridge.recording.sip import Giver, sip
from tests.unit.recording.recordings import BEGAN_S, NOTES
from tests.unit.recording.test_documentation import ASKED, held, sound

__all__ = ["sound"]
ROOT = "2026-09-21_1612_varmebolja-lagesbild-1_sip"
METS, PREMIS, XLINK = "{http://www.loc.gov/METS/}", "{http://www.loc.gov/premis/v3}", "{http://www.w3.org/1999/xlink}"
ROW = AuditRow(7, BEGAN_S, "Anna & Bo\x00", "recording.listened", "rec-1", {}, "0" * 64, "f" * 64)
WHOSE = replace(ASKED, history=[ROW])


@pytest.fixture
def package(sound: Path) -> bytes:
    parcel = sip(held(sound), NOTES, WHOSE, giver=Giver("Länsstyrelsen i Ånge", "202100-0000", "1.0"))
    assert parcel.name == f"{ROOT}.zip"
    content = b"".join(parcel.blocks)
    assert len(content) == parcel.length
    return content


CONTRADICTIONS = {"CSIP12", "CSIP13", "CSIP16", "SIP14"}
"""Rules that validator 1.1.3 asks of every CREATOR, though CSIP means the program and SIP the organisation. A package
with both, as SIP 2.1.0 asks for, breaks one or the other. SIP14 looks for an attribute without a namespace, which the
METS schema does not take."""


def errors_of(package: Path) -> list[list[str]]:
    """As E-ARK's own validator tells them."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.harness.eark", str(package)],
        capture_output=True,
        check=True,
        env={**os.environ, "TMPDIR": str(package.parent)},
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_e_arks_own_validator_finds_no_error(package: bytes, tmp_path: Path) -> None:
    (tmp_path / f"{ROOT}.zip").write_bytes(package)
    found = {rule for rule, _, _ in errors_of(tmp_path / f"{ROOT}.zip")}
    assert found - CONTRADICTIONS == set()


@pytest.mark.slow
def test_the_validator_sees_what_is_wrong(package: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(tmp_path)
    mets = tmp_path / ROOT / "METS.xml"
    mets.write_text(mets.read_text("utf-8").replace('csip:OAISPACKAGETYPE="SIP"', ""), "utf-8")
    found = {rule for rule, _, _ in errors_of(tmp_path / ROOT)}
    assert "CSIP9" in found - CONTRADICTIONS


def test_every_file_is_in_mets_and_premis_with_its_hash(package: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        files = {name.removeprefix(f"{ROOT}/"): archive.read(name) for name in archive.namelist()}
    mets = ET.fromstring(files["METS.xml"])  # noqa: S314  it is ours
    described = {}
    for one in [*mets.iter(f"{METS}file"), *mets.iter(f"{METS}mdRef")]:
        link = one.find(f"{METS}FLocat")
        name = (one if link is None else link).attrib[f"{XLINK}href"]
        described[name] = (one.attrib["SIZE"], one.attrib["CHECKSUM"])
    told = {name: (str(len(content)), hashlib.sha256(content).hexdigest()) for name, content in files.items()}
    assert described == {name: of for name, of in told.items() if name != "METS.xml"}
    premis = ET.fromstring(files["metadata/preservation/premis.xml"])  # noqa: S314  it is ours
    kept = {
        one.findtext(f".//{PREMIS}objectIdentifierValue"): one.findtext(f".//{PREMIS}messageDigest")
        for one in premis.iter(f"{PREMIS}object")
    }
    data = {name: of[1] for name, of in told.items() if name.startswith(("rep", "doc", "schemas"))}
    assert kept == data
    assert any(name.endswith(".flac") for name in data)


def test_the_events_are_those_of_the_audit_log(package: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        premis = ET.fromstring(archive.read(f"{ROOT}/metadata/preservation/premis.xml"))  # noqa: S314  it is ours
    [event] = premis.iter(f"{PREMIS}event")
    assert event.findtext(f"{PREMIS}eventType") == "recording.listened"
    assert event.findtext(f".//{PREMIS}eventDetail") == f"rec-1 {'f' * 64}"
    agents = [one.findtext(f"{PREMIS}agentName") for one in premis.iter(f"{PREMIS}agent")]
    assert agents == ["Anna & Bo", "Samband"]
