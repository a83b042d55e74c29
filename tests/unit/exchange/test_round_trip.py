"""The directory comes back from a file as it was, and nothing in the file can be executed."""

import csv
import io
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.exchange import Outcome, csv_of, plan, read, vcards_of
from bridge.exchange.texts import guarded, unguarded
from tests.unit.exchange.directories import COMPOSED, HOSTILE, directories

Directory = tuple[Sequence[Organisation], Sequence[Function]]
Write = Callable[[Sequence[Organisation], Sequence[Function]], bytes]


def swedish(organisations: Sequence[Organisation], functions: Sequence[Function]) -> bytes:
    return csv_of(organisations, functions, Language.SV)


def english(organisations: Sequence[Organisation], functions: Sequence[Function]) -> bytes:
    return csv_of(organisations, functions, Language.EN)


AS_LONG_AS_IT_TAKES = settings(deadline=None, max_examples=50)
WRITERS = (swedish, english, vcards_of)


@pytest.mark.parametrize("write", WRITERS)
@AS_LONG_AS_IT_TAKES
@given(directory=directories())
@pytest.mark.slow
def test_an_export_that_is_imported_changes_nothing(write: Write, directory: Directory) -> None:
    content = write(*directory)
    planned = plan(read(content), content, *directory)
    assert [(row.faults, row.changes) for row in planned.rows if row.outcome is not Outcome.SAME] == []
    assert (planned.organisations, planned.functions) == ((), ())


@pytest.mark.parametrize("write", WRITERS)
@AS_LONG_AS_IT_TAKES
@given(directory=directories(COMPOSED))
@pytest.mark.slow
def test_an_export_fills_an_empty_directory_that_exports_the_same_bytes(write: Write, directory: Directory) -> None:
    content = write(*directory)
    planned = plan(read(content), content, (), ())
    assert {row.outcome for row in planned.rows} == {Outcome.NEW} or not planned.rows
    assert write(planned.organisations, planned.functions) == content


@AS_LONG_AS_IT_TAKES
@given(st.one_of(st.sampled_from(HOSTILE), st.text(alphabet="=+-@'\"\t\r\n ,;|aE15.", max_size=12), st.text()))
def test_every_text_comes_back_from_its_guard(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert unguarded(guarded(text, keeps_numbers=True)) == text


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@AS_LONG_AS_IT_TAKES
@given(directory=directories())
@pytest.mark.slow
def test_no_cell_begins_as_a_formula_however_a_spreadsheet_cuts_the_line(delimiter: str, directory: Directory) -> None:
    """Excel takes the delimiter of its country, whatever the file was written with."""
    text = swedish(*directory).decode("utf-8-sig")
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        assert [one for one in cells if one.strip().lstrip('" ')[:1] in ("=", "+", "-", "@")] == []


def test_what_a_spreadsheet_would_make_a_number_or_a_date_of_is_kept_as_text() -> None:
    for text in ("007", "1E5", "1-2", "12 maj", "2026-11-27", "SANT", "3,5"):
        assert guarded(text) == f"'{text}"
    assert guarded("7654321", keeps_numbers=True) == "7654321"
    assert guarded("Länsstyrelsen") == "Länsstyrelsen"


def test_a_number_is_written_so_that_no_spreadsheet_drops_its_zero() -> None:
    county = Organisation("lst", "Länsstyrelsen")
    tib = Function("tib", "lst", "TiB", ("+46701740605", "+4722123456"))
    assert "070-174 06 05 | +47 22 12 34 56" in swedish([county], [tib]).decode()


def refusal_of(content: bytes) -> str:
    """The code of the refusal of the file as a whole; any other error is the test's."""
    try:
        plan(read(content), content, [Organisation("lst", "Länsstyrelsen")], [])
    except Unusable as refusal:
        return str(refusal.reason.code)
    return "import_"


@AS_LONG_AS_IT_TAKES
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_told_refusal(content: bytes) -> None:
    assert refusal_of(content).startswith("import_")


ENCODINGS = st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
TABLE_WORDS = """Organisation Funktion Telefon ISSI Id Ersättare Språk sep=; lst TiB 070-174 " "" = ' ; , | / el. å 12
4,67E+10"""
CARD_WORDS = """BEGIN:VCARD END:VCARD = ; : , " \\ \\n FN: N: ORG: TEL;TYPE=fax: item1.TEL: TITLE:
ENCODING=QUOTED-PRINTABLE ;CHARSET=UTF-8 tel:+46;ext=1 Å 07 PHOTO;BASE64: X-SAMBAND-ID: X-SAMBAND-DEPUTY:
VERSION:2.1 EMAIL: PREF=²:"""
CSV_PIECES = st.sampled_from([*TABLE_WORDS.split(), "\t", "\n", "\r\n", "\r", "\x00", "\u202e", " "])
CARD_PIECES = st.sampled_from([*CARD_WORDS.split(), "\n", "\r\n", " ", "=C3=\n", "\x00"])


@AS_LONG_AS_IT_TAKES
@given(st.lists(CSV_PIECES, max_size=40), ENCODINGS)
def test_no_table_raises_anything_but_a_told_refusal(pieces: list[str], encoding: str) -> None:
    content = f"Organisation;Funktion;Telefon;Ersättare\n{''.join(pieces)}".encode(encoding, "replace")
    assert refusal_of(content).startswith("import_")


@AS_LONG_AS_IT_TAKES
@given(st.lists(CARD_PIECES, max_size=40), ENCODINGS)
def test_no_cards_raise_anything_but_a_told_refusal(pieces: list[str], encoding: str) -> None:
    content = f"BEGIN:VCARD\n{''.join(pieces)}\nEND:VCARD\n".encode(encoding, "replace")
    assert refusal_of(content).startswith("import_")
