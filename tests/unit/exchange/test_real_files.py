"""Tables and cards as Excel, LibreOffice, Outlook, Android, Apple and Google write them."""

from pathlib import Path
from typing import Final

import pytest

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.exchange import Change, Member, Outcome, Plan, PlannedRow, plan, read
from bridge.exchange.texts import MOST_BYTES, MOST_ROWS

FILES = Path(__file__).parent / "files"
COUNTY = Organisation("lst", "Länsstyrelsen Exempellän")
TIB = Function("tib", "lst", "TiB", ("+46701740605",))
HEAD: Final = "Organisation;Funktion;Telefon\n"
TWO = [
    ("Länsstyrelsen Exempellän", "Tjänsteman i beredskap", ("+46701740605",), (1401001,)),
    ("Räddningstjänsten Östra", "Vakthavande befäl", ("+46846500401",), ()),
]


def planned(content: str | bytes, *present: Organisation | Function, organisation_id: str | None = None) -> Plan:
    """The file against a directory of these."""
    file = content.encode() if isinstance(content, str) else content
    organisations = [one for one in present if isinstance(one, Organisation)]
    functions = [one for one in present if isinstance(one, Function)]
    return plan(read(file), file, organisations, functions, organisation_id=organisation_id)


def made(of: Plan) -> list[tuple[str, str, tuple[str, ...], tuple[int, ...]]]:
    """Organisation, function, numbers and radios of what would be written."""
    names = {one.id: one.name for one in (*of.organisations, COUNTY)}
    return [(names[one.organisation_id], one.name, one.numbers, one.issis) for one in of.functions]


def numbers_of(cell: str) -> PlannedRow:
    """The row of one function with this cell for its numbers."""
    quoted = cell.replace('"', '""')
    (row,) = planned(f'{HEAD}Lst;TiB;"{quoted}"\n').rows
    return row


def codes(row: PlannedRow) -> tuple[list[str], list[str]]:
    """What is guessed, and what is at fault."""
    return [str(one.reason.code) for one in row.guesses], [str(one.reason.code) for one in row.faults]


def number_changes(row: PlannedRow) -> str:
    return next((one.after for one in row.changes if one.member is Member.NUMBERS), "")


# --- encodings and delimiters ---


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"),
    [
        ("utf8bom.csv", "utf-8 with mark", ";"),
        ("cp1252.csv", "cp1252", ";"),
        ("utf16.txt", "utf-16", "\t"),
        ("sep.csv", "utf-8 with mark", ";"),
    ],
)
def test_the_three_encodings_of_excel_give_the_same_two_functions(name: str, encoding: str, delimiter: str) -> None:
    found = planned((FILES / name).read_bytes())
    assert (found.encoding, found.delimiter) == (encoding, delimiter)
    assert made(found) == TWO


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_encoding_line_end_and_delimiter_is_read_alike(codec: str, end: str, delimiter: str) -> None:
    text = (FILES / "utf8bom.csv").read_bytes().decode("utf-8-sig")
    text = text.replace("\r\n", end).replace(";", delimiter).removesuffix(end)
    assert made(planned(text.encode(codec))) == TWO


def test_a_line_that_names_the_delimiter_is_no_row() -> None:
    found = planned("sep=,\nOrganisation,Funktion\nLst,TiB\n")
    assert [row.line for row in found.rows] == [3]
    assert found.delimiter == ","


def test_a_quoted_cell_may_hold_delimiters_and_line_breaks_and_lines_are_counted_as_an_editor_does() -> None:
    found = planned(f'{HEAD}"Alfa; Beta";"TiB\nnatt";"070-174 06 05\n08-465 004 01"\n\nLst;VB;12\n')
    assert made(found) == [("Alfa; Beta", "TiB natt", ("+46701740605", "+46846500401"), ())]
    assert [(row.line, row.outcome) for row in found.rows] == [(2, Outcome.NEW), (6, Outcome.REFUSED)]
    assert codes(found.rows[0])[0] == ["import_guess_lines_joined", "import_guess_several_numbers"]


@pytest.mark.parametrize(
    "headings",
    [
        "Aktör;Roll;Mobil",
        "Company;Job Title;Mobile Phone",
        "FÖRETAG;Befattning;Telefon, arbete",
        "Organization Name;Organization Title;Phone 1 - Value",
        " organisation ;funktion;Telefonnummer 1",
    ],
)
def test_columns_are_known_by_the_headings_that_people_and_programs_write(headings: str) -> None:
    found = planned(f"{headings}\nLst;TiB;070-174 06 05\n")
    assert [one.member for one in found.columns] == [Member.ORGANISATION, Member.FUNCTION, Member.NUMBERS]


