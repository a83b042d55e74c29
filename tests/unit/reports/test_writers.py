"""The report on paper and in a spreadsheet says what happened, and nothing in it is carried out."""

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from bridge.domain.kernel.language import Language
from bridge.reports import Quorum, Report, Stretch, document, sheet
from bridge.reports.paper import _ENVIRONMENT, _LETTERS, _PROGRAM, NotWritten
from bridge.words import section
from tests.unit.reports.stories import ACTIVATION, FIRST, kept, large, played

HOSTILE = (
    '#eval("1+1") #read("/etc/passwd") $x$ *x* @x <x> \\u{41}',
    "=cmd|' /C calc'!A0",
    "\u202eneddnuguav\u2066 \u200f救😀\x00\n= Heading",
    ']} ); #panic() // " ; ,',
)


def rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content), strict=True)


def text_of(found: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in found.pages)


def root(found: pypdf.PdfReader) -> Any:
    return found.trailer["/Root"]


# --- the spreadsheet ---


def test_the_sheet_has_a_row_for_each_call_with_its_cause_in_words() -> None:
    found = rows(sheet(played()[1], Language.SV))
    assert len(found) == 5
    first, second = found[:2]
    assert (first["organisation"], first["samtal"], first["resultat"]) == ("Länsstyrelsen", "1", "inget svar")
    assert (first["orsakskod"], first["orsakskodens betydelse"]) == ("19", "19: ringde utan svar")
    assert (first["började"], first["ringde"]) == ("2027-01-15 09:00:00", "2027-01-15 09:00:01")
    assert (second["knapp"], second["besvarat"], second["sen"]) == ("1", "2027-01-15 09:00:30", "ja")
    assert second["orsak till sen ankomst"] == "inget svar"
    assert found[4]["utfall"] == "ej nådd"


def test_the_lines_of_the_sheet_end_as_excel_wants_them() -> None:
    content = sheet(played()[1], Language.EN)
    assert content.count(b"\r\n") == content.count(b"\n") == 6


def test_a_function_that_was_never_called_has_a_row_of_its_own() -> None:
    report = played()[1]
    report = replace(report, called=(replace(report.called[0], calls=()),))
    (only,) = rows(sheet(report, Language.EN))
    assert (only["function"], only["call"], only["number"]) == ("Tjänsteman i beredskap", "", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_cell_of_the_sheet_is_a_formula(name: str) -> None:
    cells = [cell for row in rows(sheet(played(name)[1], Language.SV)) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert f"'{FIRST}" in cells


# --- the document ---


def test_the_document_says_what_happened() -> None:
    story, _ = played()
    spoken = (Stretch("Polisen", False, 0, 65), Stretch(None, True, 0, 4))
    text = text_of(read(document(kept(story, Quorum(count=2), spoken), Language.SV)))
    for line in (
        "Rapport: inkallning av Länssamverkan",
        "Beordrad av operator",
        "Nådda 3 av 4",
        "Deltog 2 av 4",
        "Tid till den första deltog 5 s",
        "Tid till beslutsförhet 30 s (minst 2 ska delta)",
        "1. Länsstyrelsen, Tjänsteman i beredskap",
        f"1 {FIRST} operator 09:00:00 09:00:01 – – 09:00:21 inget svar 19: ringde utan svar",
        "Polisen 1 min 5 s 1",
        "radioanvändare (Rakel) 4 s 1",
    ):
        assert line in text
    assert "ÖVNING" not in text


def test_the_document_names_its_standards_language_and_title_and_is_tagged() -> None:
    found = read(document(played()[1], Language.SV))
    xmp = root(found)["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert root(found)["/Lang"] == "sv"
    assert root(found)["/MarkInfo"]["/Marked"] == True  # noqa: E712  an object of the file
    assert root(found)["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert found.metadata is not None
    assert found.metadata.title == "Rapport: inkallning av Länssamverkan"
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD"} <= set(tags(root(found)["/StructTreeRoot"]))


def tags(node: Any) -> list[str]:
    """Every tag of the structure."""
    node = node.get_object()
    if isinstance(node, list):
        return [tag for one in node for tag in tags(one)]
    if not isinstance(node, dict):
        return []
    own = [str(node["/S"])] if "/S" in node else []
    return own + (tags(node["/K"]) if "/K" in node else [])


def test_every_font_is_in_the_document() -> None:
    resources: list[Any] = [page["/Resources"] for page in read(document(played()[1], Language.EN)).pages]
    fonts = [font.get_object() for one in resources for font in one["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


@pytest.mark.slow
def test_the_document_of_an_exercise_says_so_on_every_page() -> None:
    report = large(40, 3)
    pages = read(document(replace(report, activation=replace(report.activation, exercise=True)), Language.SV)).pages
    assert len(pages) > 3
    assert [page for page in pages if "ÖVNING ÖVNING ÖVNING" not in page.extract_text()] == []


def test_an_exercise_stands_in_every_row_of_the_sheet() -> None:
    report = played()[1]
    exercise = replace(report, activation=replace(report.activation, exercise=True))
    assert {row["typ"] for row in rows(sheet(exercise, Language.SV))} == {"ÖVNING ÖVNING ÖVNING"}
    assert {row["typ"] for row in rows(sheet(report, Language.SV))} == {"skarpt läge"}


def test_the_same_report_gives_the_same_bytes() -> None:
    assert document(played()[1], Language.EN) == document(played()[1], Language.EN)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_the_document_and_changes_nothing_else(name: str) -> None:
    plain, hostile = (text_of(read(document(one, Language.EN))) for one in (played("Name")[1], played(name)[1]))
    shown = " ".join(re.sub(r"[^\x00-\x7f]", lambda one: f"[U+{ord(one[0]):04X}]", name.replace("\x00", "")).split())
    assert squeezed(hostile) == squeezed(plain.replace("Name", shown))


def squeezed(text: str) -> str:
    """Without white space: a longer name breaks its lines elsewhere."""
    return "".join(text.split())


def test_every_letter_that_is_let_through_is_in_the_font() -> None:
    letters = "".join(chr(code) for first, last in _LETTERS for code in range(first, last + 1))
    text = squeezed(text_of(read(document(named(letters), Language.EN))))
    assert "[U+" not in text
    assert [letter for letter in "ÅÄÖåäöéÉšŽłøæß€ЖжΩω" if letter not in text] == []


def named(name: str) -> Report:
    report = played()[1]
    return replace(report, activation=replace(report.activation, list_name=name))


def test_a_document_that_cannot_be_typeset_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.reports.paper._WITHOUT", re.compile("(?!)"))
    with pytest.raises(NotWritten, match="救"):
        document(named("救"), Language.EN)


def test_a_typesetter_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "hangs.py"
    program.write_text("import signal\nsignal.pause()\n")
    monkeypatch.setattr("bridge.reports.paper._PROGRAM", program)
    monkeypatch.setattr("bridge.reports.paper.LONGEST_S", 0.2)
    with pytest.raises(TimeoutError):
        document(played()[1], Language.EN)


def test_a_typesetter_that_falls_over_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "falls.py"
    program.write_text("import os\nos.abort()\n")
    monkeypatch.setattr("bridge.reports.paper._PROGRAM", program)
    with pytest.raises(NotWritten, match="status -6"):
        document(played()[1], Language.EN)


def test_a_template_fetches_no_package_and_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    for line, fault in (
        ('#import "@preview/tablex:0.0.8"', "Connection refused"),
        ('#read("../secret")', "root"),
    ):
        folder = tmp_path / str(len(line))
        folder.mkdir()
        (folder / "typesetter.py").write_bytes(_PROGRAM.read_bytes())
        (folder / "callout.typ").write_text(line, encoding="utf-8")
        (tmp_path / "secret").write_text("secret", encoding="utf-8")
        asked = json.dumps({"template": "callout", "report": {}, "timestamp": 0}).encode()
        done = subprocess.run(
            [sys.executable, "-I", folder / "typesetter.py"], input=asked, capture_output=True, env=_ENVIRONMENT
        )
        assert (done.returncode, done.stdout) == (1, b"")
        assert fault in done.stderr.decode()


@pytest.mark.slow
def test_five_hundred_functions_with_five_calls_each_are_written() -> None:
    report = large(500, 5)
    assert len(rows(sheet(report, Language.SV))) == 2500
    found = read(document(report, Language.SV))
    assert "500. Organisation 499, TiB" in text_of(found)


def test_every_cause_has_words_of_its_own_in_both_languages() -> None:
    for language in Language:
        causes = section(language, "q850_cause")
        assert {"16", "17", "19", "21", "34", "other"} <= set(causes)
        assert len(set(causes.values())) == len(causes)


def test_the_report_is_of_the_call_out_that_was_played() -> None:
    assert played()[1].activation.id == ACTIVATION