def test_the_columns_of_outlook_that_say_less_are_left_out_and_shown_so() -> None:
    found = planned(
        '"Title","First Name","Last Name","Company","Job Title","Business Phone","Business Phone 2","Mobile Phone",'
        '"E-mail Address","E-mail 2 Address","Business Fax"\r\n'
        '"Fru","Åsa","Öberg","Länsstyrelsen","TiB","08-465 004 01","","070-174 06 05","a@example.org","b@example.org",'
        '"08-465 004 09"\r\n'.encode("cp1252")
    )
    assert made(found) == [("Länsstyrelsen", "TiB", ("+46846500401", "+46701740605"), ())]
    assert found.functions[0].email == "a@example.org"
    unread = [one.heading for one in found.columns if one.member is None]
    assert unread == ["Title", "First Name", "Last Name", "E-mail 2 Address", "Business Fax"]


def test_several_columns_of_numbers_are_tried_in_their_order_and_a_number_that_returns_counts_once() -> None:
    found = planned("Organisation;Funktion;Telefon;Anm;Mobil\nLst;TiB;08-465 004 01;x;070-174 06 05, 08-46500401\n")
    assert found.functions[0].numbers == ("+46846500401", "+46701740605")
    assert [one.member for one in found.columns][3] is None


# --- numbers ---


@pytest.mark.parametrize(
    ("cell", "numbers", "guess"),
    [
        ("701740605", "+46701740605", "import_guess_lost_zero"),
        ("846500401", "+46846500401", "import_guess_lost_zero"),
        ("46701740605", "+46701740605", "import_guess_no_plus"),
        ("701740605,0", "+46701740605", "import_guess_lost_zero"),
        ('="0701740605"', "+46701740605", None),
        ("'+46701740605", "+46701740605", None),
        ("+46 (0)70-174 06 05", "+46701740605", None),
        ("0046 70 174 06 05", "+46701740605", None),
        ("tel:+46-70-174-06-05", "+46701740605", None),
        ("070-174 06 05 / 08-465 004 01", "+46701740605, +46846500401", "import_guess_several_numbers"),
        ("070-174 06 05; 08-465 004 01", "+46701740605, +46846500401", "import_guess_several_numbers"),
        ("070-174 06 05, 08-465 004 01", "+46701740605, +46846500401", "import_guess_several_numbers"),
        ("070-174 06 05 el. 08-465 004 01", "+46701740605, +46846500401", "import_guess_several_numbers"),
        ("070-174 06 05\n08-465 004 01", "+46701740605, +46846500401", "import_guess_several_numbers"),
        ("08/465 004 01", "+46846500401", "import_guess_slash"),
        ("tel 070-174 06 05", "+46701740605", "import_guess_labelled"),
        ("Mobil: 070-174 06 05", "+46701740605", "import_guess_labelled"),
        ("070-174 06 05 (jour)", "+46701740605", "import_guess_labelled"),
        ("08-465 004 01 dagtid, 701740605 natt", "+46846500401, +46701740605", "import_guess_labelled"),
        ("0900-123 45 67", "+469001234567", "import_guess_premium"),
        ("–", "", None),
        ("+47 22 12 34 56", "+4722123456", None),
        ("\u202d070-174 06 05\u202c", "+46701740605", None),
    ],
)
def test_a_number_is_read_as_people_and_spreadsheets_write_it(cell: str, numbers: str, guess: str | None) -> None:
    row = numbers_of(cell)
    assert number_changes(row) == numbers
    assert codes(row)[1] == []
    assert guess is None or guess in codes(row)[0]


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("4,67E+10", "import_power_of_ten"),
        ("4.67017E+10", "import_power_of_ten"),
        ("112", "number_short_number"),
        ("08-465 004 00 ankn 12", "number_extension"),
        ("tel:+46846500400;ext=12", "number_extension"),
        ("fax 08-465 004 09", "number_stray_character"),
        ("070-174 06 05 (Anna)", "number_stray_character"),
        ("070-174 06 05 / 112", "number_short_number"),
        ("12345678901234567", "number_no_code"),
        ("${EXTEN}&PJSIP/1", "number_stray_character"),
        ("1/" * 900, "import_too_many_numbers"),
        (" / ".join(f"070-174 06 {last:02}" for last in range(11)), "import_too_many_numbers"),
    ],
)
def test_what_is_no_number_refuses_its_row_with_the_reason_and_nothing_of_it_is_written(cell: str, fault: str) -> None:
    row = numbers_of(cell)
    assert (row.outcome, row.changes) == (Outcome.REFUSED, ())
    assert fault in codes(row)[1]


def test_the_table_of_lost_zeros_is_read_row_by_row() -> None:
    found = planned((FILES / "numbers.csv").read_bytes(), COUNTY, organisation_id="lst")
    assert [(row.function, row.outcome.value, number_changes(row)) for row in found.rows] == [
        ("TiB", "new", "+46701740605"),
        ("VB", "refused", ""),
        ("RB", "new", "+46701740606"),
        ("IC", "new", "+46701740607"),
        ("SL", "new", "+46701740608, +46846500403"),
        ("OB", "new", "+46701740609"),
        ("SOS", "refused", ""),
    ]
    assert {row.function for row in found.rows if any("lost" in c or "plus" in c for c in codes(row)[0])} == {
        "TiB",
        "OB",
    }


# --- other cells ---


def test_every_member_of_a_function_can_be_in_a_table() -> None:
    found = planned(
        "Organisation;Funktion;Telefon;ISSI;Språk;E-post;Order via radio;Order via telefon;Ersättare\n"
        "Lst;TiB;070-174 06 05;1 401 001 / 1401002;engelska;tib@example.org;Ja;Ja;TiB ersättare\n"
        "Lst;TiB ersättare;;;;;;;\n"
    )
    first, second = found.functions
    assert (first.issis, first.language, first.email) == ((1401001, 1401002), Language.EN, "tib@example.org")
    assert (first.radio_orders, first.phone_orders, first.deputy_ids) == (True, True, (second.id,))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Lst;TiB;;0;;;;", "import_no_issi"),
        ("Lst;TiB;;16777216;;;;", "import_no_issi"),
        ("Lst;TiB;;1,401,001;;;;", "import_issi_grouped"),
        ("Lst;TiB;;1,4E+06;;;;", "import_power_of_ten"),
        ("Lst;TiB;;;tyska;;;", "import_no_language"),
        ("Lst;TiB;;;;tib at example;;", "import_no_email"),
        ("Lst;TiB;;;;;kanske;", "import_no_truth"),
        ("Lst;TiB;;;;;;Någon", "import_deputy_unknown"),
        (";TiB;;;;;;", "import_organisation_missing"),
        ("Lst;;070-174 06 05;;;;;", "import_function_missing"),
        ("Lst;Ti\x07B;;;;;;", "import_control_character"),
        ("Lst;Ti\u202eB;;;;;;", "import_control_character"),
        (f"Lst;{'x' * 101};;;;;;", "import_cell_too_long"),
        ("Lst;TiB;070-174 06 05;;;;;;08-465 004 01", "import_more_cells"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(row: str, fault: str) -> None:
    found = planned(f"Organisation;Funktion;Telefon;ISSI;Språk;E-post;Order via radio;Ersättare\n{row}\n")
    assert fault in codes(found.rows[0])[1]
    assert (found.organisations, found.functions) == ((), ())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "import_file_empty"),
        (b"\xef\xbb\xbf \r\n", "import_file_empty"),
        (b"x" * (MOST_BYTES + 1), "import_file_too_large"),
        (f"{HEAD}{'Lst;TiB;' + chr(10)}".encode() + b"Lst;x;\n" * MOST_ROWS, "import_too_many_rows"),
        (b"Organisation;Funktion" + b";Telefon" * 500, "import_too_many_columns"),
        (b"Organisation;Funktion\n\x00\n", "import_file_nul"),
        (b"Organisation;Funktion\nx;\x81\n", "import_unknown_encoding"),
        (b'Organisation;Funktion\nx;"y\n', "import_quotes_open"),
        (b"070-174 06 05;TiB\n", "import_no_headings"),
        (b"Organisation;Funktion;FUNKTION\nx;y;z\n", "import_heading_twice"),
        (b"BEGIN:VCARDS\nEND:VCARD\n", "import_no_cards"),
        (b"\xff\xfeabc", "import_unknown_encoding"),
        (b"%PDF-1.4\n1 0 obj\n", "import_no_headings"),
    ],
)
def test_a_file_that_is_no_table_and_no_cards_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    with pytest.raises(Unusable) as refused:
        read(content)
    assert refused.value.reason.code == reason


# --- against the directory ---


def test_a_function_is_known_by_its_names_whatever_their_case_spaces_and_composition() -> None:
    found = planned(f"{HEAD}LA\u0308NSSTYRELSEN  exempellän; tib ;08-465 004 01\n", COUNTY, TIB)
    (row,) = found.rows
    assert (row.outcome, row.key) == (Outcome.CHANGED, "tib")
    assert row.changes == (Change(Member.NUMBERS, "+46701740605", "+46846500401"),)
    assert (found.organisations, found.functions[0].name) == ((), "TiB")


def test_a_member_without_a_column_stays_and_an_empty_cell_empties() -> None:
    tib = Function("tib", "lst", "TiB", ("+46701740605",), (Issi(7),), Language.EN, "tib@example.org", True)
    assert planned("Organisation;Funktion\nLänsstyrelsen Exempellän;TiB\n", COUNTY, tib).functions == ()
    (changed,) = planned(f"{HEAD}Länsstyrelsen Exempellän;TiB;\n", COUNTY, tib).functions
    assert (changed.numbers, changed.issis, changed.email) == ((), (7,), "tib@example.org")


def test_an_id_names_a_function_that_is_renamed_and_moved() -> None:
    other = Organisation("ska", "Skåne")
    found = planned("Id;Organisation;Funktion\ntib;Skåne;Beredskap\n", COUNTY, other, TIB)
    assert [(one.id, one.organisation_id, one.name) for one in found.functions] == [("tib", "ska", "Beredskap")]
    assert [one.member for one in found.rows[0].changes] == [Member.ORGANISATION_ID, Member.FUNCTION]


def test_an_organisation_is_renamed_by_its_id_and_all_rows_must_agree() -> None:
    found = planned("Organisations-id;Organisation;Funktion\nlst;Länet;TiB\nlst;Annat;VB\n", COUNTY, TIB)
    assert found.organisations == (Organisation("lst", "Länet"),)
    assert [row.outcome for row in found.rows] == [Outcome.CHANGED, Outcome.REFUSED]
    assert codes(found.rows[1])[1] == ["import_organisation_differs"]


def test_two_rows_about_the_same_function_are_told_with_the_line_of_the_first() -> None:
    found = planned(f"{HEAD}Lst;TiB;070-174 06 05\nLst;VB;\nLST; tib;08-465 004 01\n")
    assert [row.outcome for row in found.rows] == [Outcome.NEW, Outcome.NEW, Outcome.REFUSED]
    (fault,) = found.rows[2].faults
    assert (fault.reason.code, fault.reason.get("line")) == ("import_row_twice", 2)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("new;lst;;TiB", "import_name_taken"),
        ("tib 2;lst;;TiB", "import_bad_id"),
        (";other;Länsstyrelsen Exempellän;TiB", "import_name_taken"),
        (";other;;TiB", "import_organisation_missing"),
        (";a b;Lst;TiB", "import_bad_id"),
        (";;Tvilling;TiB", "import_organisation_ambiguous"),
        (";lst;;Dubbel", "import_function_ambiguous"),
    ],
)
def test_what_names_no_single_entry_is_refused(row: str, fault: str) -> None:
    twins = (Organisation("t1", "Tvilling"), Organisation("t2", "tvilling"))
    doubles = (Function("d1", "lst", "Dubbel"), Function("d2", "lst", "Dubbel"))
    found = planned(f"Id;Organisations-id;Organisation;Funktion\n{row}\n", COUNTY, TIB, *twins, *doubles)
    assert codes(found.rows[0])[1] == [fault]


def test_a_row_whose_deputy_is_refused_is_refused_too_and_what_hangs_on_it() -> None:
    found = planned(
        "Organisation;Funktion;Telefon;Ersättare\nLst;A;;B\nLst;B;;C\nLst;C;4,67E+10;\nLst;D;070-174 06 05;\n"
    )
    assert [row.outcome.value for row in found.rows] == ["refused", "refused", "refused", "new"]


def test_the_same_file_against_the_same_directory_gives_the_same_ids_and_digest() -> None:
    content = (FILES / "utf8bom.csv").read_bytes()
    first, second = planned(content), planned(content)
    assert first == second
    assert planned(content, COUNTY).digest != first.digest
    assert planned(content + b"\r\n").digest != first.digest


# --- cards ---


def cards(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", *lines, "END:VCARD", ""))


def test_a_card_of_outlook_without_a_character_set_is_a_person_who_is_asked_to_become_a_function() -> None:
    found = planned((FILES / "outlook21.vcf").read_bytes())
    assert made(found) == [("Länsstyrelsen Exempellän", "Åsa Öberg", ("+46846500401", "+46701740606"), ())]
    assert codes(found.rows[0]) == (["import_guess_person_as_function"], [])


def test_a_card_of_android_with_a_letter_cut_by_a_soft_line_break_is_whole() -> None:
    found = planned((FILES / "android21.vcf").read_bytes())
    assert made(found) == [("Räddningstjänsten Östra", "Vakthavande befäl", ("+46701740607",), ())]
    assert codes(found.rows[0]) == (["import_guess_card_without_organisation"], [])


def test_a_card_of_apple_with_groups_folds_and_escapes_is_read() -> None:
    text = cards(
        "VERSION:3.0",
        "PRODID:-//Apple Inc.//iOS 17//EN",
        "N:Öberg;Åsa;;;",
        "FN:Åsa Öberg",
        "ORG:Länsstyrelsen\\, Exempel",
        " län;Beredskap",
        "TITLE:Tjänsteman i beredskap",
        "item1.TEL;type=CELL;type=VOICE:070-174 06 05",
        "item1.X-ABLabel:_$!<Jour>!$_",
        "TEL;type=WORK;type=FAX:08-465 004 09",
        "TEL;type=WORK;type=pref:08-465 004 01",
        "item2.EMAIL;type=INTERNET;type=pref:tib@example.org",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ",
        " AAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEB",
    )
    found = planned(text)
    assert made(found) == [
        ("Länsstyrelsen, Exempellän", "Tjänsteman i beredskap", ("+46846500401", "+46701740605"), ())
    ]
    assert found.functions[0].email == "tib@example.org"
    assert sorted(codes(found.rows[0])[0]) == ["import_guess_number_left_out", "import_guess_person_left_out"]


def test_a_card_of_version_4_with_addresses_of_telephones_is_read() -> None:
    text = cards(
        "VERSION:4.0",
        "FN:TiB",
        "ORG:Länsstyrelsen",
        "ROLE:TiB",
        "LANG:en",
        'TEL;VALUE=uri;TYPE="voice,work";PREF=2:tel:+46-8-465-004-01',
        "TEL;VALUE=uri;PREF=1;TYPE=cell:tel:+46-70-174-06-05",
    )
    found = planned(text)
    assert found.functions[0].numbers == ("+46701740605", "+46846500401")
    assert found.functions[0].language is Language.EN
    (refused,) = planned(text.replace("004-01", "004-01;ext=12")).rows
    assert codes(refused)[1] == ["number_extension"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
def test_cards_are_read_in_every_encoding(codec: str) -> None:
    text = cards("VERSION:3.0", "FN:Räddningsledare", "ORG:Östra å", "ROLE:Räddningsledare", "TEL:070-174 06 05")
    assert made(planned(text.encode(codec))) == [("Östra å", "Räddningsledare", ("+46701740605",), ())]


def test_many_cards_have_the_lines_on_which_they_begin_and_one_without_an_end_is_refused() -> None:
    one = cards("VERSION:3.0", "FN:A", "ORG:Lst", "ROLE:A")
    found = planned(f"{one}\r\nBEGIN:VCARD\r\nFN:B\r\nORG:Lst\r\nROLE:B\r\n")
    assert [(row.line, row.outcome.value) for row in found.rows] == [(1, "new"), (8, "refused")]
    assert codes(found.rows[1])[1] == ["import_card_open"]


def test_the_card_of_an_agent_inside_a_card_is_left_alone() -> None:
    inner = ("BEGIN:VCARD", "FN:Sekreterare", "TEL:070-174 06 09", "END:VCARD")
    found = planned(cards("VERSION:2.1", "FN:TiB", "ORG:Lst", "ROLE:TiB", "AGENT:", *inner, "TEL:070-174 06 05"))
    assert made(found) == [("Lst", "TiB", ("+46701740605",), ())]
